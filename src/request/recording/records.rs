//! The rows of a recording in the order of the file, whatever its format.

use std::io::Read;

use super::format::RecordingFormat;
use super::lines::Lines;
use super::problem::{RecordingError, RecordingProblem};
use super::request::RecordedRequest;
use super::table::{Table, TableRow};
use super::{access_log, json};
use crate::request::file_errors::InFile;

/// A row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The line that it begins in, from 1.
    pub line: u64,
    /// In nanoseconds since 1970, or since the recording began.
    pub at_ns: i64,
    /// Bytes of its text.
    pub bytes: u64,
    /// Its request; `None`: nobody asked for it.
    pub request: Option<Box<RecordedRequest>>,
}

/// Lines of an access log that hold no request that could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// How many.
    pub count: u64,
    /// The line of the first, from 1.
    pub first_line: u64,
}

/// Reads one row at a time.
pub(super) struct Records<R> {
    source: Source<R>,
    file: String,
    pub(super) left_out: Option<LeftOut>,
}

enum Source<R> {
    Table(Box<Table<R>>),
    Lines(Lines<R>, RecordingFormat),
}

impl<R: Read> Records<R> {
    /// Reads from the beginning; `file` is the name that errors give, and the format is known.
    pub(super) fn new(input: R, file: &str, format: RecordingFormat) -> Result<Self, RecordingError> {
        let source = match format {
            RecordingFormat::Csv => Source::Table(Box::new(Table::new(input, file)?)),
            lines => Source::Lines(Lines::new(input), lines),
        };
        Ok(Self { source, file: file.to_owned(), left_out: None })
    }

    /// The next row, and where it `is_wanted` its request; `None` at the end of the file.
    pub(super) fn next(&mut self, is_wanted: bool) -> Result<Option<Record>, RecordingError> {
        match &mut self.source {
            Source::Table(table) => Ok(table.next(is_wanted)?.map(|row| {
                let TableRow { line, at_ns, bytes, request } = row;
                Record { line, at_ns, bytes, request: request.map(Box::new) }
            })),
            Source::Lines(lines, format) => loop {
                let format = *format;
                let read = lines.next().and_then(|line| {
                    line.map(|line| parse(line, format).map(|(at_ns, request)| (line.len(), at_ns, request)))
                        .transpose()
                });
                let line = lines.number;
                match read {
                    Ok(None) => return Ok(None),
                    Ok(Some((bytes, at_ns, Some(request)))) => {
                        let request = Some(Box::new(request));
                        return Ok(Some(Record { line, at_ns, bytes: bytes as u64, request }));
                    }
                    Ok(Some((_, _, None))) => {
                        self.left_out.get_or_insert(LeftOut { count: 0, first_line: line }).count += 1;
                    }
                    Err(problem) => return Err(self.problem(line, problem)),
                }
            },
        }
    }

    /// A problem of a line of this file.
    pub(super) fn problem(&self, line: u64, problem: RecordingProblem) -> RecordingError {
        InFile { file: self.file.clone(), line, problem }.into()
    }
}

fn parse(line: &str, format: RecordingFormat) -> Result<(i64, Option<RecordedRequest>), RecordingProblem> {
    match format {
        RecordingFormat::Ndjson => json::row(line).map(|(at_ns, request)| (at_ns, Some(request))),
        RecordingFormat::JsonLog => json::log_line(line),
        RecordingFormat::Combined | RecordingFormat::Common => access_log::parse(line),
        // Told apart before.
        RecordingFormat::Csv | RecordingFormat::Auto => Err(RecordingProblem::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_access_log_without_a_request_are_left_out_and_counted() {
        let line = |request: &str| format!("h - - [10/Oct/2000:13:55:36 -0700] \"{request}\" 400 0\n");
        let log =
            [line("-"), line("GET /a HTTP/1.1"), "\n".to_owned(), line(r"\x16\x03"), line("GET /b HTTP/1.1")]
                .concat();
        let mut records = Records::new(log.as_bytes(), "a.log", RecordingFormat::Common).unwrap();
        let lines: Vec<u64> =
            std::iter::from_fn(|| records.next(true).unwrap()).map(|record| record.line).collect();
        assert_eq!((lines, records.left_out), (vec![2, 5], Some(LeftOut { count: 2, first_line: 1 })));
        let mut broken = Records::new(&b"{\"t_s\":1}\n\nPLANTED"[..], "a", RecordingFormat::Ndjson).unwrap();
        assert!(broken.next(true).unwrap().is_some());
        assert_eq!(broken.next(true).unwrap_err().to_string(), "a, line 3: the line is not a JSON object");
    }
}
