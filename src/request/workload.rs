//! What the arrivals of a run ask for.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request};

use super::expectation::Expectation;
use super::{RequestTemplate, Target};

/// Makes the request of each arrival from the arrival's place in the sequence alone: the same for any number of
/// threads. Cheap to clone; all clones share one content.
#[derive(Debug, Clone)]
pub struct Workload(Arc<Content>);

#[derive(Debug)]
struct Content {
    template: RequestTemplate,
    expectation: Expectation,
}

/// Where an arrival goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Route {
    /// The endpoint, a place in [`Workload::endpoints`].
    pub endpoint: u32,
    /// The origin, a place in [`Workload::origins`].
    pub origin: u32,
}

/// What is new at each request: made outside, because this room has neither clock nor chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970 (UTC).
    pub unix_ms: u64,
    /// 128 random bits.
    pub nonce: u128,
    /// 64 more.
    pub span: u64,
}

/// The request of one arrival, and what identifies it later.
#[derive(Debug)]
pub struct Outgoing {
    /// In origin form, with a `Host` header.
    pub request: Request<Bytes>,
    /// The data row it was made from, counted from 1 as an editor counts the rows below the header.
    pub row: Option<u64>,
    /// Its trace id (W3C Trace Context).
    pub trace_id: Option<u128>,
}

impl Workload {
    /// The same request for every arrival.
    pub fn single(
        target: &Target,
        method: Method,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        keepalive: bool,
    ) -> Self {
        let template = RequestTemplate::new(target, method, headers, body, keepalive);
        Self(Arc::new(Content { template, expectation: Expectation::default() }))
    }

    /// How many endpoints there are.
    pub fn endpoint_count(&self) -> usize {
        1
    }

    /// How many origins there are.
    pub fn origin_count(&self) -> usize {
        1
    }

    /// Where the arrival at `sequence` goes. The sequence counts the warm-up's arrivals first, then the measured ones.
    pub fn route(&self, _sequence: u64) -> Route {
        Route::default()
    }

    /// How many arrivals of a part of the sequence go to each endpoint.
    pub fn planned(&self, sequence: Range<u64>) -> Vec<u64> {
        vec![sequence.end.saturating_sub(sequence.start)]
    }

    /// Whether requests depend on the moment they are made.
    pub fn needs_moment(&self) -> bool {
        false
    }

    /// The request of the arrival at `sequence`.
    pub fn request(&self, _sequence: u64, _moment: Moment) -> Outgoing {
        Outgoing { request: self.0.template.request(), row: None, trace_id: None }
    }

    /// Whether sending the request of an arrival twice has the same effect as once (RFC 9110, 9.2.2), so that it may
    /// be sent again when an idle connection turns out to be dead.
    pub fn is_idempotent(&self, _sequence: u64) -> bool {
        self.0.template.is_idempotent()
    }

    /// What counts as a good answer of an endpoint.
    pub fn expectation(&self, _endpoint: u32) -> &Expectation {
        &self.0.expectation
    }

    /// What may be shown of a text that may hold hosts, tokens or data: for causes of failures.
    pub fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}
