//! What queueing added to the service.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::series::SeriesRow;
use super::stats::Latency;
use crate::measure::Measured;

/// What queueing added to the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "QueueingDocument", into = "QueueingDocument")]
pub struct Queueing {
    /// Response p99 / service p99.
    pub amplification_p99: Measured,
    /// Response mean / service mean.
    pub amplification_mean: Measured,
    /// Most requests in flight at once, warm-up included; with several threads the sum of each thread's peak.
    pub in_flight_peak: u64,
    /// Requests in flight when the schedule ended.
    pub in_flight_end: u64,
    /// Arrivals waiting for the cap when the schedule ended.
    pub queued_end: u64,
    /// Slope of the backlog over the run (least squares); null for a run of one interval.
    pub backlog_growth_per_s: Option<f64>,
}

/// What queueing added to the service.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Queueing"))]
struct QueueingDocument {
    /// Response p99 / service p99; null where either is unknown.
    amplification_p99: Option<f64>,
    /// Response mean / service mean.
    amplification_mean: Option<f64>,
    /// Names of the figures here that are only lower bounds.
    #[serde(default)]
    lower_bounds: Vec<String>,
    /// Most requests in flight at once, warm-up included; with several threads the sum of each thread's peak.
    in_flight_peak: u64,
    /// Requests in flight when the schedule ended.
    in_flight_end: u64,
    /// Arrivals waiting for the cap when the schedule ended.
    #[serde(default)]
    queued_end: u64,
    /// Slope of the backlog over the run (least squares); null for a run of one interval.
    backlog_growth_per_s: Option<f64>,
}

/// Names of the amplifications in documents.
const P99: &str = "amplification_p99";
const MEAN: &str = "amplification_mean";

impl From<QueueingDocument> for Queueing {
    fn from(document: QueueingDocument) -> Self {
        let is_bound = |name: &str| document.lower_bounds.iter().any(|bound| bound == name);
        Self {
            amplification_p99: Measured::from_parts(document.amplification_p99, is_bound(P99)),
            amplification_mean: Measured::from_parts(document.amplification_mean, is_bound(MEAN)),
            in_flight_peak: document.in_flight_peak,
            in_flight_end: document.in_flight_end,
            queued_end: document.queued_end,
            backlog_growth_per_s: document.backlog_growth_per_s,
        }
    }
}

impl From<Queueing> for QueueingDocument {
    fn from(queueing: Queueing) -> Self {
        let amplifications = [(P99, queueing.amplification_p99), (MEAN, queueing.amplification_mean)];
        let bounds = amplifications.iter().filter(|(_, value)| value.is_bound());
        Self {
            amplification_p99: queueing.amplification_p99.least(),
            amplification_mean: queueing.amplification_mean.least(),
            lower_bounds: bounds.map(|(name, _)| (*name).to_owned()).collect(),
            in_flight_peak: queueing.in_flight_peak,
            in_flight_end: queueing.in_flight_end,
            queued_end: queueing.queued_end,
            backlog_growth_per_s: queueing.backlog_growth_per_s,
        }
    }
}

/// Requests outstanding, as the workers saw them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Most in flight at once.
    pub in_flight_peak: u64,
    /// In flight at the end of the schedule.
    pub in_flight_end: u64,
    /// Waiting for the cap at the end of the schedule.
    pub queued_end: u64,
}

impl Queueing {
    pub(super) fn new(latency: &Latency, backlog: Backlog, series: &[SeriesRow]) -> Self {
        // Service times are of good answers alone: they were measured, or nothing was.
        let ratio = |figure: Figure| match latency.service.exact(figure).filter(|service| *service > 0.0) {
            Some(service) => latency.response.figure(figure).map(|response| response / service),
            None => Measured::Unknown,
        };
        Self {
            amplification_p99: ratio(Figure::P99),
            amplification_mean: ratio(Figure::Mean),
            in_flight_peak: backlog.in_flight_peak,
            in_flight_end: backlog.in_flight_end,
            queued_end: backlog.queued_end,
            backlog_growth_per_s: backlog_growth_per_s(series),
        }
    }
}

/// The least-squares slope of the backlog over time, in requests a second. `None` for fewer than two intervals.
fn backlog_growth_per_s(rows: &[SeriesRow]) -> Option<f64> {
    if rows.len() < 2 {
        return None;
    }
    let count = rows.len() as f64;
    let mean_t = rows.iter().map(|row| row.t_s).sum::<f64>() / count;
    let backlog = |row: &SeriesRow| (row.in_flight + row.queued) as f64;
    let mean_b = rows.iter().map(backlog).sum::<f64>() / count;
    let covariance: f64 = rows.iter().map(|row| (row.t_s - mean_t) * (backlog(row) - mean_b)).sum();
    let variance: f64 = rows.iter().map(|row| (row.t_s - mean_t).powi(2)).sum();
    Some(covariance / variance)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::times::tests::measured;
    use super::*;

    proptest! {
        #[test]
        fn a_document_reads_as_it_was_written(p99 in measured(), mean in measured(), count in any::<u64>()) {
            let queueing = Queueing {
                amplification_p99: p99,
                amplification_mean: mean,
                in_flight_peak: count,
                in_flight_end: 1,
                queued_end: 2,
                backlog_growth_per_s: Some(-0.5),
            };
            let document = serde_json::to_value(&queueing).unwrap();
            prop_assert_eq!(document[P99].as_f64(), p99.least());
            let bounds = usize::from(p99.is_bound()) + usize::from(mean.is_bound());
            prop_assert_eq!(document["lower_bounds"].as_array().unwrap().len(), bounds);
            let text = serde_json::to_string(&queueing).unwrap();
            prop_assert_eq!(serde_json::from_str::<Queueing>(&text).unwrap(), queueing);
        }
    }
}
