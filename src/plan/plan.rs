//! The plan of one run: validated meaning, without a trace of how it was typed.

use super::machine::Machine;
use super::planner::{Planner, Purpose};
use super::settings::Settings;
use crate::judge::Slo;
use crate::result::BurstDepth;
use crate::schedule::{ClosedLoop, Rate, Source};

/// A validated plan, made by a [`Planner`]. Times are in nanoseconds.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where arrivals come from.
    pub source: Source,
    /// Longest service time, from the actual send, and longest wait for a new connection.
    pub timeout_ns: u64,
    /// Longest response time, from the intended time, before a good answer counts as late.
    pub deadline_ns: Option<u64>,
    /// The concurrency cap over all threads.
    pub max_in_flight: u64,
    /// What an arrival does that finds the cap full.
    pub overflow: OverflowPolicy,
    /// Depth of the token bucket.
    pub burst: BurstDepth,
    /// Seed of random arrivals.
    pub seed: u64,
    /// Worker threads.
    pub threads: u64,
    /// Longest wait for the last answers.
    pub drain_ns: u64,
    /// Whether connections are kept for the next request.
    pub keepalive: bool,
    /// How long a connection that nothing uses is kept; `None` = until the server closes it.
    pub idle_ns: Option<u64>,
    /// Requests that a connection may carry in its life; `None` = any number.
    pub max_requests: Option<u64>,
    /// Connections to one origin at most, over all threads; `None` = as many as the cap.
    pub connections: Option<u64>,
    /// Requests that a connection to each origin is expected to carry at once: 1 for HTTP/1.1. What is not known is 1.
    pub streams: Vec<u64>,
    /// How many of the slowest arrivals are kept with their details, and how many of each kind of failure.
    pub samples: usize,
    /// New connections per second at most, over all threads.
    pub connect_rate: Option<Rate>,
    /// How early the pacer wakes up before a due instant.
    pub lead_ns: u64,
    /// The rate that the users of a closed loop are expected to send at together: for a modelled correction.
    pub expected_rate_per_s: Option<f64>,
    /// Objectives.
    pub slos: Vec<Slo>,
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

impl Plan {
    /// The plan of plain settings, on one thread of a machine that limits nothing.
    pub fn plain(source: Source) -> Self {
        let machine = Machine { cores: 1, cores_of_machine: 1, descriptors: u64::MAX, ports: u64::MAX };
        Planner::new(Settings::plain(), machine).plan(source, Purpose::Probe, 1, &[])
    }

    /// One worker's part of a limit, so that the parts add up to the whole and workers share nothing.
    pub(crate) fn part(total: u64, worker: u64, workers: u64) -> u64 {
        total / workers + u64::from(worker < total % workers)
    }

    /// The users of a closed loop.
    pub(crate) fn closed(&self) -> Option<&ClosedLoop> {
        match &self.source {
            Source::Users(closed) => Some(closed),
            Source::Schedule(_) => None,
        }
    }
}
