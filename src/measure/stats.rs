//! The figures of one distribution, with what may and may not be said.

use serde::{Deserialize, Serialize};

use super::{Distribution, Quantile, millis};

/// Figures in milliseconds. `None` (null): the sample is too small to support the figure. A figure named in
/// `lower_bounds` was not measured: the true one is at least that.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyStats {
    /// Arrivals that the figures are over.
    pub count: u64,
    /// Exact minimum.
    pub min_ms: Option<f64>,
    /// Exact mean.
    pub mean_ms: Option<f64>,
    /// Exact maximum.
    pub max_ms: Option<f64>,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 90th percentile.
    pub p90_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// 99.9th percentile.
    pub p99_9_ms: Option<f64>,
    /// 99.99th percentile.
    pub p99_99_ms: Option<f64>,
    /// Names of the figures (`"p99"`, `"mean"`, `"max"`) that are only lower bounds.
    pub lower_bounds: Vec<String>,
}

impl LatencyStats {
    /// The figures of measured times alone.
    pub fn of(times: &Distribution) -> Self {
        Self::censored(times, 0, 0)
    }

    /// The figures over measured times and `bad` arrivals without a good answer, each of which ranks above
    /// every measured one and took at least `bound_ns` (or the largest measured time, if that is larger).
    pub fn censored(times: &Distribution, bad: u64, bound_ns: u64) -> Self {
        let count = times.count() + bad;
        if count == 0 {
            return Self::default();
        }
        let bound_ns = bound_ns.max(times.max_ns().unwrap_or(0));
        let mut lower_bounds = Vec::new();
        let mut percentile = |quantile: Quantile| {
            if !quantile.is_supported_by(count) {
                return None;
            }
            let measured = times.at_rank(quantile.rank(count));
            if measured.is_none() {
                lower_bounds.push(quantile.to_string());
            }
            Some(millis(measured.unwrap_or(bound_ns)))
        };
        let [p50_ms, p90_ms, p95_ms, p99_ms, p99_9_ms, p99_99_ms] = Quantile::REPORTED.map(&mut percentile);
        let (mut max_ms, min_ms) = (times.max_ns().map(millis), times.min_ns().map(millis));
        if bad > 0 {
            lower_bounds.extend(["mean".to_owned(), "max".to_owned()]);
            max_ms = Some(millis(bound_ns));
        }
        let sum_ns = times.sum_ns() as f64 + bad as f64 * bound_ns as f64;
        let mean_ms = Some((sum_ns / count as f64).round() / 1e6);
        Self {
            count,
            min_ms,
            mean_ms,
            max_ms,
            p50_ms,
            p90_ms,
            p95_ms,
            p99_ms,
            p99_9_ms,
            p99_99_ms,
            lower_bounds,
        }
    }

    /// The reported percentiles in order, each with its quantile.
    pub fn percentiles(&self) -> [(Quantile, Option<f64>); 6] {
        let values = [self.p50_ms, self.p90_ms, self.p95_ms, self.p99_ms, self.p99_9_ms, self.p99_99_ms];
        std::array::from_fn(|i| (Quantile::REPORTED[i], values[i]))
    }

    /// Whether a figure (`"p99"`, `"mean"`, `"max"`) is only a lower bound.
    pub fn is_lower_bound(&self, figure: &str) -> bool {
        self.lower_bounds.iter().any(|name| name == figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 ms, 2 ms, ... `count` ms.
    fn ladder(count: u64) -> Distribution {
        let mut times = Distribution::new();
        (1..=count).for_each(|i| times.record(i * 1_000_000));
        times
    }

    fn about(got: Option<f64>, expected: f64) -> bool {
        got.is_some_and(|got| (got / expected - 1.0).abs() < 0.001)
    }

    #[test]
    fn percentiles_are_over_good_and_bad_alike() {
        let stats = LatencyStats::censored(&ladder(900), 100, 10_000_000_000);
        assert_eq!(stats.count, 1_000);
        assert!(about(stats.p50_ms, 500.0) && about(stats.p90_ms, 900.0), "{stats:?}");
        // The slowest tenth got no good answer: what a survivor's percentile would call 891 ms is unknown.
        assert_eq!(
            (stats.p95_ms, stats.p99_ms, stats.max_ms),
            (Some(10_000.0), Some(10_000.0), Some(10_000.0))
        );
        assert_eq!(stats.lower_bounds, ["p95", "p99", "mean", "max"]);
    }

    #[test]
    fn a_bound_is_never_below_a_measured_time() {
        let stats = LatencyStats::censored(&ladder(900), 100, 0);
        assert_eq!(stats.p99_ms, Some(900.0));
        assert!(stats.is_lower_bound("p99"));
    }

    #[test]
    fn a_percentile_that_the_sample_cannot_support_is_missing() {
        let stats = LatencyStats::of(&ladder(499));
        assert!(stats.p95_ms.is_some() && stats.p99_ms.is_none() && stats.p99_9_ms.is_none());
        assert!(LatencyStats::of(&ladder(500)).p99_ms.is_some());
        assert_eq!(LatencyStats::of(&Distribution::new()), LatencyStats::default());
    }

    #[test]
    fn nothing_good_leaves_only_bounds() {
        let stats = LatencyStats::censored(&Distribution::new(), 1_000, 10_000_000_000);
        assert_eq!((stats.min_ms, stats.p50_ms, stats.mean_ms), (None, Some(10_000.0), Some(10_000.0)));
        assert!(stats.is_lower_bound("p50"));
    }
}
