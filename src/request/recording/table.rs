//! CSV with a header: a column for the time, and columns for what each row says of its request.

use std::io::Read;

use http::header::HeaderName;

use super::lines::LINE_MAX;
use super::problem::{RecordingError, RecordingProblem};
use super::request::RecordedRequest;
use super::time::{NS_PER_MS, NS_PER_S, decimal, moment};
use crate::request::file_errors::{FeedError, InFile};
use crate::request::rows::{Row, Rows};

/// How the name of a column of header values begins.
const HEADER: &str = "header:";

/// The names of the column of the time.
const TIMES: [&str; 3] = ["t_s", "t_ms", "time"];

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Seconds,
    Milliseconds,
    Moment,
    Method,
    Path,
    Body,
    Header(HeaderName),
}

impl Column {
    fn of(name: &str) -> Result<Self, RecordingProblem> {
        match name {
            "t_s" => Ok(Self::Seconds),
            "t_ms" => Ok(Self::Milliseconds),
            "time" => Ok(Self::Moment),
            "method" => Ok(Self::Method),
            "path" | "url" => Ok(Self::Path),
            "body" => Ok(Self::Body),
            _ => match name.strip_prefix(HEADER) {
                Some(name) => HeaderName::from_bytes(name.trim().as_bytes())
                    .map(Self::Header)
                    .map_err(|_| RecordingProblem::HeaderName),
                None => Err(RecordingProblem::Column(name.to_owned())),
            },
        }
    }

    fn is_time(&self) -> bool {
        matches!(self, Self::Seconds | Self::Milliseconds | Self::Moment)
    }
}

/// The rows of a CSV file.
pub(super) struct Table<R> {
    file: String,
    rows: Rows<R>,
    columns: Vec<Column>,
}

/// A row, read so far as it was asked for.
pub(super) struct TableRow {
    pub line: u64,
    pub at_ns: i64,
    /// Bytes of its text.
    pub bytes: u64,
    pub request: Option<RecordedRequest>,
}

/// Whether a line names the columns of such a table.
pub(super) fn is_header(line: &str) -> bool {
    line.split(',').any(|name| TIMES.contains(&name.trim().trim_matches('"')))
}

impl<R: Read> Table<R> {
    /// Reads the header; `file` is the name that errors give.
    pub(super) fn new(input: R, file: &str) -> Result<Self, RecordingError> {
        let mut rows = Rows::up_to(LINE_MAX, input, file);
        let problem = |line, problem| InFile { file: file.to_owned(), line, problem };
        let Some(header) = rows.next_row()? else {
            return Err(problem(1, RecordingProblem::Empty).into());
        };
        let line = header.line;
        // First of all: without a time it may be no header but a row, which is not shown.
        if header.cells().filter(|name| TIMES.contains(&name.trim())).count() != 1 {
            return Err(problem(line, RecordingProblem::TimeColumn).into());
        }
        let columns: Result<Vec<Column>, _> = header.cells().map(|name| Column::of(name.trim())).collect();
        let columns = columns.map_err(|found| problem(line, found))?;
        for (place, column) in columns.iter().enumerate() {
            // Two columns of one header are two headers.
            if !matches!(column, Column::Header(_)) && columns[..place].contains(column) {
                return Err(match column {
                    Column::Path => problem(line, RecordingProblem::TwoPaths).into(),
                    _ => {
                        let name = header.cells().nth(place).unwrap_or_default().trim().to_owned();
                        FeedError::DuplicateColumn { file: file.to_owned(), line, name }.into()
                    }
                });
            }
        }
        Ok(Self { file: file.to_owned(), columns, rows })
    }

    /// The next row; its request only where it `is_wanted`.
    pub(super) fn next(&mut self, is_wanted: bool) -> Result<Option<TableRow>, RecordingError> {
        let Some(row) = self.rows.next_row()? else { return Ok(None) };
        let (expected, found) = (self.columns.len(), row.ends.len());
        if expected != found {
            return Err(FeedError::Ragged { file: self.file.clone(), line: row.line, expected, found }.into());
        }
        let read = time_of(&row, &self.columns)
            .and_then(|at_ns| Ok((at_ns, is_wanted.then(|| request_of(&row, &self.columns)).transpose()?)));
        let (at_ns, request) =
            read.map_err(|problem| InFile { file: self.file.clone(), line: row.line, problem })?;
        Ok(Some(TableRow { line: row.line, at_ns, bytes: row.text.len() as u64, request }))
    }
}

