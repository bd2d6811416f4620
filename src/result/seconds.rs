//! The response times of every second of a run, in a form that any resampling of its seconds can be asked for a percentile.

use std::collections::BTreeMap;

use super::summary::Summary;
use crate::measure::{Quantile, decode_histogram};

/// Digits of the histograms of a series; another resolution is not ours.
const DIGITS: u8 = 2;
/// Most cells of the table: a run of 900 seconds has at most about 2.6 million, so a larger one is not ours.
const MOST_CELLS: usize = 8 << 20;

/// The seconds of a run (or longer intervals, for a run of more than 900 s), by intended time.
///
/// A table of counts, cumulated over time and over latency: how many good answers of the first `t` seconds took no longer
/// than bucket `k`. So the number of answers up to a bucket in any stretch of seconds is one subtraction, and a percentile of
/// any set of stretches a binary search: no histogram is added up again for a resample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seconds {
    /// Lowest and highest value of each bucket, in nanoseconds, rising.
    buckets: Vec<(u64, u64)>,
    /// `(count + 1) x buckets`.
    answered: Vec<u64>,
    /// Arrivals offered in the first `t` seconds.
    offered: Vec<u64>,
}

/// What was offered in one second, and the counts of its good answers by bucket: its lowest and highest value in nanoseconds.
pub(super) type Row = (u64, Vec<((u64, u64), u64)>);

/// The arrivals of one second that lie above a percentile of the whole run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Above {
    /// How many; a fraction where some are in the bucket of the percentile.
    pub count: f64,
    /// Less those that would be there if all seconds were alike.
    pub excess: f64,
}

impl Seconds {
    /// The seconds of a result; `None` where it has no response times for each of them, and where its rate changes: resampling
    /// takes seconds for alike.
    pub(crate) fn of(summary: &Summary) -> Option<Self> {
        if !summary.plan.phases.is_empty() {
            return None;
        }
        let mut rows = Vec::with_capacity(summary.series.len());
        for row in &summary.series {
            let mut counts = Vec::new();
            if row.ok > 0 {
                let histogram = decode_histogram(&row.response_histogram).ok()?;
                // A row of an older version has no histogram; one that contradicts its count was changed.
                if histogram.sigfig() != DIGITS || histogram.len() != row.ok || row.ok > row.offered {
                    return None;
                }
                counts.extend(histogram.iter_recorded().map(|step| {
                    let value = step.value_iterated_to();
                    let bucket = (histogram.lowest_equivalent(value), histogram.highest_equivalent(value));
                    (bucket, step.count_at_value())
                }));
            }
            rows.push((row.offered, counts));
        }
        Self::new(&rows)
    }

    /// From the rows of a run; `None` without a good answer, or where there is more than any run has.
    pub(crate) fn new(rows: &[Row]) -> Option<Self> {
        let mut places: BTreeMap<(u64, u64), usize> =
            rows.iter().flat_map(|(_, counts)| counts.iter().map(|(bucket, _)| (*bucket, 0))).collect();
        places.values_mut().enumerate().for_each(|(place, value)| *value = place);
        let buckets: Vec<(u64, u64)> = places.keys().copied().collect();
        let width = buckets.len();
        if width == 0 || (rows.len() + 1).checked_mul(width)? > MOST_CELLS {
            return None;
        }
        let mut answered = vec![0_u64; width];
        let mut offered = vec![0_u64];
        for (due, counts) in rows {
            let mut line = vec![0_u64; width];
            for (bucket, count) in counts {
                let cell = &mut line[places[bucket]];
                *cell = cell.checked_add(*count)?;
            }
            let mut sum = 0_u64;
            for (place, count) in line.iter_mut().enumerate() {
                sum = sum.checked_add(*count)?;
                *count = answered[answered.len() - width + place].checked_add(sum)?;
            }
            answered.extend(line);
            // In a damaged file the counts may be anything.
            offered.push(offered[offered.len() - 1].checked_add(*due)?);
        }
        Some(Self { buckets, answered, offered })
    }

    /// How many seconds there are.
    pub(crate) fn count(&self) -> usize {
        self.offered.len() - 1
    }

    /// The whole run as one stretch.
    pub(crate) fn whole(&self) -> [(usize, usize); 1] {
        [(0, self.count())]
    }

    /// A percentile, in nanoseconds, of the arrivals offered in some stretches (first second, and the one behind the last)
    /// of the run; infinite where it falls among arrivals without a good answer, `None` where nothing was offered.
    ///
    /// Within a bucket (1 % wide) the answers are taken as evenly spread: else a resample would jump from bucket to bucket.
    pub(crate) fn percentile(&self, quantile: Quantile, stretches: &[(usize, usize)]) -> Option<f64> {
        let offered: u64 = stretches.iter().map(|(from, to)| self.offered[*to] - self.offered[*from]).sum();
        if offered == 0 {
            return None;
        }
        let rank = quantile.rank(offered);
        let up_to = |bucket: usize| self.answered(bucket, stretches);
        let bucket = partition_point(self.buckets.len(), |bucket| up_to(bucket) < rank);
        let Some((lowest, highest)) = self.buckets.get(bucket).copied() else { return Some(f64::INFINITY) };
        let below = if bucket == 0 { 0 } else { up_to(bucket - 1) };
        let share = (rank as f64 - 0.5 - below as f64) / (up_to(bucket) - below) as f64;
        Some(lowest as f64 + (highest - lowest + 1) as f64 * share)
    }

