//! What one trial says of its load.

use super::Vote;
use crate::judge::BACKLOG_GROWS;
use crate::result::{GeneratorVerdict, ServiceVerdict, SloResult, Subject, Summary, Unit};

/// What a trial says of its load.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// Its vote.
    pub vote: Vote,
    /// How far from the limit the objective is that came off worst; see [`Trial::severity`](super::Trial::severity).
    pub severity: Option<f64>,
    /// The evidence in words.
    pub note: String,
}

/// The vote of a trial and its evidence in words, such as `p99 612 ms, SLO p99<500ms; backlog +14.2/s`.
///
/// A trial passes two gates before its objectives count. Where the generator missed its schedule, or the run was cut
/// short, it is void. Where the service fell behind it is bad, even if the objectives were kept: a short trial hides in
/// a queue that only begins to grow. The objectives themselves are judged over all planned arrivals, see
/// [`Slo::judge`](crate::judge::Slo::judge), so that errors, timeouts and what was never sent count against them.
pub(crate) fn vote(summary: &Summary) -> Judged {
    if summary.verdict.generator == GeneratorVerdict::Invalid {
        let reasons: Vec<&str> = summary.verdict.texts_on(Subject::Generator).collect();
        return void(reasons.join("; "));
    }
    if summary.interrupted {
        return void("cut short".to_owned());
    }
    if summary.ledger.offered() == 0 {
        return void("nothing was offered".to_owned());
    }
    // Not one good answer is no good load either, even where no objective speaks of answers.
    let saturated = summary.verdict.service != ServiceVerdict::KeepingUp;
    let missed = summary.slos.iter().any(|slo| !slo.passed);
    let mut notes: Vec<String> = summary.slos.iter().map(describe).collect();
    if saturated {
        match summary.queueing.backlog_growth_per_s {
            Some(growth_per_s) if summary.verdict.has(BACKLOG_GROWS) => {
                notes.push(format!("backlog {growth_per_s:+.1}/s"));
            }
            _ => notes.extend(summary.verdict.texts_on(Subject::Service).map(str::to_owned)),
        }
    }
    Judged {
        vote: if saturated || missed { Vote::Bad } else { Vote::Good },
        severity: severity(&summary.slos),
        note: notes.join("; "),
    }
}

fn void(note: String) -> Judged {
    Judged { vote: Vote::Void, severity: None, note }
}

/// The largest share lost / share allowed; `None` without objectives, or where one of them is not about a share.
fn severity(slos: &[SloResult]) -> Option<f64> {
    let each: Option<Vec<f64>> =
        slos.iter().map(|slo| slo.loss.map(|loss| loss.share / loss.allowed)).collect();
    each?.into_iter().reduce(f64::max)
}

/// `p99 612 ms, SLO p99<500ms`.
fn describe(slo: &SloResult) -> String {
    let metric = slo.slo.split(['<', '>']).next().unwrap_or_default().trim();
    let least = if slo.measured.is_bound() { "at least " } else { "" };
    let figure = match (slo.measured.least(), slo.unit) {
        (None, _) => "unknown".to_owned(),
        (Some(value), Unit::Ms) if value >= 100.0 => format!("{value:.0} ms"),
        (Some(value), Unit::Ms) => format!("{value:.2} ms"),
        (Some(value), Unit::PerS) => format!("{value:.1}/s"),
        (Some(value), Unit::Share) => format!("{:.2} %", value * 100.0),
    };
    format!("{metric} {least}{figure}, SLO {}", slo.slo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measured;
    use crate::result::{Loss, Reason, Verdict};

    /// A trial with one objective, kept or not, and these verdicts.
    fn trial(passed: bool, generator: GeneratorVerdict, service: ServiceVerdict) -> Summary {
        let mut summary = crate::fixture::freeze();
        let slo = |slo: &str, passed, measured, unit, loss: (f64, f64)| SloResult {
            slo: slo.to_owned(),
            passed,
            measured: Measured::Exact(measured),
            unit,
            loss: Some(Loss { share: loss.0, allowed: loss.1 }),
        };
        summary.slos = vec![
            slo("p99<500ms", passed, 612.3, Unit::Ms, (0.02, 0.01)),
            slo("error_rate<1%", true, 0.0012, Unit::Share, (0.0012, 0.01)),
        ];
        let reason = |code: &str, on, text: &str| Reason { code: code.to_owned(), on, text: text.to_owned() };
        let reasons = vec![
            reason("generator.late", Subject::Generator, "late"),
            reason("service.overflow", Subject::Service, "slow"),
        ];
        summary.verdict = Verdict { generator, service, reasons, ..Verdict::default() };
        summary
    }

    #[test]
    fn an_unstable_service_is_bad_even_where_the_objectives_are_kept() {
        use GeneratorVerdict::{Invalid, Suspect, Valid};
        use ServiceVerdict::{KeepingUp, Saturated, Unknown};
        for (passed, generator, service, expected) in [
            (true, Valid, KeepingUp, Vote::Good),
            (true, Suspect, KeepingUp, Vote::Good),
            (false, Valid, KeepingUp, Vote::Bad),
            (true, Valid, Saturated, Vote::Bad),
            (false, Valid, Saturated, Vote::Bad),
            (true, Valid, Unknown, Vote::Bad),
            (true, Invalid, KeepingUp, Vote::Void),
            (false, Invalid, Saturated, Vote::Void),
        ] {
            let got = vote(&trial(passed, generator, service));
            assert_eq!(got.vote, expected, "{passed} {generator:?} {service:?}: {}", got.note);
        }
        let mut cut = trial(true, Valid, KeepingUp);
        cut.interrupted = true;
        assert_eq!(vote(&cut), void("cut short".to_owned()));
    }

    #[test]
    fn the_note_is_the_evidence() {
        let note = vote(&trial(false, GeneratorVerdict::Valid, ServiceVerdict::Saturated)).note;
        assert_eq!(note, "p99 612 ms, SLO p99<500ms; error_rate 0.12 %, SLO error_rate<1%; slow");
        let mut overload = crate::fixture::overload();
        overload.verdict.generator = GeneratorVerdict::Valid;
        overload.interrupted = false;
        assert!(vote(&overload).note.ends_with("; backlog +78.6/s"), "{:?}", vote(&overload));
        assert_eq!(vote(&trial(false, GeneratorVerdict::Invalid, ServiceVerdict::Saturated)).note, "late");
    }

    #[test]
    fn the_objective_that_came_off_worst_is_the_severity() {
        let mut kept = trial(true, GeneratorVerdict::Valid, ServiceVerdict::KeepingUp);
        assert_eq!(vote(&kept).severity, Some(2.0));
        kept.slos[1].loss = None;
        assert_eq!(vote(&kept).severity, None, "a mean says nothing of a share");
        kept.slos.clear();
        assert_eq!(vote(&kept).severity, None);
    }

    /// The objectives are judged over planned arrivals: the fixture's overload has arrivals that were never sent, and
    /// fewer good answers than a p99 needs.
    #[test]
    fn arrivals_without_a_good_answer_count_against_the_load() {
        let summary = crate::fixture::overload();
        let p99 = summary.slos.iter().find(|slo| slo.slo.starts_with("p99")).unwrap();
        assert!(p99.measured.is_bound() && !p99.passed, "{p99:?}");
    }
}
