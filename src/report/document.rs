//! Saved documents of any kind: told apart by their schema, printed again.

use super::json::{ReadError, schema_of};
use super::{Format, Style, compare, json, render, runs, sweep};
use crate::compare::{Comparison, SCHEMA as COMPARISON};
use crate::measure::{RUNS_SCHEMA, Runs, Summary};
use crate::search::ladder::{SWEEP_SCHEMA, Sweep};

/// A document of ours.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// The result of one run.
    Result(Box<Summary>),
    /// Several results: stages, or repeats.
    Runs(Box<Runs>),
    /// Runs at several rates.
    Sweep(Box<Sweep>),
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
            RUNS_SCHEMA => runs::read(bytes).map(|runs| Self::Runs(Box::new(runs))),
            SWEEP_SCHEMA => sweep::read(bytes).map(|sweep| Self::Sweep(Box::new(sweep))),
            // Also the schema that nobody knows: the reader of results says what is wrong with it.
            _ => json::read(bytes).map(|summary| Self::Result(Box::new(summary))),
        }
    }

    /// Writes its report, with a newline at its end.
    pub fn render(&self, format: Format, style: &Style) -> String {
        match self {
            Self::Result(summary) => render(summary, format, style),
            Self::Runs(runs) => runs::render(runs, format, style),
            Self::Sweep(sweep) => sweep::render(sweep, format, style),
            Self::Comparison(comparison) => compare::render(comparison, format, style),
        }
    }
}
