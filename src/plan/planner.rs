//! What is worked out for a plan: its source, its threads, its cap, and how early to wake.

use super::machine::Machine;
use super::settings::{Auto, Settings};
use crate::result::BurstDepth;
use crate::schedule::{ClosedLoop, Rate, Schedule, ScheduleError, Shard, Source};

/// One worker thread paces best up to about this rate.
const RATE_PER_THREAD: f64 = 40_000.0;
/// Most worker threads.
const MOST_THREADS: u64 = 1_024;

/// Makes the plans of a command's runs.
#[derive(Debug, Clone)]
pub(crate) struct Planner {
    pub(super) settings: Settings,
    pub(super) machine: Machine,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Its result counts.
    Measurement,
    /// Whether the target answers at all: with a sample of what it answers.
    Check,
    /// It finds out what the next runs need to know, and is forgotten: without samples and objectives.
    Probe,
}

impl Planner {
    pub(crate) fn new(settings: Settings, machine: Machine) -> Self {
        Self { settings, machine }
    }

    /// Whether a request is to be answered well before the load begins.
    pub(crate) fn is_checked(&self) -> bool {
        self.settings.check
    }

    /// Requests sent one at a time before everything else; 0 = none.
    pub(crate) fn baseline(&self) -> Auto<u64> {
        self.settings.baseline
    }

    /// An open loop at a rate, spaced and warmed up as asked for.
    ///
    /// # Errors
    /// [`ScheduleError`] when no arrival fits into `length_ns`, or the run is too long.
    pub(crate) fn at(&self, rate: Rate, length_ns: u64) -> Result<Source, ScheduleError> {
        self.open(Schedule::for_duration(rate, length_ns)?)
    }

    /// An open loop, spaced and warmed up as asked for.
    ///
    /// # Errors
    /// [`ScheduleError`] when the warm-up is too long.
    pub(crate) fn open(&self, schedule: Schedule) -> Result<Source, ScheduleError> {
        let Settings { arrivals, seed, warmup_ns, .. } = self.settings;
        Ok(Source::Schedule(schedule.with_arrivals(arrivals, seed).with_warmup(warmup_ns)?))
    }

    /// Users, warmed up as asked for.
    ///
    /// # Errors
    /// [`ScheduleError`] when the warm-up is too long.
    pub(crate) fn users(&self, users: ClosedLoop) -> Result<Source, ScheduleError> {
        Ok(Source::Users(users.with_warmup(self.settings.warmup_ns)?))
    }

    /// The threads of a run. Every worker needs room for one request and one token, or for one user, of its own.
    pub(crate) fn threads(&self, source: &Source) -> u64 {
        match source {
            Source::Schedule(schedule) => self.threads_at(Some(schedule.peak_rate())),
            Source::Users(users) => self.wanted_threads(None).min(self.here(users.users())),
        }
        .max(1)
    }

    /// The same for a shard of the schedule. One idle baseline is enough for all of them: two at once would not be alone.
    pub(crate) fn sharded(mut self, shard: Option<Shard>) -> Self {
        self.settings.shard = shard;
        if shard.is_some_and(|shard| shard.index() > 0) && self.settings.baseline == Auto::Auto {
            self.settings.baseline = Auto::Given(0);
        }
        self
    }

    /// The same without a check and without an idle baseline.
    pub(crate) fn with_nothing_before(mut self) -> Self {
        self.settings.check = false;
        self.settings.baseline = Auto::Given(0);
        self
    }

    /// How many shards there are.
    fn shards(&self) -> u64 {
        self.settings.shard.map_or(1, Shard::count)
    }

    /// How many requests, users or tokens of a source can be on their way over all shards: each shard needs one of its own.
    pub(crate) fn room(&self, source: &Source) -> u64 {
        match source {
            Source::Schedule(schedule) => self.room_at(Some(self.rate_of_the_cap(schedule))),
            Source::Users(users) => users.users(),
        }
    }

    /// What every shard has at least of a limit of all.
    fn here(&self, limit: u64) -> u64 {
        limit / self.shards()
    }

    /// A rate as this shard sends it.
    pub(super) fn rate_here(&self, rate: Rate) -> Rate {
        rate.divided_by(self.shards())
    }

    /// The threads of open loops of which the fastest has this rate, where it is known beforehand.
    pub(crate) fn threads_at(&self, highest: Option<Rate>) -> u64 {
        let highest_here = highest.map(|rate| self.rate_here(rate));
        self.wanted_threads(highest_here).min(self.here(self.room_at(highest))).max(1)
    }

