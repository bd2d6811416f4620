//! The plan of one run: what it holds, how it is made, and what the result says of it. A new setting of plans is added here,
//! in [`Settings`], in [`PlanFacts`], and where it is typed and used.

use super::machine::Machine;
use super::planner::{Planner, Purpose};
use super::settings::{OverflowPolicy, Settings, Traffic};
use crate::judge::Slo;
use crate::result::{BurstDepth, Mode, PhaseFacts, PlanFacts, Series, TrafficFacts};
use crate::schedule::{ClosedLoop, LoopEnd, NamedPhase, Rate, Schedule, Shard, Source, Speed};

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
    /// Whether the cap is lower than it should be, for want of file descriptors.
    pub is_cap_lowered: bool,
    /// What an arrival does that finds the cap full.
    pub overflow: OverflowPolicy,
    /// Depth of the token bucket.
    pub burst: BurstDepth,
    /// Seed of random arrivals.
    pub seed: u64,
    /// Worker threads.
    pub threads: u64,
    /// Which part of it is carried out here. Limits are those of the whole, and divided over all workers of all shards.
    pub shard: Option<Shard>,
    /// Whether the source is divided over the shards; what comes before a measurement is each shard's own.
    pub is_divided: bool,
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
    /// How early the pacer wakes up before a due instant; `None`: it learns that.
    pub lead_ns: Option<u64>,
    /// Whether the pacer never sleeps.
    pub spin: bool,
    /// The rate that the users of a closed loop are expected to send at together: for a modelled correction.
    pub expected_rate_per_s: Option<f64>,
    /// Objectives.
    pub slos: Vec<Slo>,
}

impl Plan {
    /// The plan of plain settings, on one thread of a machine that limits nothing.
    pub fn plain(source: Source) -> Self {
        let machine =
            Machine { cores: 1, quota: None, cores_of_machine: 1, descriptors: u64::MAX, ports: u64::MAX };
        Planner::new(Settings::plain(), machine).plan(source, Purpose::Probe, 1, &[])
    }

    /// One worker's part of a limit, so that the parts add up to the whole and workers share nothing.
    pub(crate) fn part(total: u64, worker: u64, workers: u64) -> u64 {
        total / workers + u64::from(worker < total % workers)
    }

    /// The stripe of the source that a worker has, and how many stripes there are over all shards.
    pub(crate) fn stripe(&self, worker: u64, workers: u64) -> (u64, u64) {
        if self.is_divided { self.shard_or_whole().stripe(worker, workers) } else { (worker, workers) }
    }

    /// The shard, or the whole where nothing is divided.
    pub(crate) fn shard_or_whole(&self) -> Shard {
        self.shard.unwrap_or(Shard::WHOLE)
    }

    /// The users of a closed loop.
    pub(crate) fn closed(&self) -> Option<&ClosedLoop> {
        match &self.source {
            Source::Users(closed) => Some(closed),
            Source::Schedule(_) => None,
        }
    }

    /// What the result says of the plan. `window_ns`: what the measured phase took, which is the duration of a closed loop
    /// that ends after so many requests.
    pub fn facts(&self, traffic: &Traffic, window_ns: u64) -> PlanFacts {
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        let (schedule, closed) = (self.source.schedule(), self.closed());
        PlanFacts {
            mode: if closed.is_some() { Mode::Closed } else { Mode::Open },
            rate_per_s: schedule.map(Schedule::mean_per_s),
            phases: schedule.map_or_else(Vec::new, |schedule| schedule.phases().iter().map(phase).collect()),
            concurrency: closed.map(ClosedLoop::users),
            requests: closed.and_then(|closed| match closed.end() {
                LoopEnd::Requests(requests) => Some(requests),
                LoopEnd::Duration(_) => None,
            }),
            expected_rate_per_s: self.expected_rate_per_s,
            think_time_s: closed.map(|closed| seconds(closed.think_ns())),
            duration_s: seconds(self.source.duration_ns().unwrap_or(window_ns)),
            arrivals: schedule.map(Schedule::arrivals),
            speed: schedule.and_then(Schedule::speed).map(Speed::factor),
            seed: self.seed,
            burst: self.burst,
            max_in_flight: self.max_in_flight,
            is_cap_lowered: self.is_cap_lowered,
            overflow: if self.overflow == OverflowPolicy::Drop { "drop" } else { "queue" }.to_owned(),
            queue: self.overflow.queue(),
            threads: self.threads,
            warmup_s: seconds(self.source.warmup_ns()),
            timeout_s: seconds(self.timeout_ns),
            deadline_s: self.deadline_ns.map(seconds),
            drain_s: seconds(self.drain_ns),
            keepalive: self.keepalive,
            connect_rate_per_s: self.connect_rate.map(Rate::per_second),
            name: traffic.name.clone(),
            config: traffic.config.clone(),
            method: traffic.method.clone(),
            target: traffic.target.clone(),
            series_interval_s: seconds(Series::interval_ns(self.source.horizon_ns())),
            traffic: TrafficFacts {
                keepalive_idle_s: self.idle_ns.filter(|_| self.keepalive).map(seconds),
                max_requests_per_connection: self.max_requests,
                connections: self.connections,
                streams: self.streams.iter().copied().max().filter(|_| traffic.is_multiplexed),
                tls_verification: traffic.tls_verification,
                addresses: traffic.addresses,
                proxy: traffic.proxy.map(str::to_owned),
                body_coding: traffic.body_coding.map(str::to_owned),
                follows_redirects: traffic.follows_redirects,
                tokens: traffic.tokens,
                data_rows: traffic.data_rows,
            },
        }
    }
}

