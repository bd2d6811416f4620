//! What can be wrong with a recording.

use std::io::ErrorKind;

use http::header::HeaderName;

use super::lines::LINE_MAX;
use super::order::{HELD_MAX, WINDOW_NS};
use crate::request::file_errors::{FeedError, InFile};

/// Why a file is no recording of arrivals. What stands in a row is never repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordingError {
    /// What is no CSV.
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Row(#[from] InFile<RecordingProblem>),
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordingProblem {
    #[error("there is no arrival in it")]
    Empty,
    /// A first line of no known format.
    #[error(
        "this is the beginning of no format that is known: CSV with a column t_s, t_ms or time, a JSON object a line, or an \
         access log; say which it is with --arrivals-format"
    )]
    Unknown,
    #[error("a recording has one column for the time: t_s, t_ms or time")]
    TimeColumn,
    /// A column that means nothing.
    #[error(
        "the column `{0}` has no meaning here; there are t_s, t_ms or time, method, path or url, body, and header:NAME for each \
         header"
    )]
    Column(String),
    /// A column that is there in two forms.
    #[error("there are columns for both path and url; leave one out")]
    TwoPaths,
    #[error("the row has no time")]
    NoTime,
    #[error(
        "the time cannot be read; write seconds (t_s) or milliseconds (t_ms) as decimals, or a time as in 2026-01-31T12:00:00Z or \
         31/Jan/2026:12:00:00 +0000"
    )]
    Time,
    #[error(
        "the time is {behind_s:.3} s before that of an earlier row; rows that are up to {window_s} s out of order are put in order, more \
         are not: sort the file by time",
        behind_s = *.0 as f64 / 1e9, window_s = WINDOW_NS / 1_000_000_000
    )]
    Disorder(i64),
    #[error(
        "more than {most} MiB of rows came within {window_s} s before this one, too many to put in order in memory; sort the file by \
         time, and write it with fractions of seconds",
        most = HELD_MAX >> 20, window_s = WINDOW_NS / 1_000_000_000
    )]
    Dense,
    #[error("the line is not a JSON object")]
    Json,
    /// A field that means nothing.
    #[error(
        "the object has a field without a meaning; there are t_s, t_ms or time, method, path or url, headers and body; for the \
         access log of a server: --arrivals-format json-log"
    )]
    Field,
    #[error("headers are an object of texts, or of lists of texts: {{\"Name\": \"value\"}}")]
    Headers,
    #[error("the body is not a text")]
    Body,
    #[error(
        "the line is not that of an access log: HOST - USER [10/Oct/2000:13:55:36 -0700] \"GET /path HTTP/1.1\" 200 512"
    )]
    AccessLog,
    #[error("this is not an HTTP method")]
    Method,
    #[error("the path is neither /path?query nor a URL of http:// or https://")]
    Path,
    #[error("a header has no name that HTTP allows; names are letters, digits and -")]
    HeaderName,
    #[error("the value of the header `{0}` holds characters that HTTP does not allow")]
    HeaderValue(HeaderName),
    #[error("the line is not UTF-8")]
    Utf8,
    #[error("the line is longer than {} MiB", LINE_MAX >> 20)]
    Line,
    /// The file cannot be read.
    #[error("the file cannot be read further: {0}")]
    Read(ErrorKind),
}