    /// The same for open loops of which the fastest has this rate, where it is known beforehand.
    pub(crate) fn room_at(&self, highest: Option<Rate>) -> u64 {
        let cap = highest.map_or(u64::MAX, |rate| self.cap(rate));
        let tokens = match self.settings.burst {
            BurstDepth::All => u64::MAX,
            BurstDepth::Tokens(tokens) => u64::from(tokens),
        };
        cap.min(self.settings.connections.unwrap_or(u64::MAX)).min(tokens)
    }

    fn wanted_threads(&self, rate: Option<Rate>) -> u64 {
        let choose = || rate.map_or(1, |rate| threads_that_pace(rate).min(self.machine.cores.max(1)));
        self.settings.threads.unwrap_or_else(choose).min(MOST_THREADS)
    }

    /// The rate that the cap is worked out from: the highest that lasts for as long as a request may.
    pub(super) fn rate_of_the_cap(&self, schedule: &Schedule) -> Rate {
        schedule.peak_rate_over(self.longest_ns())
    }

    /// The cap: what was asked for, or what cannot bind within the connections that the file descriptors allow.
    pub(super) fn cap(&self, rate: Rate) -> u64 {
        self.settings.max_in_flight.unwrap_or_else(|| self.unbound_cap(rate).min(self.connections()))
    }

    /// Whether the cap is lower than it should be, for want of file descriptors.
    pub(super) fn is_cap_lowered(&self, rate: Rate) -> bool {
        self.settings.max_in_flight == Auto::Auto && self.unbound_cap(rate) > self.connections()
    }

    /// Longest time of a request, and to connect, in nanoseconds.
    pub(crate) fn timeout_ns(&self) -> u64 {
        self.settings.timeout_ns
    }

    /// The longest that an arrival may be in flight, in nanoseconds.
    pub(super) fn longest_ns(&self) -> u64 {
        self.settings.timeout_ns.saturating_mul(self.settings.steps)
    }

    /// The cap that cannot bind: by Little's law no more than rate x timeout requests are in flight, and of sessions that times
    /// their steps. A tenth more, and ten, are for timeouts that ring late on a busy machine.
    pub(super) fn unbound_cap(&self, rate: Rate) -> u64 {
        let littles_law = rate.arrivals_in(self.longest_ns());
        littles_law.saturating_add(littles_law / 10).saturating_add(10)
    }

    /// How many connections the file descriptors allow; over all shards, where each has as many.
    pub(super) fn connections(&self) -> u64 {
        self.machine.connections(self.settings.serves_itself).saturating_mul(self.shards())
    }

    /// How early to wake up; `None`: as early as it learns to be late. On a machine with one core, spinning would take the
    /// time of whoever is waited for.
    pub(super) fn lead_ns(&self) -> Option<u64> {
        match self.settings.lead_ns {
            Auto::Given(lead_ns) => Some(lead_ns),
            Auto::Auto => (self.machine.cores_of_machine == 1).then_some(0),
        }
    }
}

