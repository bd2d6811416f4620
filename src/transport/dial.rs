//! The dialer: which address of an origin, from which address, and what is spoken there.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use super::Transport;
use super::any_connection::WireConnection;
use super::failure::Failure;
use super::http1::Http1Connection;
use super::http2::{self, Http2Connection};
use super::network::{Network, Place};
use super::options::{HttpVersions, Timestamps};
use super::receive_clock::ReceiveClock;
use super::socket::{Plain, Socket, connect_tcp, connect_unix};
use super::tls::{TlsClient, TlsFault};
use crate::measure::{ErrorKind, Opened, Protocol};
use crate::time::{Clock, StampClock};

impl Network {
    /// Connects, without TLS. `turn` chooses among the local addresses.
    pub(super) async fn reach(&self, address: Option<SocketAddr>, turn: usize) -> Result<Plain, Failure> {
        let connected = match (&self.options.unix_socket, address) {
            (Some(path), _) => connect_unix(path).await,
            (None, Some(address)) => {
                let stamped = self.options.timestamps != Timestamps::User;
                connect_tcp(address, self.local_for(address, turn), stamped).await
            }
            (None, None) => Err(std::io::ErrorKind::AddrNotAvailable.into()),
        };
        connected.map_err(Failure::connecting)
    }

    /// TLS, where the origin has it, and the choice of the protocol.
    pub(super) async fn shake_hands(
        &self,
        place: &Place,
        tls: Option<&TlsClient>,
        stream: Plain,
        tcp_ns: u64,
        clock: &impl Clock,
    ) -> Result<(Socket, Opened), Failure> {
        let Some(name) = &place.name else {
            let is_http2 = self.options.versions == HttpVersions::Http2;
            let protocol = if is_http2 { Protocol::Http2 } else { Protocol::Http1 };
            return Ok((stream.into(), Opened { protocol, tcp_ns, tls: None }));
        };
        // An origin with a name for TLS is never spoken to without it.
        let tls = tls.ok_or_else(|| Failure::new(ErrorKind::TlsHandshake, true, true))?;
        let (stream, opened) = tls.handshake(name, stream, clock).await.map_err(Failure::handshake)?;
        let protocol = match (opened.facts.alpn.as_deref(), self.options.versions) {
            (Some("h2"), _) => Protocol::Http2,
            (_, HttpVersions::Http2) => return Err(Failure::handshake(TlsFault::no_http2())),
            // A server without ALPN speaks HTTP/1.1 (RFC 9113, 3.2).
            _ => Protocol::Http1,
        };
        Ok((Socket::Tls(Box::new(stream)), Opened { protocol, tcp_ns, tls: Some(opened) }))
    }

    /// Opens a connection to an origin, ready for requests. `turn` chooses among the addresses on both sides. A protocol
    /// that does not run on a stream of bytes would part ways here, where the address is known and nothing is connected.
    pub(super) async fn dial<C: Clock>(
        &self,
        origin: usize,
        turn: usize,
        tls: Option<&TlsClient>,
        stamps: &Rc<StampClock<C>>,
    ) -> Result<WireConnection<C>, Failure> {
        let unknown = || Failure::new(ErrorKind::ConnectFailed, true, true);
        let place = self.places.get(origin).ok_or_else(unknown)?;
        let addresses = self.book.of(origin);
        // Of several lists with as many entries, the same turn would always pair the same ones: each moves on only once the
        // one before it has had its turn, and the local addresses last.
        let mut turn = turn;
        let mut next_of = |addresses: &[SocketAddr]| {
            let count = addresses.len().max(1);
            let chosen = addresses.get(turn % count).copied();
            turn /= count;
            chosen
        };
        let proxy = self.proxy.as_ref().map(|proxy| (proxy, next_of(&proxy.addresses())));
        let address = next_of(&addresses);
        let clock = stamps.clock();
        let start_ns = clock.now_ns();
        let stream = match proxy {
            None => self.reach(address, turn).await?,
            Some((proxy, at)) => {
                let stream = self.reach(at, turn).await.map_err(Failure::of_the_proxy)?;
                self.tunnel(proxy, place, address, stream).await.map_err(Failure::tunnelling)?
            }
        };
        let tcp_ns = clock.now_ns() - start_ns;
        let received = ReceiveClock::new(stamps, stream.stamp());
        let (socket, opened) = self.shake_hands(place, tls, stream, tcp_ns, clock).await?;
        match opened.protocol {
            Protocol::Http1 => {
                Http1Connection::open(socket, opened, received, &place.heads, self.options.large_bodies)
                    .await
                    .map(WireConnection::Http1)
            }
            Protocol::Http2 => {
                let open = http2::open(socket, self.options.streams).await?;
                let connection = Http2Connection::start(open, opened, Some(&place.origin), received);
                Ok(WireConnection::Http2(connection))
            }
        }
    }

    pub(super) fn tls_for_worker(&self) -> Option<TlsClient> {
        self.tls.as_ref().map(TlsClient::for_worker)
    }

    fn local_for(&self, address: SocketAddr, turn: usize) -> Option<IpAddr> {
        let same_family = |local: &&IpAddr| local.is_ipv4() == address.is_ipv4();
        let count = self.options.local_addresses.iter().filter(same_family).count();
        self.options.local_addresses.iter().filter(same_family).nth(turn % count.max(1)).copied()
    }

    pub(super) fn has_local_for(&self, address: SocketAddr) -> bool {
        self.options.local_addresses.is_empty() || self.local_for(address, 0).is_some()
    }
}

/// Opens one worker's connections to the origins of a [`Network`], over all their addresses in turn.
pub struct Wire<C> {
    network: Arc<Network>,
    tls: Option<TlsClient>,
    /// The next connection's turn among the addresses, by origin. Workers start at different ones.
    turns: Vec<Cell<usize>>,
    stamps: Rc<StampClock<C>>,
}

impl<C: Clock> Wire<C> {
    /// Worker `worker`'s transport. Instants are read from `clock`.
    pub fn new(network: &Arc<Network>, worker: u64, clock: C) -> Self {
        let tls = network.tls_for_worker();
        let turns = network.places.iter().map(|_| Cell::new(worker as usize)).collect();
        Self { network: Arc::clone(network), tls, turns, stamps: Rc::new(StampClock::new(clock)) }
    }
}

impl<C: Clock> Transport for Wire<C> {
    type Connection = WireConnection<C>;

    async fn connect(&self, origin: u32) -> Result<Self::Connection, Failure> {
        let origin = origin as usize;
        let turn = self.turns.get(origin).map_or(0, |turn| turn.replace(turn.get().wrapping_add(1)));
        self.network.dial(origin, turn, self.tls.as_ref(), &self.stamps).await
    }

    fn given_up(&self) -> Failure {
        let kind = ErrorKind::ConnectTimeout;
        match self.network.proxy {
            None => Failure::new(kind, true, true),
            Some(_) => {
                let words = "no connection through the proxy within the timeout";
                Failure::in_words(kind, true, true, words.to_owned())
            }
        }
    }
}
