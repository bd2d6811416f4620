//! What is known of a single arrival that is worth looking at.

use std::fmt;

use http::header::HeaderValue;

/// Most headers kept of an answer.
const MAX_HEADERS: usize = 64;
/// Most bytes kept of one header's value, and of the body.
pub(crate) const MAX_KEPT_BYTES: usize = 1_024;

/// What is known of an arrival besides its [`super::Sample`]. It may hold secrets: it is redacted before it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Detail {
    /// Its place in the sequence that the workload knows: what it sent can be made again from it.
    pub sequence: u64,
    /// The step that it ended with: its place among the steps of all sessions.
    pub step: Option<u32>,
    /// The data row that the request was made from, counted from 1.
    pub row: Option<u64>,
    /// Its trace id (W3C Trace Context).
    pub trace_id: Option<u128>,
    /// The token that it was sent with.
    pub token: Option<HeaderValue>,
    /// The headers of the answer, as many as are worth keeping.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The beginning of the body of the answer.
    pub body: Vec<u8>,
    /// Bytes of that body, where the arrival has read more than that.
    pub body_bytes: Option<u64>,
    /// Why it failed, in words, redacted.
    pub error: Option<String>,
}

/// Of a request, what tells which secrets an answer may repeat.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent<'d> {
    /// Its place in the sequence.
    pub sequence: u64,
    /// The token that it was sent with: there may be others by now.
    pub token: Option<&'d HeaderValue>,
}

impl Detail {
    /// What was sent.
    pub(crate) fn sent(&self) -> Sent<'_> {
        Sent { sequence: self.sequence, token: self.token.as_ref() }
    }

    /// No more of the answer than a result may hold: 64 headers, 1 KiB of each value and of the body.
    pub(super) fn bounded(mut self) -> Self {
        self.headers.truncate(MAX_HEADERS);
        self.headers.iter_mut().for_each(|(_, value)| value.truncate(MAX_KEPT_BYTES));
        self.body.truncate(MAX_KEPT_BYTES);
        self
    }
}

/// Names what there is, never what it says.
impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detail")
            .field("sequence", &self.sequence)
            .field("row", &self.row)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Makes what may be shown of an answer. The room that knows what the requests held knows what is secret.
pub trait Redact {
    /// What may be shown of a header's value.
    fn header(&self, sent: Sent<'_>, name: &str, value: &[u8]) -> String;

    /// What may be shown of the beginning of the answer.
    fn body(&self, sent: Sent<'_>, bytes: &[u8]) -> String;
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Withhold;

impl Redact for Withhold {
    fn header(&self, _sent: Sent<'_>, _name: &str, _value: &[u8]) -> String {
        "***".to_owned()
    }

    fn body(&self, _sent: Sent<'_>, _bytes: &[u8]) -> String {
        "***".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_a_detail_by_accident_tells_nothing() {
        let detail = Detail {
            sequence: 7,
            step: None,
            body_bytes: None,
            row: Some(3),
            trace_id: Some(1),
            token: None,
            headers: vec![("set-cookie".to_owned(), b"hunter2".to_vec())],
            body: b"hunter2".to_vec(),
            error: Some("hunter2".to_owned()),
        };
        let text = format!("{detail:?} {:?}", detail.headers.len());
        let bytes = format!("{:?}", b"hunter2");
        assert!(!text.contains("hunter2") && !text.contains(bytes.trim_matches(['[', ']'])), "{text}");
    }

    #[test]
    fn an_answer_is_kept_only_so_far() {
        let detail = Detail {
            sequence: 0,
            step: None,
            body_bytes: None,
            row: None,
            trace_id: None,
            token: None,
            headers: (0..100).map(|i| (format!("x-{i}"), vec![b'a'; 5_000])).collect(),
            body: vec![b'a'; 5_000],
            error: None,
        }
        .bounded();
        assert_eq!((detail.headers.len(), detail.headers[63].1.len(), detail.body.len()), (64, 1_024, 1_024));
    }
}
