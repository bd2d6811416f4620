//! Reports of several results that belong together (stages of a closed loop, repeats of a run): one row for each, in the
//! study's figures. Columns have fixed widths, because rows appear as they finish.

use super::Style;
use super::text::brief;
use super::text::closed_loop;
use super::text::headline;
use super::text::layout::{Tone, paint, table};
use super::text::numbers::{count, or_dash, percent, percentile, plain, time};
use crate::result::{Figure, GeneratorVerdict, Runs, Spread, Subject, Summary};

/// Widths of the columns: of the name of a run, then of each figure.
const NAME: usize = 12;
const WIDTHS: [usize; 11] = [8, 8, 8, 8, 6, 6, 6, 6, 6, 6, 6];

/// The head of the table, which says what was run and what is in which unit. `first`: the first result.
pub(crate) fn header(first: &Summary, style: &Style) -> String {
    let names = ["requests", "req/s", "errors", "failures", "mean", "min", "p50", "p90", "p95", "p99", "max"];
    headline::heading(first, style) + "\n" + &line("times in ms", &names.map(str::to_owned))
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
        percentile(response.figure(Figure::P50)),
        percentile(response.figure(Figure::P90)),
        percentile(response.figure(Figure::P95)),
        percentile(response.figure(Figure::P99)),
        percentile(response.figure(Figure::Max)),
    ];
    line(name, &figures)
}

/// Several results, for people.
pub(super) fn text(runs: &Runs, style: &Style) -> String {
    let rows = runs.runs.iter().map(|run| row(&label(&run.name, run.repeat, runs), &run.result));
    let header = runs.runs.first().map_or_else(String::new, |first| header(&first.result, style));
    header + &rows.collect::<String>() + &after_table(runs, style)
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

/// What stands below the table: objectives that were missed, results that should not be believed, the spread of repeats, and what a closed loop cannot
/// tell.
pub(crate) fn after_table(runs: &Runs, style: &Style) -> String {
    let results: Vec<_> = runs.results().collect();
    let sections =
        [objectives(runs, style), doubts(runs), spread(runs), closed_loop::findings(&results, style)];
    let sections = sections.into_iter().filter(|section| !section.is_empty());
    sections.map(|section| format!("\n{section}")).collect()
}

/// The objectives that some run missed, each with the run.
fn objectives(runs: &Runs, style: &Style) -> String {
    let mut text = String::new();
    for run in &runs.runs {
        for slo in run.result.slos.iter().filter(|slo| !slo.passed) {
            let failed = paint("FAILED", Tone::Bad, style);
            let name = label(&run.name, run.repeat, runs);
            text += &format!("SLO {failed} {}: {} in {name}\n", slo.slo, brief::measured(slo));
        }
    }
    text
}

fn doubts(runs: &Runs) -> String {
    let mut text = String::new();
    for run in &runs.runs {
        let word = match run.result.verdict.generator {
            GeneratorVerdict::Valid => continue,
            GeneratorVerdict::Suspect => "SUSPECT",
            GeneratorVerdict::Invalid => "INVALID",
        };
        let reasons: Vec<&str> = run.result.verdict.texts_on(Subject::Generator).collect();
        text += &format!("{} #{}: {word}: {}\n", run.name, run.repeat, reasons.join("; "));
    }
    if runs.interrupted {
        text += "INTERRUPTED: not all that was asked for was run\n";
    }
    text
}

/// Runs differ more than requests do: the range over the repeats, and its share of the middle.
fn spread(runs: &Runs) -> String {
    if runs.spread.is_empty() {
        return String::new();
    }
    let names = ["Spread between repeats", "repeats", "min", "median", "max", "range", "median, 95 %"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    for spread in &runs.spread {
        let range = if spread.median > 0.0 { (spread.max - spread.min) / spread.median } else { 0.0 };
        let name = format!("  {} {}", spread.name, spread.figure);
        let figures = [spread.min, spread.median, spread.max].map(plain);
        rows.push(
            [
                vec![name, spread.repeats.to_string()],
                figures.to_vec(),
                vec![percent(range), interval(spread)],
            ]
            .concat(),
        );
    }
    table(&rows)
}

/// Where the median of all such runs lies: six repeats say it.
pub(crate) fn interval(spread: &Spread) -> String {
    match (spread.median_low, spread.median_high) {
        (Some(low), Some(high)) => format!("{}..{}", plain(low), plain(high)),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests;