fn phase(phase: &NamedPhase) -> PhaseFacts {
    let seconds = |nanos: u64| nanos as f64 / 1e9;
    PhaseFacts {
        name: phase.name.clone(),
        start_s: seconds(phase.start_ns),
        duration_s: seconds(phase.end_ns - phase.start_ns),
        from_per_s: phase.from_per_s,
        to_per_s: phase.to_per_s,
        lowest_per_s: phase.lowest_per_s,
        highest_per_s: phase.highest_per_s,
    }
}

impl Planner {
    /// The plan of a run on `threads` workers. `streams`: requests that a connection to each origin has room for at once.
    pub(crate) fn plan(&self, source: Source, purpose: Purpose, threads: u64, streams: &[u64]) -> Plan {
        let Settings { keepalive, max_requests, .. } = self.settings;
        // Users send by themselves when they are ready: neither bucket nor queue nor pacer stand in between.
        let (max_in_flight, overflow, burst, lead_ns, expected_rate_per_s) = match &source {
            Source::Schedule(schedule) => {
                let rate = self.rate_of_the_cap(schedule);
                let (overflow, burst) = (self.settings.overflow, self.settings.burst);
                (self.cap(rate), overflow, burst, self.lead_ns(), None)
            }
            // Little's law: a closed loop never has more in flight than users.
            Source::Users(users) => {
                let expected_rate_per_s = self.settings.expected_rate_per_s;
                (users.users(), OverflowPolicy::Drop, BurstDepth::All, Some(0), expected_rate_per_s)
            }
        };
        let is_cap_lowered =
            source.schedule().is_some_and(|schedule| self.is_cap_lowered(self.rate_of_the_cap(schedule)));
        // A connection that closes after so many requests has room for no more at once: no arrival may count on it.
        let room = if keepalive { max_requests.unwrap_or(u64::MAX) } else { 1 };
        let (samples, slos) = match purpose {
            Purpose::Measurement => (self.settings.samples, self.settings.slos.clone()),
            Purpose::Check => (1, Vec::new()),
            Purpose::Probe => (0, Vec::new()),
        };
        Plan {
            source,
            timeout_ns: self.settings.timeout_ns,
            deadline_ns: self.settings.deadline_ns,
            max_in_flight,
            is_cap_lowered,
            overflow,
            burst,
            seed: self.settings.seed,
            threads,
            shard: self.settings.shard,
            is_divided: purpose == Purpose::Measurement,
            // What waits for room on a connection first is answered later than a timeout after it was due.
            drain_ns: match purpose {
                Purpose::Check => self.longest_ns().saturating_mul(2).max(self.settings.drain_ns),
                _ => self.settings.drain_ns,
            },
            keepalive,
            idle_ns: self.settings.idle_ns,
            max_requests,
            connections: self.settings.connections,
            streams: streams.iter().map(|streams| (*streams).min(room)).collect(),
            samples,
            connect_rate: self.settings.connect_rate,
            lead_ns,
            spin: self.settings.spin,
            expected_rate_per_s,
            slos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::NANOS_PER_S;

    const S: u64 = NANOS_PER_S;

    fn facts(source: Source, settings: Settings, traffic: &Traffic) -> PlanFacts {
        let machine =
            Machine { cores: 2, quota: None, cores_of_machine: 2, descriptors: 1_024, ports: 28_232 };
        let plan = Planner::new(settings, machine).plan(source, Purpose::Measurement, 1, &traffic.streams);
        plan.facts(traffic, 3 * S / 2)
    }

    #[test]
    fn the_length_of_a_loop_of_so_many_requests_is_what_it_took() {
        let users = |end| Source::Users(ClosedLoop::new(7, end).unwrap().with_warmup(S).unwrap());
        let counted = facts(users(LoopEnd::Requests(100)), Settings::plain(), &Traffic::default());
        assert_eq!((counted.requests, counted.duration_s, counted.warmup_s), (Some(100), 1.5, 1.0));
        assert_eq!((counted.mode, counted.concurrency, counted.rate_per_s), (Mode::Closed, Some(7), None));
        let timed = facts(users(LoopEnd::Duration(4 * S)), Settings::plain(), &Traffic::default());
        assert_eq!((timed.requests, timed.duration_s), (None, 4.0));
    }

    #[test]
    fn streams_are_said_of_connections_that_have_several_and_idle_times_of_those_that_are_kept() {
        let schedule = Schedule::for_duration("300".parse().unwrap(), 60 * S).unwrap();
        let settings = Settings { idle_ns: Some(5 * S), ..Settings::plain() };
        let traffic = Traffic { streams: vec![1, 100], is_multiplexed: true, ..Traffic::default() };
        let several = facts(Source::Schedule(schedule.clone()), settings.clone(), &traffic);
        assert_eq!((several.traffic.streams, several.traffic.keepalive_idle_s), (Some(100), Some(5.0)));
        assert_eq!((several.rate_per_s, several.duration_s, several.mode), (Some(300.0), 60.0, Mode::Open));
        let closing = Settings { keepalive: false, ..settings };
        let one = facts(Source::Schedule(schedule), closing, &Traffic { is_multiplexed: false, ..traffic });
        assert_eq!((one.traffic.streams, one.traffic.keepalive_idle_s), (None, None));
    }
}
