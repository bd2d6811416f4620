//! Single arrivals, at the very end: whoever wants to know why looks here.

use super::layout::{shortened, with_label, wrapped};
use super::numbers::{count, ms};
use crate::result::{SampleRecord, Summary};

/// How many of the slowest arrivals are shown.
const SLOWEST: usize = 3;
/// Most characters of an endpoint's name: the table of endpoints has more.
const NAME: usize = 20;

/// The slowest arrivals, and the first failure of each kind.
pub(super) fn samples(summary: &Summary) -> String {
    let samples = &summary.samples;
    if samples.is_empty() {
        return String::new();
    }
    let slow = samples.iter().filter(|sample| sample.kind == "slow").take(SLOWEST);
    let mut lines: String = slow.map(|sample| line("slow", sample)).collect();
    let mut shown = "slow";
    for sample in samples {
        // The records of a kind stand together.
        if sample.kind != shown {
            lines += &line(&sample.kind, sample);
            shown = &sample.kind;
        }
    }
    lines +=
        &wrapped("", &format!("all {} with headers and bodies: --format json", count(samples.len() as u64)));
    with_label("Samples", &lines)
}

fn line(kind: &str, sample: &SampleRecord) -> String {
    let mut text = format!(
        "{kind} at {:.3} s: {} ms = lag {} + wait {} + connect {} + service {}",
        sample.intended_s,
        ms(sample.response_ms),
        ms(sample.send_lag_ms),
        ms(sample.slot_wait_ms),
        ms(sample.connect_ms),
        ms(sample.service_ms)
    );
    let facts = [
        sample.status.map(|status| format!("status {status}")),
        sample.endpoint.as_ref().map(|name| shortened(name, NAME)),
        sample.row.map(|row| format!("row {row}")),
        sample.trace_id.as_ref().map(|id| format!("trace {id}")),
        sample.error.clone(),
    ];
    for fact in facts.into_iter().flatten() {
        text += &format!(", {fact}");
    }
    wrapped("- ", &text)
}
