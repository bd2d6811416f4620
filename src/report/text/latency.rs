//! The tables of times: each part of the response in its own row, then each endpoint in its own.

use super::layout::{self, WIDTH, shortened, wrap};
use super::numbers::{FAILED, count, ms, percent_of, percentile, time};
use crate::result::{EndpointSummary, Figure, LatencyStats, Summary};

/// The columns.
const FIGURES: [Figure; 9] = [
    Figure::Min,
    Figure::Mean,
    Figure::P50,
    Figure::P90,
    Figure::P95,
    Figure::P99,
    Figure::P99_9,
    Figure::P99_99,
    Figure::Max,
];

/// Times in milliseconds, with the signs that occur explained below.
pub(super) fn table(summary: &Summary) -> String {
    let latency = &summary.latency;
    let waited = latency.slot_wait.exact(Figure::Max).is_some_and(|max| max > 0.0);
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
    let metrics: Vec<String> = summary
        .server_timing
        .iter()
        .map(|metric| format!("server says {}", shortened(&metric.name, 12)))
        .collect();
    let head = std::iter::once("Latency in ms".to_owned()).chain(FIGURES.map(|figure| figure.to_string()));
    let mut rows = vec![head.collect::<Vec<_>>()];
    rows.extend(shown.iter().map(|(name, stats)| row(name, stats)));
    let metrics = metrics.iter().zip(&summary.server_timing);
    rows.extend(metrics.map(|(name, metric)| row(name, &metric.durations)));
    let figures = || rows.iter().skip(1).flat_map(|row| row.iter().skip(1));
    let mut text = layout::table(&rows) + &intervals(summary);
    if figures().any(|figure| figure == FAILED) {
        text += "  failed: the percentile falls among arrivals without a good answer (error, timeout, not sent)\n";
    }
    if figures().any(|figure| figure.starts_with('>')) {
        text +=
            "  >  at least: arrivals without a good answer count with the time that was waited for them\n";
    }
    if latency.receive_lag.count == 0 && latency.service.count > 0 {
        text += "  timestamps: user. An answer ends when the client read it, so service holds the client's lateness\n";
    }
    if figures().any(|figure| figure == "-") {
        text += "  -  unknown: nothing was measured, or fewer than 5 arrivals lie above the percentile\n";
    }
    text
}

/// Where the true percentiles of the response are, and why nobody can tell of the others.
fn intervals(summary: &Summary) -> String {
    let told = summary.intervals.iter().filter_map(|interval| {
        let (low, high) = interval.low_ms.zip(interval.high_ms)?;
        Some(format!("{} {} to {}", interval.figure, ms(low), ms(high)))
    });
    let told: Vec<String> = told.collect();
    let mut text = String::new();
    if !told.is_empty() {
        text += &wrap("", &format!("95 % intervals of the response: {}", told.join(", ")), 2);
    }
    let untold = summary.intervals.iter().filter(|interval| interval.low_ms.is_none());
    // Percentiles that have the same reason share a line.
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for interval in untold {
        let figure = interval.figure.to_string();
        match reasons.iter_mut().find(|(reason, _)| *reason == interval.reason) {
            Some((_, figures)) => figures.push(figure),
            None => reasons.push((&interval.reason, vec![figure])),
        }
    }
    for (reason, figures) in reasons {
        text += &wrap("", &format!("no interval of {}: {reason}", figures.join(", ")), 2);
    }
    text
}

fn row(name: &str, stats: &LatencyStats) -> Vec<String> {
    // A mean has a bound that can be told.
    let figures = FIGURES.map(|figure| match figure {
        Figure::Mean => time(stats.figure(figure)),
        _ => percentile(stats.figure(figure)),
    });
    std::iter::once(format!("  {name}")).chain(figures).collect()
}

/// Shortest cut of a name that still tells endpoints apart.
const SHORTEST_NAME: usize = 10;

