//! What is known of the network before the first request, and kept up to date during the run.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::addresses::{AddressBook, LookUp, PATIENCE, Unreachable, Whose, look_up, system_lookup};
use super::http1::LargeHeads;
use super::proxied::FoundProxy;
use super::socket::{Plain, Socket, bound_to};
use super::tls::{TlsClient, TlsFault, TlsSetupError};
use super::{Failure, HttpVersions, Proxy, WireOptions, http2};
use crate::measure::{ErrorKind, Protocol, TlsFacts};
use crate::request::{Origin, Scheme};
use crate::time::MonotonicClock;

/// How long the handshakes of TLS and HTTP/2 may take before the run.
pub(super) const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(5);

/// How often a connection is tried that is reset as it opens.
const PROBE_TRIES: u32 = 10;
/// How long a server that asked for a client certificate is listened to for its refusal.
const REFUSAL_SHOWS: Duration = Duration::from_millis(200);

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
pub(super) struct Place {
    pub(super) origin: Origin,
    /// Where connections to it go: its own host and port, or others in their place.
    pub(super) host: String,
    pub(super) port: u16,
    /// The name for TLS; none on plain TCP.
    pub(super) name: Option<ServerName<'static>>,
    /// Whether its addresses come from a lookup that may be repeated.
    pub(super) is_looked_up: bool,
    /// Whether its answers have large heads.
    pub(super) heads: Arc<LargeHeads>,
}

impl Place {
    /// Whose name is looked up.
    pub(super) fn whose(&self) -> Whose {
        if self.host == self.origin.host() { Whose::Target } else { Whose::ConnectTo }
    }
}

/// The origins of a workload and the ways to them; shared by all workers.
pub struct Network {
    pub(super) options: WireOptions,
    pub(super) places: Vec<Place>,
    pub(super) book: AddressBook,
    pub(super) tls: Option<TlsClient>,
    pub(super) lookup: LookUp,
    /// The proxy that all connections go through.
    pub(super) proxy: Option<FoundProxy>,
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
        let wants_tls = origins.iter().any(|origin| origin.scheme() == Scheme::Https)
            || named.iter().any(|file| file.is_some());
        let tls = wants_tls.then(|| TlsClient::new(&options.tls, options.versions)).transpose()?;
        let (book, places) = (AddressBook::default(), Vec::new());
        let mut network = Self { options, places, book, tls, lookup, proxy: None };
        let (mut probed, mut notes, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
        notes.extend(network.find_proxy().await?);
        for origin in origins {
            let host = hosts.iter().position(|known| known == origin.host()).unwrap_or_else(|| {
                hosts.push(origin.host().to_owned());
                hosts.len() - 1
            });
            let (found, note) = network.add(origin, &format!("host-{}", host + 1)).await?;
            probed.push(found);
            notes.extend(note);
        }
        Ok((network, probed, notes))
    }

    /// How many addresses connections go to, over all origins; those of the proxy, where there is one.
    pub fn address_count(&self) -> u64 {
        match &self.proxy {
            Some(proxy) => proxy.addresses().len() as u64,
            None => (0..self.places.len()).map(|origin| self.book.of(origin).len() as u64).sum(),
        }
    }

