//! Saved documents of any kind, told apart by their schema.

use std::fmt;

use super::comparison::{COMPARE_SCHEMA, Comparison};
use super::read::{ReadError, checked, read_as, read_result, schema_of};
use super::runs::{RUNS_SCHEMA, Runs};
use super::summary::Summary;
use super::sweep::{SWEEP_SCHEMA, Sweep};

/// A document of ours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    /// The result of one run.
    Result(Box<Summary>),
    /// Several results: stages, or repeats.
    Runs(Box<Runs>),
    /// Runs at several rates.
    Sweep(Box<Sweep>),
    /// Results side by side.
    Comparison(Box<Comparison>),
}

/// What kind of document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The result of one run.
    Result,
    /// Several results.
    Runs,
    /// Runs at several rates.
    Sweep,
    /// Results side by side.
    Comparison,
}

/// A document of any kind, wherever it is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DocumentRef<'a> {
    /// The result of one run.
    Result(&'a Summary),
    /// Several results: stages, or repeats.
    Runs(&'a Runs),
    /// Runs at several rates.
    Sweep(&'a Sweep),
    /// Results side by side.
    Comparison(&'a Comparison),
}

impl DocumentRef<'_> {
    /// What kind of document it is.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Result(_) => Kind::Result,
            Self::Runs(_) => Kind::Runs,
            Self::Sweep(_) => Kind::Sweep,
            Self::Comparison(_) => Kind::Comparison,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Result => "the result of one run",
            Self::Runs => "several runs",
            Self::Sweep => "a sweep",
            Self::Comparison => "a comparison",
        })
    }
}

impl<'a> From<&'a Document> for DocumentRef<'a> {
    fn from(document: &'a Document) -> Self {
        match document {
            Document::Result(summary) => Self::Result(summary),
            Document::Runs(runs) => Self::Runs(runs),
            Document::Sweep(sweep) => Self::Sweep(sweep),
            Document::Comparison(comparison) => Self::Comparison(comparison),
        }
    }
}

impl<'a> From<&'a Summary> for DocumentRef<'a> {
    fn from(summary: &'a Summary) -> Self {
        Self::Result(summary)
    }
}

impl<'a> From<&'a Runs> for DocumentRef<'a> {
    fn from(runs: &'a Runs) -> Self {
        Self::Runs(runs)
    }
}

impl<'a> From<&'a Sweep> for DocumentRef<'a> {
    fn from(sweep: &'a Sweep) -> Self {
        Self::Sweep(sweep)
    }
}

impl<'a> From<&'a Comparison> for DocumentRef<'a> {
    fn from(comparison: &'a Comparison) -> Self {
        Self::Comparison(comparison)
    }
}

impl Document {
    /// Reads a document, with or without a byte order mark.
    ///
    /// # Errors
    /// [`ReadError`] for what is none, or cannot be read by this version.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        match schema_of(bytes)?.as_str() {
            COMPARE_SCHEMA => {
                let comparison: Comparison = read_as(bytes, COMPARE_SCHEMA)?;
                if !comparison.is_consistent() {
                    return Err(ReadError::Inconsistent);
                }
                Ok(Self::Comparison(Box::new(comparison)))
            }
            RUNS_SCHEMA => {
                let runs: Runs = read_as(bytes, RUNS_SCHEMA)?;
                runs.results().try_for_each(checked)?;
                Ok(Self::Runs(Box::new(runs)))
            }
            SWEEP_SCHEMA => {
                let sweep: Sweep = read_as(bytes, SWEEP_SCHEMA)?;
                sweep.rungs.iter().map(|rung| &rung.result).try_for_each(checked)?;
                Ok(Self::Sweep(Box::new(sweep)))
            }
            // Also the schema that nobody knows: the reader of results says what is wrong with it.
            _ => read_result(bytes).map(|summary| Self::Result(Box::new(summary))),
        }
    }
}
