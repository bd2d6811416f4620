//! What is known of the network before the first request, and kept up to date during the run.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::addresses::{AddressBook, LookUp, PATIENCE, look_up, system_lookup};
use super::socket::{Plain, Socket, bound_to, connect_tcp, connect_unix};
use super::tls::{TlsClient, TlsFault, TlsSetupError};
use super::{Failure, HttpVersions, Origin, WireOptions, http2};
use crate::load::{Clock, MonotonicClock};
use crate::measure::{ErrorKind, Opened, Protocol, TlsFacts};

/// How long the handshakes of TLS and HTTP/2 may take before the run.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);

/// How long a server that asked for a client certificate is listened to for its refusal.
const REFUSAL_SHOWS: Duration = Duration::from_millis(200);

/// The target does not answer. The address is left out: it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot reach the target: {cause}; {remedy}")]
pub struct Unreachable {
    cause: String,
    remedy: &'static str,
}

impl Unreachable {
    pub(super) fn new(cause: String, remedy: &'static str) -> Self {
        Self { cause, remedy }
    }
}

/// Why there is no network to run on. Nothing has been requested.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A name without an address, or an address without a service.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Certificates and keys.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The service answers, but not as it should: the failure names cause and remedy.
    #[error("cannot talk to the target: {0}")]
    Handshake(String),
    /// A local address that this machine does not have.
    #[error(
        "--local-address number {0} cannot be used: {1}; give addresses of this machine, as `ip address` shows them"
    )]
    LocalAddress(usize, std::io::Error),
    /// No local address can reach any of the target's addresses.
    #[error(
        "the target has no address of the same family (IPv4 or IPv6) as a --local-address; give one of the other family"
    )]
    LocalFamily,
}

/// What an origin was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// What its connections speak.
    pub protocol: Protocol,
    /// Exchanges that a connection has room for at once.
    pub streams: u64,
    /// What TLS agreed on.
    pub tls: Option<TlsFacts>,
}

/// An origin, ready to be connected to.
struct Place {
    origin: Origin,
    /// The name for TLS; none on plain TCP.
    name: Option<ServerName<'static>>,
    /// Whether its addresses come from a lookup that may be repeated.
    is_looked_up: bool,
}

/// The origins of a workload and the ways to them; shared by all workers.
pub struct Network {
    options: WireOptions,
    places: Vec<Place>,
    book: AddressBook,
    tls: Option<TlsClient>,
    lookup: LookUp,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({} origins)", self.places.len())
    }
}

impl Network {
    /// Looks every origin up, probes its addresses, and opens one connection to each origin as the run will, without a
    /// request. Returns what was found, by origin, and remarks for the user: they hold no host and no address.
    ///
    /// # Errors
    /// [`NetworkError`] when a file for TLS is not right, a name does not resolve, no address of an origin accepts a
    /// connection within a second, or its handshake fails.
    pub async fn prepare(
        options: WireOptions,
        origins: &[Origin],
    ) -> Result<(Self, Vec<Probed>, Vec<String>), NetworkError> {
        Self::prepare_with(options, origins, system_lookup()).await
    }

