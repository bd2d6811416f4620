//! The kernel's receive stamps as instants of the run's clock.
//!
//! The kernel stamps what it receives with `CLOCK_REALTIME`, which may be set by hand or stepped by NTP; a run is timed with
//! `CLOCK_MONOTONIC`. Both are slewed alike, so the distance between them changes only when the wall clock is stepped. It is
//! measured once a second, and again at once when a stamp contradicts it.

use std::cell::Cell;
use std::time::Duration;

use super::Clock;

/// How long a measured distance is believed.
const BELIEVED_NS: u64 = 1_000_000_000;
/// A distance that has changed by more than this, in nanoseconds, is a step of the wall clock and not the measurement's own
/// inaccuracy.
const STEP_NS: u64 = 1_000_000;
/// How far beyond the present a stamp may lie through the inaccuracy of the measurement alone.
const SLACK_NS: u64 = 50_000;
/// Readings for a measurement: the one that was interrupted least counts.
const READINGS: usize = 5;

/// Turns receive stamps into instants.
#[derive(Debug)]
pub(crate) struct StampClock<C> {
    clock: C,
    /// Wall clock less the run's clock, in nanoseconds.
    distance_ns: Cell<i128>,
    measured_ns: Cell<u64>,
    steps: Cell<u64>,
}

impl<C: Clock> StampClock<C> {
    /// Measures the distance for the first time.
    pub(crate) fn new(clock: C) -> Self {
        let now_ns = clock.now_ns();
        let distance_ns = Cell::new(distance(&clock));
        Self { distance_ns, measured_ns: Cell::new(now_ns), clock, steps: Cell::new(0) }
    }

    /// The run's clock.
    pub(crate) fn clock(&self) -> &C {
        &self.clock
    }

    /// How often the wall clock has been stepped.
    #[cfg(test)]
    pub(crate) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// When the kernel received what was stamped with `wall`, in nanoseconds of the run's clock; never before `from_ns`,
    /// when what it answers was sent, and never after `now_ns`.
    ///
    /// Within a second after a small step backwards (less than the time since `from_ns`) a stamp may be off by that step.
    pub(crate) fn instant_ns(&self, wall: Duration, from_ns: u64, now_ns: u64) -> u64 {
        if now_ns.saturating_sub(self.measured_ns.get()) > BELIEVED_NS {
            self.measure(now_ns);
        }
        let at = |distance_ns: i128| wall.as_nanos() as i128 - distance_ns;
        let is_plausible = |at_ns: i128| {
            at_ns <= i128::from(now_ns.saturating_add(SLACK_NS))
                && at_ns >= i128::from(from_ns) - i128::from(SLACK_NS)
        };
        let mut at_ns = at(self.distance_ns.get());
        // A stamp from before the request is nothing unusual where an answer came unasked; then measuring again is all it
        // costs, and not more often than every millisecond.
        if !is_plausible(at_ns) && now_ns.saturating_sub(self.measured_ns.get()) > STEP_NS {
            self.measure(now_ns);
            at_ns = at(self.distance_ns.get());
            if !is_plausible(at_ns) {
                // Stamped before the step, read after it: nobody can tell any more.
                return now_ns;
            }
        }
        u64::try_from(at_ns.max(0)).unwrap_or(u64::MAX).clamp(from_ns.min(now_ns), now_ns)
    }

    fn measure(&self, now_ns: u64) {
        let (old, new) = (self.distance_ns.get(), distance(&self.clock));
        self.steps.set(self.steps.get() + u64::from(old.abs_diff(new) > u128::from(STEP_NS)));
        self.distance_ns.set(new);
        self.measured_ns.set(now_ns);
    }
}

/// Wall clock less the run's clock, in nanoseconds, from the pair of readings that lie closest together.
fn distance(clock: &impl Clock) -> i128 {
    let readings = (0..READINGS).map(|_| {
        let before_ns = clock.now_ns();
        let wall_ns = clock.wall().as_nanos() as i128;
        let after_ns = clock.now_ns();
        (after_ns - before_ns, wall_ns - i128::from(before_ns + (after_ns - before_ns) / 2))
    });
    readings.min_by_key(|(took_ns, _)| *took_ns).map_or(0, |(_, distance)| distance)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::*;

    const S: u64 = 1_000_000_000;

    /// Both clocks in the hand of the test.
    #[derive(Debug, Clone, Default)]
    struct Hand {
        now_ns: Rc<Cell<u64>>,
        ahead_ns: Rc<Cell<i64>>,
    }

    impl Hand {
        fn at(now_ns: u64, ahead_ns: i64) -> Self {
            Self { now_ns: Rc::new(Cell::new(now_ns)), ahead_ns: Rc::new(Cell::new(ahead_ns)) }
        }
    }

    impl Clock for Hand {
        fn now_ns(&self) -> u64 {
            self.now_ns.get()
        }

        fn wall(&self) -> Duration {
            Duration::from_nanos(self.now_ns.get().saturating_add_signed(self.ahead_ns.get()))
        }
    }

    #[test]
    fn a_stamp_is_the_instant_it_was_made_at() {
        let clock = Hand::at(10 * S, 1_700_000_000_000_000_000);
        let stamps = StampClock::new(clock.clone());
        let stamp = clock.wall();
        clock.now_ns.set(10 * S + 5_000);
        assert_eq!(stamps.instant_ns(stamp, 9 * S, clock.now_ns()), 10 * S);
    }

    #[test]
    fn a_wall_clock_that_is_stepped_is_noticed_and_does_no_harm() {
        for step_ns in [3_600 * S as i64, -3_600 * S as i64, S as i64 / 2, -(S as i64) / 2] {
            let clock = Hand::at(10_000 * S, 1_700_000_000_000_000_000);
            let stamps = StampClock::new(clock.clone());
            let before = clock.wall();
            clock.ahead_ns.set(clock.ahead_ns.get() + step_ns);
            clock.now_ns.set(10_000 * S + S / 10);
            let (sent_ns, after) = (clock.now_ns() - 1_000_000, clock.wall());
            clock.now_ns.set(clock.now_ns() + 20_000);
            let now_ns = clock.now_ns();
            assert_eq!(
                stamps.instant_ns(after, sent_ns, now_ns),
                now_ns - 20_000,
                "{step_ns}: stamped after the step"
            );
            assert_eq!(stamps.steps(), 1);
            let old = stamps.instant_ns(before, 10_000 * S, now_ns);
            assert!((10_000 * S..=now_ns).contains(&old), "{step_ns}: stamped before the step: {old}");
        }
    }

    #[test]
    fn without_a_step_none_is_counted() {
        let clock = Hand::at(S, S as i64);
        let stamps = StampClock::new(clock.clone());
        for second in 2..100 {
            clock.now_ns.set(second * S);
            assert_eq!(stamps.instant_ns(clock.wall(), 0, clock.now_ns()), second * S);
        }
        assert_eq!(stamps.steps(), 0);
    }

    proptest! {
        #[test]
        fn an_instant_lies_between_the_send_and_now_whatever_the_stamp(
            wall_ns in any::<u64>(), now_ns in 0..u64::MAX / 2, sent_ago_ns in any::<u64>(), ahead_ns in any::<i64>(),
        ) {
            let stamps = StampClock::new(Hand::at(now_ns, ahead_ns));
            let from_ns = now_ns.saturating_sub(sent_ago_ns);
            let at_ns = stamps.instant_ns(Duration::from_nanos(wall_ns), from_ns, now_ns);
            prop_assert!((from_ns..=now_ns).contains(&at_ns));
        }
    }
}
