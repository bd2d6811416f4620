//! What a result says of its plan.

use super::plan::{OverflowPolicy, Plan};
use crate::result::{Mode, PlanFacts, Series, TrafficFacts};
use crate::schedule::{ClosedLoop, LoopEnd, Rate, Schedule};

/// What is asked, and over which connections: known once files are read and the first connections made, and the same for
/// every run of a command.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// The method of all requests, or `mixed`.
    pub method: String,
    /// The target's label, without host and query values, or how many endpoints there are.
    pub target: String,
    /// Tokens in rotation; 0: none.
    pub tokens: u64,
    /// Rows of data that requests are made from; 0: none.
    pub data_rows: u64,
    /// Addresses that connections go to, over all origins.
    pub addresses: u64,
    /// Whether certificates are checked; `None` without TLS.
    pub tls_verification: Option<bool>,
    /// Requests that a connection to each origin has room for at once.
    pub streams: Vec<u64>,
    /// Whether any origin is spoken to over connections that carry several requests at once.
    pub is_multiplexed: bool,
}

impl Plan {
    /// What the result says of the plan. `window_ns`: what the measured phase took, which is the duration of a closed loop
    /// that ends after so many requests.
    pub fn facts(&self, traffic: &Traffic, window_ns: u64) -> PlanFacts {
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        let (schedule, closed) = (self.source.schedule(), self.closed());
        PlanFacts {
            mode: if closed.is_some() { Mode::Closed } else { Mode::Open },
            rate_per_s: schedule.map(|schedule| schedule.rate().per_second()),
            concurrency: closed.map(ClosedLoop::users),
            requests: closed.and_then(|closed| match closed.end() {
                LoopEnd::Requests(requests) => Some(requests),
                LoopEnd::Duration(_) => None,
            }),
            expected_rate_per_s: self.expected_rate_per_s,
            think_time_s: closed.map(|closed| seconds(closed.think_ns())),
            duration_s: seconds(self.source.duration_ns().unwrap_or(window_ns)),
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
                tokens: traffic.tokens,
                data_rows: traffic.data_rows,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::Machine;
    use super::super::planner::{Planner, Purpose};
    use super::super::settings::Settings;
    use super::*;
    use crate::schedule::{NANOS_PER_S, Source};

    const S: u64 = NANOS_PER_S;

    fn facts(source: Source, settings: Settings, traffic: &Traffic) -> PlanFacts {
        let machine = Machine { cores: 2, cores_of_machine: 2, descriptors: 1_024, ports: 28_232 };
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
        let several = facts(Source::Schedule(schedule), settings.clone(), &traffic);
        assert_eq!((several.traffic.streams, several.traffic.keepalive_idle_s), (Some(100), Some(5.0)));
        assert_eq!((several.rate_per_s, several.duration_s, several.mode), (Some(300.0), 60.0, Mode::Open));
        let closing = Settings { keepalive: false, ..settings };
        let one = facts(Source::Schedule(schedule), closing, &Traffic { is_multiplexed: false, ..traffic });
        assert_eq!((one.traffic.streams, one.traffic.keepalive_idle_s), (None, None));
    }
}
