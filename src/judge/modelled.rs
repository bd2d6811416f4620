//! What a closed loop might have shown, had its users not waited: a model, not a measurement.

use crate::measure::{decode_histogram, millis};
use crate::result::{Mode, Summary};

/// A distribution corrected for coordinated omission by HdrHistogram's model: after each answer that took longer than the
/// expected interval, the requests that its user did not send meanwhile are made up, as if they had waited for the same
/// stall (Gil Tene, HdrHistogram, `recordValueWithExpectedInterval`).
///
/// It knows only of users who were held up. It cannot know of a queue that others would have built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Modelled {
    /// The total rate that was expected, per second.
    pub expected_rate_per_s: f64,
    /// The interval between two requests of one user at that rate.
    pub interval_ms: f64,
    /// Requests that the model made up.
    pub made_up: u64,
    /// Modelled median.
    pub p50_ms: f64,
    /// Modelled 90th percentile.
    pub p90_ms: f64,
    /// Modelled 99th percentile.
    pub p99_ms: f64,
    /// Modelled 99.9th percentile.
    pub p99_9_ms: f64,
}

impl Modelled {
    /// Corrects the good answers of a closed loop for users who were expected to send `expected_rate_per_s` together.
    /// `None` for an open loop, which needs no correction, and without answers.
    pub(crate) fn of(summary: &Summary, expected_rate_per_s: f64) -> Option<Self> {
        if summary.plan.mode != Mode::Closed || expected_rate_per_s <= 0.0 {
            return None;
        }
        let users = summary.plan.concurrency?;
        let measured = decode_histogram(&summary.histograms.response_ok).ok()?;
        let interval_ns = (users as f64 / expected_rate_per_s * 1e9).round().max(1.0) as u64;
        let corrected = measured.clone_correct(interval_ns);
        if measured.is_empty() {
            return None;
        }
        let percentile = |quantile: f64| millis(corrected.value_at_quantile(quantile));
        Some(Self {
            expected_rate_per_s,
            interval_ms: millis(interval_ns),
            made_up: corrected.len() - measured.len(),
            p50_ms: percentile(0.5),
            p90_ms: percentile(0.9),
            p99_ms: percentile(0.99),
            p99_9_ms: percentile(0.999),
        })
    }
}
