//! A connection, whatever it speaks.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use tokio_util::either::Either;

use super::http1::Http1Connection;
use super::http2::Http2Connection;
use super::{Answer, Connection, Failure};
use crate::measure::Opened;
use crate::request::BodyWatch;
use crate::time::Clock;

/// A connection of either protocol.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each task, and the large one is on the hot path"
)]
pub enum WireConnection<C> {
    /// HTTP/1.1.
    Http1(Http1Connection<C>),
    /// A handle of an HTTP/2 connection.
    Http2(Http2Connection<C>),
}

impl<C: Clock> Connection for WireConnection<C> {
    fn opened(&self) -> Opened {
        match self {
            Self::Http1(connection) => connection.opened(),
            Self::Http2(connection) => connection.opened(),
        }
    }

    fn streams(&self) -> u64 {
        match self {
            Self::Http1(connection) => connection.streams(),
            Self::Http2(connection) => connection.streams(),
        }
    }

    fn is_multiplexed(&self) -> bool {
        match self {
            Self::Http1(connection) => connection.is_multiplexed(),
            Self::Http2(connection) => connection.is_multiplexed(),
        }
    }

    fn share(&self) -> Option<Self> {
        match self {
            Self::Http1(connection) => connection.share().map(Self::Http1),
            Self::Http2(connection) => connection.share().map(Self::Http2),
        }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Http1(connection) => connection.poll_ready(context),
            Self::Http2(connection) => connection.poll_ready(context),
        }
    }

    /// An `async fn` around the other two would copy every request once more.
    fn exchange(
        &mut self,
        request: Request<Bytes>,
        sent_ns: u64,
        watch: &mut BodyWatch,
    ) -> impl Future<Output = Result<Answer, Failure>> {
        match self {
            Self::Http1(connection) => Either::Left(connection.exchange(request, sent_ns, watch)),
            Self::Http2(connection) => Either::Right(connection.exchange(request, sent_ns, watch)),
        }
    }

    fn is_reusable(&mut self) -> bool {
        match self {
            Self::Http1(connection) => connection.is_reusable(),
            Self::Http2(connection) => connection.is_reusable(),
        }
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Http1(connection) => connection.poll_closed(context),
            Self::Http2(connection) => connection.poll_closed(context),
        }
    }
}
