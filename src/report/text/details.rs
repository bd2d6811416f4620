//! Objectives, and what to look at when the figures above are not what was expected.

use super::super::Style;
use super::brief;
use super::connections::connections;
use super::layout::{Tone, labelled, paint, with_label, wrapped};
use super::numbers::{count, counted, ms, seconds};
use crate::result::{Figure, SloResult, Summary};

/// One line for each objective.
pub(super) fn objectives(summary: &Summary, style: &Style) -> String {
    let width = summary.slos.iter().map(|slo| slo.slo.chars().count()).max().unwrap_or(0);
    let line = |(i, result): (usize, &SloResult)| {
        let verdict = if result.passed {
            paint("ok    ", Tone::Good, style)
        } else {
            paint("FAILED", Tone::Bad, style)
        };
        let label = if i == 0 { "Objectives" } else { "" };
        labelled(label, &format!("{verdict}  {:width$}  {}", result.slo, brief::measured(result)))
    };
    summary.slos.iter().enumerate().map(line).collect()
}

/// Status codes, failures, what the requests were made from, connections and the warm-up.
pub(super) fn details(summary: &Summary) -> String {
    statuses(summary) + &errors(summary) + &traffic(summary) + &connections(summary) + &warmup(summary)
}

fn statuses(summary: &Summary) -> String {
    if summary.status_codes.is_empty() {
        return String::new();
    }
    let codes: Vec<String> =
        summary.status_codes.iter().map(|(status, n)| format!("{} x {status}", count(*n))).collect();
    with_label("Status", &wrapped("", &codes.join(", ")))
}

fn errors(summary: &Summary) -> String {
    let lines: String = summary
        .errors
        .iter()
        .map(|error| {
            let words = error.kind.describe();
            let example = if error.example.is_empty() || error.example == words {
                String::new()
            } else {
                format!("; the first: {}", error.example)
            };
            wrapped("", &format!("{} x {words}{example}", count(error.count)))
        })
        .collect();
    if lines.is_empty() { lines } else { with_label("Failures", &lines) }
}

/// Tokens, data and addresses in rotation, where there were any.
fn traffic(summary: &Summary) -> String {
    let traffic = &summary.plan.traffic;
    let mut parts = Vec::new();
    if traffic.tokens > 0 {
        parts.push(counted(traffic.tokens, "token"));
    }
    if traffic.data_rows > 0 {
        parts.push(counted(traffic.data_rows, "data row"));
    }
    if traffic.addresses > 1 {
        parts.push(format!("{} addresses", count(traffic.addresses)));
    }
    if parts.is_empty() {
        return String::new();
    }
    with_label("Rotation", &wrapped("", &parts.join(", ")))
}

fn warmup(summary: &Summary) -> String {
    let Some(warmup) = &summary.warmup else { return String::new() };
    let mut text = format!(
        "{}, {} sent, {} ok",
        seconds(summary.plan.warmup_s),
        count(warmup.ledger.sent),
        count(warmup.ledger.ok)
    );
    if let Some(p99) = warmup.response_ok.exact(Figure::P99) {
        text += &format!(", response p99 {} ms over good answers", ms(p99));
    }
    with_label("Warm-up", &wrapped("", &(text + "; part of no figure above")))
}