/// How many threads it takes to pace a rate best: at least one.
pub(super) fn threads_that_pace(rate: Rate) -> u64 {
    ((rate.per_second() / RATE_PER_THREAD).ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::settings::OverflowPolicy;
    use super::*;
    use crate::schedule::{Arrivals, LoopEnd, NANOS_PER_S};

    const S: u64 = NANOS_PER_S;
    const MACHINE: Machine =
        Machine { cores: 4, quota: None, cores_of_machine: 4, descriptors: 10_064, ports: 28_232 };

    fn planner(settings: Settings) -> Planner {
        Planner::new(settings, MACHINE)
    }

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn users(users: u64) -> Source {
        Source::Users(ClosedLoop::new(users, LoopEnd::Requests(100)).unwrap())
    }

    #[test]
    fn the_cap_is_rate_times_timeout_and_a_tenth_within_the_descriptors() {
        let plain = planner(Settings::plain());
        assert_eq!(plain.cap(rate("300")), 3_310, "300/s x 10 s, a tenth more, and ten");
        assert_eq!(plain.cap(rate("100000")), 10_000, "of 10,064 descriptors 64 are for other things");
        let sessions = planner(Settings { steps: 3, ..Settings::plain() });
        assert_eq!(sessions.cap(rate("300")), 9_910, "each step may take as long");
        let own = planner(Settings { serves_itself: true, ..Settings::plain() });
        assert_eq!(own.cap(rate("100000")), 5_000);
        let given = planner(Settings { max_in_flight: Auto::Given(7), ..Settings::plain() });
        assert_eq!(given.cap(rate("100000")), 7);
    }

    #[test]
    fn threads_follow_the_rate_and_each_has_room_for_a_request_of_its_own() {
        let threads = |settings: Settings, text| planner(settings).threads_at(Some(rate(text)));
        assert_eq!(threads(Settings::plain(), "40000"), 1);
        assert_eq!(threads(Settings::plain(), "40001"), 2);
        assert_eq!(threads(Settings::plain(), "10000000"), 4, "not more than cores");
        assert_eq!(planner(Settings::plain()).threads_at(None), 1);
        let given = || Settings { threads: Auto::Given(8), ..Settings::plain() };
        assert_eq!((threads(given(), "1"), planner(given()).threads_at(None)), (8, 8));
        assert_eq!(threads(Settings { max_in_flight: Auto::Given(3), ..given() }, "1"), 3);
        assert_eq!(threads(Settings { connections: Some(2), ..given() }, "1"), 2);
        assert_eq!(threads(Settings { burst: BurstDepth::Tokens(5), ..given() }, "1"), 5);
        assert_eq!((planner(given()).threads(&users(6)), planner(given()).threads(&users(60))), (6, 8));
        assert_eq!(planner(Settings::plain()).threads(&users(60)), 1);
        let too_many = Settings { threads: Auto::Given(1 << 40), ..Settings::plain() };
        assert_eq!(planner(too_many).threads(&users(1_000_000)), 1_024);
    }

    #[test]
    fn how_early_to_wake_is_learned_where_there_is_a_core_to_spare() {
        let lead = |machine: Machine, lead_ns| {
            let planner = Planner::new(Settings { lead_ns, ..Settings::plain() }, machine);
            let source = planner.at(rate("100"), S).unwrap();
            planner.plan(source, Purpose::Measurement, 1, &[]).lead_ns
        };
        assert_eq!(lead(MACHINE, Auto::Auto), None);
        assert_eq!(lead(Machine { cores_of_machine: 1, ..MACHINE }, Auto::Auto), Some(0));
        assert_eq!(lead(MACHINE, Auto::Given(7)), Some(7));
    }

    #[test]
    fn an_open_loop_is_spaced_and_warmed_up_as_asked_for() {
        let asked = Settings { arrivals: Arrivals::Poisson, seed: 5, warmup_ns: 2 * S, ..Settings::plain() };
        let source = planner(asked).at(rate("100"), 3 * S).unwrap();
        let schedule = source.schedule().unwrap();
        assert_eq!((schedule.arrivals(), schedule.count()), (Arrivals::Poisson, 300));
        assert_eq!((source.warmup_ns(), source.warmup_count()), (2 * S, 100));
        let too_long = Settings { warmup_ns: 400 * 86_400 * S, ..Settings::plain() };
        assert_eq!(planner(too_long.clone()).at(rate("100"), S), Err(ScheduleError::TooLong));
        let Source::Users(users) = users(3) else { unreachable!() };
        assert_eq!(planner(too_long).users(users), Err(ScheduleError::TooLong));
    }

    #[test]
    fn what_is_for_schedules_does_not_reach_users_and_a_probe_keeps_nothing() {
        let asked = Settings {
            max_in_flight: Auto::Given(2),
            overflow: OverflowPolicy::Queue(5),
            burst: BurstDepth::Tokens(3),
            samples: 10,
            slos: vec!["p99<250ms".parse().unwrap()],
            expected_rate_per_s: Some(50.0),
            ..Settings::plain()
        };
        let planner = planner(asked);
        let closed = planner.plan(users(20), Purpose::Measurement, 1, &[]);
        assert_eq!((closed.max_in_flight, closed.overflow), (20, OverflowPolicy::Drop));
        assert_eq!((closed.burst, closed.expected_rate_per_s), (BurstDepth::All, Some(50.0)));
        assert_eq!((closed.samples, closed.slos.len()), (10, 1));
        let open = planner.plan(planner.at(rate("10"), S).unwrap(), Purpose::Probe, 1, &[]);
        assert_eq!((open.max_in_flight, open.overflow), (2, OverflowPolicy::Queue(5)));
        assert_eq!((open.burst, open.expected_rate_per_s), (BurstDepth::Tokens(3), None));
        assert_eq!((open.samples, open.slos.len()), (0, 0));
    }

    #[test]
    fn a_connection_that_closes_early_has_room_for_no_more_at_once() {
        let streams = |keepalive, max_requests| {
            let planner = planner(Settings { keepalive, max_requests, ..Settings::plain() });
            planner.plan(users(1), Purpose::Measurement, 1, &[1, 100]).streams
        };
        assert_eq!(streams(true, None), [1, 100]);
        assert_eq!(streams(true, Some(10)), [1, 10]);
        assert_eq!(streams(false, Some(10)), [1, 1]);
    }
}
