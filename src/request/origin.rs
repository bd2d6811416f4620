//! Origins: scheme, host and port (RFC 6454).

use std::fmt;
use std::hash::{Hash, Hasher};

/// The scheme of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of a URL that names none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Scheme, host and port. It has no `Display`, and its `Debug` shows neither host nor port: they must not reach a
/// report by accident.
#[derive(Clone)]
pub struct Origin {
    pub(super) scheme: Scheme,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) authority: String,
}

impl Origin {
    /// Whether it is spoken to over TLS.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host name or address in lower case, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the default one of its scheme too.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as they were written: the value of the `Host` header.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

/// However they were written: `http://a` and `http://A:80` are the same.
impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.scheme, &self.host, self.port).hash(state);
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({}://***)", self.scheme)
    }
}
