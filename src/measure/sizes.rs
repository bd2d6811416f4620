//! A distribution of sizes in bytes.

use hdrhistogram::Histogram;

/// Largest size told apart from larger ones: 1 TiB. Larger ones saturate there; the exact maximum stands beside.
const HIGHEST_BYTES: u64 = 1 << 40;
/// Significant decimal digits: sizes below 2,048 bytes are exact, others to 0.1 %.
const DIGITS: u8 = 3;
/// The most sizes in a distribution that was saved, far above any run's: so that sums of them stay within their bits.
const MOST_RESTORED: u64 = 1 << 46;

/// Sizes in bytes: a histogram (3 digits, up to 1 TiB, saturating) and exact count, minimum, maximum and sum.
///
/// Without a size it takes no memory to speak of, then 16 KiB, and 8 KiB more for each doubling of the largest above 2 KiB.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sizes {
    histogram: Option<Histogram<u64>>,
    min_bytes: u64,
    max_bytes: u64,
    sum_bytes: u128,
}

impl Sizes {
    /// Adds one size.
    pub fn record(&mut self, bytes: u64) {
        let histogram = self.histogram.get_or_insert_with(growing);
        // Not `saturating_record`: that would saturate where the histogram ends for now.
        histogram
            .record(bytes.min(HIGHEST_BYTES))
            .expect("a growing histogram takes every size up to the highest");
        self.min_bytes = if histogram.len() == 1 { bytes } else { self.min_bytes.min(bytes) };
        self.max_bytes = self.max_bytes.max(bytes);
        self.sum_bytes += u128::from(bytes);
    }

    /// Adds all sizes of another distribution: the result is that of recording them all here.
    pub fn merge(&mut self, other: &Self) {
        let Some(others) = &other.histogram else { return };
        self.min_bytes = match self.count() {
            0 => other.min_bytes,
            _ => self.min_bytes.min(other.min_bytes),
        };
        let histogram = self.histogram.get_or_insert_with(growing);
        histogram.add(others).expect("a growing histogram takes every other");
        self.max_bytes = self.max_bytes.max(other.max_bytes);
        self.sum_bytes += other.sum_bytes;
    }

    /// A distribution of a histogram that was read, and the exact figures beside it; `None` where they contradict each other.
    pub(super) fn restored(
        histogram: &Histogram<u64>,
        min_bytes: u64,
        max_bytes: u64,
        sum_bytes: u128,
    ) -> Option<Self> {
        if histogram.is_empty() {
            return Some(Self::default());
        }
        let of_all = |bytes: u64| u128::from(bytes) * u128::from(histogram.len());
        if histogram.len() > MOST_RESTORED
            || min_bytes > max_bytes
            || !(of_all(min_bytes)..=of_all(max_bytes)).contains(&sum_bytes)
        {
            return None;
        }
        let mut restored = growing();
        restored.add(histogram).ok()?;
        Some(Self { histogram: Some(restored), min_bytes, max_bytes, sum_bytes })
    }

    /// How many sizes were recorded.
    pub fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// The exact minimum.
    pub fn min_bytes(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.min_bytes)
    }

    /// The exact maximum.
    pub fn max_bytes(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.max_bytes)
    }

    /// The exact sum.
    pub fn sum_bytes(&self) -> u128 {
        self.sum_bytes
    }

    /// The size of the given rank, 1 being the smallest; exact below 2,048 bytes and to 0.1 % above, and never beyond the exact
    /// minimum and maximum.
    pub fn at_rank(&self, rank: u64) -> Option<u64> {
        let count = self.count();
        if rank == 0 || rank > count {
            return None;
        }
        // Half a rank below, so that rounding in the quantile cannot step over to the neighbour.
        let value = self.histogram.as_ref()?.value_at_quantile((rank as f64 - 0.5) / count as f64);
        Some(value.clamp(self.min_bytes, self.max_bytes))
    }

    /// The histogram with the full range, as all are written, so that any two can be added; `None` without a size.
    pub(super) fn full_range(&self) -> Option<Histogram<u64>> {
        let mut whole = with_bounds(HIGHEST_BYTES);
        whole.add(self.histogram.as_ref()?).expect("the full range takes every other");
        Some(whole)
    }
}

fn growing() -> Histogram<u64> {
    let mut histogram = with_bounds(2);
    histogram.auto(true);
    histogram
}

fn with_bounds(highest_bytes: u64) -> Histogram<u64> {
    Histogram::new_with_bounds(1, highest_bytes, DIGITS)
        .expect("the constant bounds are valid: 1 <= low, 2 low <= high, digits <= 5")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Sizes {
        let mut sizes = Sizes::default();
        values.iter().for_each(|bytes| sizes.record(*bytes));
        sizes
    }

    proptest! {
        #[test]
        fn merged_parts_equal_the_whole(values in prop::collection::vec(0..u64::MAX, 0..100), cut in any::<prop::sample::Index>()) {
            let cut = if values.is_empty() { 0 } else { cut.index(values.len()) };
            let mut merged = of(&values[..cut]);
            merged.merge(&of(&values[cut..]));
            prop_assert_eq!(merged, of(&values));
        }

        #[test]
        fn a_rank_is_the_sorted_size(mut values in prop::collection::vec(0_u64..1 << 40, 1..100)) {
            let sizes = of(&values);
            values.sort_unstable();
            for (place, exact) in values.iter().enumerate() {
                let got = sizes.at_rank(place as u64 + 1).unwrap();
                let most = if *exact < 2_048 { 0 } else { exact / 1_000 };
                prop_assert!(got.abs_diff(*exact) <= most, "{} for {}", got, exact);
            }
        }

        #[test]
        fn what_is_written_is_read_as_it_was(values in prop::collection::vec(0..u64::MAX, 0..100)) {
            let sizes = of(&values);
            let text = serde_json::to_string(&sizes).unwrap();
            prop_assert_eq!(serde_json::from_str::<Sizes>(&text).unwrap(), sizes);
        }
    }

    #[test]
    fn sizes_beyond_the_range_keep_their_exact_extremes_and_nothing_has_no_figures() {
        let sizes = of(&[0, u64::MAX, u64::MAX]);
        assert_eq!((sizes.min_bytes(), sizes.max_bytes(), sizes.count()), (Some(0), Some(u64::MAX), 3));
        assert_eq!(sizes.sum_bytes(), 2 * u128::from(u64::MAX));
        let empty = Sizes::default();
        assert_eq!(
            (empty.count(), empty.min_bytes(), empty.max_bytes(), empty.at_rank(1)),
            (0, None, None, None)
        );
    }
}
