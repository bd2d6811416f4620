//! One arrival, from its intended time to its end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::schedule::Slot;

/// How one arrival ended. Every arrival ends in exactly one of these ways; they are the ledger's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A good answer, read to its end.
    Ok {
        /// HTTP status.
        status: u16,
    },
    /// A complete answer that is not good.
    HttpError {
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        fault: HttpFault,
    },
    /// No complete answer within the timeout, counted from the actual send.
    Timeout,
    /// The connection could not be made or broke before the answer was complete.
    ConnectionError(ErrorKind),
    /// Sent, but without an end when the drain limit came.
    Unfinished,
    /// Not sent: the concurrency cap (and the wait queue, where there is one) was full, or it still waited for the cap
    /// when the drain ended.
    Overflow,
    /// Not sent: its token fell out of the full bucket because the client was late.
    Missed,
    /// Not sent: the run was interrupted.
    Cancelled,
}

/// Why a complete answer is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HttpFault {
    /// Its status is not the one expected (by default: not 2xx).
    Status,
    /// The server limits the rate: 429, or 503 with `Retry-After` (RFC 6585, 4; RFC 9110, 15.6.4).
    Throttled,
    /// The status is as expected, the body is not.
    Body,
}

/// Why a connection failed, as far as the client can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// No complete answer within the timeout. In the ledger this is `timeout`, not `connection_error`.
    Timeout,
    /// The name did not resolve.
    Dns,
    /// Nobody listens there.
    ConnectRefused,
    /// No connection within the timeout.
    ConnectTimeout,
    /// Any other failure to connect, such as an unreachable network.
    ConnectFailed,
    /// The proxy wants a user and a password, or others.
    ProxyAuth,
    /// The proxy did not connect to the target: it must not, or could not.
    ProxyRefused,
    /// The proxy closed the connection before there was a tunnel, or does not speak as one.
    ProxyFailed,
    /// The TLS handshake failed: the certificate, the protocol version, the server's refusal.
    TlsHandshake,
    /// The peer reset the connection.
    Reset,
    /// The peer closed the connection before the answer was complete.
    Closed,
    /// The server reset the request's stream (HTTP/2 `RST_STREAM`); the connection lives on.
    StreamReset,
    /// The server is closing the connection (HTTP/2 `GOAWAY`) and broke off a request it had taken.
    GoAway,
    /// The answer is not HTTP.
    Protocol,
    /// This machine has no local port left for a new connection: a limit of the client.
    PortsExhausted,
    /// This process has no file descriptor left for a new connection: a limit of the client.
    DescriptorsExhausted,
    /// Anything else that the operating system reported.
    Io,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Timeout,
        Self::Dns,
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::ConnectFailed,
        Self::ProxyAuth,
        Self::ProxyRefused,
        Self::ProxyFailed,
        Self::TlsHandshake,
        Self::Reset,
        Self::Closed,
        Self::StreamReset,
        Self::GoAway,
        Self::Protocol,
        Self::PortsExhausted,
        Self::DescriptorsExhausted,
        Self::Io,
    ];

    /// Whether the failure says something about the client's machine rather than the service.
    pub fn is_client_limit(self) -> bool {
        matches!(self, Self::PortsExhausted | Self::DescriptorsExhausted)
    }

    /// Its name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Dns => "dns",
            Self::ConnectRefused => "connect_refused",
            Self::ConnectTimeout => "connect_timeout",
            Self::ConnectFailed => "connect_failed",
            Self::ProxyAuth => "proxy_auth",
            Self::ProxyRefused => "proxy_refused",
            Self::ProxyFailed => "proxy_failed",
            Self::TlsHandshake => "tls_handshake",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::StreamReset => "stream_reset",
            Self::GoAway => "go_away",
            Self::Protocol => "protocol",
            Self::PortsExhausted => "ports_exhausted",
            Self::DescriptorsExhausted => "descriptors_exhausted",
            Self::Io => "io",
        }
    }

    /// What it means, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Timeout => "no complete answer within the timeout",
            Self::Dns => "the host name did not resolve",
            Self::ConnectRefused => "connection refused",
            Self::ConnectTimeout => "no connection within the timeout",
            Self::ConnectFailed => "could not connect",
            Self::ProxyAuth => "the proxy wants other credentials",
            Self::ProxyRefused => "the proxy did not connect to the target",
            Self::ProxyFailed => "the proxy opened no tunnel",
            Self::TlsHandshake => "the TLS handshake failed",
            Self::Reset => "connection reset by the server",
            Self::Closed => "connection closed before the answer was complete",
            Self::StreamReset => "the server reset the stream",
            Self::GoAway => "the server closed the connection (GOAWAY) before the answer was complete",
            Self::Protocol => "the answer is not valid HTTP",
            Self::PortsExhausted => "no local port left on this machine",
            Self::DescriptorsExhausted => "no file descriptor left in this process",
            Self::Io => "input/output error",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// The instants of a sent arrival, in nanoseconds on the run's clock, in this order.
///
/// An arrival that failed before one of them carries its end in its place, so the parts always add up:
/// `response = send lag + slot wait + connect + service`, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeline {
    /// The client noticed that the arrival is due.
    pub due_ns: u64,
    /// The concurrency cap had room for it.
    pub admitted_ns: u64,
    /// It had a connection.
    pub ready_ns: u64,
    /// It was handed to the connection: the actual send.
    pub sent_ns: u64,
    /// The head of the answer had come.
    pub first_byte_ns: u64,
    /// The answer had come to its end, by the kernel's receive stamp where there is one; or the attempt failed.
    pub end_ns: u64,
    /// From the kernel's stamp to our reading of the last byte: beside the response, never in it. `None` without a stamp.
    pub receive_lag_ns: Option<u64>,
}

impl Timeline {
    /// `end - intended`: what a user who came at the intended time had to wait.
    pub fn response_ns(&self, slot: Slot) -> u64 {
        self.end_ns.saturating_sub(slot.intended_ns)
    }

    /// `end - actual send`: what a tool that measures from the send would report.
    pub fn service_ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.sent_ns)
    }

    /// The client's own lateness: waking up late, and being late to write once a connection was there.
    pub fn send_lag_ns(&self, slot: Slot) -> u64 {
        self.due_ns.saturating_sub(slot.intended_ns) + self.sent_ns.saturating_sub(self.ready_ns)
    }

    /// Time spent waiting for the concurrency cap.
    pub fn slot_wait_ns(&self) -> u64 {
        self.admitted_ns.saturating_sub(self.due_ns)
    }

    /// Time spent waiting for a new connection.
    pub fn connect_ns(&self) -> u64 {
        self.ready_ns.saturating_sub(self.admitted_ns)
    }

    /// From the actual send to the head of the answer.
    pub fn time_to_first_byte_ns(&self) -> u64 {
        self.first_byte_ns.saturating_sub(self.sent_ns)
    }
}

/// One arrival that has ended. Times are on the run's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The place in the schedule, with its intended time.
    pub slot: Slot,
    /// The endpoint it belongs to, as the workload numbers them.
    pub endpoint: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// The instants, for an arrival that was sent.
    pub timeline: Option<Timeline>,
    /// Body bytes read.
    pub body_bytes: u64,
}

impl Sample {
    /// A sample for an arrival that was never sent.
    pub fn unsent(slot: Slot, endpoint: u32, outcome: Outcome) -> Self {
        Self { slot, endpoint, outcome, timeline: None, body_bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_name_that_results_write() {
        for kind in ErrorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
