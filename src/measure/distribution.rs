//! A distribution of times: an HdrHistogram with the exact figures it does not keep.

use hdrhistogram::Histogram;

/// Smallest time told apart from zero: 1 microsecond (the histogram's unit is 512 ns).
pub(crate) const LOWEST_NS: u64 = 1_000;
/// Largest time told apart from larger ones: 1 hour. Longer times saturate there; the exact maximum stands beside.
pub(crate) const HIGHEST_NS: u64 = 3_600 * 1_000_000_000;
/// Significant decimal digits: a percentile is exact to 0.1 %.
const DIGITS: u8 = 3;

/// The most times in a distribution that was saved, far above any run's: so that sums of them stay within their bits.
const MOST_RESTORED: u64 = 1 << 46;

/// Times in nanoseconds: a histogram (3 digits, 1 us to 1 h, saturating) and exact count, minimum, maximum and sum.
///
/// Its memory follows the longest time: 16 KiB up to 1 ms and 8 KiB more for each doubling (72 KiB up to 100 ms, 192 KiB
/// at most). Growing happens at most 22 times, so it costs the hot path nothing; what is written has the full range.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    histogram: Histogram<u64>,
    min_ns: u64,
    max_ns: u64,
    sum_ns: u128,
}

impl Default for Distribution {
    fn default() -> Self {
        Self::new()
    }
}

impl Distribution {
    /// An empty distribution.
    pub fn new() -> Self {
        let mut histogram = with_bounds(2 * LOWEST_NS);
        histogram.auto(true);
        Self { histogram, min_ns: u64::MAX, max_ns: 0, sum_ns: 0 }
    }

    /// Adds one time.
    pub fn record(&mut self, nanos: u64) {
        // Not `saturating_record`: that would saturate where the histogram ends for now.
        self.histogram
            .record(nanos.min(HIGHEST_NS))
            .expect("a growing histogram takes every time up to the highest");
        self.min_ns = self.min_ns.min(nanos);
        self.max_ns = self.max_ns.max(nanos);
        self.sum_ns += u128::from(nanos);
    }

    /// Adds the same time so many times.
    pub(crate) fn record_many(&mut self, nanos: u64, count: u64) {
        if count == 0 {
            return;
        }
        self.histogram
            .record_n(nanos.min(HIGHEST_NS), count)
            .expect("a growing histogram takes every time up to the highest");
        self.min_ns = self.min_ns.min(nanos);
        self.max_ns = self.max_ns.max(nanos);
        self.sum_ns += u128::from(nanos) * u128::from(count);
    }

    /// Adds times of which only a coarser histogram is left: their extremes and their sum are as exact as that was.
    pub(crate) fn record_all(&mut self, times: &Histogram<u32>) {
        for recorded in times.iter_recorded() {
            self.record_many(recorded.value_iterated_to(), recorded.count_since_last_iteration());
        }
    }

    /// Adds all times of another distribution: the result is that of recording them all here.
    pub fn merge(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("a growing histogram takes every other");
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
        self.sum_ns += other.sum_ns;
    }

    /// A distribution of a histogram that was read, and the exact figures beside it; `None` where they contradict each other.
    pub(super) fn restored(
        histogram: &Histogram<u64>,
        min_ns: u64,
        max_ns: u64,
        sum_ns: u128,
    ) -> Option<Self> {
        let mut restored = Self::new();
        if histogram.is_empty() {
            return Some(restored);
        }
        let of_all = |nanos: u64| u128::from(nanos) * u128::from(histogram.len());
        if histogram.len() > MOST_RESTORED
            || min_ns > max_ns
            || !(of_all(min_ns)..=of_all(max_ns)).contains(&sum_ns)
        {
            return None;
        }
        restored.histogram.add(histogram).ok()?;
        Some(Self { min_ns, max_ns, sum_ns, ..restored })
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The exact minimum.
    pub fn min_ns(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.min_ns)
    }

    /// The exact maximum.
    pub fn max_ns(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.max_ns)
    }

    /// The exact sum.
    pub fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// The exact mean.
    pub fn mean_ns(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum_ns as f64 / self.count() as f64)
    }

    /// The time of the given rank, 1 being the smallest; exact to the histogram's 0.1 % and never beyond the
    /// exact minimum and maximum.
    pub fn at_rank(&self, rank: u64) -> Option<u64> {
        let count = self.count();
        if rank == 0 || rank > count {
            return None;
        }
        // Half a rank below, so that rounding in the quantile cannot step over to the neighbour.
        let value = self.histogram.value_at_quantile((rank as f64 - 0.5) / count as f64);
        Some(value.clamp(self.min_ns, self.max_ns))
    }

    /// How many times were longer than this; those within the histogram's 0.1 % of it do not count.
    pub fn longer_than(&self, nanos: u64) -> u64 {
        if nanos >= self.max_ns {
            return 0;
        }
        self.histogram.count_between(self.histogram.next_non_equivalent(nanos), u64::MAX)
    }

    /// The histogram itself, in nanoseconds; it grows with what is recorded in it.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }
}

