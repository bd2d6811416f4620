//! One row for each rung. Columns have fixed widths, because rows appear as they finish.

use super::super::text::layout;
use super::super::text::layout::wrap;
use super::super::text::numbers::{count, factor, ms, percent, plain};
use crate::result::{GeneratorVerdict, LatencyStats, Rung, ServiceVerdict, Summary, Sweep};

/// Widths: of the rate, then of each figure.
const RATE: usize = 9;
const WIDTHS: [usize; 9] = [7, 8, 8, 6, 6, 6, 6, 8, 7];

/// The head of the table.
pub(crate) fn header() -> String {
    let names = ["sent", "done/s", "ok/s", "p50", "p90", "p99", "p99.9", "serv p99", "backlog"];
    line("rate/s", &names.map(str::to_owned), "times in ms")
}

/// The row of one rung. `backlog`: requests outstanding when its schedule ended.
pub(crate) fn row(rate_per_s: f64, summary: &Summary) -> String {
    let (rates, response) = (&summary.rates, &summary.latency.response);
    let queueing = &summary.queueing;
    let figures = [
        count(summary.ledger.sent),
        format!("{:.1}", rates.completed_per_s),
        format!("{:.1}", rates.ok_per_s),
        time(response, "p50", response.p50_ms),
        time(response, "p90", response.p90_ms),
        time(response, "p99", response.p99_ms),
        time(response, "p99.9", response.p99_9_ms),
        time(&summary.latency.service, "p99", summary.latency.service.p99_ms),
        count(queueing.in_flight_end.saturating_add(queueing.queued_end)),
    ];
    line(&plain(rate_per_s), &figures, &verdict(summary))
}

/// The whole table.
pub(super) fn table(sweep: &Sweep) -> String {
    let rows = sweep.rungs.iter().map(|rung| row(rung.rate_per_s, &rung.result));
    header() + &rows.collect::<String>()
}

/// What a row has no room for.
pub(super) fn second_table(sweep: &Sweep) -> String {
    let names = [
        "rate/s",
        "in flight at most",
        "overflow",
        "errors",
        "failures",
        "amplification p99",
        "backlog growth",
    ];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    for rung in &sweep.rungs {
        let Summary { rates, queueing, .. } = &rung.result;
        let bound =
            if queueing.lower_bounds.iter().any(|name| name == "amplification_p99") { ">" } else { "" };
        let growth = queueing.backlog_growth_per_s;
        rows.push(vec![
            plain(rung.rate_per_s),
            count(queueing.in_flight_peak),
            percent(rates.overflow_rate),
            share(rates.error_rate),
            share(rates.failure_rate),
            queueing
                .amplification_p99
                .map_or_else(|| "-".to_owned(), |times| format!("{bound}{}", factor(times))),
            growth.map_or_else(|| "-".to_owned(), |growth| format!("{growth:+.1}/s")),
        ]);
    }
    layout::table(&rows)
}

/// Rungs that say nothing, and services that did not come back.
pub(super) fn remarks(sweep: &Sweep) -> String {
    let mut text = String::new();
    for rung in sweep.rungs.iter().filter(|rung| rung.is_void()) {
        let reasons: Vec<&str> = rung.result.verdict.reasons_on_generator().collect();
        text += &wrap(
            "",
            &format!("{}/s is void, and counts nowhere: {}", plain(rung.rate_per_s), reasons.join("; ")),
            0,
        );
    }
    for rung in &sweep.rungs {
        text += &not_recovered(rung);
    }
    if sweep.interrupted {
        text += "INTERRUPTED: not all that was asked for was run\n";
    }
    text
}

fn not_recovered(rung: &Rung) -> String {
    match rung.recovery {
        Some(recovery) if !recovery.recovered => wrap(
            "",
            &format!(
                "NOT RECOVERED: {:.0} s after the rung of {}/s the service was still slower than at the lowest rate, with next to \
                 no load. An overload may keep itself alive (a metastable failure), and what follows is of a service in that \
                 state.",
                recovery.waited_s,
                plain(rung.rate_per_s)
            ),
            0,
        ),
        _ => String::new(),
    }
}

fn verdict(summary: &Summary) -> String {
    let missed = summary.slos.iter().any(|slo| !slo.passed);
    match (summary.verdict.generator, summary.verdict.service) {
        (GeneratorVerdict::Invalid, _) => "void",
        (_, ServiceVerdict::Saturated) => "SATURATED",
        _ if missed => "SLO missed",
        _ => "ok",
    }
    .to_owned()
}

fn time(stats: &LatencyStats, figure: &str, value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if stats.is_lower_bound(figure) => format!(">{}", ms(value)),
        Some(value) => ms(value),
    }
}

fn line(rate: &str, figures: &[String; 9], end: &str) -> String {
    let mut line = format!("{rate:>RATE$}");
    for (figure, width) in figures.iter().zip(WIDTHS) {
        line += &format!(" {figure:>width$}");
    }
    format!("{line}  {end}").trim_end().to_owned() + "\n"
}
