//! What the connections of a run were and did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Distribution;

/// The version of HTTP on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Protocol {
    /// HTTP/1.1: one exchange at a time.
    #[serde(rename = "HTTP/1.1")]
    Http1,
    /// HTTP/2: many exchanges at once.
    #[serde(rename = "HTTP/2")]
    Http2,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

/// What TLS agreed on, in the names of its registries (RFC 8446, RFC 7301).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: String,
    /// The cipher suite, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The protocol agreed by ALPN: `h2`, `http/1.1`, or none.
    pub alpn: Option<String>,
}

/// How a connection came to be open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it speaks.
    pub protocol: Protocol,
    /// Time of the TCP (or Unix socket) handshake in nanoseconds.
    pub tcp_ns: u64,
    /// The TLS handshake, if there was one.
    pub tls: Option<TlsOpened>,
}

/// A TLS handshake that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsOpened {
    /// Its time in nanoseconds, after the TCP handshake.
    pub handshake_ns: u64,
    /// Whether it resumed an earlier session.
    pub resumed: bool,
    /// What it agreed on.
    pub facts: TlsFacts,
}

/// One worker's account of its connections; accounts merge. The warm-up is included: connections outlive it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionLog {
    /// Connections opened.
    pub opened: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Connections that were gone when they were to be used again.
    pub dead_when_reused: u64,
    /// Requests sent a second time, because the first time the server cannot have acted on them.
    pub retries: u64,
    /// Most connections open at once.
    pub peak: u64,
    /// Connections closed here because nothing had used them for the keep-alive time.
    pub idle_closed: u64,
    /// Connections closed here because they had carried as many requests as they may.
    pub used_up: u64,
    /// Requests sent on connections that had carried one before.
    pub reuses: u64,
    /// TCP handshakes.
    pub tcp: Distribution,
    /// TLS handshakes.
    pub tls: Distribution,
    /// Of the TLS handshakes: those that resumed an earlier session.
    pub resumed: u64,
    /// Connections opened by what was agreed on.
    #[serde(with = "super::saved::pairs")]
    pub kinds: std::collections::BTreeMap<(Protocol, Option<TlsFacts>), u64>,
}

impl ConnectionLog {
    /// A connection has been opened.
    pub fn open(&mut self, opened: &Opened) {
        self.opened += 1;
        self.tcp.record(opened.tcp_ns);
        if let Some(tls) = &opened.tls {
            self.tls.record(tls.handshake_ns);
            self.resumed += u64::from(tls.resumed);
        }
        let facts = opened.tls.as_ref().map(|tls| tls.facts.clone());
        *self.kinds.entry((opened.protocol, facts)).or_default() += 1;
    }

    /// Adds another worker's account.
    pub fn merge(&mut self, other: Self) {
        self.opened += other.opened;
        self.failed += other.failed;
        self.dead_when_reused += other.dead_when_reused;
        self.retries += other.retries;
        self.peak += other.peak;
        self.idle_closed += other.idle_closed;
        self.used_up += other.used_up;
        self.reuses += other.reuses;
        self.tcp.merge(&other.tcp);
        self.tls.merge(&other.tls);
        self.resumed += other.resumed;
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }
}
