//! Rotations that do not fall into step with the endpoints.

/// The rotation of `count` items over the sequence of arrivals, beside endpoints whose pattern repeats after `period`
/// arrivals. It has no state, so it is the same for any number of threads.
///
/// Two lists whose lengths share a divisor would form the same pairs for ever: of two tokens, one endpoint would only
/// ever get the first. So the rotation skips one item each time both patterns start over. Every item is still used as
/// often as any other, to within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rotation {
    count: u64,
    /// Arrivals until both patterns start over together, where their lengths share a divisor.
    round: Option<u64>,
}

impl Rotation {
    /// A rotation of `count` items; none counts as one.
    pub(super) fn new(count: u64, period: u64) -> Self {
        let (count, period) = (count.max(1), period.max(1));
        let shared = gcd(count, period);
        Self { count, round: (shared > 1).then(|| count / shared * period) }
    }

    /// The item, from 0, of the arrival at `sequence`.
    pub(super) fn at(self, sequence: u64) -> u64 {
        let moved_on = self.round.map_or(0, |round| sequence / round);
        (sequence % self.count + moved_on % self.count) % self.count
    }
}

/// The greatest common divisor; that of a number and 0 is the number.
pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_endpoint_meets_every_item() {
        for (count, period) in [(2, 4), (2, 2), (6, 4), (5, 4), (120, 60)] {
            let rotation = Rotation::new(count, period);
            let pairs: BTreeSet<(u64, u64)> =
                (0..count * period * 4).map(|sequence| (sequence % period, rotation.at(sequence))).collect();
            assert_eq!(pairs.len() as u64, count * period, "{count} items, a period of {period}");
        }
    }

    proptest! {
        #[test]
        fn each_item_is_used_as_often_as_any_other(count in 1_u64..40, period in 1_u64..40, arrivals in 0_u64..5_000) {
            let rotation = Rotation::new(count, period);
            let mut used = vec![0_u64; count as usize];
            (0..arrivals).for_each(|sequence| used[rotation.at(sequence) as usize] += 1);
            let (least, most) = (used.iter().min().unwrap(), used.iter().max().unwrap());
            prop_assert!(most - least <= 1, "{used:?}");
        }

        #[test]
        fn without_a_shared_divisor_it_is_the_plain_rotation(count in 1_u64..40, sequence in any::<u64>()) {
            prop_assert_eq!(Rotation::new(count, 1).at(sequence), sequence % count);
        }
    }
}
