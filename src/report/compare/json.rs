//! The document `rpsbench.compare/1`: written for programs, and read back. Its schema is `docs/compare.schema.json`.

use super::super::json::{self, ReadError};
use crate::compare::{Comparison, SCHEMA};

/// Writes the document: pretty-printed, one newline at the end.
pub(super) fn render(comparison: &Comparison) -> String {
    let mut text = serde_json::to_string_pretty(comparison)
        .expect("a comparison has no maps, and nothing else in it can fail to be JSON");
    text.push('\n');
    text
}

/// Reads a document that [`super::render`] wrote.
///
/// # Errors
/// [`ReadError`] for anything else; never panics.
pub fn read(bytes: &[u8]) -> Result<Comparison, ReadError> {
    let comparison: Comparison = json::read_as(bytes, SCHEMA)?;
    if comparison.is_consistent() { Ok(comparison) } else { Err(ReadError::Inconsistent) }
}
