//! What was asked for, the same for every run of a command.

use crate::judge::Slo;
use crate::result::BurstDepth;
use crate::schedule::{Arrivals, NANOS_PER_S, Rate, Shard};

/// A value that was given, or that rpsbench chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auto<T> {
    /// Chosen by rpsbench.
    Auto,
    Given(T),
}

impl<T> Auto<T> {
    /// The value that was given, or the one that is chosen.
    pub(crate) fn unwrap_or_else(self, choose: impl FnOnce() -> T) -> T {
        match self {
            Self::Auto => choose(),
            Self::Given(value) => value,
        }
    }
}

/// Settings of a command. Times are in nanoseconds.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Spacing of the arrivals of an open loop.
    pub arrivals: Arrivals,
    /// Whether a request is to be answered well before the load begins.
    pub check: bool,
    /// Requests sent one at a time before everything else, for the idle baseline; 0 = none.
    pub baseline: Auto<u64>,
    /// Length of the warm-up; 0 = none.
    pub warmup_ns: u64,
    /// Seed of random arrivals.
    pub seed: u64,
    /// The concurrency cap of an open loop.
    pub max_in_flight: Auto<u64>,
    /// What an arrival of an open loop does that finds the cap full.
    pub overflow: OverflowPolicy,
    /// Depth of the token bucket of an open loop.
    pub burst: BurstDepth,
    /// Worker threads.
    pub threads: Auto<u64>,
    /// How early the pacer of an open loop wakes before a due instant.
    pub lead_ns: Auto<u64>,
    /// Whether the pacer never sleeps.
    pub spin: bool,
    /// Longest wait for the last answers.
    pub drain_ns: u64,
    /// Longest service time, from the actual send, and longest wait for a new connection.
    pub timeout_ns: u64,
    /// Requests that an arrival may send one after another, each within the timeout: the steps of a session.
    pub steps: u64,
    /// Longest response time, from the intended time, before a good answer counts as late.
    pub deadline_ns: Option<u64>,
    /// Whether connections are kept for the next request.
    pub keepalive: bool,
    /// How long a connection that nothing uses is kept; `None` = until the server closes it.
    pub idle_ns: Option<u64>,
    /// Requests that a connection may carry in its life; `None` = any number.
    pub max_requests: Option<u64>,
    /// Connections to one origin at most; `None` = as many as the cap.
    pub connections: Option<u64>,
    /// New connections per second at most.
    pub connect_rate: Option<Rate>,
    /// Local addresses that connections leave from; `None` = they use no ports, as on a Unix socket.
    pub local_addresses: Option<u64>,
    /// Whether this process holds the other end of every connection too, as with the built-in service.
    pub serves_itself: bool,
    /// How many of the slowest arrivals are kept with their details, and how many of each kind of failure.
    pub samples: usize,
    /// Objectives.
    pub slos: Vec<Slo>,
    /// The rate that the users of a closed loop are expected to send at together: for a modelled correction.
    pub expected_rate_per_s: Option<f64>,
    /// Which part of the schedule is sent from here. All other settings are those of the whole.
    pub shard: Option<Shard>,
}

/// What an arrival does that finds the concurrency cap full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverflowPolicy {
    /// It is not sent.
    Drop,
    /// It waits in a queue of this length; beyond that it is not sent.
    Queue(u64),
}

impl OverflowPolicy {
    /// The length of the wait queue.
    pub(crate) fn queue(self) -> u64 {
        match self {
            Self::Drop => 0,
            Self::Queue(length) => length,
        }
    }
}

impl Settings {
    /// Evenly spaced, without a warm-up, samples and objectives, and with nothing that could hold an arrival back.
    pub(crate) fn plain() -> Self {
        Self {
            arrivals: Arrivals::Constant,
            check: false,
            baseline: Auto::Given(0),
            warmup_ns: 0,
            seed: 1,
            max_in_flight: Auto::Auto,
            overflow: OverflowPolicy::Drop,
            burst: BurstDepth::All,
            threads: Auto::Auto,
            lead_ns: Auto::Auto,
            spin: false,
            drain_ns: 10 * NANOS_PER_S,
            timeout_ns: 10 * NANOS_PER_S,
            steps: 1,
            deadline_ns: None,
            keepalive: true,
            idle_ns: None,
            max_requests: None,
            connections: None,
            connect_rate: None,
            local_addresses: Some(1),
            serves_itself: false,
            samples: 0,
            slos: Vec::new(),
            expected_rate_per_s: None,
            shard: None,
        }
    }
}

/// What is asked, and over which connections: known once files are read and the first connections made, and the same for
/// every run of a command.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// The name that the user gave the results.
    pub name: Option<String>,
    /// The file of flags, and the preset in it.
    pub config: Option<String>,
    /// The method of all requests, or `mixed`.
    pub method: String,
    /// The target's label, without host and query values, or how many endpoints there are.
    pub target: String,
    /// How request bodies are compressed.
    pub body_coding: Option<&'static str>,
    /// Whether redirects are followed.
    pub follows_redirects: bool,
    /// Tokens in rotation; 0: none.
    pub tokens: u64,
    /// Rows of data that requests are made from; 0: none.
    pub data_rows: u64,
    /// The scheme of the proxy that connections go through.
    pub proxy: Option<&'static str>,
    /// Addresses that connections go to, over all origins.
    pub addresses: u64,
    /// Whether certificates are checked; `None` without TLS.
    pub tls_verification: Option<bool>,
    /// Requests that a connection to each origin has room for at once.
    pub streams: Vec<u64>,
    /// Whether any origin is spoken to over connections that carry several requests at once.
    pub is_multiplexed: bool,
}
