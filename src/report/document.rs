//! Saved documents of any kind: told apart by their schema, printed again.

use super::json::{ReadError, schema_of};
use super::{Format, Style, compare, json, render};
use crate::compare::{Comparison, SCHEMA as COMPARISON};
use crate::measure::Summary;

/// A document of ours.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// The result of one run.
    Result(Box<Summary>),
    /// Results side by side.
    Comparison(Box<Comparison>),
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// [`ReadError`] for what is none, or cannot be read by this version.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        match schema_of(bytes)?.as_str() {
            COMPARISON => compare::read(bytes).map(|comparison| Self::Comparison(Box::new(comparison))),
            // Also the schema that nobody knows: the reader of results says what is wrong with it.
            _ => json::read(bytes).map(|summary| Self::Result(Box::new(summary))),
        }
    }

    /// Writes its report, with a newline at its end.
    pub fn render(&self, format: Format, style: &Style) -> String {
        match self {
            Self::Result(summary) => render(summary, format, style),
            Self::Comparison(comparison) => compare::render(comparison, format, style),
        }
    }
}
