//! What one trial says of its load.

use super::Vote;
use crate::measure::{GeneratorVerdict, ServiceVerdict, SloResult, Summary};

/// The vote of a trial and its evidence in words, such as `p99 612 ms, SLO p99<500ms; backlog +14.2/s`.
///
/// A trial passes two gates before its objectives count. Where the generator missed its schedule, or the run was cut
/// short, it is void. Where the service fell behind it is bad, even if the objectives were kept: a short trial hides in
/// a queue that only begins to grow. The objectives themselves are judged over all planned arrivals, see
/// [`Slo::judge`](crate::measure::Slo::judge), so that errors, timeouts and what was never sent count against them.
pub fn vote(summary: &Summary) -> (Vote, String) {
    if summary.verdict.generator == GeneratorVerdict::Invalid {
        let reasons: Vec<&str> = summary.verdict.reasons_on_generator().collect();
        return (Vote::Void, reasons.join("; "));
    }
    if summary.interrupted {
        return (Vote::Void, "cut short".to_owned());
    }
    let saturated = summary.verdict.service == ServiceVerdict::Saturated;
    let missed = summary.slos.iter().any(|slo| !slo.passed);
    let mut notes: Vec<String> = summary.slos.iter().map(describe).collect();
    if saturated {
        match summary.queueing.backlog_growth_per_s {
            Some(growth_per_s) if growth_per_s > 0.0 => notes.push(format!("backlog {growth_per_s:+.1}/s")),
            _ => notes.extend(summary.verdict.reasons_on_service().map(str::to_owned)),
        }
    }
    (if saturated || missed { Vote::Bad } else { Vote::Good }, notes.join("; "))
}

/// `p99 612 ms, SLO p99<500ms`.
fn describe(slo: &SloResult) -> String {
    let metric = slo.slo.split(['<', '>']).next().unwrap_or_default().trim();
    let least = if slo.lower_bound { "at least " } else { "" };
    let figure = match slo.measured {
        None => "unknown".to_owned(),
        Some(value) if slo.unit == "ms" && value >= 100.0 => format!("{value:.0} ms"),
        Some(value) if slo.unit == "ms" => format!("{value:.2} ms"),
        Some(value) => format!("{:.2} %", value * 100.0),
    };
    format!("{metric} {least}{figure}, SLO {}", slo.slo)
}
