//! What stands below the table of several results.

use super::super::Style;
use super::super::text::closed_loop;
use super::super::text::layout::table;
use super::super::text::numbers::{percent, plain};
use crate::result::{GeneratorVerdict, Runs, Subject};

/// Results that should not be believed, the spread of repeats, and what a closed loop cannot tell.
pub(super) fn below(runs: &Runs, style: &Style) -> String {
    let results: Vec<_> = runs.results().collect();
    let sections = [doubts(runs), spread(runs), closed_loop::findings(&results, style)];
    let sections = sections.into_iter().filter(|section| !section.is_empty());
    sections.map(|section| format!("\n{section}")).collect()
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
    let names = ["Spread between repeats", "repeats", "min", "median", "max", "range"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    for spread in &runs.spread {
        let range = if spread.median > 0.0 { (spread.max - spread.min) / spread.median } else { 0.0 };
        let name = format!("  {} {}", spread.name, spread.figure);
        let figures = [spread.min, spread.median, spread.max].map(plain);
        rows.push([vec![name, spread.repeats.to_string()], figures.to_vec(), vec![percent(range)]].concat());
    }
    table(&rows)
}
