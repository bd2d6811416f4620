//! Where a tunnel is to lead.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Where a tunnel is to lead, as the proxy is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Destination {
    /// A name, which the proxy resolves, and a port.
    Name(String, u16),
    /// An address, typed or resolved here.
    Address(SocketAddr),
}

impl Destination {
    /// A host as it stands in a URL, without the brackets of IPv6.
    pub(in super::super) fn new(host: &str, port: u16) -> Self {
        match host.parse::<IpAddr>() {
            Ok(address) => Self::Address(SocketAddr::new(address, port)),
            Err(_) => Self::Name(host.to_owned(), port),
        }
    }

    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Name(_, port) => *port,
            Self::Address(address) => address.port(),
        }
    }
}

/// Host and port as CONNECT names them (RFC 9110, 7.1): an IPv6 address stands in brackets.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(host, port) => write!(f, "{host}:{port}"),
            Self::Address(address) => address.fmt(f),
        }
    }
}
