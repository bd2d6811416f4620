//! One row for each rung. Columns have fixed widths, because rows appear as they finish.

use super::super::Style;
use super::super::text::brief;
use super::super::text::headline;
use super::super::text::layout;
use super::super::text::layout::wrap;
use super::super::text::numbers::{count, factor, figure, or_dash, percent, percentile, plain, time};
use crate::result::{Conclusion, Figure, GeneratorVerdict, Rung, Subject, Summary, Sweep};

/// Widths: of the rate, then of each figure.
const RATE: usize = 9;
const WIDTHS: [usize; 9] = [7, 8, 8, 6, 6, 6, 6, 8, 7];

/// The head of the table, with what was run above it. `first`: the first result.
pub(crate) fn header(first: &Summary, style: &Style) -> String {
    let names = ["sent", "done/s", "ok/s", "p50", "p90", "p99", "p99.9", "serv p99", "backlog"];
    headline::heading(first, style) + "\n" + &line("rate/s", &names.map(str::to_owned), "times in ms")
}

/// The row of one rung. `backlog`: requests outstanding when its schedule ended.
pub(crate) fn row(rate_per_s: f64, summary: &Summary) -> String {
    let (rates, response) = (&summary.rates, &summary.latency.response);
    let queueing = &summary.queueing;
    let figures = [
        count(summary.ledger.sent),
        format!("{:.1}", rates.completed_per_s),
        format!("{:.1}", rates.ok_per_s),
        percentile(response.figure(Figure::P50)),
        percentile(response.figure(Figure::P90)),
        percentile(response.figure(Figure::P99)),
        percentile(response.figure(Figure::P99_9)),
        time(summary.latency.service.figure(Figure::P99)),
        count(queueing.in_flight_end.saturating_add(queueing.queued_end)),
    ];
    line(&plain(rate_per_s), &figures, &verdict(summary))
}

/// The head of a narrower table, for rows as of [`short_row`].
pub(crate) fn short_header() -> String {
    short("", ["answered/s", "p50 ms", "p99 ms", "errors"].map(str::to_owned), "")
}

/// The row of any run, in at most 80 columns. `name`: at which load.
pub(crate) fn short_row(name: &str, summary: &Summary) -> String {
    let (response, ledger) = (&summary.latency.response, &summary.ledger);
    let errors = ledger.http_error + ledger.timeout + ledger.connection_error;
    let figures = [
        format!("{:.1}", summary.rates.completed_per_s),
        percentile(response.figure(Figure::P50)),
        percentile(response.figure(Figure::P99)),
        count(errors),
    ];
    short(name, figures, &verdict(summary))
}

fn short(name: &str, [answered, p50, p99, errors]: [String; 4], end: &str) -> String {
    format!("{name:>12} {answered:>11} {p50:>8} {p99:>8} {errors:>8}  {end}").trim_end().to_owned()
}

/// The whole table.
pub(super) fn table(sweep: &Sweep, style: &Style) -> String {
    let rows = sweep.rungs.iter().map(|rung| row(rung.rate_per_s, &rung.result));
    let header = sweep.rungs.first().map_or_else(String::new, |first| header(&first.result, style));
    header + &rows.collect::<String>()
}

/// What a row has no room for.
pub(super) fn second_table(sweep: &Sweep) -> String {
    let names = [
        "rate/s",
        "in flight at most",
        "overflow",
        "errors",
        "failures",
        "amplification mean",
        "backlog growth",
    ];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    let share = |share: Option<f64>| or_dash(share, percent);
    for rung in &sweep.rungs {
        let Summary { rates, queueing, .. } = &rung.result;
        rows.push(vec![
            plain(rung.rate_per_s),
            count(queueing.in_flight_peak),
            percent(rates.overflow_rate),
            share(rates.error_rate),
            share(rates.failure_rate),
            figure(queueing.amplification_mean, factor),
            or_dash(queueing.backlog_growth_per_s, |growth| format!("{growth:+.1}/s")),
        ]);
    }
    layout::table(&rows)
}

/// Rungs that say nothing, and services that did not come back.
pub(super) fn remarks(sweep: &Sweep) -> String {
    let mut text = String::new();
    for rung in sweep.rungs.iter().filter(|rung| rung.is_void()) {
        let reasons: Vec<&str> = rung.result.verdict.texts_on(Subject::Generator).collect();
        text += &wrap(
            "",
            &format!("{}/s is void, and counts nowhere: {}", plain(rung.rate_per_s), reasons.join("; ")),
            0,
        );
    }
    for rung in &sweep.rungs {
        text += &not_recovered(rung);
    }
    text += &of_shards(sweep);
    let is_missing =
        |rung: &Rung| rung.result.merged.as_ref().is_some_and(|merged| !merged.missing.is_empty());
    if sweep.interrupted && sweep.rungs.iter().any(is_missing) {
        text += "INCOMPLETE: a shard was lost, and not all that was asked for was run\n";
    } else if sweep.interrupted {
        text += "INTERRUPTED: not all that was asked for was run\n";
    }
    text
}

/// Whose runs these are, where not of one machine.
fn of_shards(sweep: &Sweep) -> String {
    let Some(Rung { result, .. }) = sweep.rungs.first() else { return String::new() };
    match (&result.merged, &result.shard) {
        (Some(merged), _) => format!("Every run was sent by {} shards together.\n", merged.count),
        (None, Some(shard)) => wrap(
            "",
            &format!(
                "These are the runs of shard {} of {} by itself: the rates are those of all shards, everything else is its own part.",
                shard.index, shard.count
            ),
            0,
        ),
        (None, None) => String::new(),
    }
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
    let conclusion = brief::concluded(summary).conclusion;
    match (summary.verdict.generator, conclusion) {
        (GeneratorVerdict::Invalid, _) => "void",
        (_, Conclusion::KeepingUp) if missed => "SLO missed",
        (_, Conclusion::KeepingUp) => "ok",
        (_, conclusion) => conclusion.words(),
    }
    .to_owned()
}

fn line(rate: &str, figures: &[String; 9], end: &str) -> String {
    let mut line = format!("{rate:>RATE$}");
    for (figure, width) in figures.iter().zip(WIDTHS) {
        line += &format!(" {figure:>width$}");
    }
    format!("{line}  {end}").trim_end().to_owned() + "\n"
}
