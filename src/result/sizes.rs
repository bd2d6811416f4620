//! How large the answers were.

use serde::{Deserialize, Serialize};

use crate::measure::{Account, Quantile, Sizes};

/// Sizes of the bodies of good answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnswerSizes {
    /// As they came over the connection: compressed where they were, without the framing of a transfer coding. Headers are not
    /// counted.
    pub wire: SizeStats,
    /// Of those that were compressed and that a check looked into, what came out; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded: Option<SizeStats>,
}

/// Sizes in bytes. null: the sample cannot support the figure (fewer than 5 answers above a percentile, or none at all).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SizeStats {
    /// Answers that the figures are over.
    pub count: u64,
    /// Exact minimum.
    pub min_bytes: Option<u64>,
    /// Exact mean.
    pub mean_bytes: Option<f64>,
    /// Exact maximum.
    pub max_bytes: Option<u64>,
    /// Median; exact below 2,048 bytes and to 0.1 % above, as are the other percentiles.
    pub p50_bytes: Option<u64>,
    /// 90th percentile.
    pub p90_bytes: Option<u64>,
    /// 99th percentile.
    pub p99_bytes: Option<u64>,
}

impl AnswerSizes {
    pub(super) fn of(account: &Account) -> Self {
        let decoded = SizeStats::of(&account.decoded_sizes);
        Self { wire: SizeStats::of(&account.sizes), decoded: (decoded.count > 0).then_some(decoded) }
    }

    /// Each kind of size with its name; only those that there are.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &SizeStats)> {
        let wire = (self.wire.count > 0).then_some(("as sent", &self.wire));
        wire.into_iter().chain(self.decoded.as_ref().map(|decoded| ("decompressed", decoded)))
    }
}

impl SizeStats {
    fn of(sizes: &Sizes) -> Self {
        let count = sizes.count();
        let at = |quantile: Quantile| {
            sizes.at_rank(quantile.rank(count)).filter(|_| quantile.is_supported_by(count))
        };
        Self {
            count,
            min_bytes: sizes.min_bytes(),
            mean_bytes: (count > 0).then(|| sizes.sum_bytes() as f64 / count as f64),
            max_bytes: sizes.max_bytes(),
            p50_bytes: at(Quantile::P50),
            p90_bytes: at(Quantile::P90),
            p99_bytes: at(Quantile::P99),
        }
    }

    /// The figures of a table, in the order of [`SizeStats::COLUMNS`].
    pub(crate) fn figures(&self) -> [Option<f64>; 6] {
        let exact = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
        [
            exact(self.min_bytes),
            self.mean_bytes,
            exact(self.p50_bytes),
            exact(self.p90_bytes),
            exact(self.p99_bytes),
            exact(self.max_bytes),
        ]
    }

    /// The names of the figures.
    pub(crate) const COLUMNS: [&str; 6] = ["min", "mean", "p50", "p90", "p99", "max"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_sizes_and_a_small_sample_has_no_percentile() {
        let mut account = Account::default();
        // One in ten is an error page of 200 bytes.
        (0..1_000_u64)
            .for_each(|place| account.sizes.record(if place % 10 == 0 { 200 } else { 1_500 + place % 2 }));
        let sizes = AnswerSizes::of(&account);
        assert_eq!(sizes.decoded, None);
        let wire = sizes.wire;
        assert_eq!((wire.count, wire.min_bytes, wire.max_bytes), (1_000, Some(200), Some(1_501)));
        // 100 x 200, 400 x 1,500 (the other even places), 500 x 1,501.
        assert_eq!(wire.mean_bytes, Some((100.0 * 200.0 + 400.0 * 1_500.0 + 500.0 * 1_501.0) / 1_000.0));
        assert_eq!((wire.p50_bytes, wire.p90_bytes, wire.p99_bytes), (Some(1_500), Some(1_501), Some(1_501)));
        account.decoded_sizes.record(7);
        let decoded = AnswerSizes::of(&account).decoded.unwrap();
        assert_eq!((decoded.count, decoded.max_bytes, decoded.p50_bytes), (1, Some(7), None));
    }
}
