//! A server as the workload names it.

use crate::request::Target;

/// Scheme, host and port (RFC 6454).
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whether it is `https`.
    pub is_tls: bool,
    /// Host name or address, without the brackets of IPv6.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Host and port as they stand in the URL: the value of `Host` and of `:authority`.
    pub authority: String,
}

/// The one place where a target becomes an origin.
impl From<&Target> for Origin {
    fn from(target: &Target) -> Self {
        Self {
            is_tls: false,
            host: target.host().to_owned(),
            port: target.port(),
            authority: target.authority().to_owned(),
        }
    }
}

/// Hosts must not reach a report by accident.
impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Origin({})", if self.is_tls { "https" } else { "http" })
    }
}
