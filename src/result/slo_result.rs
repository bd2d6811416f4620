//! An objective, as a result tells of it.

use serde::{Deserialize, Serialize};

use super::unit::Unit;
use crate::measure::Measured;

/// An objective and whether the run kept it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "SloDocument", into = "SloDocument")]
pub struct SloResult {
    /// The objective as it was written.
    pub slo: String,
    /// Whether it was kept. An objective that cannot be shown to be kept is not.
    pub passed: bool,
    /// What was measured.
    pub measured: Measured,
    /// In what.
    pub unit: Unit,
    /// The same as a share of the arrivals, where the objective allows one.
    pub loss: Option<Loss>,
}

/// What an objective comes down to: so many of the arrivals may be too slow or without a good answer. `p99<250ms` is kept
/// when at most 1 % of all planned requests are (a loss ratio in RFC 9971).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Loss {
    /// Share of the planned requests that were, of 1.
    pub share: f64,
    /// Share that may be, of 1.
    pub allowed: f64,
}

/// An objective and whether the run kept it.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "SloResult"))]
struct SloDocument {
    /// The objective as it was written.
    slo: String,
    /// Whether it was kept. An objective that cannot be shown to be kept is not.
    passed: bool,
    /// What was measured, in the unit beside; null where nothing was.
    measured: Option<f64>,
    /// Milliseconds, a share of 1, or per second.
    unit: Unit,
    /// The true figure is at least `measured`: it falls among arrivals without a good answer.
    lower_bound: bool,
    /// Share of the planned requests that were too slow or without a good answer, beside the share that may be; null where
    /// the objective is not about a share.
    #[serde(default)]
    loss: Option<Loss>,
}

impl From<SloDocument> for SloResult {
    fn from(SloDocument { slo, passed, measured, unit, lower_bound, loss }: SloDocument) -> Self {
        Self { slo, passed, measured: Measured::from_parts(measured, lower_bound), unit, loss }
    }
}

impl From<SloResult> for SloDocument {
    fn from(SloResult { slo, passed, measured, unit, loss }: SloResult) -> Self {
        Self { slo, passed, measured: measured.least(), unit, lower_bound: measured.is_bound(), loss }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_as_it_was_written() {
        for text in [
            r#"{"slo":"p99<1s","passed":false,"measured":2000.0,"unit":"ms","lower_bound":true,"loss":null}"#,
            r#"{"slo":"error_rate<1%","passed":true,"measured":0.0,"unit":"share","lower_bound":false,"loss":null}"#,
            r#"{"slo":"rps>300","passed":false,"measured":null,"unit":"per_s","lower_bound":false,"loss":null}"#,
            r#"{"slo":"p99<1s","passed":true,"measured":900.0,"unit":"ms","lower_bound":false,"loss":{"share":0.008,"allowed":0.01}}"#,
        ] {
            let result: SloResult = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&result).unwrap(), text);
        }
    }
}
