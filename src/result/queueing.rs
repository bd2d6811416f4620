//! What queueing added to the time that the service needs when it has nothing else to do.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::series::SeriesRow;
use super::stats::{Latency, LatencyStats};
use crate::measure::Measured;

/// What queueing added, wherever: in the client, in front of the service, or in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "QueueingDocument", into = "QueueingDocument")]
pub struct Queueing {
    /// The service time with one request at a time, before the run; `None` where it was not measured.
    pub idle: Option<LatencyStats>,
    /// Response / idle, both at the mean.
    pub amplification_mean: Measured,
    /// The same, both at the median.
    pub amplification_p50: Measured,
    /// The same, both at p99.
    pub amplification_p99: Measured,
    /// Mean of what good answers waited before they were sent (slot wait, connect, send lag), in milliseconds.
    pub in_client_mean_ms: Option<f64>,
    /// Mean service time of good answers less that of the idle service, in milliseconds: negative where the service became
    /// faster with the work, as caches do.
    pub in_service_mean_ms: Option<f64>,
    /// Mean service time of good answers less the mean that the service's own `total` says (`Server-Timing`): what was waited
    /// in front of the application, on the network too.
    pub in_front_mean_ms: Option<f64>,
    /// Most requests in flight at once, warm-up included; with several threads the sum of each thread's peak.
    pub in_flight_peak: u64,
    /// Requests in flight when the schedule ended.
    pub in_flight_end: u64,
    /// Arrivals waiting for the cap when the schedule ended.
    pub queued_end: u64,
    /// Slope of the backlog over the run (least squares); null for a run of one interval.
    pub backlog_growth_per_s: Option<f64>,
}

