//! A rate that goes up for a while and comes back: how long a service takes to recover is a question of its own.

use super::Rate;

/// One rate, then another, then the first again: each part begins with an arrival, and the parts join without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spike {
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
    /// The number of arrivals in all three parts.
    pub(super) fn count(self) -> u64 {
        2 * self.held.arrivals_in(self.hold_ns) + self.spike.arrivals_in(self.spike_ns)
    }

    /// Length of all three parts, in nanoseconds.
    pub(super) fn duration_ns(self) -> u64 {
        (2 * self.hold_ns).saturating_add(self.spike_ns)
    }

    /// The higher of the two rates.
    pub(super) fn peak(self) -> Rate {
        if self.spike.per_second() > self.held.per_second() { self.spike } else { self.held }
    }

    /// The intended time of arrival `index`, in nanoseconds since the start.
    pub(super) fn time_of(self, index: u64) -> u64 {
        let (before, during) = (self.held.arrivals_in(self.hold_ns), self.spike.arrivals_in(self.spike_ns));
        if index < before {
            self.held.time_of(index)
        } else if index < before + during {
            self.hold_ns + self.spike.time_of(index - before)
        } else {
            self.hold_ns + self.spike_ns + self.held.time_of(index - before - during)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{NANOS_PER_S, Schedule};
    use super::*;

    const S: u64 = NANOS_PER_S;

    fn spike(held: u64, hold_ns: u64, spike: u64, spike_ns: u64) -> Spike {
        Spike { held: Rate::new(held, 1).unwrap(), hold_ns, spike: Rate::new(spike, 1).unwrap(), spike_ns }
    }

    #[test]
    fn each_part_has_its_own_rate() {
        let schedule = Schedule::for_spike(spike(100, 2 * S, 500, S)).unwrap();
        assert_eq!((schedule.count(), schedule.duration_ns()), (900, 5 * S));
        let times: Vec<u64> = schedule.stripe(0, 1).map(|slot| slot.intended_ns).collect();
        let in_second = |second: u64| times.iter().filter(|at| *at / S == second).count();
        assert_eq!((0..5).map(in_second).collect::<Vec<_>>(), [100, 100, 500, 100, 100]);
        assert_eq!((times[200], times[700]), (2 * S, 3 * S), "the parts join where they should");
        assert_eq!(schedule.peak_rate().per_second(), 500.0);
    }

    #[test]
    fn a_spike_without_arrivals_is_none() {
        assert!(Schedule::for_spike(spike(1, S / 2, 1, S / 2)).is_err());
    }

    proptest! {
        #[test]
        fn arrivals_are_in_order_and_stripes_partition_them(
            held in 1_u64..500, spiked in 1_u64..2_000, hold_ms in 1_000_u64..3_000, spike_ms in 1_000_u64..2_000, workers in 1_u64..5,
        ) {
            let schedule = Schedule::for_spike(spike(held, hold_ms * 1_000_000, spiked, spike_ms * 1_000_000)).unwrap();
            let whole: Vec<_> = schedule.stripe(0, 1).collect();
            prop_assert!(whole.is_sorted_by_key(|slot| slot.intended_ns));
            prop_assert_eq!(whole.len() as u64, schedule.count());
            let mut parts: Vec<_> = (0..workers).flat_map(|worker| schedule.stripe(worker, workers)).collect();
            parts.sort_by_key(|slot| slot.index);
            prop_assert_eq!(parts, whole);
        }
    }
}
