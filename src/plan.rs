//! What a run is to do: validated meaning, without a trace of how it was typed.

use crate::judge::Slo;
use crate::result::{BurstDepth, Mode, PlanFacts, Series, TrafficFacts};
use crate::schedule::{ClosedLoop, LoopEnd, Rate, Schedule, Source};

/// A validated plan. Times are in nanoseconds.
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
    pub fn queue(self) -> u64 {
        match self {
            Self::Drop => 0,
            Self::Queue(length) => length,
        }
    }
}

impl Plan {
    /// One worker's part of a limit, so that the parts add up to the whole and workers share nothing.
    pub fn part(total: u64, worker: u64, workers: u64) -> u64 {
        total / workers + u64::from(worker < total % workers)
    }

    /// The cap that cannot bind: by Little's law no more than rate x timeout requests are in flight. A tenth more, and
    /// ten, are for timeouts that ring late on a busy machine.
    pub fn unbound_in_flight(rate: Rate, timeout_ns: u64) -> u64 {
        let littles_law = rate.arrivals_in(timeout_ns);
        littles_law.saturating_add(littles_law / 10).saturating_add(10)
    }

    /// One evenly spaced request, and nothing that could hold it back.
    pub fn plain() -> Self {
        const S: u64 = crate::schedule::NANOS_PER_S;
        Self {
            source: Source::Schedule(Schedule::one()),
            timeout_ns: 10 * S,
            deadline_ns: None,
            max_in_flight: u64::MAX,
            overflow: OverflowPolicy::Drop,
            burst: BurstDepth::All,
            seed: 1,
            threads: 1,
            drain_ns: 10 * S,
            keepalive: true,
            idle_ns: None,
            max_requests: None,
            connections: None,
            streams: Vec::new(),
            samples: 0,
            connect_rate: None,
            lead_ns: 0,
            expected_rate_per_s: None,
            slos: Vec::new(),
        }
    }

    /// The users of a closed loop.
    pub fn closed(&self) -> Option<&ClosedLoop> {
        match &self.source {
            Source::Users(closed) => Some(closed),
            Source::Schedule(_) => None,
        }
    }

    /// What the result says about the plan. The duration of a closed loop that ends after so many requests is not known
    /// here. `target` is the target's label, without host and query values.
    pub fn facts(&self, method: &str, target: &str) -> PlanFacts {
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        let schedule = self.source.schedule();
        let closed = self.closed();
        PlanFacts {
            mode: if closed.is_some() { Mode::Closed } else { Mode::Open },
            rate_per_s: schedule.map(|schedule| schedule.rate().per_second()),
            concurrency: closed.map(ClosedLoop::users),
            requests: closed.and_then(|closed| match closed.end() {
                LoopEnd::Requests(requests) => Some(requests),
                LoopEnd::Duration(_) => None,
            }),
            expected_rate_per_s: self.expected_rate_per_s.filter(|_| closed.is_some()),
            think_time_s: closed.map(|closed| seconds(closed.think_ns())),
            duration_s: seconds(self.source.duration_ns().unwrap_or_default()),
            arrivals: schedule.map(Schedule::arrivals),
            seed: self.seed,
            burst: self.burst,
            max_in_flight: self.max_in_flight,
            overflow: if self.overflow == OverflowPolicy::Drop { "drop" } else { "queue" }.to_owned(),
            queue: self.overflow.queue(),
            threads: self.threads,
            warmup_s: seconds(self.source.warmup_ns()),
            timeout_s: seconds(self.timeout_ns),
            deadline_s: self.deadline_ns.map(seconds),
            drain_s: seconds(self.drain_ns),
            keepalive: self.keepalive,
            connect_rate_per_s: self.connect_rate.map(Rate::per_second),
            method: method.to_owned(),
            target: target.to_owned(),
            series_interval_s: seconds(Series::interval_ns(self.source.horizon_ns())),
            traffic: TrafficFacts::default(),
        }
    }
}