    pub(super) async fn prepare_with(
        options: WireOptions,
        origins: &[Origin],
        lookup: LookUp,
    ) -> Result<(Self, Vec<Probed>, Vec<String>), NetworkError> {
        for (place, local) in options.local_addresses.iter().enumerate() {
            bound_to(*local).map_err(|error| NetworkError::LocalAddress(place + 1, error))?;
        }
        // Files are read for https only: a run over http needs no trusted certificates. Those that are named must be right.
        let named = [&options.tls.cacert, &options.tls.cert, &options.tls.key];
        let wants_tls = origins.iter().any(|origin| origin.is_tls) || named.iter().any(|file| file.is_some());
        let tls = wants_tls.then(|| TlsClient::new(&options.tls, options.versions)).transpose()?;
        let (book, places) = (AddressBook::default(), Vec::new());
        let mut network = Self { options, places, book, tls, lookup };
        let (mut probed, mut notes, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
        for origin in origins {
            let host = hosts.iter().position(|known| known == &origin.host).unwrap_or_else(|| {
                hosts.push(origin.host.clone());
                hosts.len() - 1
            });
            let (found, note) = network.add(origin, &format!("host-{}", host + 1)).await?;
            probed.push(found);
            notes.extend(note);
        }
        Ok((network, probed, notes))
    }

    async fn add(&mut self, origin: &Origin, label: &str) -> Result<(Probed, Option<String>), NetworkError> {
        let name = match &self.tls {
            Some(tls) if origin.is_tls => Some(tls.name(&origin.host)?),
            _ => None,
        };
        let overriding = self.options.overriding(&origin.host, origin.port);
        let is_address = origin.host.parse::<IpAddr>().is_ok();
        let is_looked_up = !is_address && overriding.is_none() && self.options.unix_socket.is_none();
        let place = Place { origin: origin.clone(), name, is_looked_up };
        let (stream, note) = if self.options.unix_socket.is_some() {
            self.book.add(Vec::new());
            (self.probe(None).await?, None)
        } else {
            let all = match overriding {
                Some(addresses) => addresses,
                None => look_up(&self.lookup, &origin.host, origin.port).await?,
            };
            let (first, open, left_out) = self.sift(&all).await?;
            self.book.add(open);
            (first, (left_out > 0).then(|| left_out_note(left_out, all.len(), label)))
        };
        let found = match timeout(HANDSHAKE_PATIENCE, self.meet(&place, stream)).await {
            Ok(found) => found.map_err(|failure| NetworkError::Handshake(failure.describe()))?,
            Err(_) => {
                let silence =
                    "it accepts connections but does not finish the handshake within 5 s; is the port right?";
                return Err(NetworkError::Handshake(silence.to_owned()));
            }
        };
        self.places.push(place);
        Ok((found, note))
    }

    /// Parts the addresses that accept a connection from those that do not. Returns a connection to the first.
    async fn sift(&self, all: &[SocketAddr]) -> Result<(Plain, Vec<SocketAddr>, usize), NetworkError> {
        let usable: Vec<SocketAddr> =
            all.iter().copied().filter(|address| self.has_local_for(*address)).collect();
        let (mut first, mut open, mut last) = (None, Vec::new(), NetworkError::LocalFamily);
        for address in &usable {
            match self.probe(Some(*address)).await {
                Ok(stream) => {
                    first.get_or_insert(stream);
                    open.push(*address);
                }
                Err(unreachable) => last = unreachable.into(),
            }
        }
        let left_out = usable.len() - open.len();
        first.map(|first| (first, open, left_out)).ok_or(last)
    }

    /// One connection, within a second.
    async fn probe(&self, address: Option<SocketAddr>) -> Result<Plain, Unreachable> {
        match timeout(PATIENCE, self.reach(address, 0)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(failure)) => Err(match (failure.kind, address) {
                (ErrorKind::ConnectFailed, None) => Unreachable::new(
                    format!("the Unix socket does not accept connections ({})", failure.describe()),
                    "check the path given with --unix-socket, and that the service is running",
                ),
                (kind, _) => {
                    Unreachable::new(kind.to_string(), "is the service running, and the port right?")
                }
            }),
            Err(_) => Err(Unreachable::new(
                "no connection within a second".to_owned(),
                "check the address and any firewall in between",
            )),
        }
    }

    /// Opens a connection as the run will, up to the point where requests could be sent.
    async fn meet(&self, place: &Place, stream: Plain) -> Result<Probed, Failure> {
        let (mut socket, opened) =
            self.shake_hands(place, self.tls.as_ref(), stream, 0, &MonotonicClock).await?;
        let streams = match opened.protocol {
            Protocol::Http2 => http2::open(socket, self.options.streams).await?.streams,
            Protocol::Http1 => {
                if self
                    .tls
                    .as_ref()
                    .is_some_and(|tls| place.name.is_some() && tls.was_asked_for_a_certificate())
                {
                    listen_for_refusal(&mut socket).await?;
                }
                1
            }
        };
        Ok(Probed { protocol: opened.protocol, streams, tls: opened.tls.map(|tls| tls.facts) })
    }

    /// Connects, without TLS. `turn` chooses among the local addresses.
    async fn reach(&self, address: Option<SocketAddr>, turn: usize) -> Result<Plain, Failure> {
        let connected = match (&self.options.unix_socket, address) {
            (Some(path), _) => connect_unix(path).await,
            (None, Some(address)) => connect_tcp(address, self.local_for(address, turn)).await,
            (None, None) => Err(std::io::ErrorKind::AddrNotAvailable.into()),
        };
        connected.map_err(Failure::connecting)
    }

