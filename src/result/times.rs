//! The figures of one distribution of times.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use crate::measure::Measured;

/// Least, mean, the percentiles that anybody reports, and highest, in milliseconds; each knows whether it was measured.
///
/// Documents write numbers, and beside them in `lower_bounds` the names of those that were not measured. That form is made
/// and read at the edge: inside, no number can be had without its bound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "TimesDocument", into = "TimesDocument")]
pub(crate) struct Times([Measured; FIGURES.len()]);

/// The figures, percentiles first: the order of `lower_bounds`.
const FIGURES: [Figure; 10] = [
    Figure::P50,
    Figure::P75,
    Figure::P90,
    Figure::P95,
    Figure::P99,
    Figure::P99_9,
    Figure::P99_99,
    Figure::Mean,
    Figure::Max,
    Figure::Min,
];

fn place_of(figure: Figure) -> Option<usize> {
    FIGURES.iter().position(|kept| *kept == figure)
}

impl Times {
    /// A figure in milliseconds; unknown is also what no times are kept for, such as a rate or a p98.
    pub(crate) fn figure(&self, figure: Figure) -> Measured {
        place_of(figure).and_then(|place| self.0.get(place)).copied().unwrap_or_default()
    }

    /// A figure that was measured.
    pub(crate) fn exact(&self, figure: Figure) -> Option<f64> {
        self.figure(figure).exact()
    }

    /// Sets a figure. What no times are kept for is passed over: importers hand in whatever percentiles a tool prints.
    pub(crate) fn set(&mut self, figure: Figure, value: impl Into<Measured>) {
        if let Some(place) = place_of(figure).and_then(|place| self.0.get_mut(place)) {
            *place = value.into();
        }
    }

    /// Times of figures as documents write them: values, and the names of those that are only lower bounds.
    pub(super) fn from_parts<const N: usize>(
        values: [(Figure, Option<f64>); N],
        lower_bounds: &[String],
    ) -> Self {
        let mut times = Self::default();
        for (figure, value) in values {
            let is_bound = lower_bounds.contains(&figure.to_string());
            times.set(figure, Measured::from_parts(value, is_bound));
        }
        times
    }

    /// The number of a figure in a document, which says beside it whether it is a bound.
    pub(super) fn number(&self, figure: Figure) -> Option<f64> {
        self.figure(figure).least()
    }

    /// Names of the figures that are only lower bounds.
    pub(super) fn lower_bounds(&self) -> Vec<String> {
        FIGURES.iter().filter(|figure| self.figure(**figure).is_bound()).map(ToString::to_string).collect()
    }
}

/// Latencies in milliseconds; null where the result has no such figure.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Times"))]
struct TimesDocument {
    /// Minimum.
    min_ms: Option<f64>,
    /// Mean.
    mean_ms: Option<f64>,
    /// Median.
    p50_ms: Option<f64>,
    /// 75th percentile.
    p75_ms: Option<f64>,
    /// 90th percentile.
    p90_ms: Option<f64>,
    /// 95th percentile.
    p95_ms: Option<f64>,
    /// 99th percentile.
    p99_ms: Option<f64>,
    /// 99.9th percentile.
    p99_9_ms: Option<f64>,
    /// 99.99th percentile.
    p99_99_ms: Option<f64>,
    /// Maximum.
    max_ms: Option<f64>,
    /// Names of the figures (`"p99"`, `"mean"`, `"max"`) that fall among requests without a good answer: the true one is
    /// at least that.
    #[serde(default)]
    lower_bounds: Vec<String>,
}

impl From<TimesDocument> for Times {
    fn from(document: TimesDocument) -> Self {
        let values = [
            (Figure::Min, document.min_ms),
            (Figure::Mean, document.mean_ms),
            (Figure::P50, document.p50_ms),
            (Figure::P75, document.p75_ms),
            (Figure::P90, document.p90_ms),
            (Figure::P95, document.p95_ms),
            (Figure::P99, document.p99_ms),
            (Figure::P99_9, document.p99_9_ms),
            (Figure::P99_99, document.p99_99_ms),
            (Figure::Max, document.max_ms),
        ];
        Self::from_parts(values, &document.lower_bounds)
    }
}

impl From<Times> for TimesDocument {
    fn from(times: Times) -> Self {
        Self {
            min_ms: times.number(Figure::Min),
            mean_ms: times.number(Figure::Mean),
            p50_ms: times.number(Figure::P50),
            p75_ms: times.number(Figure::P75),
            p90_ms: times.number(Figure::P90),
            p95_ms: times.number(Figure::P95),
            p99_ms: times.number(Figure::P99),
            p99_9_ms: times.number(Figure::P99_9),
            p99_99_ms: times.number(Figure::P99_99),
            max_ms: times.number(Figure::Max),
            lower_bounds: times.lower_bounds(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn measured() -> impl Strategy<Value = Measured> {
        prop_oneof![
            (0.0..1e9).prop_map(Measured::Exact),
            (0.0..1e9).prop_map(Measured::AtLeast),
            Just(Measured::Unknown),
        ]
    }

    pub(crate) fn times() -> impl Strategy<Value = Times> {
        proptest::array::uniform10(measured()).prop_map(Times)
    }

    proptest! {
        #[test]
        fn a_document_reads_as_it_was_written(times in times()) {
            let text = serde_json::to_string(&times).unwrap();
            prop_assert_eq!(serde_json::from_str::<Times>(&text).unwrap(), times);
        }
    }

    #[test]
    fn the_form_of_documents_is_numbers_and_the_names_of_bounds() {
        let mut times = Times::default();
        times.set(Figure::P50, Measured::Exact(1.5));
        times.set(Figure::Max, Measured::AtLeast(2_000.0));
        times.set(Figure::P99, Measured::AtLeast(2_000.0));
        // No times are kept for these.
        times.set(Figure::ErrorRate, Measured::Exact(0.5));
        times.set("p98".parse().unwrap(), Measured::Exact(3.0));
        let text = r#"{"min_ms":null,"mean_ms":null,"p50_ms":1.5,"p75_ms":null,"p90_ms":null,"p95_ms":null,"p99_ms":2000.0,"p99_9_ms":null,"p99_99_ms":null,"max_ms":2000.0,"lower_bounds":["p99","max"]}"#;
        assert_eq!(serde_json::to_string(&times).unwrap(), text);
        // An older document without bounds, and one of a version that knows more of them.
        let old: Times = serde_json::from_str(r#"{"p99_ms": 3}"#).unwrap();
        assert_eq!(old.exact(Figure::P99), Some(3.0));
        let newer = r#"{"p99_ms": 3, "p98_ms": 2, "lower_bounds": ["p98", "p99", "max"]}"#;
        let newer: Times = serde_json::from_str(newer).unwrap();
        assert_eq!(
            (newer.figure(Figure::P99), newer.figure(Figure::Max)),
            (Measured::AtLeast(3.0), Measured::Unknown)
        );
    }
}
