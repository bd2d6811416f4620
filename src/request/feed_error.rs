//! What is wrong with a file of tokens or data.

/// Why a CSV file cannot be used. It names file and line, never a cell: cells are tokens and data. Names of columns
/// are shown, because placeholders are written with them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The file cannot be read to its end.
    #[error("{file}: reading failed: {cause}")]
    Read {
        /// The file.
        file: String,
        /// What the system says.
        cause: String,
    },
    /// Bytes that are not UTF-8.
    #[error("{file}, line {line}: this is not UTF-8; save the file as UTF-8 (CSV UTF-8 in spreadsheets)")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// A quote that is never closed.
    #[error("{file}, line {line}: a quoted cell begins here and never ends; close it with \"")]
    OpenQuote {
        /// The file.
        file: String,
        /// The line where its row begins, from 1.
        line: u64,
    },
    /// Nothing in it.
    #[error("{file} is empty; it needs {needs}")]
    Empty {
        /// The file.
        file: String,
        /// What it should hold.
        needs: &'static str,
    },
    /// A header, and nothing below it.
    #[error("{file} holds only a header, in line {line}; it needs {needs}")]
    OnlyHeader {
        /// The file.
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
        /// The file.
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
        /// The file.
        file: String,
        /// The line of the header, from 1.
        line: u64,
        /// The column, from 1.
        column: usize,
    },
    /// Two columns of one name.
    #[error("{file}, line {line}: two columns are named `{name}`; rename one of them")]
    DuplicateColumn {
        /// The file.
        file: String,
        /// The line of the header, from 1.
        line: u64,
        /// The name.
        name: String,
    },
    /// A column that has the name of a built-in placeholder.
    #[error(
        "{file}, line {line}: the column `{name}` has the name of a built-in placeholder; rename the column"
    )]
    BuiltinColumn {
        /// The file.
        file: String,
        /// The line of the header, from 1.
        line: u64,
        /// The name.
        name: String,
    },
    /// A row of tokens whose first cell is blank, though others are not.
    #[error("{file}, line {line}: the first column is blank here; tokens are read from the first column")]
    NoToken {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// A token that cannot be sent.
    #[error("{file}, line {line}: the token holds characters that HTTP does not allow in a header")]
    TokenCharacters {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// A row that is longer than 4 GiB.
    #[error("{file}, line {line}: the row is longer than 4 GiB")]
    HugeRow {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
}
