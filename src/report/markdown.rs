//! Markdown: the summary as a table, for a pull request, a wiki, or the step summary of GitHub.

use super::reporter::Reporter;
use super::sweep as sweeps;
use super::text::brief;
use super::text::numbers::{count, figure, ms, or_dash, percent, plain, rate};
use super::text::{phases, sizes};
use crate::result::{
    Comparison, Figure, GeneratorVerdict, NoiseVerdict, Runs, Subject, Summary, Sweep, name_of,
};

/// Every kind of document.
pub(super) const REPORTER: Reporter = Reporter {
    name: "markdown",
    extension: "md",
    help: "Tables, for a pull request or a step summary",
    escapes_controls: false,
    result: Some(|summary, _| of_result(summary)),
    runs: Some(|runs, _| of_runs(runs)),
    sweep: Some(|sweep, _| of_sweep(sweep)),
    comparison: Some(|comparison, _| of_comparison(comparison)),
};

/// A text that is only itself in a cell, whatever is in it.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => safe.push(' '),
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A table; empty without rows. All columns but the first are figures, to the right.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let lines = format!("|---|{}\n", "---:|".repeat(head.len().saturating_sub(1)));
    let body: String = rows.iter().map(|cells| row(cells)).collect();
    format!("\n{}{lines}{body}", row(&head))
}

fn result_line(summary: &Summary) -> String {
    let concluded = brief::concluded(summary);
    format!("**{}**: {}", concluded.conclusion.words(), cell(&concluded.evidence))
}

fn of_result(summary: &Summary) -> String {
    let mut text = format!("### rpsbench: {}\n\n{}\n", cell(&name_of(summary)), result_line(summary));
    if summary.verdict.generator != GeneratorVerdict::Valid {
        let reasons: Vec<&str> = summary.verdict.texts_on(Subject::Generator).collect();
        text += &format!("\nThe figures are not to be trusted: {}\n", cell(&reasons.join("; ")));
    }
    text += &objectives(summary);
    let response = &summary.latency.response;
    let of = |wanted: Figure| figure(response.figure(wanted), ms);
    let rates = &summary.rates;
    let rows = [
        ("offered", rate(rates.offered_per_s)),
        ("answered", rate(rates.completed_per_s)),
        ("good", rate(rates.ok_per_s)),
        (&format!("{}s", summary.noun()), count(summary.ledger.planned)),
        ("without a good answer", count(summary.ledger.bad())),
        ("response p50, ms", of(Figure::P50)),
        ("response p90, ms", of(Figure::P90)),
        ("response p99, ms", of(Figure::P99)),
        ("response p99.9, ms", of(Figure::P99_9)),
        ("response max, ms", of(Figure::Max)),
    ];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    text += &table(&["figure", "value"], &rows);
    text += &table(&sizes::HEAD, &sizes::rows(summary, |name| format!("answers {name}, bytes")));
    let of_phases: Vec<Vec<String>> = summary.phases.iter().map(phases::row).collect();
    text + &table(&phases::COLUMNS, &of_phases)
}

fn objectives(summary: &Summary) -> String {
    let rows: Vec<Vec<String>> = summary
        .slos
        .iter()
        .map(|slo| {
            let word = if slo.passed { "ok" } else { "FAILED" };
            vec![slo.slo.clone(), word.to_owned(), brief::measured(slo)]
        })
        .collect();
    table(&["objective", "", "figure"], &rows)
}

fn one_row_each<'a>(named: impl Iterator<Item = (String, &'a Summary)>) -> String {
    let rows: Vec<Vec<String>> = named
        .map(|(name, summary)| {
            let of = |wanted: Figure| figure(summary.latency.response.figure(wanted), ms);
            vec![
                name,
                brief::concluded(summary).conclusion.words().to_owned(),
                rate(summary.rates.completed_per_s),
                count(summary.ledger.bad()),
                of(Figure::P50),
                of(Figure::P99),
                summary
                    .slos
                    .iter()
                    .filter(|slo| !slo.passed)
                    .map(|slo| slo.slo.clone())
                    .collect::<Vec<_>>()
                    .join(", "),
            ]
        })
        .collect();
    table(&["run", "result", "answered", "bad", "p50 ms", "p99 ms", "objectives missed"], &rows)
}

fn of_runs(runs: &Runs) -> String {
    let named = runs.runs.iter().map(|run| (format!("{} #{}", run.name, run.repeat), &run.result));
    format!("### rpsbench: {} runs\n{}", runs.runs.len(), one_row_each(named))
}

fn of_sweep(sweep: &Sweep) -> String {
    let answer =
        sweep.search.as_ref().map_or_else(String::new, |search| format!("\n**{}**\n", cell(&search.words)));
    let named = sweep.rungs.iter().map(|rung| (sweeps::name(rung), &rung.result));
    format!("### rpsbench: {} rates\n{answer}{}", sweep.rungs.len(), one_row_each(named))
}

fn of_comparison(comparison: &Comparison) -> String {
    let conditions: Vec<Vec<String>> = comparison
        .conditions
        .iter()
        .map(|judged| {
            let word = match (judged.fails, judged.inconclusive) {
                (true, _) => "FAILED",
                (_, true) => "inconclusive",
                _ => "ok",
            };
            vec![judged.condition.clone(), word.to_owned(), judged.reason.clone()]
        })
        .collect();
    let differences = comparison.differences.iter().flat_map(|difference| {
        difference.figures.iter().map(|one| {
            let noise = match one.noise.verdict {
                NoiseVerdict::Exceeds => "more than noise",
                NoiseVerdict::Within => "within the noise",
                NoiseVerdict::CannotTell => "cannot be told",
            };
            vec![
                format!("{} {}", difference.name, one.figure),
                plain(one.first),
                plain(one.other),
                or_dash(one.ratio, |ratio| {
                    format!("{}{}", if ratio >= 1.0 { "+" } else { "-" }, percent((ratio - 1.0).abs()))
                }),
                noise.to_owned(),
            ]
        })
    });
    let differences: Vec<Vec<String>> = differences.collect();
    format!("### rpsbench: {} results side by side\n", comparison.results.len())
        + &table(&["condition", "", "why"], &conditions)
        + &table(&["figure", "first", "other", "difference", "noise"], &differences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_result_is_a_heading_a_line_and_tables() {
        let summary = fixture::freeze();
        let text = of_result(&summary);
        assert!(text.starts_with("### rpsbench: ") && text.contains("\n**"), "{text}");
        let table = text.lines().filter(|line| line.starts_with('|'));
        assert!(table.clone().count() > 10 && text.contains("FAILED"), "{text}");
        assert!(table.clone().all(|line| line.ends_with('|')));
    }

    #[test]
    fn nothing_breaks_out_of_its_cell() {
        let mut summary = fixture::freeze();
        summary.slos[0].slo = "a|b\nc<img>`d`".to_owned();
        let text = of_result(&summary);
        assert!(text.contains("a\\|b c&lt;img>\\`d\\`"), "{text}");
    }
}
