//! The figures of one distribution, with what may and may not be said.

use serde::{Deserialize, Serialize};

use crate::measure::{Distribution, Quantile, Unanswered, millis};

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
        Self::censored(times, &Unanswered::default())
    }

    /// The figures over measured times and the arrivals without a good answer, which rank above them.
    pub fn censored(times: &Distribution, bad: &Unanswered) -> Self {
        let count = times.count() + bad.count();
        if count == 0 {
            return Self::default();
        }
        let longest_ns = times.max_ns().unwrap_or(0);
        let mut lower_bounds = Vec::new();
        let mut percentile = |quantile: Quantile| {
            if !quantile.is_supported_by(count) {
                return None;
            }
            let rank = quantile.rank(count);
            let bound = || {
                lower_bounds.push(quantile.to_string());
                bad.bound_ns(rank - times.count(), longest_ns)
            };
            Some(millis(times.at_rank(rank).unwrap_or_else(bound)))
        };
        let [p50_ms, p90_ms, p95_ms, p99_ms, p99_9_ms, p99_99_ms] = Quantile::REPORTED.map(&mut percentile);
        let (mut max_ms, min_ms) = (times.max_ns().map(millis), times.min_ns().map(millis));
        if bad.count() > 0 {
            lower_bounds.extend(["mean".to_owned(), "max".to_owned()]);
            max_ms = Some(millis(bad.bound_ns(bad.count(), longest_ns)));
        }
        let mean_ms = Some(((times.sum_ns() as f64 + bad.sum_ns()) / count as f64).round() / 1e6);
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

    fn failed(count: u64, timeout_ns: u64) -> Unanswered {
        Unanswered { failed: count, failed_ns: timeout_ns, ..Unanswered::default() }
    }

    #[test]
    fn an_unfinished_arrival_is_not_said_to_have_waited_for_the_timeout() {
        let bad = Unanswered {
            unfinished: 60,
            unfinished_ns: 1_000_000_000,
            failed: 40,
            failed_ns: 10_000_000_000,
        };
        let stats = LatencyStats::censored(&ladder(900), &bad);
        // p95 falls among the unfinished, p99 among those that failed.
        assert_eq!((stats.p95_ms, stats.p99_ms), (Some(1_000.0), Some(10_000.0)));
        assert!(stats.is_lower_bound("p95") && stats.is_lower_bound("p99"));
    }

    fn about(got: Option<f64>, expected: f64) -> bool {
        got.is_some_and(|got| (got / expected - 1.0).abs() < 0.001)
    }

    #[test]
    fn percentiles_are_over_good_and_bad_alike() {
        let stats = LatencyStats::censored(&ladder(900), &failed(100, 10_000_000_000));
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
        let stats = LatencyStats::censored(&ladder(900), &failed(100, 0));
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
        let stats = LatencyStats::censored(&Distribution::new(), &failed(1_000, 10_000_000_000));
        assert_eq!((stats.min_ms, stats.p50_ms, stats.mean_ms), (None, Some(10_000.0), Some(10_000.0)));
        assert!(stats.is_lower_bound("p50"));
    }
}
