//! A rate that goes up for a while and comes back: how long a service takes to recover is a question of its own.

use super::{Profile, Rate, Schedule, ScheduleError, Stretch};

/// One rate, then another, then the first again: the parts join without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spike {
    /// Before and after.
    pub held: Rate,
    /// How long before, and how long after, in nanoseconds.
    pub hold_ns: u64,
    /// Meanwhile.
    pub spike: Rate,
    /// How long, in nanoseconds.
    pub spike_ns: u64,
}

impl Spike {
    /// When every arrival of all three parts leaves.
    ///
    /// # Errors
    /// [`ScheduleError`] when no arrival fits or the run is beyond the limits.
    pub(crate) fn schedule(self) -> Result<Schedule, ScheduleError> {
        let part = |rate, duration_ns| Stretch { from: Some(rate), to: Some(rate), duration_ns };
        let held = part(self.held, self.hold_ns);
        let stretches = vec![held, part(self.spike, self.spike_ns), held];
        Schedule::for_profile(Profile::new(&[("spike".to_owned(), stretches)])?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::NANOS_PER_S;
    use super::*;

    const S: u64 = NANOS_PER_S;

    fn spike(held: u64, hold_ns: u64, spike: u64, spike_ns: u64) -> Spike {
        Spike { held: Rate::new(held, 1).unwrap(), hold_ns, spike: Rate::new(spike, 1).unwrap(), spike_ns }
    }

    #[test]
    fn each_part_has_its_own_rate() {
        let schedule = spike(100, 2 * S, 500, S).schedule().unwrap();
        assert_eq!((schedule.count(), schedule.duration_ns()), (900, 5 * S));
        let times: Vec<u64> = schedule.stripe(0, 1).map(|slot| slot.intended_ns).collect();
        let in_second = |second: u64| times.iter().filter(|at| *at / S == second).count();
        assert_eq!((0..5).map(in_second).collect::<Vec<_>>(), [100, 100, 500, 100, 100]);
        assert_eq!((times[200], times[700]), (2 * S, 3 * S), "the parts join where they should");
        assert_eq!(schedule.peak_rate().per_second(), 500.0);
    }

    #[test]
    fn a_spike_without_arrivals_is_none() {
        assert!(spike(1, S / 4, 1, S / 4).schedule().is_err());
    }

    proptest! {
        #[test]
        fn arrivals_are_in_order_and_stripes_partition_them(
            held in 1_u64..500, spiked in 1_u64..2_000, hold_ms in 1_000_u64..3_000, spike_ms in 1_000_u64..2_000, workers in 1_u64..5,
        ) {
            let schedule = spike(held, hold_ms * 1_000_000, spiked, spike_ms * 1_000_000).schedule().unwrap();
            let whole: Vec<_> = schedule.stripe(0, 1).collect();
            prop_assert!(whole.is_sorted_by_key(|slot| slot.intended_ns));
            prop_assert_eq!(whole.len() as u64, schedule.count());
            let mut parts: Vec<_> = (0..workers).flat_map(|worker| schedule.stripe(worker, workers)).collect();
            parts.sort_by_key(|slot| slot.index);
            prop_assert_eq!(parts, whole);
        }
    }
}