    /// Of each second, the arrivals above the percentile of the whole run: how that percentile varies in time. Of those in
    /// the bucket of the percentile, every second has the same share.
    pub(crate) fn above(&self, quantile: Quantile) -> Vec<Above> {
        let whole = self.whole();
        let offered = self.offered[self.count()];
        let rank = quantile.rank(offered);
        let found = partition_point(self.buckets.len(), |bucket| self.answered(bucket, &whole) < rank);
        let bucket = found.min(self.buckets.len() - 1);
        let inside = |stretch: &[(usize, usize)]| {
            let below = if bucket == 0 { 0 } else { self.answered(bucket - 1, stretch) };
            (below as f64, (self.answered(bucket, stretch) - below) as f64)
        };
        let (below, within) = inside(&whole);
        let share_below = if within > 0.0 { ((rank as f64 - below) / within).clamp(0.0, 1.0) } else { 1.0 };
        let above = (0..self.count()).map(|t| {
            let (below, within) = inside(&[(t, t + 1)]);
            let offered = (self.offered[t + 1] - self.offered[t]) as f64;
            (offered - below - share_below * within, offered)
        });
        let above: Vec<(f64, f64)> = above.collect();
        let share = above.iter().map(|(count, _)| count).sum::<f64>() / (offered as f64).max(1.0);
        above
            .iter()
            .map(|(count, offered)| Above { count: *count, excess: count - share * offered })
            .collect()
    }

    fn answered(&self, bucket: usize, stretches: &[(usize, usize)]) -> u64 {
        let width = self.buckets.len();
        let until = |second: usize| self.answered[second * width + bucket];
        stretches.iter().map(|(from, to)| until(*to) - until(*from)).sum()
    }
}

/// The first of `count` places where `before` no longer holds.
fn partition_point(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_percentile_is_that_of_the_sorted_arrivals(
            rows in prop::collection::vec((prop::collection::vec(0_u64..40, 1..30), 0_u64..5), 1..12),
            places in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..4), 1..6),
        ) {
            // Buckets of one value each, and in every second a few arrivals without a good answer.
            let of_row = |(values, bad): &(Vec<u64>, u64)| {
                let counts = values.iter().map(|value| ((value * 10, value * 10), 1)).collect();
                (values.len() as u64 + bad, counts)
            };
            let seconds = Seconds::new(&rows.iter().map(of_row).collect::<Vec<_>>()).unwrap();
            let stretches: Vec<(usize, usize)> = places.iter().map(|(from, length)| {
                let from = from.index(rows.len());
                (from, (from + length).min(rows.len()))
            }).collect();
            let mut sorted: Vec<u64> = Vec::new();
            for (from, to) in &stretches {
                for (values, bad) in &rows[*from..*to] {
                    sorted.extend(values.iter().map(|value| value * 10));
                    sorted.extend((0..*bad).map(|_| u64::MAX));
                }
            }
            sorted.sort_unstable();
            for quantile in Quantile::REPORTED {
                let expected = sorted[quantile.rank(sorted.len() as u64) as usize - 1];
                let got = seconds.percentile(quantile, &stretches).unwrap();
                if expected == u64::MAX {
                    prop_assert!(got.is_infinite());
                } else {
                    prop_assert!((got - expected as f64).abs() <= 1.0, "{got} instead of {expected}");
                }
            }
        }
    }

    #[test]
    fn the_excess_of_alike_seconds_is_none() {
        let row = (10, (1..=10).map(|value| ((value, value), 1)).collect::<Vec<_>>());
        let alike = Seconds::new(&[row.clone(), row.clone(), row.clone()]).unwrap();
        assert!(
            alike
                .above(Quantile::P90)
                .iter()
                .all(|above| (above.count - 1.0).abs() < 1e-9 && above.excess.abs() < 1e-9)
        );
        let slow = (10, vec![((100, 100), 10)]);
        let above = Seconds::new(&[row.clone(), slow, row]).unwrap().above(Quantile::P50);
        let sum: f64 = above.iter().map(|above| above.excess).sum();
        assert!(
            (above[1].count - 10.0).abs() < 1e-9 && above[1].excess > 3.0 && sum.abs() < 1e-9,
            "{above:?}"
        );
    }

    #[test]
    fn nothing_answered_is_nothing_to_resample() {
        assert_eq!(Seconds::new(&[(5, Vec::new())]), None);
        assert_eq!(Seconds::new(&[]), None);
    }
}