    async fn add(&mut self, origin: &Origin, label: &str) -> Result<(Probed, Option<String>), NetworkError> {
        let name = match &self.tls {
            Some(tls) if origin.scheme() == Scheme::Https => Some(tls.name(origin.host())?),
            _ => None,
        };
        let (host, port) = self.options.place_of(origin.host(), origin.port());
        let is_resolved_by_proxy = self.options.proxy.as_ref().is_some_and(Proxy::resolves_names);
        let is_resolved_here = self.options.unix_socket.is_none() && !is_resolved_by_proxy;
        let overriding = self.options.overriding(&host, port).filter(|_| is_resolved_here);
        let is_address = host.parse::<IpAddr>().is_ok();
        let is_looked_up = !is_address && overriding.is_none() && is_resolved_here;
        let place = Place { origin: origin.clone(), host, port, name, is_looked_up, heads: Arc::default() };
        let all = match overriding {
            Some(addresses) => addresses,
            None if !is_resolved_here => Vec::new(),
            None => look_up(&self.lookup, &place.host, port, place.whose()).await?,
        };
        let (stream, open, left_out) = match &self.proxy {
            Some(proxy) => self.sift_through(proxy, &place, &all).await?,
            None if is_resolved_here => self.sift(&all, Whose::Target).await?,
            None => (self.probe(None, Whose::Target).await?, Vec::new(), 0),
        };
        self.book.add(open);
        let note = (left_out > 0).then(|| left_out_note(left_out, all.len(), label));
        let Some(stream) = stream else {
            if place.name.is_some() || self.options.versions == HttpVersions::Http2 {
                return Err(NetworkError::Handshake("it resets every connection as it opens".to_owned()));
            }
            self.places.push(place);
            return Ok((Probed { protocol: Protocol::Http1, streams: 1, tls: None }, note));
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

    /// Parts the addresses that accept a connection from those that do not. Returns a connection to the first, where it
    /// lives long enough.
    pub(super) async fn sift(
        &self,
        all: &[SocketAddr],
        whose: Whose,
    ) -> Result<(Option<Plain>, Vec<SocketAddr>, usize), NetworkError> {
        let usable: Vec<SocketAddr> =
            all.iter().copied().filter(|address| self.has_local_for(*address)).collect();
        let (mut first, mut open, mut last) =
            (None, Vec::new(), NetworkError::LocalFamily(whose.to_string()));
        for address in &usable {
            match self.probe(Some(*address), whose).await {
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

    /// A server that resets what it has just accepted is there, and what it does then is for the run to measure.
    async fn reach_patiently(&self, address: Option<SocketAddr>) -> Result<Plain, Failure> {
        let mut tries = 1;
        loop {
            match self.reach(address, 0).await {
                Err(failure) if failure.kind == ErrorKind::Reset && tries < PROBE_TRIES => tries += 1,
                result => return result,
            }
        }
    }

    /// One connection, within a second. `None`: somebody is there, but resets each connection as it opens; what that means
    /// for the requests is for the run to find out.
    pub(super) async fn probe(
        &self,
        address: Option<SocketAddr>,
        whose: Whose,
    ) -> Result<Option<Plain>, Unreachable> {
        match timeout(PATIENCE, self.reach_patiently(address)).await {
            Ok(Ok(stream)) => Ok(Some(stream)),
            Ok(Err(failure)) if failure.kind == ErrorKind::Reset => Ok(None),
            Ok(Err(failure)) => Err(match (failure.kind, address) {
                (ErrorKind::ConnectFailed, None) => Unreachable::new(
                    whose,
                    format!("the Unix socket does not accept connections ({})", failure.describe()),
                    "check the path given with --unix-socket, and that the service is running",
                ),
                (kind, _) => {
                    let remedy = match whose {
                        Whose::Target | Whose::ConnectTo => "is the service running, and the port right?",
                        Whose::Proxy => "is the proxy running, and its port right?",
                    };
                    Unreachable::new(whose, kind.to_string(), remedy)
                }
            }),
            Err(_) => Err(Unreachable::new(
                whose,
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
}

/// With TLS 1.3 a server refuses a client's certificate, or the want of one, after the client's handshake is complete.
async fn listen_for_refusal(socket: &mut Socket) -> Result<(), Failure> {
    match timeout(REFUSAL_SHOWS, socket.read_u8()).await {
        Ok(Err(error)) => Err(Failure::handshake(TlsFault::during_handshake(&error))),
        // Nothing is to come before the first request: silence is consent.
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

pub(super) fn left_out_note(left_out: usize, all: usize, label: &str) -> String {
    let verbs = if left_out == 1 {
        "does not accept connections and is"
    } else {
        "do not accept connections and are"
    };
    format!("{left_out} of {all} addresses of {label} {verbs} left out")
}

/// Why there is no network to run on. Nothing has been requested.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A name without an address, or an address without a service.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// A file for TLS is not right.
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
    /// The proxy is there, and opens no tunnel to the target.
    #[error("cannot reach the target through the proxy: {cause}; {remedy}")]
    Tunnel {
        /// Why.
        cause: String,
        /// What to do.
        remedy: &'static str,
    },
    /// No local address can reach any of the addresses of the target, or of the proxy.
    #[error(
        "the {0} has no address of the same family (IPv4 or IPv6) as a --local-address; give one of the other family"
    )]
    LocalFamily(String),
}
