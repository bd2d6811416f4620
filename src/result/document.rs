//! Saved documents of any kind, told apart by their schema.

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
