//! From what was counted to the judged result.

use super::conclusion::{Concluded, conclude};
use super::generator::judge_generator;
use super::intervals::intervals_of;
use super::objective::Slo;
use super::phases::{judge_objective, judge_phases};
use super::service::judge_service;
use crate::measure::{Account, Censored, Recorder, Redact};
use crate::result::{Counted, Reason, RunFacts, Summary, SummaryError, Verdict};

/// The result of a run, with its verdict and its objectives. `recorder` is the merged account of all workers; `redact`
/// decides what may be shown of the answers that were kept.
///
/// # Errors
/// [`SummaryError`] when the ledger, or that of an endpoint, does not add up: then there is no result.
pub fn sum_up(
    facts: RunFacts,
    slos: &[Slo],
    recorder: &Recorder,
    redact: &dyn Redact,
) -> Result<Summary, SummaryError> {
    let summary = Summary::unjudged(facts, recorder, redact)?;
    Ok(judge(summary, slos, &recorder.total()))
}

/// The same of a run that goes on: without what takes long, the intervals of percentiles.
///
/// # Errors
/// As [`sum_up`].
pub(crate) fn sum_up_so_far(
    facts: RunFacts,
    slos: &[Slo],
    recorder: &Recorder,
    redact: &dyn Redact,
) -> Result<Summary, SummaryError> {
    let summary = Summary::unjudged(facts, recorder, redact)?;
    Ok(weigh(summary, slos, &recorder.total()))
}

/// Judges what was counted. `total` is the account that the summary was made of.
pub(crate) fn judge(mut summary: Summary, slos: &[Slo], total: &Account) -> Summary {
    summary.intervals = intervals_of(&summary);
    weigh(summary, slos, total)
}

/// Weighs the evidence.
fn weigh(mut summary: Summary, slos: &[Slo], total: &Account) -> Summary {
    let timeout_ns = (summary.plan.timeout_s * 1e9) as u64;
    let rates = &summary.rates;
    let counted = Counted {
        response: Censored { times: &total.response_ok, bad: &total.unanswered(timeout_ns) },
        ledger: &total.ledger,
        achieved: rates.sent_per_s / rates.offered_per_s,
        completed_per_s: rates.throughput_per_s(summary.plan.mode, &total.ledger),
    };
    summary.slos = slos
        .iter()
        .map(|slo| match slo.phase() {
            None => slo.judge(&counted),
            Some(phase) => judge_objective(slo, phase, &summary),
        })
        .collect();
    summary.phases = judge_phases(&summary);
    let (generator, on_generator) = judge_generator(&summary);
    let (service, on_service) = judge_service(&summary, generator);
    let reasons = on_generator.into_iter().map(Reason::from).chain(on_service);
    summary.verdict = Verdict { generator, service, reasons: reasons.collect(), ..Verdict::default() };
    let Concluded { conclusion, evidence, next } = conclude(&summary);
    summary.verdict = Verdict { result: Some(conclusion), evidence, next, ..summary.verdict };
    summary
}
