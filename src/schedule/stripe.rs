//! One worker's part of the schedule.

use super::poisson::Poisson;
use super::{Schedule, Slot};

/// The arrivals at positions `worker`, `worker + workers`, ... of a schedule, in order. Of a replay a stripe knows how many there
/// are, and none of their times.
#[derive(Debug, Clone)]
pub struct Stripe {
    schedule: Schedule,
    /// Position of the upcoming slot over warm-up and measured phase.
    position: u64,
    step: u64,
    poisson: Option<Drawn>,
    upcoming: Option<Slot>,
    origin_ns: u64,
}

/// A Poisson sequence and how far it has been drawn.
#[derive(Debug, Clone)]
struct Drawn {
    times: Poisson,
    next_index: u64,
}

impl Schedule {
    /// The part of the schedule that worker `worker` of `workers` sends.
    pub fn stripe(&self, worker: u64, workers: u64) -> Stripe {
        let poisson = self.poisson().map(|times| Drawn { times, next_index: 0 });
        let (schedule, step) = (self.clone(), workers.max(1));
        let mut stripe = Stripe { schedule, position: worker, step, poisson, upcoming: None, origin_ns: 0 };
        stripe.upcoming = stripe.slot_at_position();
        stripe
    }
}

impl Stripe {
    /// The same stripe on a clock on which the schedule starts at `origin_ns`.
    #[must_use]
    pub fn starting_at(mut self, origin_ns: u64) -> Self {
        if let Some(slot) = &mut self.upcoming {
            slot.intended_ns = slot.intended_ns - self.origin_ns + origin_ns;
        }
        self.origin_ns = origin_ns;
        self
    }

    /// How many slots are left in this stripe, measured and of the warm-up.
    pub fn counts(&self) -> (u64, u64) {
        let left_before = |end: u64| end.saturating_sub(self.position).div_ceil(self.step);
        let warmup = left_before(self.schedule.warmup_count());
        let all = left_before(self.schedule.warmup_count() + self.schedule.count());
        (all - warmup, warmup)
    }

    /// The next slot, without taking it.
    pub fn peek(&self) -> Option<Slot> {
        self.upcoming
    }

    /// Takes the next slot if its intended time is not after `now_ns`.
    pub fn next_due(&mut self, now_ns: u64) -> Option<Slot> {
        let due = self.upcoming.filter(|slot| slot.intended_ns <= now_ns)?;
        self.advance();
        Some(due)
    }

    /// How many slots are due at `now_ns` and not yet taken, counted up to `at_most`.
    pub fn count_due(&self, now_ns: u64, at_most: u64) -> u64 {
        let first_is_due = |stripe: &Self| stripe.upcoming.is_some_and(|slot| slot.intended_ns <= now_ns);
        if at_most == 0 || !first_is_due(self) {
            return 0;
        }
        let mut ahead = self.clone();
        let mut count = 0;
        while count < at_most && first_is_due(&ahead) {
            ahead.advance();
            count += 1;
        }
        count
    }

    fn advance(&mut self) {
        self.position = self.position.saturating_add(self.step);
        self.upcoming = self.slot_at_position();
    }

    fn slot_at_position(&mut self) -> Option<Slot> {
        let warmup_count = self.schedule.warmup_count();
        if self.position >= warmup_count + self.schedule.count() || self.schedule.speed().is_some() {
            return None;
        }
        let mut random_ns = None;
        if let Some(drawn) = &mut self.poisson
            && self.position >= warmup_count
        {
            let index = self.position - warmup_count;
            let skip = usize::try_from(index - drawn.next_index).unwrap_or(usize::MAX);
            random_ns = drawn.times.nth(skip);
            drawn.next_index = index + 1;
        }
        let mut slot = self.schedule.slot(self.position, random_ns);
        slot.intended_ns = slot.intended_ns.saturating_add(self.origin_ns);
        Some(slot)
    }
}

