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
}

impl From<SloDocument> for SloResult {
    fn from(SloDocument { slo, passed, measured, unit, lower_bound }: SloDocument) -> Self {
        Self { slo, passed, measured: Measured::from_parts(measured, lower_bound), unit }
    }
}

impl From<SloResult> for SloDocument {
    fn from(SloResult { slo, passed, measured, unit }: SloResult) -> Self {
        Self { slo, passed, measured: measured.least(), unit, lower_bound: measured.is_bound() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_as_it_was_written() {
        for text in [
            r#"{"slo":"p99<1s","passed":false,"measured":2000.0,"unit":"ms","lower_bound":true}"#,
            r#"{"slo":"error_rate<1%","passed":true,"measured":0.0,"unit":"share","lower_bound":false}"#,
            r#"{"slo":"rps>300","passed":false,"measured":null,"unit":"per_s","lower_bound":false}"#,
        ] {
            let result: SloResult = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&result).unwrap(), text);
        }
    }
}
