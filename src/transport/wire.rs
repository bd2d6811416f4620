//! One worker's connections, whatever they speak.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use tokio_util::either::Either;

use super::http1::Http1Connection;
use super::http2::Http2Connection;
use super::tls::TlsClient;
use super::{Answer, Connection, Failure, Network, Transport, http2};
use crate::measure::{Opened, Protocol};
use crate::request::BodyWatch;
use crate::time::Clock;

/// Opens one worker's connections to the origins of a [`Network`], over all their addresses in turn.
pub struct Wire<C> {
    network: Arc<Network>,
    tls: Option<TlsClient>,
    /// The next connection's turn among the addresses, by origin. Workers start at different ones.
    turns: Vec<Cell<usize>>,
    clock: C,
}

impl<C: Clock> Wire<C> {
    /// Worker `worker`'s transport. Instants are read from `clock`.
    pub fn new(network: &Arc<Network>, worker: u64, clock: C) -> Self {
        let tls = network.tls_for_worker();
        let turns = network.places.iter().map(|_| Cell::new(worker as usize)).collect();
        Self { network: Arc::clone(network), tls, turns, clock }
    }
}

impl<C: Clock> Transport for Wire<C> {
    type Connection = WireConnection<C>;

    async fn connect(&self, origin: u32) -> Result<Self::Connection, Failure> {
        let origin = origin as usize;
        let turn = self.turns.get(origin).map_or(0, |turn| turn.replace(turn.get().wrapping_add(1)));
        let (socket, opened) = self.network.connect(origin, turn, self.tls.as_ref(), &self.clock).await?;
        match opened.protocol {
            Protocol::Http1 => {
                Http1Connection::open(socket, opened, self.clock.clone()).await.map(WireConnection::Http1)
            }
            Protocol::Http2 => {
                let open = http2::open(socket, self.network.options().streams).await?;
                let origin = self.network.origin(origin);
                let connection = Http2Connection::start(open, opened, origin, self.clock.clone());
                Ok(WireConnection::Http2(connection))
            }
        }
    }
}

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
        watch: &mut BodyWatch,
    ) -> impl Future<Output = Result<Answer, Failure>> {
        match self {
            Self::Http1(connection) => Either::Left(connection.exchange(request, watch)),
            Self::Http2(connection) => Either::Right(connection.exchange(request, watch)),
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
