//! What is wrong with a file that the user gave, and where in it.

use std::error::Error;
use std::fmt;

/// A problem of a file, and the line it is on. Its text is `FILE, line LINE: PROBLEM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InFile<P> {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: P,
}

impl<P: fmt::Display> fmt::Display for InFile<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.problem)
    }
}

impl<P: Error> Error for InFile<P> {}

/// The line that a place of a text is on, from 1.
pub(super) fn line_at(text: &str, place: usize) -> u64 {
    let before = &text.as_bytes()[..place.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Why a CSV file cannot be used. It names file and line, never a cell: cells are tokens and data. Names of columns
/// are shown, because placeholders are written with them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The file cannot be read to its end.
    #[error("{file}: reading failed: {cause}")]
    Read {
        file: String,
        /// What the system says.
        cause: String,
    },
    /// Bytes that are not UTF-8.
    #[error("{file}, line {line}: this is not UTF-8; save the file as UTF-8 (CSV UTF-8 in spreadsheets)")]
    NotUtf8 {
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// A quote that is never closed.
    #[error("{file}, line {line}: a quoted cell begins here and never ends; close it with \"")]
    OpenQuote {
        file: String,
        /// The line where its row begins, from 1.
        line: u64,
    },
    #[error("{file} is empty; it needs {needs}")]
    Empty {
        file: String,
        /// What it should hold.
        needs: &'static str,
    },
    /// A header, and nothing below it.
    #[error("{file} holds only a header, in line {line}; it needs {needs}")]
    OnlyHeader {
        file: String,
        /// The line of the header, from 1.
        line: u64,
        /// What should stand below it.
        needs: &'static str,
    },
    /// A row with fewer or more cells than the header.
    #[error(
        "{file}, line {line}: {found} cells where the header names {expected} columns; a cell that holds a comma \
         stands in quotes"
    )]
    Ragged {
        file: String,
        /// The line where the row begins, from 1.
        line: u64,
        /// Columns of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A column without a name.
    #[error("{file}, line {line}: column {column} has no name; the first row names the columns")]
    UnnamedColumn {
        file: String,
        /// The line of the header, from 1.
        line: u64,
        /// The column, from 1.
        column: usize,
    },
    /// Two columns of one name.
    #[error("{file}, line {line}: two columns are named `{name}`; rename one of them")]
    DuplicateColumn {
        file: String,
        /// The line of the header, from 1.
        line: u64,
        name: String,
    },
    /// A column that has the name of a built-in placeholder.
    #[error(
        "{file}, line {line}: the column `{name}` has the name of a built-in placeholder; rename the column"
    )]
    BuiltinColumn {
        file: String,
        /// The line of the header, from 1.
        line: u64,
        name: String,
    },
    /// A row of tokens whose first cell is blank, though others are not.
    #[error("{file}, line {line}: the first column is blank here; tokens are read from the first column")]
    NoToken {
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// A token that cannot be sent.
    #[error("{file}, line {line}: the token holds characters that HTTP does not allow in a header")]
    TokenCharacters {
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// A row that is longer than it may be where rows are read one after the other.
    #[error("{file}, line {line}: the row is longer than {most_bytes} bytes; is a quote left open?")]
    LongRow {
        file: String,
        /// The line where it begins, from 1.
        line: u64,
        /// The most it may have.
        most_bytes: u64,
    },
    /// A row that is longer than 4 GiB.
    #[error("{file}, line {line}: the row is longer than 4 GiB")]
    HugeRow {
        file: String,
        /// The line, from 1.
        line: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one() {
        assert_eq!([0, 1, 2, 9].map(|place| line_at("a\nb", place)), [1, 1, 2, 2]);
    }
}
