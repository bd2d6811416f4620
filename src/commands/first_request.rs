//! The request before the load: whether there is anything to load, and what is wrong if there is not.

use crate::judge::remedy_of_faults;
use crate::measure::ErrorKind;
use crate::result::{SampleRecord, Summary};

/// How often it is tried: a service that turns away every fourth request is worth loading.
pub(super) const TRIES: u32 = 3;
/// Lines of the answer's body that are shown, and characters of each.
const LINES: usize = 5;
const COLUMNS: usize = 160;
/// What to do where a plain request is cut off or answered in another language.
const TLS_HINT: &str = "is the port right? If it speaks TLS, write https://";

/// Whether another try may end otherwise, and soon: an answer that took the whole timeout would again.
pub(super) fn is_worth_another_try(summary: &Summary) -> bool {
    summary.ledger.timeout == 0 && summary.ledger.unfinished == 0
}

/// Why the target is not loaded: what came, its first lines (redacted as everywhere), and what to do. `is_tls`: whether the
/// connections are encrypted.
pub(super) fn refusal(summary: &Summary, tries: u32, is_tls: bool) -> String {
    let sample = bad_sample(summary);
    let which =
        if tries > 1 { format!("the first {tries} requests") } else { "the first request".to_owned() };
    let step = sample.and_then(|sample| sample.step.as_ref());
    let step = step.map_or_else(String::new, |step| format!(" in the step `{step}`"));
    let mut text = format!("{which} got no good answer{step}: {}", what_came(summary, sample));
    for line in sample
        .iter()
        .flat_map(|sample| sample.body.lines())
        .filter(|line| !line.trim().is_empty())
        .take(LINES)
    {
        text += "\n  | ";
        text.extend(line.chars().take(COLUMNS).map(|c| if c.is_control() { ' ' } else { c }));
    }
    text + "\n" + &remedy(summary, is_tls) + "; or --no-check to load it as it is"
}

/// What is wrong with the answer to one request, and what to do.
pub(super) fn verdict(summary: &Summary, is_tls: bool) -> String {
    format!("no good answer: {}\n{}", what_came(summary, bad_sample(summary)), remedy(summary, is_tls))
}

fn what_came(summary: &Summary, sample: Option<&SampleRecord>) -> String {
    let kind = summary.errors.first().map(|error| error.kind);
    let in_words = sample.and_then(|sample| sample.error.as_deref());
    // A good answer that lacks what a later step needs.
    if let (Some(lacking), Some(status)) = (in_words, sample.and_then(|sample| sample.status)) {
        return format!("{status}, but {lacking}");
    }
    match (sample.and_then(|sample| sample.status), kind) {
        (Some(status), _) if summary.ledger.unexpected_body > 0 => {
            format!("{status}, but not with the body that is expected")
        }
        (Some(status), _) => {
            let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
            reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
        }
        (None, Some(ErrorKind::Protocol)) if in_words.is_some_and(is_another_protocol) => {
            "what answers there is not HTTP".to_owned()
        }
        (None, Some(ErrorKind::Protocol)) => {
            format!("it is not valid HTTP: {}", in_words.unwrap_or("it cannot be read"))
        }
        (None, Some(kind)) => in_words.unwrap_or(kind.describe()).to_owned(),
        (None, None) => "no answer in time".to_owned(),
    }
}

fn remedy(summary: &Summary, is_tls: bool) -> String {
    let kind = summary.errors.first().map(|error| error.kind);
    let sample = bad_sample(summary);
    let has_begun = sample.is_some_and(|sample| !sample.body.is_empty());
    let in_words = sample.and_then(|sample| sample.error.as_deref());
    match kind {
        Some(ErrorKind::Protocol) if in_words.is_some_and(is_another_protocol) && !is_tls => {
            TLS_HINT.to_owned()
        }
        Some(ErrorKind::Closed | ErrorKind::Reset) if !is_tls && !has_begun => TLS_HINT.to_owned(),
        Some(ErrorKind::Protocol) => "see the service's own log".to_owned(),
        _ => remedy_of_faults(summary).to_owned(),
    }
}

/// hyper's words for an answer that does not begin as one of HTTP/1.
fn is_another_protocol(words: &str) -> bool {
    words.contains("invalid HTTP version")
}

/// What the request got that was not good.
fn bad_sample(summary: &Summary) -> Option<&SampleRecord> {
    summary.samples.iter().find(|sample| sample.kind != "slow")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Summary {
        let mut summary = crate::fixture::freeze();
        summary.errors.clear();
        let sample = SampleRecord {
            kind: format!("http_{status}"),
            index: 0,
            intended_s: 0.0,
            response_ms: 1.0,
            send_lag_ms: 0.0,
            slot_wait_ms: 0.0,
            connect_ms: 0.0,
            service_ms: 1.0,
            first_byte_ms: Some(1.0),
            status: Some(status),
            endpoint: None,
            step: None,
            row: None,
            trace_id: None,
            headers: Vec::new(),
            body: body.to_owned(),
            body_truncated: false,
            error: None,
        };
        summary.samples = vec![sample];
        summary.ledger = crate::measure::Ledger { planned: 1, sent: 1, http_error: 1, ..Default::default() };
        summary.status_codes = [(status.to_string(), 1)].into_iter().collect();
        summary
    }

    #[test]
    fn a_refusal_says_what_came_and_what_to_do() {
        let text = refusal(&answered(401, "{\"error\":\n\n\"no token\u{1b}[31m\"}"), 1, false);
        assert_eq!(
            text,
            "the first request got no good answer: 401 Unauthorized\n  | {\"error\":\n  | \"no token [31m\"}\ngive what it asks \
             for: -H 'Authorization: ...', or --tokens FILE; or --no-check to load it as it is"
        );
        assert!(
            refusal(&answered(302, ""), 3, true)
                .contains("the first 3 requests got no good answer: 302 Found\ngive the URL")
        );
    }

    #[test]
    fn a_body_of_any_length_stays_short() {
        let text = refusal(&answered(500, &"x\n".repeat(1_000)), 1, false);
        assert_eq!(text.lines().count(), 1 + LINES + 1);
        assert!(refusal(&answered(500, &"x".repeat(9_000)), 1, false).lines().all(|line| line.len() < 200));
    }
}