/// What queueing added to the time that the service needs when it has nothing else to do.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Queueing"))]
struct QueueingDocument {
    /// The idle baseline: service time with one request at a time, before the warm-up; null where it was not measured, and in
    /// results of earlier versions.
    #[serde(default)]
    idle: Option<LatencyStats>,
    /// Response mean / idle mean; null where either is unknown. Earlier versions, which have no `idle`, wrote response /
    /// service.
    amplification_mean: Option<f64>,
    /// Response p50 / idle p50; null where either is unknown.
    #[serde(default)]
    amplification_p50: Option<f64>,
    /// Response p99 / idle p99; null where either is unknown. Earlier versions, which have no `idle`, wrote response /
    /// service.
    amplification_p99: Option<f64>,
    /// Names of the amplifications that are only lower bounds.
    #[serde(default)]
    lower_bounds: Vec<String>,
    /// Mean of what good answers waited in the client: response - service; null without good answers.
    #[serde(default)]
    in_client_mean_ms: Option<f64>,
    /// Mean of what good answers waited in the service: service - idle; null without an idle baseline.
    #[serde(default)]
    in_service_mean_ms: Option<f64>,
    /// Mean of what good answers waited in front of the application, and on the network: service - the `total` of the
    /// `Server-Timing` headers, or their only metric; null where there are none.
    #[serde(default)]
    in_front_mean_ms: Option<f64>,
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
const MEAN: &str = "amplification_mean";
const P50: &str = "amplification_p50";
const P99: &str = "amplification_p99";

impl From<QueueingDocument> for Queueing {
    fn from(document: QueueingDocument) -> Self {
        let is_bound = |name: &str| document.lower_bounds.iter().any(|bound| bound == name);
        // Without an idle baseline the figures are those of an earlier version, which meant something else.
        let amplification = |value: Option<f64>, name: &str| {
            Measured::from_parts(value.filter(|_| document.idle.is_some()), is_bound(name))
        };
        Self {
            amplification_mean: amplification(document.amplification_mean, MEAN),
            amplification_p50: amplification(document.amplification_p50, P50),
            amplification_p99: amplification(document.amplification_p99, P99),
            in_client_mean_ms: document.in_client_mean_ms,
            in_service_mean_ms: document.in_service_mean_ms,
            in_front_mean_ms: document.in_front_mean_ms,
            in_flight_peak: document.in_flight_peak,
            in_flight_end: document.in_flight_end,
            queued_end: document.queued_end,
            backlog_growth_per_s: document.backlog_growth_per_s,
            idle: document.idle,
        }
    }
}

impl From<Queueing> for QueueingDocument {
    fn from(queueing: Queueing) -> Self {
        let amplifications = [
            (MEAN, queueing.amplification_mean),
            (P50, queueing.amplification_p50),
            (P99, queueing.amplification_p99),
        ];
        let bounds = amplifications.iter().filter(|(_, value)| value.is_bound());
        Self {
            amplification_mean: queueing.amplification_mean.least(),
            amplification_p50: queueing.amplification_p50.least(),
            amplification_p99: queueing.amplification_p99.least(),
            lower_bounds: bounds.map(|(name, _)| (*name).to_owned()).collect(),
            in_client_mean_ms: queueing.in_client_mean_ms,
            in_service_mean_ms: queueing.in_service_mean_ms,
            in_front_mean_ms: queueing.in_front_mean_ms,
            in_flight_peak: queueing.in_flight_peak,
            in_flight_end: queueing.in_flight_end,
            queued_end: queueing.queued_end,
            backlog_growth_per_s: queueing.backlog_growth_per_s,
            idle: queueing.idle,
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
    pub(super) fn new(
        latency: &Latency,
        idle: Option<LatencyStats>,
        total_of_the_service: Option<&LatencyStats>,
        backlog: Backlog,
        series: &[SeriesRow],
    ) -> Self {
        // The idle service answered well, or there is no baseline.
        let idle_ms = |figure: Figure| idle.as_ref()?.exact(figure).filter(|idle_ms| *idle_ms > 0.0);
        let amplification = |figure: Figure| match idle_ms(figure) {
            Some(idle_ms) => latency.response.figure(figure).map(|response_ms| response_ms / idle_ms),
            None => Measured::Unknown,
        };
        let mean_ms = |stats: &LatencyStats| stats.exact(Figure::Mean);
        let (response_ms, service_ms) = (mean_ms(&latency.response_ok), mean_ms(&latency.service));
        Self {
            amplification_mean: amplification(Figure::Mean),
            amplification_p50: amplification(Figure::P50),
            amplification_p99: amplification(Figure::P99),
            in_client_mean_ms: response_ms.zip(service_ms).map(|(response, service)| response - service),
            in_service_mean_ms: service_ms.zip(idle_ms(Figure::Mean)).map(|(service, idle)| service - idle),
            in_front_mean_ms: service_ms
                .zip(total_of_the_service.and_then(mean_ms))
                .map(|(service, total)| service - total),
            in_flight_peak: backlog.in_flight_peak,
            in_flight_end: backlog.in_flight_end,
            queued_end: backlog.queued_end,
            backlog_growth_per_s: backlog_growth_per_s(series),
            idle,
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
        fn a_document_reads_as_it_was_written(
            mean in measured(), p50 in measured(), p99 in measured(), count in any::<u64>()
        ) {
            let queueing = Queueing {
                idle: Some(LatencyStats::default()),
                amplification_mean: mean,
                amplification_p50: p50,
                amplification_p99: p99,
                in_client_mean_ms: Some(0.5),
                in_service_mean_ms: Some(-0.25),
                in_front_mean_ms: Some(0.125),
                in_flight_peak: count,
                in_flight_end: 1,
                queued_end: 2,
                backlog_growth_per_s: Some(-0.5),
            };
            let document = serde_json::to_value(&queueing).unwrap();
            prop_assert_eq!(document[P99].as_f64(), p99.least());
            let bounds = [mean, p50, p99].iter().filter(|figure| figure.is_bound()).count();
            prop_assert_eq!(document["lower_bounds"].as_array().unwrap().len(), bounds);
            let text = serde_json::to_string(&queueing).unwrap();
            prop_assert_eq!(serde_json::from_str::<Queueing>(&text).unwrap(), queueing);
        }
    }

    #[test]
    fn what_versions_without_an_idle_baseline_called_amplification_is_not_taken_for_it() {
        let saved = r#"{"amplification_p99": 4.0, "amplification_mean": 1.0, "in_flight_peak": 1, "in_flight_end": 0,
            "backlog_growth_per_s": null}"#;
        let queueing: Queueing = serde_json::from_str(saved).unwrap();
        assert_eq!(
            (queueing.amplification_p99, queueing.amplification_mean),
            (Measured::Unknown, Measured::Unknown)
        );
        assert_eq!(queueing.idle, None);
    }
}
