//! The figures of one distribution, with what may and may not be said.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::times::Times;
use crate::measure::{Account, Censored, Distribution, Measured, Quantile, Unanswered};

/// The figures of so many arrivals in milliseconds: each was measured, or is only a lower bound, or is unknown because the
/// sample is too small to support it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "StatsDocument", into = "StatsDocument")]
pub struct LatencyStats {
    /// Arrivals that the figures are over.
    pub count: u64,
    times: Times,
}

impl LatencyStats {
    /// The figures of measured times alone.
    pub fn of(times: &Distribution) -> Self {
        Self::censored(times, &Unanswered::default())
    }

    /// The figures over measured times and the arrivals without a good answer, which rank above them.
    pub(crate) fn censored(times: &Distribution, bad: &Unanswered) -> Self {
        let all = Censored { times, bad };
        let count = all.count();
        let mut times = Times::default();
        for quantile in Quantile::REPORTED.into_iter().filter(|quantile| quantile.is_supported_by(count)) {
            times.set(Figure::Percentile(quantile), all.percentile(quantile));
        }
        times.set(Figure::Min, all.min());
        times.set(Figure::Mean, all.mean());
        times.set(Figure::Max, all.max());
        Self { count, times }
    }

    /// A figure in milliseconds.
    pub(crate) fn figure(&self, figure: Figure) -> Measured {
        self.times.figure(figure)
    }

    /// A figure that was measured, in milliseconds.
    pub(crate) fn exact(&self, figure: Figure) -> Option<f64> {
        self.times.exact(figure)
    }

    /// All the figures.
    pub(crate) fn times(&self) -> &Times {
        &self.times
    }

    /// The highest percentile up to p99 that was measured, and its milliseconds.
    pub(crate) fn tail(&self) -> Option<(Figure, f64)> {
        Figure::TAIL.into_iter().find_map(|figure| Some((figure, self.exact(figure)?)))
    }

    /// The highest percentile up to p99 that both have measured, so that like is compared with like: the milliseconds of
    /// this and of the other.
    pub(crate) fn common_tail(&self, other: &Self) -> Option<(Figure, f64, f64)> {
        Figure::TAIL.into_iter().find_map(|figure| Some((figure, self.exact(figure)?, other.exact(figure)?)))
    }

    #[cfg(test)]
    pub(crate) fn set(&mut self, figure: Figure, value: impl Into<Measured>) {
        self.times.set(figure, value);
    }
}

/// Times in milliseconds. null: the sample cannot support the figure (fewer than 5 arrivals above a percentile, or none at
/// all). A figure named in `lower_bounds` was not measured: the true one is at least that.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "LatencyStats"))]
struct StatsDocument {
    /// Arrivals that the figures are over.
    count: u64,
    /// Exact minimum.
    min_ms: Option<f64>,
    /// Exact mean.
    mean_ms: Option<f64>,
    /// Exact maximum.
    max_ms: Option<f64>,
    /// Median.
    p50_ms: Option<f64>,
    /// 90th percentile.
    p90_ms: Option<f64>,
    /// 95th percentile.
    p95_ms: Option<f64>,
    /// 99th percentile.
    p99_ms: Option<f64>,
    /// 99.9th percentile.
    p99_9_ms: Option<f64>,
    /// 99.99th percentile.
    p99_99_ms: Option<f64>,
    /// Names of the figures (`"p99"`, `"mean"`, `"max"`) that are only lower bounds.
    lower_bounds: Vec<String>,
}

impl From<StatsDocument> for LatencyStats {
    fn from(document: StatsDocument) -> Self {
        let values = [
            (Figure::Min, document.min_ms),
            (Figure::Mean, document.mean_ms),
            (Figure::Max, document.max_ms),
            (Figure::P50, document.p50_ms),
            (Figure::P90, document.p90_ms),
            (Figure::P95, document.p95_ms),
            (Figure::P99, document.p99_ms),
            (Figure::P99_9, document.p99_9_ms),
            (Figure::P99_99, document.p99_99_ms),
        ];
        Self { count: document.count, times: Times::from_parts(values, &document.lower_bounds) }
    }
}

impl From<LatencyStats> for StatsDocument {
    fn from(stats: LatencyStats) -> Self {
        Self {
            count: stats.count,
            min_ms: stats.times.number(Figure::Min),
            mean_ms: stats.times.number(Figure::Mean),
            max_ms: stats.times.number(Figure::Max),
            p50_ms: stats.times.number(Figure::P50),
            p90_ms: stats.times.number(Figure::P90),
            p95_ms: stats.times.number(Figure::P95),
            p99_ms: stats.times.number(Figure::P99),
            p99_9_ms: stats.times.number(Figure::P99_9),
            p99_99_ms: stats.times.number(Figure::P99_99),
            lower_bounds: stats.times.lower_bounds(),
        }
    }
}

