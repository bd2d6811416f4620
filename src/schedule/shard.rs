//! One machine's part of a schedule.

/// The most shards of a schedule.
const MAX_SHARDS: u64 = 100_000;

/// Which part of a schedule, of how many.
///
/// A shard is a stripe: shard s of N has the arrivals at the positions s, s + N, s + 2N, ... of the one schedule, so that N
/// machines send, arrival by arrival, what one would have sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

/// Why there is no such shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    #[error("there are no shards of nothing; a schedule has 1 shard or more")]
    None,
    #[error("there is no shard {index} of {count}: shards are counted from 0, so the last is {}", .count - 1)]
    Beyond { index: u64, count: u64 },
    #[error("{0} shards are too many; the limit is {MAX_SHARDS}")]
    TooMany(u64),
}

impl Shard {
    /// The whole schedule.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Shard `index`, from 0, of `count`.
    ///
    /// # Errors
    /// [`ShardError`] where there is none.
    pub fn new(index: u64, count: u64) -> Result<Self, ShardError> {
        match count {
            0 => Err(ShardError::None),
            count if count > MAX_SHARDS => Err(ShardError::TooMany(count)),
            count if index >= count => Err(ShardError::Beyond { index, count }),
            count => Ok(Self { index, count }),
        }
    }

    /// Its number, from 0.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many there are.
    pub fn count(self) -> u64 {
        self.count
    }

    /// Whether it is the whole schedule.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// The stripe of one of this shard's workers, and how many stripes all shards have together. Worker w of W has stripe
    /// w N + s of W N, so the workers of a shard have its arrivals between them, however many they are.
    pub fn stripe(self, worker: u64, workers: u64) -> (u64, u64) {
        (worker * self.count + self.index, workers * self.count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Arrivals, NANOS_PER_S, Phase, Rate, Schedule, Slot};
    use super::*;

    #[test]
    fn shards_are_counted_from_0() {
        assert_eq!(Shard::new(0, 0), Err(ShardError::None));
        assert_eq!(
            Shard::new(4, 4).unwrap_err().to_string().split(": ").nth(1),
            Some("shards are counted from 0, so the last is 3")
        );
        assert_eq!(Shard::new(0, 1 << 40), Err(ShardError::TooMany(1 << 40)));
        assert_eq!(Shard::new(0, 1), Ok(Shard::WHOLE));
    }

    /// What a thousand machines would send: counted, not walked through.
    #[test]
    fn ten_million_a_second_for_an_hour_are_divided_exactly_over_a_thousand_shards() {
        let schedule =
            Schedule::for_duration(Rate::new(10_000_000, 1).unwrap(), 3_600 * NANOS_PER_S).unwrap();
        let mut sum = 0;
        for index in 0..1_000 {
            let (stripe, stripes) = Shard::new(index, 1_000).unwrap().stripe(0, 1);
            let mut own = schedule.stripe(stripe, stripes);
            let first_two = [own.next(), own.next()].map(|slot| slot.unwrap().intended_ns);
            assert_eq!(first_two, [100 * index, 100 * index + 100_000], "shard {index}");
            sum += own.counts().0 + 2;
        }
        assert_eq!(sum, 36_000_000_000);
    }

    proptest! {
        /// Whatever the spacing, and however many workers each shard has.
        #[test]
        fn the_shards_together_are_the_schedule_of_one_machine(
            per_s in 1_u64..3_000, warmup_ms in 0_u64..1_500, spacing in prop_oneof![Just(Arrivals::Constant), Just(Arrivals::Poisson)],
            workers in proptest::collection::vec(1_u64..4, 1..6), seed in any::<u64>(),
        ) {
            let schedule = Schedule::for_duration(Rate::new(per_s, 1).unwrap(), NANOS_PER_S).unwrap();
            let schedule = schedule.with_arrivals(spacing, seed).with_warmup(warmup_ms * 1_000_000).unwrap();
            let count = workers.len() as u64;
            let mut parts: Vec<Slot> = Vec::new();
            for (index, workers) in (0..).zip(&workers) {
                let shard = Shard::new(index, count).unwrap();
                for worker in 0..*workers {
                    let (stripe, stripes) = shard.stripe(worker, *workers);
                    parts.extend(schedule.stripe(stripe, stripes));
                }
            }
            parts.sort_by_key(|slot| (slot.phase == Phase::Measured, slot.index));
            prop_assert_eq!(parts, schedule.stripe(0, 1).collect::<Vec<_>>());
        }
    }
}
