//! Reports of several results that belong together: stages of a closed loop, repeats of a run.

mod table;
mod text;

pub use table::{header, row};

use super::json::{self, ReadError};
use super::{Format, Style, csv};
use crate::measure::{RUNS_SCHEMA, Runs};

/// Writes the report of several results, with a newline at its end.
pub fn render(runs: &Runs, format: Format, style: &Style) -> String {
    match format {
        Format::Text => table::table(runs) + &after_table(runs, style),
        Format::Csv => csv::table(runs.runs.iter().map(|run| (run.name.as_str(), &run.result))),
        Format::Json => {
            let mut text = serde_json::to_string_pretty(runs)
                .expect("results have only text as map keys, and nothing else in them can fail to be JSON");
            text.push('\n');
            text
        }
    }
}

/// Reads a document that [`render`] wrote as JSON.
///
/// # Errors
/// [`ReadError`] for anything else; never panics.
pub fn read(bytes: &[u8]) -> Result<Runs, ReadError> {
    let runs: Runs = json::read_as(bytes, RUNS_SCHEMA)?;
    runs.results().try_for_each(|result| json::checked(result.clone()).map(|_| ()))?;
    Ok(runs)
}

/// What stands below the table: how far the repeats differ, and what a closed loop cannot tell.
pub fn after_table(runs: &Runs, style: &Style) -> String {
    text::below(runs, style)
}

#[cfg(test)]
mod tests;