/// Times, each over its own population. Per arrival: response = send lag + slot wait + connect + service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Latency {
    /// Response time (end - intended time) over all planned arrivals that became due: one without a good answer ranks above
    /// every good one.
    pub response: LatencyStats,
    /// Response time over good answers alone.
    pub response_ok: LatencyStats,
    /// Service time (end - actual send) over good answers.
    pub service: LatencyStats,
    /// The client's own lateness over all sent arrivals.
    pub send_lag: LatencyStats,
    /// Wait for the cap over all sent arrivals.
    pub slot_wait: LatencyStats,
    /// Wait for a new connection (DNS, TCP, TLS) over the arrivals that had one.
    pub connect: LatencyStats,
    /// From the actual send to the answer's head, over good answers.
    pub first_byte: LatencyStats,
    /// From the kernel's receive stamp of the last byte to our reading of it, over good answers that have a stamp: how late
    /// the client was. It is in no other figure. Without stamps its count is 0, and answers end when they are read.
    #[serde(default)]
    pub receive_lag: LatencyStats,
}

impl Latency {
    /// The times of an account, `bad` being its arrivals without a good answer.
    pub(super) fn new(account: &Account, bad: &Unanswered) -> Self {
        Self {
            response: LatencyStats::censored(&account.response_ok, bad),
            response_ok: LatencyStats::of(&account.response_ok),
            service: LatencyStats::of(&account.service),
            send_lag: LatencyStats::of(&account.send_lag),
            slot_wait: LatencyStats::of(&account.slot_wait),
            connect: LatencyStats::of(&account.connect),
            first_byte: LatencyStats::of(&account.first_byte),
            receive_lag: LatencyStats::of(&account.receive_lag),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::times::tests::times;
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
        assert_eq!(stats.figure(Figure::P95), Measured::AtLeast(1_000.0));
        assert_eq!(stats.figure(Figure::P99), Measured::AtLeast(10_000.0));
    }

    fn about(got: Option<f64>, expected: f64) -> bool {
        got.is_some_and(|got| (got / expected - 1.0).abs() < 0.001)
    }

    #[test]
    fn percentiles_are_over_good_and_bad_alike() {
        let stats = LatencyStats::censored(&ladder(900), &failed(100, 10_000_000_000));
        assert_eq!(stats.count, 1_000);
        assert!(
            about(stats.exact(Figure::P50), 500.0) && about(stats.exact(Figure::P90), 900.0),
            "{stats:?}"
        );
        // The slowest tenth got no good answer: what a survivor's percentile would call 891 ms is unknown.
        let bounds = [Figure::P95, Figure::P99, Figure::Max].map(|figure| stats.figure(figure));
        assert_eq!(bounds, [Measured::AtLeast(10_000.0); 3]);
        assert_eq!(stats.times.lower_bounds(), ["p95", "p99", "mean", "max"]);
    }

    #[test]
    fn a_bound_is_never_below_a_measured_time() {
        let stats = LatencyStats::censored(&ladder(900), &failed(100, 0));
        assert_eq!(stats.figure(Figure::P99), Measured::AtLeast(900.0));
    }

    #[test]
    fn a_percentile_that_the_sample_cannot_support_is_missing() {
        let stats = LatencyStats::of(&ladder(499));
        assert!(stats.exact(Figure::P95).is_some());
        assert_eq!([Figure::P99, Figure::P99_9].map(|figure| stats.figure(figure)), [Measured::Unknown; 2]);
        assert!(LatencyStats::of(&ladder(500)).exact(Figure::P99).is_some());
        assert_eq!(LatencyStats::of(&Distribution::new()), LatencyStats::default());
    }

    #[test]
    fn nothing_good_leaves_only_bounds() {
        let stats = LatencyStats::censored(&Distribution::new(), &failed(1_000, 10_000_000_000));
        assert_eq!(stats.figure(Figure::Min), Measured::Unknown);
        let bounds = [Figure::P50, Figure::Mean].map(|figure| stats.figure(figure));
        assert_eq!(bounds, [Measured::AtLeast(10_000.0); 2]);
    }

    proptest! {
        #[test]
        fn a_document_reads_as_it_was_written(count in any::<u64>(), mut times in times()) {
            // Results do not state a p75.
            times.set(Figure::P75, Measured::Unknown);
            let stats = LatencyStats { count, times };
            let document = serde_json::to_value(&stats).unwrap();
            for figure in Figure::RISING.into_iter().filter(|figure| *figure != Figure::P75) {
                prop_assert_eq!(document[figure.key()].as_f64(), stats.figure(figure).least());
                let name = figure.to_string();
                let named = document["lower_bounds"].as_array().unwrap().iter().any(|bound| *bound == name);
                prop_assert_eq!(named, stats.figure(figure).is_bound());
            }
            let text = serde_json::to_string(&stats).unwrap();
            prop_assert_eq!(serde_json::from_str::<LatencyStats>(&text).unwrap(), stats);
        }
    }
}
