//! Why a file is no result.

use super::KNOWN;
use crate::result::{Figure, ReadError};

/// A file that cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{file}`: {problem}")]
pub(crate) struct ImportError {
    pub file: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong, and what helps.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("it is empty: the run that was to write it did not finish, or wrote elsewhere; run it again")]
    Empty,
    /// Binary, or in another encoding.
    #[error(
        "it is not UTF-8 text; give what the tool printed, saved as UTF-8 (vegeta: the output of `vegeta report`)"
    )]
    NotText,
    #[error("it is no result that is known here; known are {KNOWN}")]
    Unknown,
    /// Begins like JSON and is none.
    #[error(
        "it begins like JSON, but breaks at line {line}, column {column} ({cause}): it was cut off or changed; copy it again"
    )]
    BrokenJson {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake, from 1.
        column: usize,
        /// What the parser says.
        cause: String,
    },
    /// A rate ladder of ours.
    #[error(
        "it is a sweep over several rates (`{0}`), and only single runs are compared; `rpsbench report` prints it"
    )]
    Sweep(String),
    #[error(
        "it is a comparison already (`{0}`); `rpsbench report` prints it; give the results that it was made of"
    )]
    Comparison(String),
    /// A result of ours that cannot be read.
    #[error(transparent)]
    Own(#[from] ReadError),
    /// Something is missing that every version has.
    #[error(
        "it looks like the output of {tool}, but its {what} is missing: it was cut off; save the whole output"
    )]
    Missing {
        tool: &'static str,
        /// What is missing.
        what: String,
    },
    #[error(
        "it looks like the output of {tool}, but its {what} is `{text}`, not {expected}; use the original file"
    )]
    Value {
        tool: &'static str,
        /// Which figure.
        what: String,
        /// What stands there.
        text: String,
        /// What should.
        expected: &'static str,
    },
    /// Two figures contradict each other.
    #[error(
        "its {low} is above its {high}, which cannot be: figures of different units were mixed, or the file was changed; use the original output of {tool}"
    )]
    Disorder {
        tool: String,
        /// The figure that should be lower.
        low: Figure,
        /// The figure that should be higher.
        high: Figure,
    },
}

/// Most of a stranger's text that a message repeats.
const SHOWN: usize = 40;

impl Problem {
    pub(super) fn missing(tool: &'static str, what: &str) -> Self {
        Self::Missing { tool, what: what.to_owned() }
    }

    pub(super) fn value(tool: &'static str, what: &str, text: &str, expected: &'static str) -> Self {
        let text = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        Self::Value { tool, what: what.to_owned(), text, expected }
    }

    pub(super) fn broken_json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The parser repeats the position behind its own words.
        let cause = text.split(" at line ").next().unwrap_or_default().to_owned();
        Self::BrokenJson { line: error.line(), column: error.column(), cause }
    }
}
