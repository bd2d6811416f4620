//! What is on the wire.
//!
//! A [`Transport`] opens connections; a [`Connection`] carries one request after another. The load engine knows
//! only these two traits, so it runs unchanged over HTTP/1.1 ([`Http1`]) and, in tests, over a scripted fake
//! without a network. Failures are classified here, where the cause is still known.

mod failure;
mod http1;
mod resolve;

#[cfg(test)]
pub mod scripted;

use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;

pub use failure::Failure;
pub use http1::{Http1, Http1Connection};
pub use resolve::{Unreachable, resolve_and_probe};

/// Opens connections to one target.
pub trait Transport: 'static {
    /// What it opens.
    type Connection: Connection;

    /// Opens a connection. The caller limits the time; dropping the future gives the attempt up.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, Failure>>;
}

/// Carries one request at a time.
pub trait Connection: 'static {
    /// Sends a request and reads the answer to its end. Dropping the future leaves the connection unusable.
    fn exchange(&mut self, request: Request<Bytes>) -> impl Future<Output = Result<Answer, Failure>>;

    /// Whether another request may be sent, after an exchange.
    fn is_reusable(&mut self) -> bool;

    /// While no exchange is under way: ready once the peer has closed the connection.
    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()>;
}

/// A complete answer. Instants are on the run's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// When the head of the answer was there.
    pub first_byte_ns: u64,
    /// When the body had been read to its end.
    pub end_ns: u64,
    /// Body bytes read.
    pub body_bytes: u64,
}
