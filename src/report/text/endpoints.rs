//! Each endpoint's part of the run, in one row.

use super::layout::{self, WIDTH, shortened};
use super::numbers::{count, percent_of, time};
use crate::result::{EndpointSummary, Figure, Summary};

/// Shortest cut of a name that still tells endpoints apart.
const SHORTEST_NAME: usize = 10;

/// One row per endpoint; nothing where there is only one.
pub(super) fn table(summary: &Summary) -> String {
    if summary.endpoints.is_empty() {
        return String::new();
    }
    let head =
        ["Endpoints", "share", "sent", "ok", "HTTP err", "failed", "p50", "p90", "p99", "max", "serv p99"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(summary.endpoints.iter().map(|endpoint| row(endpoint, summary.ledger.planned)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let figures: usize = (1..head.len()).map(|column| width(column) + 2).sum();
    let room = WIDTH.saturating_sub(figures).max(SHORTEST_NAME);
    rows.iter_mut().for_each(|row| row[0] = shortened(&row[0], room));
    let text = layout::table(&rows);
    text + "  share of the planned; p50 to max: response in ms, all planned; serv p99: service, good answers\n"
}

fn row(endpoint: &EndpointSummary, planned: u64) -> Vec<String> {
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
    cells.extend(figures.map(|figure| time(response.figure(figure))));
    cells.push(time(endpoint.latency.service.figure(Figure::P99)));
    cells
}
