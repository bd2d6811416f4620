//! How sure a percentile is.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// A percentile of the response time over all planned arrivals, and where the true one is with 95 % confidence: what other runs of
/// this length would show of a service that goes on as it did (docs/method.md).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ResponseInterval {
    /// Which percentile: `p99`.
    pub(crate) figure: Figure,
    /// The low end of the interval; null where there is none.
    pub low_ms: Option<f64>,
    /// The high end; null where there is none, or where it reaches among arrivals without a good answer.
    pub high_ms: Option<f64>,
    /// Why there is no interval; empty where there is one.
    pub reason: String,
}
