//! What a spike of load did to the response time, as a sweep tells of it.

use serde::{Deserialize, Serialize};

/// What a spike did to the response time. Percentiles are over all arrivals due, as everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SpikeRecovery {
    /// p99 (or the percentile named in `figure`) while the first rate was held, in milliseconds.
    pub before_ms: f64,
    /// The highest in any window from the spike on; null where arrivals without a good answer reach into it.
    pub worst_ms: Option<f64>,
    /// From the end of the spike to the end of the first window in which it is within 10 % of before; null: not until the
    /// end of the run.
    pub recovered_after_s: Option<f64>,
    /// How long the service was watched after the spike.
    pub watched_s: f64,
    /// Length of a window: as many seconds as the percentile needs arrivals.
    pub window_s: f64,
    /// Which percentile: `p99`, or a lower one where there are too few arrivals for it.
    pub figure: String,
}
