//! Which endpoint each arrival goes to.

use std::ops::Range;

use super::rotation::gcd;
use crate::schedule::Shard;

/// The longest period that is kept, in arrivals of 4 bytes each: 4 MB.
const PERIOD_MAX: u64 = 1_000_000;

/// The most steps times endpoints to make a period: well under 0.1 s.
const WORK_MAX: u64 = 40_000_000;

/// Smooth weighted round robin over the sequence of arrivals (nginx's algorithm), precomputed for one period.
///
/// In each step the credit of every endpoint grows by its weight. The endpoint with the largest credit (the first of
/// equals) gets the arrival and pays the sum of all weights. So an endpoint of weight 5 beside two of weight 1 gets
/// `a a b a c a a`, not `a a a a a b c`.
///
/// In every prefix of n endpoints (of weight above 0), an endpoint is ahead of its exact share by at most `1 - 1/n`
/// arrivals and behind by at most `1/2 + 1/3 + ... + 1/n`; after each period it has exactly its share. (Ahead: the
/// winner's credit is at least the mean. Behind: the mean of the j largest credits cannot exceed that of the j + 1
/// largest by more than `1/(j + 1)`, because the winner was larger than all of them.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mix(Pattern);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// Equal weights: one endpoint after the other, which needs no table.
    Turns { endpoints: u32 },
    /// The winners of one period, and how often each endpoint wins in it.
    Table { winners: Vec<u32>, shares: Vec<u64> },
}

/// Why weights make no mix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// No endpoint, or every weight is 0.
    #[error("every weight is 0, so no endpoint gets a request; give at least one a weight of 1 or more")]
    NoWeight,
    /// The pattern would repeat only after too many arrivals.
    #[error(
        "the weights are too fine: their pattern repeats only after {period} arrivals; \
         use smaller whole numbers, such as 3 and 1 for 75 % and 25 %"
    )]
    TooFine {
        /// Arrivals until the pattern repeats.
        period: u64,
    },
    /// More endpoints than can be numbered.
    #[error("there are too many endpoints")]
    TooMany,
}

impl Mix {
    /// A mix of endpoints with these weights, relative to each other; an endpoint of weight 0 never gets a request.
    ///
    /// # Errors
    /// [`MixError`] where no weight is above 0, or the pattern is too long to keep.
    pub(crate) fn new(weights: &[u32]) -> Result<Self, MixError> {
        let endpoints = u32::try_from(weights.len()).map_err(|_| MixError::TooMany)?;
        let divisor = weights.iter().fold(0, |divisor, weight| gcd(divisor, u64::from(*weight)));
        if divisor == 0 {
            return Err(MixError::NoWeight);
        }
        let shares: Vec<u64> = weights.iter().map(|weight| u64::from(*weight) / divisor).collect();
        if shares.iter().all(|share| *share == 1) {
            return Ok(Self(Pattern::Turns { endpoints }));
        }
        let active: Vec<u32> =
            (0_u32..).zip(&shares).filter(|(_, share)| **share > 0).map(|(place, _)| place).collect();
        let period: u64 = shares.iter().sum();
        let equal = period == active.len() as u64;
        if period > PERIOD_MAX || (!equal && period * active.len() as u64 > WORK_MAX) {
            return Err(MixError::TooFine { period });
        }
        let winners = if equal { active } else { contest(&active, &shares, period) };
        Ok(Self(Pattern::Table { winners, shares }))
    }

    /// The endpoint of an arrival, a place in the list of weights.
    pub(crate) fn endpoint(&self, sequence: u64) -> u32 {
        // Both remainders are below a u32.
        match &self.0 {
            Pattern::Turns { endpoints } => (sequence % u64::from(*endpoints)) as u32,
            Pattern::Table { winners, .. } => winners[(sequence % winners.len() as u64) as usize],
        }
    }

    /// After how many arrivals the pattern repeats.
    pub(crate) fn period(&self) -> u64 {
        match &self.0 {
            Pattern::Turns { endpoints } => u64::from(*endpoints),
            Pattern::Table { winners, .. } => winners.len() as u64,
        }
    }