impl Iterator for Stripe {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        let slot = self.upcoming?;
        self.advance();
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Arrivals, NANOS_PER_S, Phase, Rate};
    use super::*;

    fn schedules() -> impl Strategy<Value = Schedule> {
        let spacing = prop_oneof![Just(Arrivals::Constant), Just(Arrivals::Poisson)];
        (1_u64..200_000, 1_u64..100, 1_u64..3_000, 0_u64..2_000, spacing, any::<u64>()).prop_filter_map(
            "the run holds at least one and at most 20,000 arrivals",
            |(arrivals, seconds, duration_ms, warmup_ms, spacing, seed)| {
                let rate = Rate::new(arrivals, seconds).ok()?;
                let schedule = Schedule::for_duration(rate, duration_ms * 1_000_000).ok()?;
                (schedule.count() <= 20_000)
                    .then(|| schedule.with_arrivals(spacing, seed).with_warmup(warmup_ms * 1_000_000).ok())?
            },
        )
    }

    proptest! {
        #[test]
        fn stripes_partition_the_schedule(schedule in schedules(), workers in 1_u64..9) {
            let whole: Vec<Slot> = schedule.stripe(0, 1).collect();
            let mut parts: Vec<Slot> = (0..workers).flat_map(|w| schedule.stripe(w, workers)).collect();
            parts.sort_by_key(|slot| (slot.phase == Phase::Measured, slot.index));
            prop_assert_eq!(parts, whole);
            let counts = (0..workers).map(|w| schedule.stripe(w, workers).counts());
            let total = counts.fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
            prop_assert_eq!(total, (schedule.count(), schedule.warmup_count()));
        }

        #[test]
        fn the_count_is_the_floor_of_rate_times_duration(
            arrivals in 1_u64..1_000_000, seconds in 1_u64..4_000, duration_ms in 1_u64..10_000_000,
        ) {
            let expected = u128::from(arrivals) * u128::from(duration_ms) / (u128::from(seconds) * 1_000);
            match Schedule::for_duration(Rate::new(arrivals, seconds).unwrap(), duration_ms * 1_000_000) {
                Ok(schedule) => prop_assert_eq!(u128::from(schedule.count()), expected),
                Err(_) => prop_assert_eq!(expected, 0),
            }
        }

        #[test]
        fn slots_are_in_order_never_early_and_inside_the_run(schedule in schedules()) {
            let slots: Vec<Slot> = schedule.stripe(0, 1).collect();
            prop_assert_eq!(slots.len() as u64, schedule.warmup_count() + schedule.count());
            prop_assert!(slots.is_sorted_by_key(|slot| slot.intended_ns));
            for slot in &slots {
                let measured = slot.phase == Phase::Measured;
                prop_assert_eq!(measured, slot.intended_ns >= schedule.warmup_ns());
                prop_assert!(slot.intended_ns < schedule.warmup_ns() + schedule.duration_ns());
                if measured && schedule.arrivals() == Arrivals::Constant {
                    let exact_s = slot.index as f64 / schedule.mean_per_s();
                    let got_s = (slot.intended_ns - schedule.warmup_ns()) as f64 / NANOS_PER_S as f64;
                    prop_assert!(got_s >= exact_s - 1e-12 && got_s < exact_s + 1.1e-9);
                }
            }
        }

        #[test]
        fn what_is_due_is_what_can_be_taken(schedule in schedules(), now_ms in 0_u64..5_000) {
            let now_ns = now_ms * 1_000_000;
            let mut stripe = schedule.stripe(0, 1);
            let due = stripe.count_due(now_ns, u64::MAX);
            prop_assert_eq!(stripe.count_due(now_ns, 3), due.min(3));
            let mut taken = 0;
            while stripe.next_due(now_ns).is_some() {
                taken += 1;
            }
            prop_assert_eq!(taken, due);
        }
    }

    #[test]
    fn one_minute_at_300_per_second_is_18000_arrivals() {
        let schedule = Schedule::for_duration(Rate::new(300, 1).unwrap(), 60 * NANOS_PER_S).unwrap();
        assert_eq!(schedule.stripe(0, 1).count(), 18_000);
        assert_eq!(schedule.stripe(0, 1).last().unwrap().intended_ns, 59_996_666_667);
    }

    #[test]
    fn a_count_fixes_the_duration() {
        let schedule = Schedule::for_count(Rate::new(3, 1).unwrap(), 10).unwrap();
        assert_eq!((schedule.count(), schedule.duration_ns()), (10, 3_333_333_334));
        assert_eq!(schedule.stripe(0, 1).count(), 10);
    }

    #[test]
    fn the_same_seed_gives_the_same_arrivals_and_another_seed_others() {
        let base = Schedule::for_duration(Rate::new(1_000, 1).unwrap(), NANOS_PER_S).unwrap();
        let times = |seed| {
            base.clone()
                .with_arrivals(Arrivals::Poisson, seed)
                .stripe(0, 1)
                .map(|s| s.intended_ns)
                .collect::<Vec<_>>()
        };
        assert_eq!(times(1), times(1));
        assert_ne!(times(1), times(2));
    }
}
