//! An objective, as a result tells of it.

use serde::{Deserialize, Serialize};

/// An objective and whether the run kept it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SloResult {
    /// The objective as it was written.
    pub slo: String,
    /// Whether it was kept. An objective that cannot be shown to be kept is not.
    pub passed: bool,
    /// What was measured, in milliseconds or as a share of 1; null where nothing was.
    pub measured: Option<f64>,
    /// `ms` or `share`.
    pub unit: String,
    /// The true figure is at least `measured`: it falls among arrivals without a good answer.
    pub lower_bound: bool,
}
