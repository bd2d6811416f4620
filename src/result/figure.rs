//! The one vocabulary of figures: objectives, conditions, tables, documents and importers call them by these names.
//!
//! To add a figure, give it a variant, an arm in [`Figure::facts`] and one in [`Counted::figure`]: then it is an objective.
//! Whoever lists figures finds it in [`Figure::NAMED`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::unit::Unit;
use crate::measure::{Censored, Ledger, Measured, Quantile};

/// A figure of a run. The latencies are response times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(into = "String", try_from = "String")]
pub(crate) enum Figure {
    /// Complete answers per second.
    CompletedPerS,
    /// HTTP errors / sent.
    ErrorRate,
    /// Requests without a complete answer / sent.
    FailureRate,
    /// Arrivals that found the cap full / offered.
    OverflowRate,
    /// Answers that say that the server limits the rate / sent.
    ThrottledRate,
    /// Sent rate / offered rate.
    Achieved,
    /// Least latency.
    Min,
    /// Mean latency.
    Mean,
    /// A percentile of the latency.
    Percentile(Quantile),
    /// Highest latency.
    Max,
}

/// In which direction a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    /// Less of it.
    Less,
    /// More of it.
    More,
}

/// What there is to know of a figure. The first of its names is how it is written, the others are read too.
struct Facts {
    names: &'static [&'static str],
    unit: Unit,
    better: Better,
}

/// Why a word names no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FigureError {
    /// Nothing is called so.
    #[error("there is no figure `{0}`; there are {names}", names = Figure::names())]
    Unknown(String),
    /// A percentile that is too low, too high, or too fine.
    #[error("percentiles go from p50 to p99.99, with at most 2 decimals")]
    Percentile,
}

impl Figure {
    /// The median.
    pub(crate) const P50: Self = Self::Percentile(Quantile::P50);
    /// 75th percentile.
    pub(crate) const P75: Self = Self::Percentile(Quantile::P75);
    /// 90th percentile.
    pub(crate) const P90: Self = Self::Percentile(Quantile::P90);
    /// 95th percentile.
    pub(crate) const P95: Self = Self::Percentile(Quantile::P95);
    /// 99th percentile.
    pub(crate) const P99: Self = Self::Percentile(Quantile::P99);
    /// 99.9th percentile.
    pub(crate) const P99_9: Self = Self::Percentile(Quantile::P99_9);
    /// 99.99th percentile.
    pub(crate) const P99_99: Self = Self::Percentile(Quantile::P99_99);

    /// The figures that are no percentiles, in the order of messages.
    const NAMED: [Self; 9] = [
        Self::Mean,
        Self::Min,
        Self::Max,
        Self::ErrorRate,
        Self::FailureRate,
        Self::OverflowRate,
        Self::ThrottledRate,
        Self::Achieved,
        Self::CompletedPerS,
    ];

    /// All figures by name, for people.
    pub(crate) fn names() -> String {
        format!("p50 to p99.99, {}", Self::NAMED.map(|figure| figure.to_string()).join(", "))
    }

