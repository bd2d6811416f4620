//! Reports of several results that belong together: stages of a closed loop, repeats of a run.

mod table;
mod text;

pub(crate) use table::{header, row};

use super::{Format, Style, csv, json};
use crate::result::Runs;

/// Writes the report of several results, with a newline at its end.
pub(crate) fn render(runs: &Runs, format: Format, style: &Style) -> String {
    match format {
        Format::Text => table::table(runs) + &after_table(runs, style),
        Format::Csv => csv::table(runs.runs.iter().map(|run| (run.name.as_str(), &run.result))),
        Format::Json => json::render(runs),
    }
}

/// What stands below the table: how far the repeats differ, and what a closed loop cannot tell.
pub(crate) fn after_table(runs: &Runs, style: &Style) -> String {
    text::below(runs, style)
}

#[cfg(test)]
mod tests;
