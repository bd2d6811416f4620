//! The rows of a CSV file, each with the line it begins in.

use std::io::{BufRead, BufReader, Read};

use csv_core::{ReadRecordResult, Reader};

use super::file_errors::FeedError;

/// Bytes read at once.
const CHUNK: usize = 1 << 16;

/// Reads and holds one row at a time. It skips blank lines and a byte order mark.
///
/// The parser is fed line by line, because only then is the line of a row known for certain: the positions that the
/// `csv` crate reports are those where it went on reading, which after blank lines or CR LF is another line.
pub(super) struct Rows<R> {
    file: String,
    /// The most bytes that a line, and a row, may have: what is longer is not read into memory.
    most_bytes: u64,
    input: BufReader<R>,
    parser: Reader,
    line: Vec<u8>,
    /// How much of the line the parser has seen.
    parsed: usize,
    /// The number of the line, from 1.
    number: u64,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

pub(super) struct Row<'r> {
    /// The line it begins in, from 1.
    pub line: u64,
    /// All cells, one after the other.
    pub text: &'r str,
    /// Where each cell ends in the text.
    pub ends: &'r [usize],
}

impl<'r> Row<'r> {
    /// The cells in order.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'r str> {
        let (text, mut start) = (self.text, 0);
        self.ends.iter().map(move |&end| &text[std::mem::replace(&mut start, end)..end])
    }
}

impl<R: Read> Rows<R> {
    /// Reads from the beginning; `file` is the name that errors give.
    pub(super) fn new(input: R, file: &str) -> Self {
        Self::up_to(u64::MAX, input, file)
    }

    /// The same of rows of so many bytes at most.
    pub(super) fn up_to(most_bytes: u64, input: R, file: &str) -> Self {
        Self {
            file: file.to_owned(),
            most_bytes,
            input: BufReader::with_capacity(CHUNK, input),
            parser: Reader::new(),
            line: Vec::new(),
            parsed: 0,
            number: 0,
            cells: Vec::new(),
            ends: vec![0; 16],
        }
    }

    /// The next row; `None` at the end of the file.
    pub(super) fn next_row(&mut self) -> Result<Option<Row<'_>>, FeedError> {
        let (mut filled, mut cells, mut begins) = (0, 0, 0);
        loop {
            let begun = filled > 0 || cells > 0;
            if self.parsed == self.line.len() && !self.next_line()? {
                if begun {
                    return Err(FeedError::OpenQuote { file: self.file.clone(), line: begins });
                }
                return Ok(None);
            }
            if !begun {
                begins = self.number;
            }
            let rest = &self.line[self.parsed..];
            if (filled + rest.len()) as u64 > self.most_bytes {
                let (file, most_bytes) = (self.file.clone(), self.most_bytes);
                return Err(FeedError::LongRow { file, line: begins, most_bytes });
            }
            // Cells are never longer than the text they were read from.
            if self.cells.len() < filled + rest.len() {
                self.cells.resize(filled + rest.len(), 0);
            }
            let (result, read, wrote, ended) =
                self.parser.read_record(rest, &mut self.cells[filled..], &mut self.ends[cells..]);
            self.parsed += read;
            filled += wrote;
            cells += ended;
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::End => {}
            }
        }
        let ends = &self.ends[..cells];
        // Each cell must be UTF-8 by itself: a comma may have split a character in two.
        match std::str::from_utf8(&self.cells[..filled]) {
            Ok(text) if ends.iter().all(|&end| text.is_char_boundary(end)) => {
                Ok(Some(Row { line: begins, text, ends }))
            }
            _ => Err(FeedError::NotUtf8 { file: self.file.clone(), line: begins }),
        }
    }

    /// Takes the next line; false at the end of the file.
    fn next_line(&mut self) -> Result<bool, FeedError> {
        self.line.clear();
        self.parsed = 0;
        // A byte more than is allowed, so that a line that is too long is seen to be.
        let most = self.most_bytes.saturating_add(1);
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.line);
        let read =
            read.map_err(|error| FeedError::Read { file: self.file.clone(), cause: error.to_string() })?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.line.last() != Some(&b'\n') {
            // With a line end, the last line is like any other: a row that continues beyond it was never closed.
            self.line.push(b'\n');
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<Vec<(u64, Vec<String>)>, FeedError> {
        let mut rows = Rows::new(text, "f.csv");
        let mut all = Vec::new();
        while let Some(row) = rows.next_row()? {
            all.push((row.line, row.cells().map(str::to_owned).collect()));
        }
        Ok(all)
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn a_row_knows_its_line_behind_blank_lines_quotes_and_crlf() {
        let text = b"\xEF\xBB\xBFa,b\r\n\r\n1,\"x\r\ny\"\r\n\n\n,\r\n2,\"say \"\"hi\"\"\"";
        let expected =
            [row(1, &["a", "b"]), row(3, &["1", "x\r\ny"]), row(7, &["", ""]), row(8, &["2", "say \"hi\""])];
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read(b"").unwrap(), []);
        assert_eq!(read(b"\n\r\n").unwrap(), []);
        let wide = vec!["1"; 100].join(",");
        assert_eq!(read(wide.as_bytes()).unwrap()[0].1.len(), 100);
    }

    #[test]
    fn what_is_not_csv_in_utf8_is_named_with_its_line() {
        let (file, line) = ("f.csv".to_owned(), 3);
        assert_eq!(read(b"a\nb\n\xFF\n"), Err(FeedError::NotUtf8 { file: file.clone(), line }));
        assert_eq!(read(b"a\nb\n\xC3,\xA9\n"), Err(FeedError::NotUtf8 { file: file.clone(), line }));
        assert_eq!(read(b"a\nb\n\"c\nd\n"), Err(FeedError::OpenQuote { file: file.clone(), line }));
        assert_eq!(read(b"a\nb\n\"c"), Err(FeedError::OpenQuote { file, line }));
    }

    #[test]
    fn a_row_that_is_too_long_is_not_read_to_its_end() {
        let read = |text: &[u8]| Rows::up_to(8, text, "f.csv").next_row().map(|row| row.map(|row| row.line));
        assert_eq!(read(b"1234567\n"), Ok(Some(1)));
        let long = FeedError::LongRow { file: "f.csv".to_owned(), line: 1, most_bytes: 8 };
        assert_eq!(read(b"12345678\n").unwrap_err(), long);
        assert_eq!(read(b"\"123\n456\n789\"\n").unwrap_err(), long, "over several lines");
        let endless =
            Rows::up_to(8, std::io::repeat(b'1'), "f.csv").next_row().map(|row| row.map(|row| row.line));
        assert_eq!(endless.unwrap_err(), long);
    }

    proptest! {
        /// What the csv crate reads is what is read here, whatever the text.
        #[test]
        fn rows_are_those_of_the_csv_crate(text in "[ab,\"\r\n]{0,40}") {
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            if let Ok(rows) = read(text.as_bytes()) {
                let rows: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
                prop_assert_eq!(rows, expected);
            }
        }
    }
}
