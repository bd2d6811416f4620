//! Four knees, which people call by the same name, as a sweep tells of them.

use serde::{Deserialize, Serialize};

use super::stats::LatencyStats;

/// Where a ladder bends: the highest rung that is still on the near side, and the lowest on the far side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Knee {
    /// Null where already the lowest rung is beyond it.
    pub holds_per_s: Option<f64>,
    /// Null where no rung is beyond it.
    pub fails_per_s: Option<f64>,
}

/// The knees of a ladder. None is an exact rate: each lies between two rungs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Knees {
    /// The highest rate at which all objectives are met; null without objectives.
    pub slo: Option<Knee>,
    /// The first rate at which the service falls behind.
    pub saturation: Option<Knee>,
    /// The rate at which throughput / response time is highest (L. Kleinrock's power, 1979).
    pub power: Option<Knee>,
    /// The first rate at which the response time is so many times that of the lowest rung.
    pub baseline: Option<Knee>,
    /// Which percentile of the response time the baseline knee compares; null without one.
    #[serde(default)]
    pub baseline_figure: Option<BaselineFigure>,
}

/// A percentile of the response time that every rung supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BaselineFigure {
    /// The 99th percentile.
    P99,
    /// The median, where a rung has too few requests for a p99.
    P50,
}

impl BaselineFigure {
    /// Its name in [`LatencyStats::lower_bounds`].
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P99 => "p99",
            Self::P50 => "p50",
        }
    }

    /// In milliseconds; infinite where it falls among arrivals without a good answer, which rank above every good one.
    pub(crate) fn of(self, stats: &LatencyStats) -> Option<f64> {
        let value = match self {
            Self::P99 => stats.p99_ms,
            Self::P50 => stats.p50_ms,
        };
        if stats.is_lower_bound(self.name()) { value.map(|_| f64::INFINITY) } else { value }
    }
}