fn time_of(row: &Row<'_>, columns: &[Column]) -> Result<i64, RecordingProblem> {
    let found = row.cells().zip(columns).find(|(_, column)| column.is_time());
    let (cell, column) = found.ok_or(RecordingProblem::NoTime)?;
    if cell.trim().is_empty() {
        return Err(RecordingProblem::NoTime);
    }
    let at_ns = match column {
        Column::Seconds => decimal(cell, NS_PER_S),
        Column::Milliseconds => decimal(cell, NS_PER_MS),
        _ => moment(cell),
    };
    at_ns.ok_or(RecordingProblem::Time)
}

fn request_of(row: &Row<'_>, columns: &[Column]) -> Result<RecordedRequest, RecordingProblem> {
    let mut request = RecordedRequest::default();
    for (cell, column) in row.cells().zip(columns) {
        match column {
            Column::Seconds | Column::Milliseconds | Column::Moment => {}
            Column::Method => request.set_method(cell.trim())?,
            Column::Path => request.set_path(cell.trim())?,
            Column::Body => request.set_body(cell),
            Column::Header(name) if !cell.trim().is_empty() => request.add_named(name, cell)?,
            Column::Header(_) => {}
        }
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<TableRow>, String> {
        let mut table = Table::new(text.as_bytes(), "r.csv").map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        while let Some(row) = table.next(true).map_err(|error| error.to_string())? {
            rows.push(row);
        }
        Ok(rows)
    }

    #[test]
    fn a_row_says_when_and_what() {
        let rows =
            read("t_ms,method,url,body,header:X-A,header:x-a\n5,post,/a,\"{\"\"b\"\":1}\",1,2\n7.5,,,,,\n")
                .unwrap();
        let request = rows[0].request.clone().unwrap();
        assert_eq!((rows[0].at_ns, rows[0].line, rows[1].at_ns), (5_000_000, 2, 7_500_000));
        assert_eq!((request.method.unwrap().as_str(), request.path.unwrap().as_str()), ("post", "/a"));
        assert_eq!((request.body.unwrap().as_ref(), request.headers.len()), (&b"{\"b\":1}"[..], 2));
        assert_eq!(rows[1].request, Some(RecordedRequest::default()), "empty cells say nothing");
        assert_eq!(read("time\n1970-01-01T00:00:02Z\n").unwrap()[0].at_ns, 2 * NS_PER_S);
        let mut table = Table::new(&b"t_s,path\n1,PLANTED\n"[..], "r.csv").unwrap();
        assert!(table.next(false).unwrap().unwrap().request.is_none(), "nobody asked");
    }

    #[test]
    fn what_is_no_recording_names_its_line_and_repeats_no_cell() {
        for (text, part) in [
            ("", "line 1: there is no arrival"),
            ("PLANTED\n", "line 1: a recording has one column for the time"),
            ("t_s,a\n", "line 1: the column `a` has no meaning"),
            ("t_s,t_ms\n1,1\n", "line 1: a recording has one column"),
            ("t_s,path,url\n1,/,/\n", "line 1: there are columns for both"),
            ("t_s,body,body\n1,a,b\n", "line 1: two columns are named `body`"),
            ("t_s,header:a b\n1,x\n", "line 1: a header has no name"),
            ("t_s,path\n1,/\n\n2\n", "line 4: 1 cells"),
            ("t_s\n1\nPLANTED\n", "line 3: the time cannot be read"),
            ("t_s,path\n,/PLANTED\n", "line 2: the row has no time"),
            ("t_s,path\n1,PLANTED\n", "line 2: the path is neither"),
            ("t_s,method\n1,PLANTED PLANTED\n", "line 2: this is not an HTTP method"),
            ("t_s,header:A\n1,\"PLANTED\nx\"\n", "line 2: the value of the header `a`"),
        ] {
            let error = read(text).err().unwrap();
            assert!(
                error.starts_with("r.csv, ") && error.contains(part) && !error.contains("PLANTED"),
                "{text}: {error}"
            );
        }
    }
}
