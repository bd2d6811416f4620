//! A phase of a run whose rate changes, as it was planned.

use serde::{Deserialize, Serialize};

/// A phase as it was planned: a part of the run in which the rate is constant or changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseFacts {
    /// Its name.
    pub name: String,
    /// When it begins, in seconds since the start of the measurement.
    pub start_s: f64,
    /// Its length, seconds.
    pub duration_s: f64,
    /// The rate at its start, arrivals per second.
    pub from_per_s: f64,
    /// The rate at its end.
    pub to_per_s: f64,
    /// Its lowest rate.
    pub lowest_per_s: f64,
    /// Its highest rate.
    pub highest_per_s: f64,
}

impl PhaseFacts {
    /// Whether the rate is the same all the time.
    pub(crate) fn is_steady(&self) -> bool {
        self.lowest_per_s == self.highest_per_s
    }
}