/// One row per endpoint; nothing where there is only one.
pub(super) fn of_endpoints(summary: &Summary) -> String {
    if summary.endpoints.is_empty() {
        return String::new();
    }
    let head =
        ["Endpoints", "share", "sent", "ok", "HTTP err", "failed", "p50", "p90", "p99", "max", "serv p99"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(summary.endpoints.iter().map(|endpoint| endpoint_row(endpoint, summary.ledger.planned)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let figures: usize = (1..head.len()).map(|column| width(column) + 2).sum();
    let room = WIDTH.saturating_sub(figures).max(SHORTEST_NAME);
    rows.iter_mut().for_each(|row| row[0] = shortened(&row[0], room));
    let text = layout::table(&rows);
    text + "  share of the planned; p50 to max: response in ms, all planned; serv p99: service, good answers\n"
}

/// One row per step of a session, and how many redirects were followed; nothing where there are none.
pub(super) fn of_steps(summary: &Summary) -> String {
    let mut text = String::new();
    if !summary.steps.is_empty() {
        let head = ["Steps", "sent", "ok", "HTTP err", "failed", "p50", "p90", "p99", "max", "serv p99"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let is_one = summary.steps.iter().all(|step| step.session == summary.steps[0].session);
        rows.extend(summary.steps.iter().map(|step| {
            let name = if is_one { step.name.clone() } else { format!("{}: {}", step.session, step.name) };
            let mut cells = vec![
                format!("  {name}"),
                count(step.sent),
                count(step.ok),
                count(step.http_error),
                count(step.failed),
            ];
            let figures = [Figure::P50, Figure::P90, Figure::P99, Figure::Max];
            cells.extend(figures.map(|figure| time(step.response_ok.figure(figure))));
            cells.push(time(step.service.figure(Figure::P99)));
            cells
        }));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let figures: usize = (1..head.len()).map(|column| width(column) + 2).sum();
        let room = WIDTH.saturating_sub(figures).max(SHORTEST_NAME);
        rows.iter_mut().for_each(|row| row[0] = shortened(&row[0], room));
        text += &layout::table(&rows);
        text += "  p50 to max: from the end of the step before, good answers, in ms; everything above is of whole sessions\n";
    }
    if summary.redirects.followed > 0 {
        text += &format!(
            "Redirects: {} followed by {} of {} sent; their time is part of the response\n",
            count(summary.redirects.followed),
            count(summary.redirects.arrivals),
            count(summary.ledger.sent)
        );
    }
    text
}

/// Good answers by the value of a header; nothing where they were not counted so.
pub(super) fn counted_by(summary: &Summary) -> String {
    if summary.counted_by.is_empty() {
        return String::new();
    }
    let head = ["Good answers by", "count", "share", "p50", "p90", "p99", "max"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(summary.counted_by.iter().map(|one| {
        let times = &one.response_ok;
        let mut cells = vec![
            format!("  {}", shortened(&one.value, 40)),
            count(times.count),
            percent_of(times.count, summary.ledger.ok),
        ];
        let figures = [Figure::P50, Figure::P90, Figure::P99, Figure::Max];
        cells.extend(figures.map(|figure| time(times.figure(figure))));
        cells
    }));
    layout::table(&rows) + "  by the header of --count-by; p50 to max: response in ms\n"
}

fn endpoint_row(endpoint: &EndpointSummary, planned: u64) -> Vec<String> {
    let ledger = &endpoint.ledger;
    let response = &endpoint.latency.response;
    let mut cells = vec![
        format!("  {}", endpoint.name),
        percent_of(ledger.planned, planned),
        count(ledger.sent),
        count(ledger.ok),
        count(ledger.http_error),
        count(ledger.timeout.saturating_add(ledger.connection_error)),
    ];
    let figures = [Figure::P50, Figure::P90, Figure::P99, Figure::Max];
    cells.extend(figures.map(|figure| percentile(response.figure(figure))));
    cells.push(time(endpoint.latency.service.figure(Figure::P99)));
    cells
}
