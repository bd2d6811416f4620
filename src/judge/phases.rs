//! Phases of a run whose rate changes: each is judged by itself, as what is too much in one may be little in another.

use super::conclusion::{self, Concluded};
use super::objective::Slo;
use super::overload::{Overload, Sign};
use crate::measure::Censored;
use crate::result::{Counted, PhaseRun, PhaseSummary, SloResult, Summary};

/// The phases of a run, with what each amounts to.
pub(super) fn judge_phases(summary: &Summary) -> Vec<PhaseSummary> {
    let runs = PhaseRun::all(summary);
    let judged = runs.iter().map(|run| {
        let Concluded { conclusion, evidence, .. } = conclusion::of_phase(run);
        PhaseSummary { result: Some(conclusion), evidence, ..run.figures() }
    });
    judged.collect()
}

/// An objective on one phase; nothing was measured where nothing was due in it.
pub(super) fn judge_objective(slo: &Slo, phase: &str, summary: &Summary) -> SloResult {
    let runs = PhaseRun::all(summary);
    let timeout_ns = (summary.plan.timeout_s * 1e9) as u64;
    match runs.iter().find(|run| run.plan.name == phase) {
        Some(run) => slo.judge(&Counted {
            response: Censored { times: &run.account.response_ok, bad: &run.account.unanswered(timeout_ns) },
            ledger: &run.account.ledger,
            achieved: run.summary.rates.sent_per_s / run.summary.rates.offered_per_s,
            completed_per_s: run.summary.rates.completed_per_s,
        }),
        None => slo.unmeasured(),
    }
}

/// The phase that shows most of an overload, if any does.
pub(super) fn most_overloaded(summary: &Summary) -> Option<(PhaseRun, Vec<Sign>)> {
    let overloads = PhaseRun::all(summary).into_iter().map(|run| {
        let overload = Overload::of_phase(&run);
        (run, overload)
    });
    let overloaded = overloads.filter(|(_, overload)| overload.is_overloaded());
    let most = overloaded.max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score));
    most.map(|(run, overload)| (run, overload.signs))
}

#[cfg(test)]
mod tests {
    use super::{Overload, PhaseRun, Sign};
    use crate::fixture;
    use crate::result::{Conclusion, Figure, ServiceVerdict};

    #[test]
    fn each_phase_is_judged_by_itself() {
        let summary = fixture::phases();
        let results: Vec<_> =
            summary.phases.iter().map(|phase| (phase.plan.name.as_str(), phase.result)).collect();
        assert_eq!(results[0], ("before", Some(Conclusion::KeepingUp)));
        assert_eq!(results[1], ("peak", Some(Conclusion::TooMuch)));
        // It works off what the peak has left behind: nothing grows.
        assert_ne!(results[2], ("after", Some(Conclusion::TooMuch)));
        let peak = &summary.phases[1];
        // 500/s at a capacity of 250/s for 10 s.
        assert!(peak.backlog_end.abs_diff(2_500) < 10 && (peak.ended_per_s - 250.0).abs() < 1.0, "{peak:?}");
        let p50_ms = peak.response.exact(Figure::P50).unwrap();
        assert!((p50_ms / 5_000.0 - 1.0).abs() < 0.02, "the middle arrival waits 5 s: {p50_ms}");
        // What was due in 20 s, and the 2,500 that the peak had left.
        assert!((summary.phases[2].ended_per_s - 225.0).abs() < 1.0, "{:?}", summary.phases[2]);
        let offered: u64 = summary.phases.iter().map(|phase| phase.offered).sum();
        assert_eq!(offered, summary.ledger.planned);
    }

    /// A service that takes a second for each request, however many there are: twice the rate has twice as many under way.
    #[test]
    fn a_backlog_that_rises_with_the_rate_alone_is_no_overload() {
        let mut summary = fixture::changing(&[("ramp", "10", "1000", 60)], 2_000, Vec::new());
        summary.latency.service.set(Figure::Min, Some(1_000.0));
        summary.series.iter_mut().for_each(|row| {
            row.in_flight = row.offered;
            row.response_p50_ms = Some(1_000.0);
        });
        assert!(!Overload::of(&summary).is_overloaded(), "{:?}", Overload::of(&summary));
        let steady = PhaseRun::all(&summary).remove(0).summary;
        assert!(Overload::of(&steady).is_overloaded(), "at a rate that does not change it would be");
    }

    /// It is worked off before the end, and those who came meanwhile waited for seconds.
    #[test]
    fn a_peak_in_the_middle_of_a_phase_is_seen_and_a_standstill_is_no_peak() {
        let hill = |to: &'static str| {
            let phases = [("day", "10", to, 30), ("day", to, "10", 30)];
            let mut plan = fixture::changing(&phases, 500, Vec::new());
            // One phase that goes up and down.
            let mut whole = plan.plan.phases[0].clone();
            (whole.duration_s, whole.to_per_s) = (60.0, 10.0);
            plan.plan.phases = vec![whole];
            plan
        };
        let overloaded = Overload::of(&hill("700"));
        assert!(matches!(overloaded.signs[..], [Sign::BacklogGrew { to }] if to > 1_000.0), "{overloaded:?}");
        assert!(!Overload::of(&hill("480")).is_overloaded());
        let mut stalled = hill("480");
        // Nothing is answered for 4 s, and what came meanwhile takes 4 s more.
        for (place, row) in
            stalled.series.iter_mut().enumerate().filter(|(place, _)| (30..38).contains(place))
        {
            row.in_flight = 400 * (4 - (34_i64 - place as i64).unsigned_abs());
            row.response_p50_ms = Some(2_000.0);
        }
        assert!(!Overload::of(&stalled).is_overloaded(), "{:?}", Overload::of(&stalled));
    }

    #[test]
    fn what_is_too_much_in_one_phase_is_said_of_it() {
        let summary = fixture::phases();
        let verdict = &summary.verdict;
        assert_eq!((verdict.result, verdict.service), (Some(Conclusion::TooMuch), ServiceVerdict::Saturated));
        assert!(verdict.evidence.contains("in `peak`: 249.9 of 500.0/s"), "{}", verdict.evidence);
        assert!(verdict.reasons.iter().any(|reason| reason.text.contains("in the phase `peak`")));
        assert!(summary.intervals.is_empty(), "seconds are not alike");
    }

    #[test]
    fn an_objective_may_be_on_one_phase() {
        let summary = fixture::phases();
        let passed: Vec<_> = summary.slos.iter().map(|slo| slo.passed).collect();
        assert_eq!(passed, [true, true, false, false], "{:?}", summary.slos);
        assert_eq!(summary.slos[3].measured, crate::measure::Measured::Unknown, "there is no such phase");
    }

    #[test]
    fn a_rate_that_rises_is_no_overload_until_the_service_falls_behind() {
        let judged = |capacity| fixture::changing(&[("ramp", "10", "1000", 60)], capacity, Vec::new());
        let enough = judged(2_000).verdict;
        assert_eq!(enough.result, Some(Conclusion::KeepingUp), "{}", enough.evidence);
        let too_little = judged(500).verdict;
        assert_eq!(too_little.result, Some(Conclusion::TooMuch), "{}", too_little.evidence);
        assert!(too_little.next.contains("about 500"), "{}", too_little.next);
        let down = fixture::changing(&[("down", "1000", "10", 60)], 2_000, Vec::new()).verdict;
        assert_eq!(down.result, Some(Conclusion::KeepingUp), "{}", down.evidence);
    }
}
