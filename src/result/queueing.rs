//! What queueing added to the service.

use serde::{Deserialize, Serialize};

use super::latency::Latency;
use super::series::SeriesRow;

/// What queueing added to the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queueing {
    /// Response p99 / service p99; null where either is unknown.
    pub amplification_p99: Option<f64>,
    /// Response mean / service mean.
    pub amplification_mean: Option<f64>,
    /// Names of the figures here that are only lower bounds.
    #[serde(default)]
    pub lower_bounds: Vec<String>,
    /// Most requests in flight at once, warm-up included; with several threads the sum of each thread's peak.
    pub in_flight_peak: u64,
    /// Requests in flight when the schedule ended.
    pub in_flight_end: u64,
    /// Arrivals waiting for the cap when the schedule ended.
    #[serde(default)]
    pub queued_end: u64,
    /// Slope of the backlog over the run (least squares); null for a run of one interval.
    pub backlog_growth_per_s: Option<f64>,
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
        let ratio = |response: Option<f64>, service: Option<f64>| {
            response
                .zip(service)
                .filter(|(_, service)| *service > 0.0)
                .map(|(response, service)| response / service)
        };
        let bounds = [("p99", "amplification_p99"), ("mean", "amplification_mean")];
        Self {
            amplification_p99: ratio(latency.response.p99_ms, latency.service.p99_ms),
            amplification_mean: ratio(latency.response.mean_ms, latency.service.mean_ms),
            lower_bounds: bounds
                .iter()
                .filter(|(figure, _)| latency.response.is_lower_bound(figure))
                .map(|(_, name)| (*name).to_owned())
                .collect(),
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
