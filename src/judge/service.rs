//! Did the service keep up with the offered rate? The evidence, weighed.

use super::overload::{Overload, Sign};
use super::phases::most_overloaded;
use super::reasons::ServiceReason;
use crate::result::{GeneratorVerdict, Mode, Reason, ServiceVerdict, Summary};

/// Whether the service kept up, and the evidence, given what is said of the generator.
pub(super) fn judge_service(summary: &Summary, generator: GeneratorVerdict) -> (ServiceVerdict, Vec<Reason>) {
    let (verdict, reasons) = match most_overloaded(summary) {
        // Of a client that did not do its part nothing is said of the service, whatever a phase shows.
        Some((run, signs)) if generator != GeneratorVerdict::Invalid => {
            let mut reasons: Vec<Reason> =
                saturated(&run.summary, signs).into_iter().map(Reason::from).collect();
            reasons.iter_mut().for_each(|reason| {
                reason.text = format!("in the phase `{}`: {}", run.plan.name, reason.text);
            });
            return (ServiceVerdict::Saturated, reasons);
        }
        _ => judge_whole(summary, generator),
    };
    (verdict, reasons.into_iter().map(Reason::from).collect())
}

fn judge_whole(summary: &Summary, generator: GeneratorVerdict) -> (ServiceVerdict, Vec<ServiceReason>) {
    let (ledger, queueing) = (&summary.ledger, &summary.queueing);
    let (completed_per_s, offered_per_s) = (summary.rates.completed_per_s, summary.rates.offered_per_s);
    if summary.plan.mode == Mode::Closed {
        return (ServiceVerdict::Unknown, vec![ServiceReason::ClosedLoop]);
    }
    if ledger.offered() == 0 {
        return (ServiceVerdict::Unknown, vec![ServiceReason::NothingOffered]);
    }
    // A client that did not do its part has shown nothing of the service.
    if generator == GeneratorVerdict::Invalid {
        return (ServiceVerdict::Unknown, vec![ServiceReason::ClientLimit]);
    }
    let reasons = saturated(summary, Overload::of(summary).signs);
    if !reasons.is_empty() {
        return (ServiceVerdict::Saturated, reasons);
    }
    if ledger.ok == 0 && ledger.completed() > 0 {
        let statuses = summary.status_codes.clone().into_iter().collect();
        return (ServiceVerdict::Unknown, vec![ServiceReason::NoGoodAnswer { statuses }]);
    }
    let in_flight_end = queueing.in_flight_end;
    (
        ServiceVerdict::KeepingUp,
        vec![ServiceReason::KeepingUp { completed_per_s, offered_per_s, in_flight_end }],
    )
}

/// The signs as reasons.
fn saturated(summary: &Summary, signs: Vec<Sign>) -> Vec<ServiceReason> {
    let queueing = &summary.queueing;
    let (completed_per_s, offered_per_s) = (summary.rates.completed_per_s, summary.rates.offered_per_s);
    let backlog_grows = signs.iter().any(|sign| matches!(sign, Sign::BacklogGrows { .. }));
    let reason_of = |sign| match sign {
        Sign::Overflow { share } => Some(ServiceReason::Overflow { share, cap: summary.plan.max_in_flight }),
        Sign::Unanswered { answered } => Some(ServiceReason::Unanswered { answered }),
        Sign::BacklogGrows { .. } => Some(ServiceReason::BacklogGrows {
            per_s: queueing.backlog_growth_per_s.unwrap_or(0.0),
            at_end: queueing.in_flight_end + queueing.queued_end,
            completed_per_s,
            offered_per_s,
        }),
        Sign::BacklogGrew { to } => Some(ServiceReason::BacklogGrew { to }),
        // The same said twice, where the backlog is known to grow.
        Sign::ResponsesGrow { .. } if backlog_grows => None,
        Sign::ResponsesGrow { from_s, to_s } => Some(ServiceReason::ResponsesGrow { from_s, to_s }),
    };
    signs.into_iter().filter_map(reason_of).collect()
}