    /// What readings of any tool are compared by, in the order of reports.
    pub(crate) const COMPARED: [Self; 13] = [
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

    /// The percentiles by which runs are compared: the highest of them that the samples support.
    pub(crate) const TAIL: [Self; 3] = [Self::P99, Self::P90, Self::P50];

    const fn facts(self) -> Facts {
        use {Better::*, Unit::*};
        let (names, unit, better): (&[&str], _, _) = match self {
            Self::CompletedPerS => (&["rps", "completed_per_s"], PerS, More),
            Self::ErrorRate => (&["error_rate"], Share, Less),
            Self::FailureRate => (&["failure_rate"], Share, Less),
            Self::OverflowRate => (&["overflow_rate"], Share, Less),
            Self::ThrottledRate => (&["throttled_rate"], Share, Less),
            Self::Achieved => (&["achieved"], Share, More),
            Self::Min => (&["min"], Ms, Less),
            Self::Mean => (&["mean", "avg"], Ms, Less),
            Self::Max => (&["max"], Ms, Less),
            // Their names are made of their digits.
            Self::Percentile(_) => (&[], Ms, Less),
        };
        Facts { names, unit, better }
    }

    /// What it is counted in.
    pub(crate) fn unit(self) -> Unit {
        self.facts().unit
    }

    /// In which direction it is better.
    pub(crate) fn better(self) -> Better {
        self.facts().better
    }

    /// The quantile that it is, where it is one.
    pub(crate) fn quantile(self) -> Option<Quantile> {
        if let Self::Percentile(quantile) = self { Some(quantile) } else { None }
    }

    /// The percentile of so many per cent, as digits: `99.9`.
    pub(crate) fn percentile(percent: &str) -> Option<Self> {
        let share: f64 = percent.parse().ok().filter(|share| (50.0..=99.99).contains(share))?;
        let basis_points = (share * 100.0).round();
        let is_exact = (basis_points - share * 100.0).abs() < 1e-6;
        Quantile::from_basis_points(basis_points as u16).filter(|_| is_exact).map(Self::Percentile)
    }

    /// Its name in documents, with the unit: `p99_9_ms`, `completed_per_s`, `error_rate`.
    pub(crate) fn key(self) -> String {
        match self.unit() {
            Unit::Ms => format!("{}_ms", self.to_string().replace('.', "_")),
            Unit::PerS => "completed_per_s".to_owned(),
            Unit::Share => self.to_string(),
        }
    }

    /// A share of a ledger's arrivals; `None` of none, and for what is no such share.
    pub(crate) fn share_of(self, ledger: &Ledger) -> Option<f64> {
        let (part, whole) = match self {
            Self::ErrorRate => (ledger.http_error, ledger.sent),
            Self::FailureRate => (ledger.timeout + ledger.connection_error, ledger.sent),
            Self::OverflowRate => (ledger.overflow, ledger.offered()),
            Self::ThrottledRate => (ledger.throttled, ledger.sent),
            _ => return None,
        };
        (whole > 0).then(|| part as f64 / whole as f64)
    }
}

/// What was counted in a run, from which every figure can be read, however small the sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'a> {
    /// The response times over all arrivals offered.
    pub(crate) response: Censored<'a>,
    /// What became of them.
    pub(crate) ledger: &'a Ledger,
    /// Sent rate / offered rate.
    pub(crate) achieved: f64,
    /// Complete answers per second.
    pub(crate) completed_per_s: f64,
}

impl Counted<'_> {
    /// Reads a figure, in its unit.
    pub(crate) fn figure(&self, figure: Figure) -> Measured {
        if self.ledger.offered() == 0 {
            return Measured::Unknown;
        }
        match figure {
            Figure::Min => self.response.min(),
            Figure::Mean => self.response.mean(),
            Figure::Percentile(quantile) => self.response.percentile(quantile),
            Figure::Max => self.response.max(),
            Figure::Achieved => Measured::Exact(self.achieved),
            Figure::CompletedPerS => Measured::Exact(self.completed_per_s),
            Figure::ErrorRate | Figure::FailureRate | Figure::OverflowRate | Figure::ThrottledRate => {
                figure.share_of(self.ledger).into()
            }
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(quantile) => f.pad(&quantile.to_string()),
            _ => f.pad(self.facts().names.first().copied().unwrap_or_default()),
        }
    }
}

impl FromStr for Figure {
    type Err = FigureError;

    /// Reads a name: also `avg`, `med` and k6's `p(99)`.
    fn from_str(name: &str) -> Result<Self, FigureError> {
        if let Some(figure) = Self::NAMED.into_iter().find(|figure| figure.facts().names.contains(&name)) {
            return Ok(figure);
        }
        match percent_of(name).filter(|percent| percent.parse::<f64>().is_ok()) {
            Some(percent) => Self::percentile(percent).ok_or(FigureError::Percentile),
            None => Err(FigureError::Unknown(name.to_owned())),
        }
    }
}

/// The digits of `p99.9` and `p(99.9)`.
fn percent_of(name: &str) -> Option<&str> {
    if name == "med" {
        return Some("50");
    }
    let rest = name.strip_prefix('p')?;
    let digits = rest.strip_prefix('(').map_or(Some(rest), |rest| rest.strip_suffix(')'))?;
    digits.starts_with(|c: char| c.is_ascii_digit()).then_some(digits)
}

impl From<Figure> for String {
    fn from(figure: Figure) -> Self {
        figure.key()
    }
}

impl TryFrom<String> for Figure {
    type Error = FigureError;

    /// Reads the name in documents.
    fn try_from(key: String) -> Result<Self, FigureError> {
        let found = Self::COMPARED.into_iter().chain(Self::NAMED).find(|figure| figure.key() == key);
        found.ok_or(FigureError::Unknown(key))
    }
}

#[cfg(test)]
mod tests;
