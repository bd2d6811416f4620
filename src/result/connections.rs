//! What the result says of the connections.

use serde::{Deserialize, Serialize};

use super::stats::LatencyStats;
use crate::measure::{ConnectionLog, Protocol, TlsFacts};

/// What the connections were and did, warm-up included: they outlive it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Connections {
    /// Connections opened.
    pub opened: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Connections that were gone when they were to be used again.
    pub dead_when_reused: u64,
    /// Requests sent a second time because of that. Each is one arrival still.
    pub retries: u64,
    /// Most connections open at once; with several threads the sum of each thread's peak.
    pub peak: u64,
    /// Connections closed by the client because nothing had used them for the keep-alive time.
    #[serde(default)]
    pub idle_closed: u64,
    /// Connections closed by the client because they had carried as many requests as they may.
    #[serde(default)]
    pub used_up: u64,
    /// Requests sent on connections that had carried one before.
    #[serde(default)]
    pub reuses: u64,
    /// Share of the requests sent on connections that found one that had carried another: reuses / (opened + reuses), for
    /// a connection is opened for the first request that it carries. Null when no connection was opened.
    #[serde(default)]
    pub reuse_rate: Option<f64>,
    /// Time of the TCP (or Unix socket) handshakes.
    #[serde(default)]
    pub tcp_handshake: LatencyStats,
    /// Time of the TLS handshakes, each after its TCP handshake.
    #[serde(default)]
    pub tls_handshake: LatencyStats,
    /// Of the TLS handshakes: those that resumed an earlier session.
    #[serde(default)]
    pub tls_resumed: u64,
    /// Connections opened, by what was agreed on.
    #[serde(default)]
    pub kinds: Vec<ConnectionKind>,
}

/// Connections on which the same was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConnectionKind {
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: Protocol,
    /// What TLS agreed on; null without TLS.
    pub tls: Option<TlsFacts>,
    /// How many were opened.
    pub opened: u64,
}

impl Connections {
    /// What an account of connections amounts to.
    pub fn of(log: &ConnectionLog) -> Self {
        let kinds = log.kinds.iter().map(|((protocol, tls), opened)| ConnectionKind {
            protocol: *protocol,
            tls: tls.clone(),
            opened: *opened,
        });
        Self {
            opened: log.opened,
            failed: log.failed,
            dead_when_reused: log.dead_when_reused,
            retries: log.retries,
            peak: log.peak,
            idle_closed: log.idle_closed,
            used_up: log.used_up,
            reuses: log.reuses,
            reuse_rate: (log.opened > 0).then(|| log.reuses as f64 / (log.opened + log.reuses) as f64),
            tcp_handshake: LatencyStats::of(&log.tcp),
            tls_handshake: LatencyStats::of(&log.tls),
            tls_resumed: log.resumed,
            kinds: kinds.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::Figure;
    use super::*;
    use crate::measure::{Opened, TlsOpened};

    fn opened(handshake_ns: u64, version: &str) -> Opened {
        let facts = TlsFacts {
            version: version.to_owned(),
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            alpn: Some("h2".to_owned()),
        };
        let tls = TlsOpened { handshake_ns, resumed: version == "TLSv1.3", facts };
        Opened { protocol: Protocol::Http2, tcp_ns: 1_000_000, tls: Some(tls) }
    }

    #[test]
    fn connections_are_told_apart_by_what_was_agreed_on() {
        let mut log = ConnectionLog { reuses: 7, ..ConnectionLog::default() };
        log.open(&opened(2_000_000, "TLSv1.3"));
        log.open(&opened(4_000_000, "TLSv1.3"));
        log.open(&opened(6_000_000, "TLSv1.2"));
        let connections = Connections::of(&log);
        let kinds: Vec<u64> = connections.kinds.iter().map(|kind| kind.opened).collect();
        assert_eq!((kinds, connections.tls_resumed), (vec![1, 2], 2));
        assert_eq!(
            (connections.tcp_handshake.count, connections.tls_handshake.exact(Figure::Mean)),
            (3, Some(4.0))
        );
        assert_eq!(connections.reuse_rate, Some(0.7));
        assert_eq!(Connections::of(&ConnectionLog::default()).reuse_rate, None);
    }
}
