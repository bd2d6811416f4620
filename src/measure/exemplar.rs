//! Single arrivals that are worth looking at: the slowest, and some of each kind of failure.

/// What is known of an arrival besides its [`super::Sample`]. It may hold secrets: it is redacted before it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Detail {
    /// Its place in the sequence that the workload knows: what it sent can be made again from it.
    pub sequence: u64,
    /// The data row that the request was made from, counted from 1.
    pub row: Option<u64>,
    /// Its trace id (W3C Trace Context).
    pub trace_id: Option<u128>,
    /// The headers of the answer, as many as are worth keeping.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The beginning of the body of the answer.
    pub body: Vec<u8>,
    /// Why it failed, in words, redacted.
    pub error: Option<String>,
}
