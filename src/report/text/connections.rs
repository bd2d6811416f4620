//! What the connections were and did.

use super::layout::{with_label, wrapped};
use super::numbers::{count, counted, ms, percent, seconds};
use crate::result::{ConnectionKind, Figure, LatencyStats, Summary};

/// What was opened, what was agreed on, how often a connection was used again, how long handshakes took.
pub(super) fn connections(summary: &Summary) -> String {
    let connections = &summary.connections;
    let mut lines = wrapped("", &counts(summary));
    for kind in &connections.kinds {
        lines += &wrapped("", &agreed(kind));
    }
    let tcp = if summary.plan.traffic.proxy.is_some() { "TCP and proxy" } else { "TCP" };
    let handshakes: Vec<String> = [(tcp, &connections.tcp_handshake), ("TLS", &connections.tls_handshake)]
        .into_iter()
        .filter_map(|(name, stats)| handshake(name, stats))
        .collect();
    if !handshakes.is_empty() {
        let resumed = match connections.tls_resumed {
            0 => String::new(),
            resumed => format!("; {} resumed", counted(resumed, "TLS session")),
        };
        lines += &wrapped("", &format!("handshakes: {}{resumed}", handshakes.join(", ")));
    }
    with_label("Connections", &lines)
}

fn counts(summary: &Summary) -> String {
    let (connections, plan) = (&summary.connections, &summary.plan);
    let mut text =
        format!("{} opened, at most {} at once", count(connections.opened), count(connections.peak));
    if let Some(share) = connections.reuse_rate.filter(|_| connections.reuses > 0) {
        text += &format!(", {} of requests on a connection used before", percent(share));
    }
    if connections.failed > 0 {
        text += &format!(", {} failed", counted(connections.failed, "attempt"));
    }
    if connections.dead_when_reused > 0 {
        text += &format!(", {} dead when reused", count(connections.dead_when_reused));
    }
    if connections.retries > 0 {
        text += &format!(", {} sent again because of that", counted(connections.retries, "request"));
    }
    if connections.idle_closed > 0 {
        let after =
            plan.traffic.keepalive_idle_s.map_or_else(String::new, |s| format!(" after {}", seconds(s)));
        text += &format!(", {} closed unused{after}", count(connections.idle_closed));
    }
    if connections.used_up > 0 {
        let most = plan.traffic.max_requests_per_connection;
        let after = most.map_or_else(String::new, |most| format!(" after {}", counted(most, "request")));
        text += &format!(", {} closed{after}", count(connections.used_up));
    }
    if !plan.keepalive {
        text += "; a new one for each request";
    }
    if let Some(scheme) = &plan.traffic.proxy {
        text += &format!("; each in a tunnel through a proxy ({scheme}://)");
    }
    text
}

fn agreed(kind: &ConnectionKind) -> String {
    let tls = match &kind.tls {
        None => "no TLS".to_owned(),
        Some(tls) => format!("{} {}", tls.version, tls.cipher),
    };
    format!("{} x {}, {tls}", count(kind.opened), kind.protocol)
}

/// The median and the p99, or what the sample supports of them; the mean where it supports neither.
fn handshake(name: &str, stats: &LatencyStats) -> Option<String> {
    let one = |figure: Figure| Some(format!("{figure} {} ms", ms(stats.exact(figure)?)));
    let percentiles: Vec<String> = [Figure::P50, Figure::P99].into_iter().filter_map(one).collect();
    let figures = if percentiles.is_empty() { one(Figure::Mean)? } else { percentiles.join(" ") };
    Some(format!("{name} {figures}"))
}
