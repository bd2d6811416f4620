//! A live comparison: the closed loop and the open ones side by side, then what the first hid.

use super::super::Style;
use super::super::text::layout::{Tone, labelled, paint, table, wrapped};
use super::super::text::numbers::{count, factor, figure, or_dash, percent, rate, time};
use crate::result::{Comparison, Figure, GeneratorVerdict, LatencyStats, ServiceVerdict, Summary, letter};

/// The figures of each of the times.
const FIGURES: [Figure; 6] =
    [Figure::Mean, Figure::P50, Figure::P90, Figure::P99, Figure::P99_9, Figure::Max];

/// One of the times of a result.
type Part = fn(&Summary) -> &LatencyStats;

/// The section; empty for a comparison of saved results.
pub(super) fn section(comparison: &Comparison, style: &Style) -> String {
    if comparison.runs.is_empty() {
        return String::new();
    }
    let results: Vec<&Summary> = comparison.runs.iter().map(|run| &run.result).collect();
    let mut rows = vec![
        std::iter::once(String::new()).chain((0..results.len()).map(letter)).collect::<Vec<_>>(),
        std::iter::once(String::new()).chain(results.iter().map(|summary| name(summary))).collect(),
    ];
    let mut row = |title: &str, cell: &dyn Fn(&Summary) -> String| {
        rows.push(
            std::iter::once(title.to_owned()).chain(results.iter().map(|summary| cell(summary))).collect(),
        );
    };
    row("offered", &|summary| rate(summary.rates.offered_per_s));
    row("completed", &|summary| rate(summary.rates.completed_per_s));
    row("requests", &|summary| count(summary.ledger.offered()));
    let times: [(&str, Part); 2] =
        [("response", |summary| &summary.latency.response), ("service", |summary| &summary.latency.service)];
    for (part, stats) in times {
        for figure in FIGURES {
            row(&format!("{part} {figure}, ms"), &|summary| time(stats(summary).figure(figure)));
        }
    }
    row("in flight, at most", &|summary| count(summary.queueing.in_flight_peak));
    row("in flight at the end", &|summary| count(summary.queueing.in_flight_end));
    row("backlog growth", &|summary| or_dash(summary.queueing.backlog_growth_per_s, rate));
    row("overflow", &|summary| percent(summary.rates.overflow_rate));
    row("amplification", &|summary| figure(summary.queueing.amplification_mean, factor));
    row("generator", &|summary| {
        match summary.verdict.generator {
            GeneratorVerdict::Valid => "valid",
            GeneratorVerdict::Suspect => "suspect",
            GeneratorVerdict::Invalid => "INVALID",
        }
        .to_owned()
    });
    row("service", &|summary| {
        match summary.verdict.service {
            ServiceVerdict::KeepingUp => "keeping up",
            ServiceVerdict::Saturated => "SATURATED",
            ServiceVerdict::Unknown => "unknown",
        }
        .to_owned()
    });
    let mut text = table(&rows) + "\n";
    text += &labelled("Findings", &paint("what the closed loop hid", Tone::Doubtful, style));
    comparison.findings.iter().for_each(|finding| text += &wrapped("- ", finding));
    text
}

fn name(summary: &Summary) -> String {
    match (summary.plan.concurrency, summary.plan.rate_per_s) {
        (Some(users), _) => format!("closed, {users} users"),
        (None, Some(rate_per_s)) => format!("open, {}", rate(rate_per_s)),
        (None, None) => String::new(),
    }
}
