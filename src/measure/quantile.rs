//! Quantiles by rank, over planned arrivals.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A quantile as a share of 10,000: 9,990 is p99.9. Integers, so that ranks are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Quantile(u16);

impl Quantile {
    /// p50, the median.
    pub(crate) const P50: Self = Self(5_000);
    /// p75.
    pub(crate) const P75: Self = Self(7_500);
    /// p90.
    pub(crate) const P90: Self = Self(9_000);
    /// p95.
    pub(crate) const P95: Self = Self(9_500);
    /// p99.
    pub(crate) const P99: Self = Self(9_900);
    /// p99.9.
    pub(crate) const P99_9: Self = Self(9_990);
    /// p99.99.
    pub(crate) const P99_99: Self = Self(9_999);
    /// The ones that every report shows.
    pub(crate) const REPORTED: [Self; 6] =
        [Self::P50, Self::P90, Self::P95, Self::P99, Self::P99_9, Self::P99_99];

    /// A percentile needs at least this many samples above it to say anything.
    pub(crate) const SUPPORT: u64 = 5;

    /// A quantile from a share of 10,000, above 0 and below 10,000.
    pub(crate) fn from_basis_points(share: u16) -> Option<Self> {
        (1..10_000).contains(&share).then_some(Self(share))
    }

    /// The quantile as a share of 1.
    pub(crate) fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// `ceil(q x count)`: the rank (from 1) of the sample that the quantile names (nearest-rank definition).
    pub(crate) fn rank(self, count: u64) -> u64 {
        (u128::from(count) * u128::from(self.0)).div_ceil(10_000) as u64
    }

    /// Whether a sample of this size supports the quantile: about 5 samples lie above it.
    pub(crate) fn is_supported_by(self, count: u64) -> bool {
        count - self.rank(count) >= Self::SUPPORT
    }
}

impl fmt::Display for Quantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", f64::from(self.0) / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_exact_and_small_samples_support_no_tail() {
        assert_eq!(Quantile::P99.rank(18_000), 17_820);
        assert_eq!(Quantile::P99.rank(100), 99);
        assert_eq!(Quantile::P99.rank(101), 100);
        assert!(Quantile::P99.is_supported_by(500) && !Quantile::P99.is_supported_by(499));
        assert!(Quantile::P99_9.is_supported_by(5_000) && !Quantile::P99_9.is_supported_by(4_999));
        assert!(!Quantile::P50.is_supported_by(0));
    }

    #[test]
    fn quantiles_are_named_as_people_write_them() {
        let names: Vec<String> = Quantile::REPORTED.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["p50", "p90", "p95", "p99", "p99.9", "p99.99"]);
    }
}
