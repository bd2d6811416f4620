//! One row for each result, in the study's figures. Columns have fixed widths, because rows appear as they finish.

use super::super::text::numbers::{count, or_dash, percent, time};
use crate::result::{Figure, Runs, Summary};

/// Widths of the columns: of the name of a run, then of each figure.
const NAME: usize = 12;
const WIDTHS: [usize; 11] = [8, 8, 8, 8, 6, 6, 6, 6, 6, 6, 6];

/// The head of the table, which says what is in which unit.
pub(crate) fn header() -> String {
    let names = ["requests", "req/s", "errors", "failures", "mean", "min", "p50", "p90", "p95", "p99", "max"];
    line("times in ms", &names.map(str::to_owned))
}

/// The row of one result.
pub(crate) fn row(name: &str, summary: &Summary) -> String {
    let (rates, response) = (&summary.rates, &summary.latency.response);
    let share = |share: Option<f64>| or_dash(share, percent);
    let figures = [
        count(summary.ledger.sent),
        format!("{:.1}", rates.requests_per_s(summary.plan.mode, summary.ledger.sent)),
        share(rates.error_rate),
        share(rates.failure_rate),
        time(response.figure(Figure::Mean)),
        time(response.figure(Figure::Min)),
        time(response.figure(Figure::P50)),
        time(response.figure(Figure::P90)),
        time(response.figure(Figure::P95)),
        time(response.figure(Figure::P99)),
        time(response.figure(Figure::Max)),
    ];
    line(name, &figures)
}

/// The whole table.
pub(super) fn table(runs: &Runs) -> String {
    let rows = runs.runs.iter().map(|run| row(&label(&run.name, run.repeat, runs), &run.result));
    header() + &rows.collect::<String>()
}

/// The name of a run, and which repeat it is where there are several.
fn label(name: &str, repeat: u64, runs: &Runs) -> String {
    let repeated = runs.runs.iter().any(|run| run.name == name && run.repeat > 1);
    if repeated { format!("{name} #{repeat}") } else { name.to_owned() }
}

fn line(name: &str, figures: &[String; 11]) -> String {
    let mut line = format!("{name:NAME$}");
    for (figure, width) in figures.iter().zip(WIDTHS) {
        line += &format!(" {figure:>width$}");
    }
    line.trim_end().to_owned() + "\n"
}
