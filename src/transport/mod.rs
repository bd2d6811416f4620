//! What is on the wire.
//!
//! A [`Transport`] opens connections to the origins of a workload; a [`Connection`] carries requests, one at a time
//! (HTTP/1.1) or many (HTTP/2), each on a handle of its own. The load engine knows only these two traits, so it runs
//! unchanged over every protocol and, in tests, over a scripted fake without a network. Failures are classified here,
//! where the cause is still known.

mod addresses;
mod any_connection;
mod connect_to;
mod dial;
mod driver_waker;
mod failure;
mod failure_http2;
mod http1;
mod http2;
mod network;
mod options;
mod overrides;
mod proxied;
mod proxy;
mod receive_clock;
mod refresh;
mod socket;
mod stamped;
mod tls;

#[cfg(test)]
pub(crate) mod scripted;

use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request};

use crate::measure::{ErrorKind, Opened};
use crate::request::BodyWatch;

pub use any_connection::WireConnection;
pub(crate) use connect_to::{ConnectTo, ConnectToError};
pub use dial::Wire;
pub use failure::Failure;
pub use network::{Network, NetworkError, Probed};
pub(crate) use options::Timestamps;
pub use options::{HttpVersions, TlsOptions, WireOptions};
pub(crate) use overrides::ResolveError;
pub use proxy::Proxy;
pub(crate) use proxy::ProxyError;
pub(crate) use stamped::has_kernel_stamps;

/// Opens connections to the origins of a workload.
pub trait Transport: 'static {
    /// What it opens.
    type Connection: Connection;

    /// Opens a connection to an origin, as the workload numbers them. The caller limits the time; dropping the future
    /// gives the attempt up.
    fn connect(&self, origin: u32) -> impl Future<Output = Result<Self::Connection, Failure>>;

    /// What an attempt has failed with that the caller gave up because its time was over.
    fn given_up(&self) -> Failure {
        Failure::new(ErrorKind::ConnectTimeout, true, true)
    }
}

/// A handle that carries one request at a time. A connection with room for several at once has several handles.
pub trait Connection: Sized + 'static {
    /// How the connection came to be open.
    fn opened(&self) -> Opened;

    /// How many exchanges the connection has room for at once: so many handles may be in use. It is known once the
    /// connection is open and does not change.
    fn streams(&self) -> u64 {
        1
    }

    /// Whether it may carry several exchanges at once, so that one that fails costs only itself.
    fn is_multiplexed(&self) -> bool {
        false
    }

    /// Another handle of the same connection; `None` where there is room for only one exchange.
    fn share(&self) -> Option<Self> {
        None
    }

    /// Ready once an exchange can be sent at once. Only a server that takes room back makes this wait.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Sends a request in origin form with a `Host` header and reads the answer to its end, showing the parts of its
    /// body to `body`. `sent_ns` is now, on the run's clock: no part of the answer can have come before. Dropping the future leaves a connection with one handle unusable, and costs one with several
    /// only that request.
    fn exchange(
        &mut self,
        request: Request<Bytes>,
        sent_ns: u64,
        body: &mut BodyWatch,
    ) -> impl Future<Output = Result<Answer, Failure>>;

    /// Whether another request may be sent on this handle, after an exchange that succeeded, failed or was dropped.
    fn is_reusable(&mut self) -> bool;

    /// While no exchange is under way: ready once the connection takes no further requests.
    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()>;
}

/// A complete answer. Instants are on the run's clock.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The headers of its head.
    pub headers: HeaderMap,
    /// When the head of the answer had come: by the kernel's receive stamp where there is one, otherwise when it was read.
    pub first_byte_ns: u64,
    /// When the body had come to its end, likewise.
    pub end_ns: u64,
    /// From the kernel's stamp of its last byte to our reading of it, in nanoseconds; `None` without a stamp.
    pub receive_lag_ns: Option<u64>,
    /// Body bytes read.
    pub body_bytes: u64,
}