    /// How many arrivals of a part of the sequence go to each endpoint. It takes at most one period's time, however
    /// long the part is. A range that ends before it starts is empty.
    pub(crate) fn planned(&self, range: Range<u64>) -> Vec<u64> {
        let length = range.end.saturating_sub(range.start);
        let period = self.period();
        let (whole, rest) = (length / period, length % period);
        let mut counts = match &self.0 {
            Pattern::Turns { endpoints } => vec![whole; *endpoints as usize],
            Pattern::Table { shares, .. } => shares.iter().map(|share| share * whole).collect(),
        };
        // Whole periods may start anywhere: only the rest depends on where the range starts.
        for place in 0..rest {
            counts[self.endpoint(range.start % period + place) as usize] += 1;
        }
        counts
    }
}

impl Mix {
    /// How many arrivals of one shard go to each endpoint: of those at `index`, `index + count`, ... in a part of the
    /// sequence. It takes at most two periods' time.
    pub(crate) fn planned_of(&self, range: Range<u64>, shard: Shard) -> Vec<u64> {
        let (count, period) = (shard.count(), self.period());
        if shard.is_whole() {
            return self.planned(range);
        }
        let first = range.start + (shard.index() + count - range.start % count) % count;
        let arrivals = range.end.saturating_sub(first).div_ceil(count);
        // The endpoints of every count-th arrival repeat too.
        let cycle = period / gcd(period, count);
        let (whole, rest) = (arrivals / cycle, arrivals % cycle);
        let mut counts = vec![0; self.endpoints()];
        for place in 0..cycle.min(arrivals) {
            let sequence = (u128::from(first) + u128::from(place) * u128::from(count)) % u128::from(period);
            counts[self.endpoint(sequence as u64) as usize] += whole + u64::from(place < rest);
        }
        counts
    }

    fn endpoints(&self) -> usize {
        match &self.0 {
            Pattern::Turns { endpoints } => *endpoints as usize,
            Pattern::Table { shares, .. } => shares.len(),
        }
    }
}

