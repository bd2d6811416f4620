//! The lines of a file, one at a time.

use std::io::{BufRead, BufReader, Read};

use super::problem::RecordingProblem;

/// The longest line, in bytes: it holds a whole body, and so many rows are read ahead.
pub(super) const LINE_MAX: u64 = 4 << 20;

/// Bytes read at once.
const CHUNK: usize = 1 << 18;

/// Reads and holds one line at a time.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// The number of the line, from 1.
    pub(super) number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(CHUNK, input), line: Vec::new(), number: 0 }
    }

    /// The next line that is not blank, without its end; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<&str>, RecordingProblem> {
        loop {
            self.line.clear();
            let read = self.input.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut self.line);
            self.number += 1;
            match read {
                Err(error) => return Err(RecordingProblem::Read(error.kind())),
                Ok(0) => return Ok(None),
                Ok(length) if length as u64 > LINE_MAX => return Err(RecordingProblem::Line),
                Ok(_) if self.line.trim_ascii().is_empty() => {}
                Ok(_) => break,
            }
        }
        let text = std::str::from_utf8(&self.line).map_err(|_| RecordingProblem::Utf8)?;
        // Some editors begin a file with a byte order mark.
        Ok(Some(text.trim_start_matches('\u{feff}').trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_blank_ones_left_out() {
        let mut lines = Lines::new(&b"\xEF\xBB\xBFa\r\n\n \nb"[..]);
        assert_eq!((lines.next().unwrap().map(str::to_owned), lines.number), (Some("a".to_owned()), 1));
        assert_eq!((lines.next().unwrap().map(str::to_owned), lines.number), (Some("b".to_owned()), 4));
        assert_eq!(lines.next(), Ok(None));
        assert_eq!(Lines::new(&b"\xFF"[..]).next(), Err(RecordingProblem::Utf8));
        assert_eq!(Lines::new(std::io::repeat(b'x')).next(), Err(RecordingProblem::Line), "it has no end");
    }
}
