//! Results side by side, for people, programs and spreadsheets: functions of a [`Comparison`].

mod csv;
mod live;
mod text;

use super::{Format, Style, json};
use crate::result::Comparison;

/// Writes the report of a comparison, with a newline at its end.
pub(crate) fn render(comparison: &Comparison, format: Format, style: &Style) -> String {
    match format {
        Format::Text => text::render(comparison, style),
        Format::Json => json::render(comparison),
        Format::Csv => csv::render(comparison),
    }
}

#[cfg(test)]
mod tests;