/// The winners of one period.
fn contest(active: &[u32], shares: &[u64], period: u64) -> Vec<u32> {
    // A credit stays within the period times the logarithm of the number of endpoints.
    let weights: Vec<i64> = active.iter().map(|place| shares[*place as usize] as i64).collect();
    let mut credits = vec![0_i64; active.len()];
    let step = |_| {
        let (mut winner, mut most) = (0, i64::MIN);
        for (place, (credit, weight)) in credits.iter_mut().zip(&weights).enumerate() {
            *credit += weight;
            if *credit > most {
                (winner, most) = (place, *credit);
            }
        }
        credits[winner] -= period as i64;
        active[winner]
    };
    (0..period).map(step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(mix: &Mix, count: u64) -> Vec<u32> {
        (0..count).map(|sequence| mix.endpoint(sequence)).collect()
    }

    #[test]
    fn the_pattern_is_nginx_s() {
        assert_eq!(first(&Mix::new(&[5, 1, 1]).unwrap(), 7), [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(first(&Mix::new(&[50, 10, 10]).unwrap(), 8), [0, 0, 1, 0, 2, 0, 0, 0]);
    }

    #[test]
    fn equal_weights_take_turns_and_weight_0_never_gets_a_turn() {
        assert_eq!(first(&Mix::new(&[7, 7, 7]).unwrap(), 5), [0, 1, 2, 0, 1]);
        assert_eq!(first(&Mix::new(&[0, 3, 0, 3]).unwrap(), 4), [1, 3, 1, 3]);
        assert_eq!(first(&Mix::new(&[9]).unwrap(), 3), [0, 0, 0]);
        let million = Mix::new(&vec![2; 1_000_000]).unwrap();
        assert_eq!(million.endpoint(u64::MAX), (u64::MAX % 1_000_000) as u32);
    }

    #[test]
    fn weights_that_make_no_mix_say_why() {
        assert_eq!(Mix::new(&[]), Err(MixError::NoWeight));
        assert_eq!(Mix::new(&[0, 0]), Err(MixError::NoWeight));
        assert_eq!(Mix::new(&[999_999, 2]), Err(MixError::TooFine { period: 1_000_001 }));
        assert_eq!(Mix::new(&[u32::MAX, 1]), Err(MixError::TooFine { period: 1 << 32 }));
        assert!(Mix::new(&[999_999, 1]).is_ok());
        assert!(Mix::new(&[2_000_000_000, 1_000_000_000]).is_ok());
        let mut many = vec![1; 100_000];
        many[0] = 2;
        assert_eq!(Mix::new(&many), Err(MixError::TooFine { period: 100_001 }));
    }

    #[test]
    fn a_long_range_is_planned_without_walking_it() {
        // The pattern is 0 0 1 0: without the first arrival and the last of 2^64, 0 loses two.
        let planned = Mix::new(&[3, 1]).unwrap().planned(1..u64::MAX);
        assert_eq!(planned, [3 * (1 << 62) - 2, 1 << 62]);
        #[expect(clippy::reversed_empty_ranges)]
        let empty = 5..3;
        assert_eq!(Mix::new(&[3, 1]).unwrap().planned(empty), [0, 0]);
    }

    fn weights() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(0_u32..30, 1..12).prop_filter("all zero", |all| all.iter().any(|one| *one > 0))
    }

    proptest! {
        #[test]
        fn over_a_period_each_endpoint_gets_exactly_its_weight(weights in weights(), periods in 1_u64..4, start in 0_u64..1000) {
            let mix = Mix::new(&weights).unwrap();
            let total: u64 = weights.iter().map(|w| u64::from(*w)).sum();
            let mut counts = vec![0_u64; weights.len()];
            (start..start + total * periods).for_each(|sequence| counts[mix.endpoint(sequence) as usize] += 1);
            let exact: Vec<u64> = weights.iter().map(|w| u64::from(*w) * periods).collect();
            prop_assert_eq!(counts, exact);
        }

        #[test]
        fn the_plan_of_a_shard_is_what_counting_gives(
            weights in weights(), start in 0_u64..2000, length in 0_u64..2000, index in 0_u64..9, more in 1_u64..9,
        ) {
            let (mix, count) = (Mix::new(&weights).unwrap(), index + more);
            let mut counts = vec![0_u64; weights.len()];
            let own = (start..start + length).filter(|sequence| sequence % count == index);
            own.for_each(|sequence| counts[mix.endpoint(sequence) as usize] += 1);
            let planned = mix.planned_of(start..start + length, Shard::new(index, count).unwrap());
            prop_assert_eq!(planned, counts);
        }

        #[test]
        fn the_plan_is_what_counting_gives(weights in weights(), start in 0_u64..2000, length in 0_u64..2000) {
            let mix = Mix::new(&weights).unwrap();
            let mut counts = vec![0_u64; weights.len()];
            (start..start + length).for_each(|sequence| counts[mix.endpoint(sequence) as usize] += 1);
            prop_assert_eq!(mix.planned(start..start + length), counts);
        }

        #[test]
        fn no_prefix_strays_from_the_exact_share(weights in weights()) {
            let mix = Mix::new(&weights).unwrap();
            let total: f64 = weights.iter().map(|w| f64::from(*w)).sum();
            let active = weights.iter().filter(|w| **w > 0).count();
            let ahead_max = 1.0 - 1.0 / active as f64;
            let behind_max: f64 = (2..=active).map(|j| 1.0 / j as f64).sum();
            let mut counts = vec![0.0; weights.len()];
            for sequence in 0..total as u64 {
                counts[mix.endpoint(sequence) as usize] += 1.0;
                for (count, weight) in counts.iter().zip(&weights) {
                    let ahead = count - (sequence + 1) as f64 * f64::from(*weight) / total;
                    prop_assert!(ahead <= ahead_max + 1e-9 && -ahead <= behind_max + 1e-9, "{ahead}");
                }
            }
        }
    }
}