    /// TLS, where the origin has it, and the choice of the protocol.
    async fn shake_hands(
        &self,
        place: &Place,
        tls: Option<&TlsClient>,
        stream: Plain,
        tcp_ns: u64,
        clock: &impl Clock,
    ) -> Result<(Socket, Opened), Failure> {
        let (Some(name), Some(tls)) = (&place.name, tls) else {
            let is_http2 = self.options.versions == HttpVersions::Http2;
            let protocol = if is_http2 { Protocol::Http2 } else { Protocol::Http1 };
            return Ok((stream.into(), Opened { protocol, tcp_ns, tls: None }));
        };
        let (stream, opened) = tls.handshake(name, stream, clock).await.map_err(Failure::handshake)?;
        let protocol = match (opened.facts.alpn.as_deref(), self.options.versions) {
            (Some("h2"), _) => Protocol::Http2,
            (_, HttpVersions::Http2) => return Err(Failure::handshake(TlsFault::no_http2())),
            // A server without ALPN speaks HTTP/1.1 (RFC 9113, 3.2).
            _ => Protocol::Http1,
        };
        Ok((Socket::Tls(Box::new(stream)), Opened { protocol, tcp_ns, tls: Some(opened) }))
    }

    /// Connects to an origin as far as its protocol is known. `turn` chooses among the addresses on both sides.
    pub(super) async fn connect(
        &self,
        origin: usize,
        turn: usize,
        tls: Option<&TlsClient>,
        clock: &impl Clock,
    ) -> Result<(Socket, Opened), Failure> {
        let unknown = || Failure::new(ErrorKind::ConnectFailed, true, true);
        let place = self.places.get(origin).ok_or_else(unknown)?;
        let addresses = self.book.of(origin);
        let address = addresses.get(turn % addresses.len().max(1)).copied();
        // With as many local addresses as remote ones, the same turn would always pair the same two: the local one moves
        // on only once the remote ones have had their turn.
        let local_turn = turn / addresses.len().max(1);
        let start_ns = clock.now_ns();
        let stream = self.reach(address, local_turn).await?;
        let tcp_ns = clock.now_ns() - start_ns;
        self.shake_hands(place, tls, stream, tcp_ns, clock).await
    }

    /// TLS for one worker.
    pub(super) fn tls_for_worker(&self) -> Option<TlsClient> {
        self.tls.as_ref().map(TlsClient::for_worker)
    }

    /// How connections are made.
    pub(super) fn options(&self) -> &WireOptions {
        &self.options
    }

    /// The origin's `:authority`.
    pub(super) fn origin(&self, origin: usize) -> Option<&Origin> {
        self.places.get(origin).map(|place| &place.origin)
    }

    fn local_for(&self, address: SocketAddr, turn: usize) -> Option<IpAddr> {
        let same_family = |local: &&IpAddr| local.is_ipv4() == address.is_ipv4();
        let count = self.options.local_addresses.iter().filter(same_family).count();
        self.options.local_addresses.iter().filter(same_family).nth(turn % count.max(1)).copied()
    }

    fn has_local_for(&self, address: SocketAddr) -> bool {
        self.options.local_addresses.is_empty() || self.local_for(address, 0).is_some()
    }

    /// Looks the names up again each time their time is over, for as long as the future is polled. Workers never wait
    /// for it: they use the old addresses until the new ones are there. Returns never, also where there is nothing to do.
    #[expect(clippy::disallowed_methods, reason = "a lookup may be a millisecond late, unlike an arrival")]
    pub async fn refresh(&self) {
        if self.options.dns_ttl_ns == 0 || !self.places.iter().any(|place| place.is_looked_up) {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(Duration::from_nanos(self.options.dns_ttl_ns)).await;
            self.refresh_once().await;
        }
    }

    /// Looks every name up. Addresses in use that are still in the answer stay without a probe; new ones are probed; the
    /// old list stays when the lookup fails or nobody in the answer accepts a connection.
    async fn refresh_once(&self) {
        for (origin, place) in self.places.iter().enumerate().filter(|(_, place)| place.is_looked_up) {
            let Ok(all) = look_up(&self.lookup, &place.origin.host, place.origin.port).await else {
                continue;
            };
            let known = self.book.of(origin);
            let mut open = Vec::new();
            for address in all {
                let usable = self.has_local_for(address);
                if known.contains(&address) || (usable && self.probe(Some(address)).await.is_ok()) {
                    open.push(address);
                }
            }
            self.book.replace(origin, open);
        }
    }
}

/// With TLS 1.3 a server refuses a client's certificate, or the want of one, after the client's handshake is complete.
async fn listen_for_refusal(socket: &mut Socket) -> Result<(), Failure> {
    match timeout(REFUSAL_SHOWS, socket.read_u8()).await {
        Ok(Err(error)) => Err(Failure::handshake(TlsFault::during_handshake(&error))),
        // Nothing is to come before the first request: silence is consent.
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

fn left_out_note(left_out: usize, all: usize, label: &str) -> String {
    let verbs = if left_out == 1 {
        "does not accept connections and is"
    } else {
        "do not accept connections and are"
    };
    format!("{left_out} of {all} addresses of {label} {verbs} left out")
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
