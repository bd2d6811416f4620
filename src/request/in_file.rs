//! Where in a file a problem is.

use std::error::Error;
use std::fmt;

/// A problem of a file, and the line it is on. Its text is `FILE, line LINE: PROBLEM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFile<P> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one() {
        assert_eq!([0, 1, 2, 9].map(|place| line_at("a\nb", place)), [1, 1, 2, 2]);
    }
}
