//! In which form a recording is written.

use std::io::Read;
use std::path::Path;

use super::lines::Lines;
use super::problem::{RecordingError, RecordingProblem};
use super::{access_log, json, table};
use crate::request::file_errors::InFile;

/// In which form a recording is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordingFormat {
    /// By the name of the file and its first line.
    Auto,
    Csv,
    Ndjson,
    /// An access log with referrer and user agent.
    Combined,
    /// An access log without them.
    Common,
    /// An access log of JSON objects.
    JsonLog,
}

impl RecordingFormat {
    /// The format of a file, told by its first line where that is left open: the name of the file says less.
    ///
    /// # Errors
    /// [`RecordingError`] where it is none that is known.
    pub(super) fn of_file(self, input: impl Read, file: &str) -> Result<Self, RecordingError> {
        if self != Self::Auto {
            return Ok(self);
        }
        let mut lines = Lines::new(input);
        let found = lines.next().map(|line| line.map(|line| Self::of_line(line, file)));
        match found {
            Ok(Some(Some(format))) => Ok(format),
            Ok(Some(None)) => {
                Err(InFile { file: file.to_owned(), line: lines.number, problem: RecordingProblem::Unknown }
                    .into())
            }
            Ok(None) => {
                Err(InFile { file: file.to_owned(), line: 1, problem: RecordingProblem::Empty }.into())
            }
            Err(problem) => Err(InFile { file: file.to_owned(), line: lines.number, problem }.into()),
        }
    }

    fn of_line(line: &str, file: &str) -> Option<Self> {
        let is_named = |extension: &str| {
            Path::new(file).extension().is_some_and(|other| other.eq_ignore_ascii_case(extension))
        };
        if json::is_object(line) {
            return Some(if json::is_recording(line) { Self::Ndjson } else { Self::JsonLog });
        }
        if access_log::is_one(line) {
            // What stands behind the size of the answer is read in neither.
            return Some(if line.matches('"').count() > 2 { Self::Combined } else { Self::Common });
        }
        // A CSV with a slip in its header says so itself, better than this would.
        (is_named("csv") || table::is_header(line)).then_some(Self::Csv)
    }

    /// Whether it is an access log: what servers write of themselves holds lines that no request can be made of, and times that
    /// are whole seconds.
    pub(super) fn is_access_log(self) -> bool {
        matches!(self, Self::Combined | Self::Common | Self::JsonLog)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_tells_the_format() {
        let of = |text: &str, file: &str| RecordingFormat::Auto.of_file(text.as_bytes(), file).ok();
        let common = r#"h - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326"#;
        assert_eq!(of(&format!("\n{common}\n"), "access.log"), Some(RecordingFormat::Common));
        assert_eq!(of(&format!("{common} \"-\" \"-\""), "x.csv"), Some(RecordingFormat::Combined));
        assert_eq!(of(r#"{"t_s": 1}"#, "x"), Some(RecordingFormat::Ndjson));
        assert_eq!(of(r#"{"ts": 1}"#, "x.ndjson"), Some(RecordingFormat::JsonLog));
        assert_eq!(of("path, t_ms\n", "x"), Some(RecordingFormat::Csv));
        assert_eq!(of("when,path\n", "x.CSV"), Some(RecordingFormat::Csv));
        assert_eq!((of("when,path\n", "x"), of("", "x"), of("{", "x")), (None, None, None));
        assert_eq!(RecordingFormat::Common.of_file(&b""[..], "x").ok(), Some(RecordingFormat::Common));
    }
}