/// An empty histogram of the full range: the form in which all histograms are written, so that any two can be added.
pub(crate) fn full_range() -> Histogram<u64> {
    with_bounds(HIGHEST_NS)
}

fn with_bounds(highest_ns: u64) -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, highest_ns, DIGITS)
        .expect("the constant bounds are valid: 1 <= low, 2 low <= high, digits <= 5")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Distribution {
        let mut distribution = Distribution::new();
        values.iter().for_each(|v| distribution.record(*v));
        distribution
    }

    proptest! {
        #[test]
        fn merged_parts_equal_the_whole(
            values in prop::collection::vec(0_u64..10_000_000_000_000, 0..300), cut in any::<prop::sample::Index>(),
        ) {
            let cut = if values.is_empty() { 0 } else { cut.index(values.len()) };
            let whole = of(&values);
            let mut merged = of(&values[..cut]);
            merged.merge(&of(&values[cut..]));
            prop_assert_eq!(&merged.histogram, &whole.histogram);
            prop_assert_eq!(
                (merged.min_ns(), merged.max_ns(), merged.sum_ns()),
                (whole.min_ns(), whole.max_ns(), whole.sum_ns())
            );
        }

        #[test]
        fn a_rank_is_the_sorted_value_to_a_thousandth(
            mut values in prop::collection::vec(1_000_u64..HIGHEST_NS, 1..300),
        ) {
            let distribution = of(&values);
            values.sort_unstable();
            for (i, exact) in values.iter().enumerate() {
                let got = distribution.at_rank(i as u64 + 1).unwrap();
                let error = got.abs_diff(*exact) as f64;
                prop_assert!(error <= 512.0_f64.max(*exact as f64 / 1_000.0), "rank {} of {:?}", i + 1, exact);
            }
        }
    }

    proptest! {
        /// Against counting one by one, with 0.1 % of doubt about what lies at the limit.
        #[test]
        fn longer_than_counts_what_is_longer(times in proptest::collection::vec(1_u64..10_000_000, 0..60), limit in 1_u64..10_000_000) {
            let got = of(&times).longer_than(limit);
            let longer = |limit: f64| times.iter().filter(|time| **time as f64 > limit).count() as u64;
            prop_assert!(got <= longer(limit as f64), "{} of {}", got, longer(limit as f64));
            prop_assert!(got >= longer(limit as f64 * 1.002 + 1.0));
        }
    }

    #[test]
    fn a_coarse_histogram_adds_its_times_as_exactly_as_it_has_them() {
        let mut coarse = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, 2).unwrap();
        for nanos in [1_000_000, 1_000_000, 250_000_000] {
            coarse.saturating_record(nanos);
        }
        let mut distribution = of(&[5_000_000]);
        distribution.record_all(&coarse);
        assert_eq!((distribution.count(), distribution.at_rank(3)), (4, Some(5_001_215)));
        let near = |nanos: u64, exact: u64| nanos.abs_diff(exact) * 100 <= exact;
        assert!(distribution.min_ns().is_some_and(|min_ns| near(min_ns, 1_000_000)));
        assert!(distribution.max_ns().is_some_and(|max_ns| near(max_ns, 250_000_000)));
        assert!(near(distribution.sum_ns() as u64, 257_000_000));
    }

    #[test]
    fn times_beyond_the_range_saturate_and_keep_their_exact_extremes() {
        let distribution = of(&[0, 2 * HIGHEST_NS]);
        assert_eq!((distribution.min_ns(), distribution.max_ns()), (Some(0), Some(2 * HIGHEST_NS)));
        assert_eq!(distribution.count(), 2);
    }

    #[test]
    fn an_empty_distribution_has_no_figures() {
        let empty = Distribution::new();
        assert_eq!((empty.count(), empty.min_ns(), empty.max_ns(), empty.at_rank(1)), (0, None, None, None));
        assert_eq!(empty.mean_ns(), None);
    }
}
