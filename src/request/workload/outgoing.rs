//! The request of one arrival, and what is new in each.

use std::fmt;

use bytes::Bytes;
use http::Request;

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

/// The request of one arrival, and what identifies it later. Its `Debug` does not show the request.
pub struct Outgoing {
    /// In origin form, with a `Host` header.
    pub request: Request<Bytes>,
    /// The data row it was made from, counted from 1 as an editor counts the rows below the header.
    pub row: Option<u64>,
    /// Its trace id (W3C Trace Context).
    pub trace_id: Option<u128>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, trace_id, .. } = self;
        f.debug_struct("Outgoing").field("row", row).field("trace_id", trace_id).finish_non_exhaustive()
    }
}
