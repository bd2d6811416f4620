//! The table of times, each part of the response in its own row.

use super::layout;
use super::numbers::ms;
use crate::result::{LatencyStats, Summary};

/// Times in milliseconds, with the signs that occur explained below.
pub(super) fn table(summary: &Summary) -> String {
    let latency = &summary.latency;
    let waited = latency.slot_wait.max_ms.is_some_and(|max| max > 0.0);
    let parts = [
        ("response, all planned", &latency.response, latency.response.count > 0),
        ("response, good answers", &latency.response_ok, latency.response_ok != latency.response),
        ("service", &latency.service, true),
        ("send lag", &latency.send_lag, true),
        ("slot wait", &latency.slot_wait, waited),
        ("connect", &latency.connect, true),
        ("first byte", &latency.first_byte, true),
        ("receive lag", &latency.receive_lag, true),
    ];
    let shown: Vec<(&str, &LatencyStats)> = parts
        .into_iter()
        .filter(|(_, stats, wanted)| *wanted && stats.count > 0)
        .map(|(name, stats, _)| (name, stats))
        .collect();
    if shown.is_empty() {
        return String::new();
    }
    let names = ["Latency in ms", "min", "mean", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    rows.extend(shown.iter().map(|(name, stats)| row(name, stats)));
    let figures = || rows.iter().skip(1).flat_map(|row| row.iter().skip(1));
    let mut text = layout::table(&rows);
    if figures().any(|figure| figure.starts_with('>')) {
        text += "  >  at least: arrivals without a good answer (error, timeout, not sent) rank above every good one\n";
    }
    if figures().any(|figure| figure == "-") {
        text += "  -  unknown: nothing was measured, or fewer than 5 arrivals lie above the percentile\n";
    }
    text
}

fn row(name: &str, stats: &LatencyStats) -> Vec<String> {
    let figure = |name: &str, value: Option<f64>| match value {
        None => "-".to_owned(),
        Some(value) if stats.is_lower_bound(name) => format!(">{}", ms(value)),
        Some(value) => ms(value),
    };
    let mut cells = vec![format!("  {name}"), figure("min", stats.min_ms), figure("mean", stats.mean_ms)];
    cells.extend(stats.percentiles().map(|(quantile, value)| figure(&quantile.to_string(), value)));
    cells.push(figure("max", stats.max_ms));
    cells
}
