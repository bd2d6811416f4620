//! How connections are to be made: plain data, from arguments that have been parsed already.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::connect_to::ConnectTo;
use super::overrides::ResolveOverride;
use super::proxy::Proxy;

/// Which versions of HTTP may be spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpVersions {
    /// On TLS what the server prefers of HTTP/2 and HTTP/1.1 (ALPN, RFC 7301); on plain TCP HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only; on plain TCP with prior knowledge (RFC 9113, 3.3).
    Http2,
}

/// Whom to trust, and who we are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// A PEM file with the only certificates to trust; otherwise those that the platform trusts.
    pub cacert: Option<PathBuf>,
    /// A PEM file with our certificate, followed by those that signed it, for a server that asks for one.
    pub cert: Option<PathBuf>,
    /// A PEM file with the certificate's key; without it the key is looked for in the certificate's file, as curl does.
    pub key: Option<PathBuf>,
    /// Whether any certificate is accepted.
    pub insecure: bool,
    /// The name to ask for (and to find in the certificate) in place of the URL's host.
    pub sni: Option<String>,
}

/// Whose time the end of an answer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Timestamps {
    /// The kernel's, where it has any (Linux, TCP); otherwise this program's.
    #[default]
    Auto,
    /// The kernel's.
    Kernel,
    /// This program's: when it read the answer.
    User,
}

/// How connections are to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireOptions {
    /// Which versions of HTTP may be spoken.
    pub versions: HttpVersions,
    /// Most exchanges at once on an HTTP/2 connection; at least 1. The server may allow fewer.
    pub streams: u64,
    /// How TLS is spoken, where an origin is `https`.
    pub tls: TlsOptions,
    /// Addresses of this machine to connect from, in turn. None: the system chooses.
    pub local_addresses: Vec<IpAddr>,
    /// A Unix socket to connect to, whatever the host and port.
    pub unix_socket: Option<PathBuf>,
    /// A proxy that every connection goes through, in a tunnel.
    pub proxy: Option<Proxy>,
    /// Other places to connect to.
    pub connect_to: Vec<ConnectTo>,
    /// Addresses that stand in place of a lookup.
    pub overrides: Vec<ResolveOverride>,
    /// Whose time an answer's end is.
    pub timestamps: Timestamps,
    /// Time until names are looked up again, in nanoseconds; 0 = never.
    pub dns_ttl_ns: u64,
    /// Whether bodies are written from where they lie, instead of being copied behind the head: what a small one costs more by,
    /// a large one would cost in memory, once for each request under way.
    pub large_bodies: bool,
}

impl Default for WireOptions {
    fn default() -> Self {
        Self {
            versions: HttpVersions::default(),
            streams: 100,
            tls: TlsOptions::default(),
            local_addresses: Vec::new(),
            unix_socket: None,
            proxy: None,
            connect_to: Vec::new(),
            overrides: Vec::new(),
            timestamps: Timestamps::Auto,
            dns_ttl_ns: 0,
            large_bodies: false,
        }
    }
}

impl WireOptions {
    /// Whether no name is resolved here, so that no address can be given for one but for the proxy's own.
    pub(crate) fn leaves_names_to_the_proxy(&self) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| {
            proxy.resolves_names()
                && !self.overrides.iter().any(|entry| entry.is_for(proxy.host(), proxy.port()))
        })
    }

    /// Where connections to a host and port go. As with curl, the first rule for them counts.
    pub(super) fn place_of(&self, host: &str, port: u16) -> (String, u16) {
        let rule = self.connect_to.iter().find(|rule| rule.is_for(host, port));
        rule.map_or_else(|| (host.to_owned(), port), |rule| rule.leads(host, port))
    }

    /// The addresses given in place of a lookup, if any.
    pub(super) fn overriding(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        // As with curl, the entry given last wins.
        self.overrides.iter().rev().find(|entry| entry.is_for(host, port)).map(ResolveOverride::addresses)
    }
}
