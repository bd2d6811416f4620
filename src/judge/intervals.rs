//! How sure the percentiles of a run are.

use super::bootstrap::percentile_interval;
use crate::measure::Quantile;
use crate::result::{Figure, ResponseInterval, Seconds, Summary};

/// The percentiles that have an interval.
const QUANTILES: [Quantile; 4] = [Quantile::P50, Quantile::P90, Quantile::P99, Quantile::P99_9];
/// Seed of the resampling: fixed, so that the same run always has the same intervals.
const SEED: u64 = 1;

/// The intervals of the percentiles that a run has measured.
pub(super) fn intervals_of(summary: &Summary) -> Vec<ResponseInterval> {
    let Some(seconds) = Seconds::of(summary) else { return Vec::new() };
    let measured = QUANTILES
        .into_iter()
        .filter(|quantile| summary.latency.response.exact(Figure::Percentile(*quantile)).is_some());
    measured.map(|quantile| interval_of(&seconds, quantile)).collect()
}

fn interval_of(seconds: &Seconds, quantile: Quantile) -> ResponseInterval {
    let ms = |nanos: f64| Some(nanos / 1e6).filter(|ms| ms.is_finite());
    let (low_ms, high_ms, reason) = match percentile_interval(seconds, quantile, SEED) {
        Ok(interval) => (ms(interval.low_ns), ms(interval.high_ns), String::new()),
        Err(reason) => (None, None, reason.to_string()),
    };
    ResponseInterval { figure: Figure::Percentile(quantile), low_ms, high_ms, reason }
}
