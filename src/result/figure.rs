//! The figures that readings are compared by.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::measure::Quantile;

/// A figure of a [`super::reading::Reading`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Figure {
    /// Complete answers per second.
    #[serde(rename = "completed_per_s")]
    CompletedPerS,
    /// HTTP errors / requests.
    #[serde(rename = "error_rate")]
    ErrorRate,
    /// Requests without a complete answer / requests.
    #[serde(rename = "failure_rate")]
    FailureRate,
    /// Least latency.
    #[serde(rename = "min_ms")]
    Min,
    /// Mean latency.
    #[serde(rename = "mean_ms")]
    Mean,
    /// Median latency.
    #[serde(rename = "p50_ms")]
    P50,
    /// 75th percentile.
    #[serde(rename = "p75_ms")]
    P75,
    /// 90th percentile.
    #[serde(rename = "p90_ms")]
    P90,
    /// 95th percentile.
    #[serde(rename = "p95_ms")]
    P95,
    /// 99th percentile.
    #[serde(rename = "p99_ms")]
    P99,
    /// 99.9th percentile.
    #[serde(rename = "p99_9_ms")]
    P99_9,
    /// 99.99th percentile.
    #[serde(rename = "p99_99_ms")]
    P99_99,
    /// Highest latency.
    #[serde(rename = "max_ms")]
    Max,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds.
    Ms,
    /// Per second.
    PerS,
    /// A share of 1.
    Share,
}

impl Figure {
    /// All figures, in the order of reports.
    pub(crate) const ALL: [Self; 13] = [
        Self::CompletedPerS,
        Self::ErrorRate,
        Self::FailureRate,
        Self::Min,
        Self::Mean,
        Self::P50,
        Self::P75,
        Self::P90,
        Self::P95,
        Self::P99,
        Self::P99_9,
        Self::P99_99,
        Self::Max,
    ];

    /// The latencies of which none is below the one before it.
    pub(crate) const RISING: [Self; 9] = [
        Self::Min,
        Self::P50,
        Self::P75,
        Self::P90,
        Self::P95,
        Self::P99,
        Self::P99_9,
        Self::P99_99,
        Self::Max,
    ];

    /// Its name, as `--fail-if` and the reports write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CompletedPerS => "rps",
            Self::ErrorRate => "error_rate",
            Self::FailureRate => "failure_rate",
            Self::Min => "min",
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P75 => "p75",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P99_9 => "p99.9",
            Self::P99_99 => "p99.99",
            Self::Max => "max",
        }
    }

    /// The figure of a name: also `avg`, `med` and k6's `p(99)`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let name = match name {
            "avg" => "mean",
            "med" => "p50",
            "completed_per_s" => "rps",
            _ => name,
        };
        let plain = name.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')'));
        let matches = |figure: &Self| match plain {
            Some(digits) => figure.name().strip_prefix('p') == Some(digits),
            None => figure.name() == name,
        };
        Self::ALL.into_iter().find(matches)
    }

    /// What it is counted in.
    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::CompletedPerS => Unit::PerS,
            Self::ErrorRate | Self::FailureRate => Unit::Share,
            _ => Unit::Ms,
        }
    }

    /// The quantile that it is, where it is one.
    pub(crate) fn quantile(self) -> Option<Quantile> {
        match self {
            Self::P50 => Some(Quantile::P50),
            Self::P75 => Quantile::from_basis_points(7_500),
            Self::P90 => Some(Quantile::P90),
            Self::P95 => Some(Quantile::P95),
            Self::P99 => Some(Quantile::P99),
            Self::P99_9 => Some(Quantile::P99_9),
            Self::P99_99 => Some(Quantile::P99_99),
            _ => None,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_known_by_its_names() {
        for figure in Figure::ALL {
            assert_eq!(Figure::from_name(figure.name()), Some(figure));
        }
        let also = ["avg", "med", "p(99)", "p(99.9)", "completed_per_s"].map(Figure::from_name);
        let expected = [Figure::Mean, Figure::P50, Figure::P99, Figure::P99_9, Figure::CompletedPerS];
        assert_eq!(also, expected.map(Some));
        for name in ["", "p", "p98", "p()", "P99", "latency"] {
            assert_eq!(Figure::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_percentile_and_its_quantile_have_the_same_name() {
        for figure in Figure::ALL {
            if let Some(quantile) = figure.quantile() {
                assert_eq!(figure.name(), quantile.to_string());
            }
        }
    }
}
