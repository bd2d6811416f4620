//! What a run amounts to: one word, the evidence for it in one sentence, and what to try next.
//!
//! The questions are asked in an order in which each answer makes the later ones idle: was the work done at all, did the
//! client do its part, did the service live to the end, does it fall behind, and is what it answers good?

mod ended;
mod limit;
mod words;

pub(crate) use words::remedy_of_faults;

use super::drift::Drift;
use super::generator::judge_generator;
use super::overload::Observed;
use super::reasons::named;
use crate::result::{Conclusion, GeneratorVerdict, Mode, PhaseRun, Summary};

/// Share of the arrivals without a good answer from which on a service fails.
const FAILING: f64 = 0.01;

/// What a run amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Concluded {
    /// In a word.
    pub conclusion: Conclusion,
    /// The evidence for it, in one sentence.
    pub evidence: String,
    /// What to try next; empty where nothing is left to try.
    pub next: String,
}

impl Concluded {
    fn new(conclusion: Conclusion, evidence: impl Into<String>, next: impl Into<String>) -> Self {
        Self { conclusion, evidence: evidence.into(), next: next.into() }
    }
}

/// What a run with its verdicts amounts to.
pub(crate) fn conclude(summary: &Summary) -> Concluded {
    incomplete(summary)
        .or_else(|| ended::not_tested(summary))
        .or_else(|| client_limit(summary))
        .or_else(|| ended::died(summary))
        .or_else(|| limit::falls_behind(summary))
        .or_else(|| failing(summary))
        .or_else(|| limit::cannot_tell(summary))
        .unwrap_or_else(|| answered(summary))
}

/// What a phase of a run amounts to. What is known of the client and of the service's death is known of the run.
pub(super) fn of_phase(run: &PhaseRun) -> Concluded {
    let failing = || {
        let ledger = &run.account.ledger;
        let share = super::reasons::share(ledger.planned - ledger.ok, ledger.planned);
        let evidence = format!("{} of the requests got no good answer", words::percent(share));
        (share > FAILING).then(|| Concluded::new(Conclusion::Failing, evidence, ""))
    };
    limit::falls_behind_in(run)
        .or_else(failing)
        .or_else(|| limit::cannot_tell_in(run))
        .unwrap_or_else(|| answered(&run.summary))
}

/// What is not there cannot be judged.
fn incomplete(summary: &Summary) -> Option<Concluded> {
    let merged = summary.merged.as_ref()?;
    if merged.missing.is_empty() || merged.is_allowed_to_miss {
        return None;
    }
    let shards = if merged.missing.len() == 1 { "shard" } else { "shards" };
    let evidence =
        format!("of {} shards the results of {shards} {} are missing", merged.count, named(&merged.missing));
    let next = "give their results too, or accept it without them: rpsbench merge --allow-missing";
    Some(Concluded::new(Conclusion::Incomplete, evidence, next))
}

fn client_limit(summary: &Summary) -> Option<Concluded> {
    if summary.verdict.generator != GeneratorVerdict::Invalid {
        return None;
    }
    let (_, reasons) = judge_generator(summary);
    let (evidence, next) = words::client_limit(reasons.first()?);
    Some(Concluded::new(Conclusion::ClientLimit, evidence, next))
}

fn failing(summary: &Summary) -> Option<Concluded> {
    let ledger = &summary.ledger;
    // What an interrupt cut off was not answered badly.
    let cut_off = if summary.interrupted { ledger.unfinished } else { 0 };
    let bad = ledger.sent.saturating_sub(ledger.ok).saturating_sub(cut_off).saturating_add(ledger.overflow);
    let share = super::reasons::share(bad, ledger.offered());
    (share > FAILING).then(|| {
        let evidence = format!(
            "{} of the {}s got no good answer: {}",
            words::percent(share),
            summary.noun(),
            words::faults(summary)
        );
        Concluded::new(Conclusion::Failing, evidence, words::remedy_of_faults(summary))
    })
}

/// Nothing speaks against it.
fn answered(summary: &Summary) -> Concluded {
    let rates = &summary.rates;
    if summary.plan.mode == Mode::Closed {
        let users = summary.plan.concurrency.unwrap_or_default();
        let evidence = format!(
            "{users} users got {} answers a second; a closed loop cannot tell whether the service holds a rate",
            words::rate(rates.throughput_per_s(Mode::Closed, &summary.ledger))
        );
        let next = format!(
            "try an open loop at less than that: --rate {}",
            words::rounded_down(0.8 * rates.throughput_per_s(Mode::Closed, &summary.ledger))
        );
        return Concluded::new(Conclusion::ClosedLoop, evidence, next);
    }
    let phases = match PhaseRun::all(summary).len() {
        0 | 1 => String::new(),
        phases => format!(", in each of {phases} phases"),
    };
    let evidence = format!(
        "{} of {}/s answered{phases}, {} under way at the end",
        words::rate(rates.completed_per_s),
        words::rate(rates.offered_per_s),
        words::count(summary.queueing.in_flight_end.saturating_add(summary.queueing.queued_end))
    );
    let next = if summary.plan.speed.is_some() && summary.slos.iter().all(|slo| slo.passed) {
        "replay it faster (--speed), or `rpsbench sweep` for a constant rate"
    } else if summary.slos.iter().all(|slo| slo.passed) {
        "try a higher rate, or `rpsbench sweep` for the highest that holds"
    } else {
        "see --details for the seconds that were slow, or try a lower rate"
    };
    Concluded::new(Conclusion::KeepingUp, evidence, next)
}

/// The growth of the backlog beyond what the fastest answer explains.
fn drift_of(summary: &Summary) -> Option<Drift> {
    Drift::of(&Observed::of(summary).backlog, summary.plan.series_interval_s)
}

#[cfg(test)]
mod tests;
