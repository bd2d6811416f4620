//! Saved documents, read back.
//!
//! Reading is strict where a mistake would end up in a report as a figure (a missing field, a ledger that does not add up)
//! and lenient where it would not (fields that this version does not know are ignored, since later versions may add some).

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use super::summary::{SCHEMA, Summary};
use crate::measure::Ledger;

/// Schemas of this family differ in the number behind this.
const FAMILY: &str = "rpsbench.result/";

/// Why a file is not a result that this version can print. Each says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ReadError {
    /// Nothing in it.
    #[error("the file is empty: the run that was to write it did not finish; run it again")]
    Empty,
    /// It ends in the middle of the document.
    #[error("the JSON ends too early, at line {line}, column {column}: the file was cut off; copy it again")]
    Truncated {
        /// Line of the end, from 1.
        line: usize,
        /// Column of the end, from 1.
        column: usize,
    },
    /// Not JSON at all.
    #[error(
        "not JSON (line {line}, column {column}: {cause}); a result is what `rpsbench --format json` writes"
    )]
    NotJson {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake, from 1.
        column: usize,
        /// What the parser says.
        cause: String,
    },
    /// JSON without a text in `schema`.
    #[error(
        "the JSON has no `schema` field, so it is not a result of rpsbench; a result is what \
         `rpsbench --format json` writes"
    )]
    NoSchema,
    /// A later version of the document.
    #[error("the result is a `{0}`, written by a newer rpsbench; upgrade rpsbench to read it")]
    Newer(String),
    /// Another kind of document.
    #[error("the document is a `{0}`, not the result of one run (`{SCHEMA}`); give a file of one run")]
    OtherSchema(String),
    /// A field is missing.
    #[error(
        "the result has no field `{field}` (line {line}, column {column}): the file was changed after it was \
         written; use the original"
    )]
    MissingField {
        /// Name of the field.
        field: String,
        /// Line where the object ends that should have it, from 1.
        line: usize,
        /// Column of that.
        column: usize,
    },
    /// A field holds what it cannot hold.
    #[error(
        "line {line}, column {column} of the result: {cause}; the file was changed after it was written; use \
         the original"
    )]
    WrongValue {
        /// Line of the value, from 1.
        line: usize,
        /// Column of the value, from 1.
        column: usize,
        /// What is wrong with it.
        cause: String,
    },
    /// The counts contradict each other, so none of them can be trusted.
    #[error(
        "the ledger of the result does not add up, so no figure in it can be trusted: the file was changed after \
         it was written; use the original ({0:?})"
    )]
    Imbalance(Box<Ledger>),
    /// A comparison that speaks of results that are not in it.
    #[error(
        "the comparison speaks of results that are not in it: the file was changed after it was written; compare the \
         results again"
    )]
    Inconsistent,
}

/// Reads the result of one run, with or without a byte order mark.
///
/// # Errors
/// [`ReadError`] for anything else; never panics.
pub(crate) fn read_result(bytes: &[u8]) -> Result<Summary, ReadError> {
    let summary = read_as(bytes, SCHEMA)?;
    checked(&summary)?;
    Ok(summary)
}

/// Checks that the counts of a result agree with each other.
///
/// # Errors
/// [`ReadError::Imbalance`] where they do not.
pub(super) fn checked(summary: &Summary) -> Result<(), ReadError> {
    let warmup = summary.warmup.iter().map(|warmup| warmup.ledger);
    let endpoints = summary.endpoints.iter().map(|endpoint| endpoint.ledger);
    let mut ledgers = std::iter::once(summary.ledger).chain(warmup).chain(endpoints);
    match ledgers.find(|ledger| ledger.check().is_err()) {
        Some(ledger) => Err(ReadError::Imbalance(Box::new(ledger))),
        None => Ok(()),
    }
}

/// The schema that a document names, of whatever kind it is.
///
/// # Errors
/// [`ReadError`] for what is no JSON, or has no schema.
pub(super) fn schema_of(bytes: &[u8]) -> Result<String, ReadError> {
    let bytes = without_mark(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(ReadError::Empty);
    }
    let document: Value = serde_json::from_slice(bytes).map_err(|error| ReadError::of(&error))?;
    document.get("schema").and_then(Value::as_str).map(str::to_owned).ok_or(ReadError::NoSchema)
}

/// Reads a document of one schema.
///
/// # Errors
/// [`ReadError`] for another schema, or what does not fit into this one.
pub(super) fn read_as<T: DeserializeOwned>(bytes: &[u8], schema: &str) -> Result<T, ReadError> {
    // The schema first: a document of another schema is told by its name, not by the first field that differs.
    let found = schema_of(bytes)?;
    if found != schema {
        return Err(ReadError::of_schema(&found));
    }
    // From the text again, not from the parsed value: only the text has lines to point at.
    serde_json::from_slice(without_mark(bytes)).map_err(|error| ReadError::of(&error))
}

/// Without the byte order mark that some editors put in front.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

impl ReadError {
    fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        // The parser repeats the position behind its own words.
        let cause = text.split(" at line ").next().unwrap_or_default().to_owned();
        match error.classify() {
            Category::Eof => Self::Truncated { line, column },
            Category::Syntax | Category::Io => Self::NotJson { line, column, cause },
            Category::Data => match cause.strip_prefix("missing field `").and_then(|c| c.strip_suffix('`')) {
                Some(field) => Self::MissingField { field: field.to_owned(), line, column },
                None => Self::WrongValue { line, column, cause },
            },
        }
    }

    fn of_schema(schema: &str) -> Self {
        let version = |schema: &str| schema.strip_prefix(FAMILY).and_then(|n| n.parse::<u64>().ok());
        // Only as much of a stranger's text as a message can hold.
        let name = schema.chars().filter(|c| !c.is_control()).take(60).collect();
        if version(schema) > version(SCHEMA) { Self::Newer(name) } else { Self::OtherSchema(name) }
    }
}

#[cfg(test)]
mod tests;
