//! Why a proxy opened no tunnel.

use std::io;

use http::StatusCode;

use crate::measure::ErrorKind;

/// Why a proxy opened no tunnel. What it says in its own words is left out: that may hold hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum ProxyFault {
    #[error("the proxy wants a user and a password, and none were given")]
    NoCredentials,
    #[error("the proxy wants other credentials than those given")]
    OtherCredentials,
    /// A 407 without `Basic` among what it takes (RFC 9110, 11.7.1).
    #[error(
        "the proxy takes no user and password by Basic authentication, the only kind that is spoken here"
    )]
    NotBasic,
    /// An answer to CONNECT that is neither 2xx nor asks for credentials.
    #[error("the proxy answered CONNECT with {}", in_words(*.0))]
    Status(u16),
    /// A reply of SOCKS5 other than 0 (RFC 1928, 6).
    #[error("the proxy did not connect: {} (SOCKS5 reply {code})", reply(*.0), code = *.0)]
    Reply(u8),
    #[error("the proxy closed the connection before the tunnel was open")]
    Closed,
    #[error("the connection to the proxy broke before the tunnel was open: {0}")]
    Broken(String),
    #[error("what answers there does not speak HTTP as a proxy does")]
    NotHttp,
    #[error("what answers there does not speak SOCKS5")]
    NotSocks5,
    #[error("the head of the proxy's answer is larger than 16 KiB or has more than 100 fields")]
    LargeHead,
    /// Bytes behind the head of a 2xx: they would be the target's, who has not been asked anything yet.
    #[error("the proxy sent more than the head of its answer before anything was asked of the target")]
    Unasked,
    /// The length of a name is one byte (RFC 1928, 5).
    #[error("the target's host name is longer than the 255 bytes that SOCKS5 carries")]
    LongName,
}

impl ProxyFault {
    /// What became of the stream.
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Broken(error.to_string()),
        }
    }

    /// The kind, as the report counts it.
    pub(in super::super) fn kind(&self) -> ErrorKind {
        match self {
            Self::NoCredentials | Self::OtherCredentials | Self::NotBasic => ErrorKind::ProxyAuth,
            Self::Status(_) | Self::Reply(_) | Self::LongName => ErrorKind::ProxyRefused,
            _ => ErrorKind::ProxyFailed,
        }
    }

    /// What to do.
    pub(in super::super) fn remedy(&self) -> &'static str {
        match self {
            Self::NoCredentials | Self::OtherCredentials => {
                "give those that it knows: --proxy http://USER:PASSWORD@HOST:PORT (special characters as %XX)"
            }
            Self::NotBasic => "let the proxy take Basic authentication, or this machine without any",
            Self::Status(502..=504) | Self::Reply(1 | 3..=6) => {
                "is the target running, and can the proxy reach it? See the proxy's own log"
            }
            Self::Status(_) | Self::Reply(_) | Self::LongName => {
                "may this machine have tunnels (CONNECT) to the target's port? See the proxy's own log"
            }
            _ => "is it a proxy of this scheme (http://, socks5://, socks5h://), and its port right?",
        }
    }
}

fn in_words(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// The words of RFC 1928, 6.
fn reply(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "its rules do not allow it",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "it does not know CONNECT",
        8 => "it does not know this type of address",
        _ => "for a reason that is not in the standard",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_cause_and_has_a_kind_of_its_own() {
        for (fault, words, kind) in [
            (ProxyFault::Status(403), "answered CONNECT with 403 Forbidden", ErrorKind::ProxyRefused),
            (ProxyFault::Status(599), "answered CONNECT with 599", ErrorKind::ProxyRefused),
            (ProxyFault::Reply(5), "connection refused (SOCKS5 reply 5)", ErrorKind::ProxyRefused),
            (ProxyFault::Reply(77), "(SOCKS5 reply 77)", ErrorKind::ProxyRefused),
            (ProxyFault::OtherCredentials, "wants other credentials", ErrorKind::ProxyAuth),
            (ProxyFault::NotHttp, "does not speak HTTP", ErrorKind::ProxyFailed),
        ] {
            assert!(fault.to_string().contains(words), "{fault}");
            assert_eq!(fault.kind(), kind);
        }
        assert!(ProxyFault::Status(502).remedy().contains("is the target running"));
        assert!(ProxyFault::Status(405).remedy().contains("CONNECT"));
    }
}
