//! What an exchange amounts to: samples, and the details that are kept of a few.

use http::header::RETRY_AFTER;

use super::ticket::Ticket;
use crate::measure::{Detail, HttpFault, Outcome, Sample};
use crate::request::{BodyWatch, Expectation};
use crate::transport::Answer;

/// How many headers are kept of a sample, and how much of each.
const HEADERS_KEPT: usize = 64;
const HEADER_VALUE_KEPT: usize = 1_024;

/// The details of a request that was not sent, or of which nothing came back yet.
pub(super) fn nothing_sent(ticket: &Ticket) -> Detail {
    let sequence = ticket.sequence;
    Detail {
        sequence,
        step: None,
        body_bytes: None,
        row: None,
        trace_id: None,
        token: None,
        headers: Vec::new(),
        body: Vec::new(),
        error: None,
    }
}

pub(super) fn headers_of(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    let kept = |value: &[u8]| value[..value.len().min(HEADER_VALUE_KEPT)].to_vec();
    let headers = answer.headers.iter().take(HEADERS_KEPT);
    headers.map(|(name, value)| (name.as_str().to_owned(), kept(value.as_bytes()))).collect()
}

pub(super) fn answered(
    ticket: &Ticket,
    answer: &Answer,
    expectation: &Expectation,
    watch: &mut BodyWatch,
) -> Sample {
    let retry_after = answer.headers.contains_key(RETRY_AFTER);
    let outcome = expectation.judge(answer.status, retry_after, watch.is_good());
    let timeline = Some(ticket.timeline(Some(answer.first_byte_ns), answer.end_ns, answer.receive_lag_ns));
    let body_bytes = answer.body_bytes;
    Sample { slot: ticket.slot, endpoint: ticket.route.endpoint, outcome, timeline, body_bytes }
}

/// Why an answer is not good that does not hold what a later request needs.
pub(super) fn missing(name: &str) -> String {
    format!("the answer holds no value for {{{name}}}, or none that a request can hold")
}

/// An answer that is not good for a reason that is given in words: a good one is then not as expected. And that reason.
pub(super) fn lacking(sample: Sample, words: &str) -> (Sample, Option<String>) {
    let outcome = match sample.outcome {
        Outcome::Ok { status } => Outcome::HttpError { status, fault: HttpFault::Body },
        other => other,
    };
    (Sample { outcome, ..sample }, Some(words.to_owned()))
}

pub(super) fn failed(ticket: &Ticket, outcome: Outcome, now_ns: u64) -> Sample {
    let timeline = Some(ticket.timeline(None, now_ns, None));
    Sample { slot: ticket.slot, endpoint: ticket.route.endpoint, outcome, timeline, body_bytes: 0 }
}
