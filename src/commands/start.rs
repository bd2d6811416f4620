//! When a run starts: at once, or at a moment that was agreed on.

use jiff::Timestamp;

use super::error::CommandError;
use crate::load::{RunStamp, Session};
use crate::schedule::NANOS_PER_S;
use crate::time::Clock;

/// The start of a run on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// On the monotonic clock, in nanoseconds.
    pub origin_ns: u64,
    /// By the clock on the wall, in nanoseconds since 1970.
    pub unix_ns: u64,
}

impl Start {
    /// At the agreed moment, or as soon as all workers can be ready.
    ///
    /// # Errors
    /// [`CommandError::TooLate`] where that moment is past.
    pub(super) fn new(clock: &impl Clock, at: Option<Timestamp>) -> Result<Self, CommandError> {
        let soonest_ns = Session::soonest_ns();
        // Read one after the other: a microsecond between them is a microsecond of error.
        let (now_ns, now_unix_ns) =
            (clock.now_ns(), u64::try_from(clock.wall().as_nanos()).unwrap_or(u64::MAX));
        let Some(at) = at else {
            let ahead_ns = soonest_ns.saturating_sub(now_ns);
            return Ok(Self { origin_ns: soonest_ns, unix_ns: now_unix_ns.saturating_add(ahead_ns) });
        };
        let unix_ns = u64::try_from(at.as_nanosecond()).unwrap_or(0);
        let origin_ns = now_ns.saturating_add(unix_ns.saturating_sub(now_unix_ns));
        if unix_ns < now_unix_ns || origin_ns < soonest_ns {
            let late_s = now_unix_ns.saturating_sub(unix_ns) as f64 / NANOS_PER_S as f64;
            return Err(CommandError::TooLate { late: format!("{late_s:.3} s") });
        }
        Ok(Self { origin_ns, unix_ns })
    }

    /// What tells this run from others in a log.
    pub(super) fn stamp(&self, number: u64, warmup_ns: u64) -> RunStamp {
        let Self { origin_ns, unix_ns } = *self;
        RunStamp { number, origin_ns, measured_from_ns: origin_ns.saturating_add(warmup_ns), unix_ns }
    }

    /// The moment in UTC, RFC 3339.
    pub(super) fn words(&self) -> String {
        let moment = Timestamp::from_nanosecond(self.unix_ns.into()).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// That there is a while to wait, where there is.
    pub(super) fn is_far_ahead(&self, clock: &impl Clock) -> Option<String> {
        let ahead_s = self.origin_ns.saturating_sub(clock.now_ns()) as f64 / NANOS_PER_S as f64;
        (ahead_s >= 1.0).then(|| format!("ready; the schedule starts at {}, in {ahead_s:.1} s", self.words()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A machine that has been up for a million seconds.
    #[derive(Clone, Copy)]
    struct Wall(u64);

    impl Clock for Wall {
        fn now_ns(&self) -> u64 {
            // Ahead of what the process's own clock says, by which the soonest start is reckoned.
            1_000_000_000 * NANOS_PER_S
        }

        fn wall(&self) -> Duration {
            Duration::from_nanos(self.0)
        }
    }

    #[test]
    fn an_agreed_moment_is_found_on_the_monotonic_clock_to_the_nanosecond_and_a_past_one_is_too_late() {
        let now = Wall(1_700_000_000 * NANOS_PER_S + 5);
        let at = Timestamp::from_nanosecond(1_700_000_030 * i128::from(NANOS_PER_S)).unwrap();
        let start = Start::new(&now, Some(at)).unwrap();
        assert_eq!(start.origin_ns, now.now_ns() + 30 * NANOS_PER_S - 5);
        assert_eq!(start.unix_ns, 1_700_000_030 * NANOS_PER_S);
        assert!(start.is_far_ahead(&now).is_some_and(|text| text.ends_with("in 30.0 s")));
        let past = Timestamp::from_nanosecond(1_699_999_999 * i128::from(NANOS_PER_S)).unwrap();
        let Err(CommandError::TooLate { late }) = Start::new(&now, Some(past)) else { panic!("it is past") };
        assert_eq!(late, "1.000 s");
    }
}
