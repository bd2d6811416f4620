//! Looking for a text in what comes in parts.

use bytes::Bytes;

/// Searches for a text while its parts arrive.
#[derive(Debug)]
pub(super) struct TextSearch {
    wanted: Bytes,
    found: bool,
    /// The last bytes that have been seen, fewer than the text has: the text may begin there.
    tail: Vec<u8>,
}

impl TextSearch {
    pub(super) fn new(wanted: Bytes) -> Self {
        Self { wanted, found: false, tail: Vec::new() }
    }

    pub(super) fn wanted(&self) -> &Bytes {
        &self.wanted
    }

    pub(super) fn has_found(&self) -> bool {
        self.found
    }

    /// Takes the next part.
    pub(super) fn part(&mut self, part: &[u8]) {
        if self.found {
            return;
        }
        let overlap = self.wanted.len().saturating_sub(1);
        // The text may lie across the border of two parts.
        self.tail.extend_from_slice(&part[..part.len().min(overlap)]);
        let holds = |text: &[u8]| memchr::memmem::find(text, &self.wanted).is_some();
        self.found = holds(&self.tail) || holds(part);
        if part.len() >= overlap {
            self.tail.clear();
            self.tail.extend_from_slice(&part[part.len() - overlap..]);
        } else {
            let surplus = self.tail.len().saturating_sub(overlap);
            self.tail.drain(..surplus);
        }
    }
}
