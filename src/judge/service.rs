//! Did the service keep up with the offered rate? The evidence, weighed.

use super::overload::{Overload, Sign};
use super::phrases::percent;
use crate::result::{Mode, ServiceVerdict, Summary};

/// Whether the service kept up, and the evidence.
pub(super) fn judge_service(summary: &Summary) -> (ServiceVerdict, Vec<String>) {
    let ledger = &summary.ledger;
    let mut reasons = Vec::new();
    if summary.plan.mode == Mode::Closed {
        let reason = "a closed loop sends only as fast as answers come, so it cannot show whether the service keeps up \
                      with a rate";
        return (ServiceVerdict::Unknown, vec![reason.to_owned()]);
    }
    if ledger.offered() == 0 {
        return (
            ServiceVerdict::Unknown,
            vec!["nothing was offered, so nothing is known of the service".to_owned()],
        );
    }
    let overload = Overload::of(summary);
    let backlog_grows = overload.signs.iter().any(|sign| matches!(sign, Sign::BacklogGrows { .. }));
    for sign in overload.signs {
        reasons.push(match sign {
            Sign::Overflow { share } => {
                let cap = summary.plan.max_in_flight;
                format!("{} of the arrivals found the cap of {cap} in flight full", percent(share))
            }
            Sign::Unanswered { answered } => {
                format!("only {} of the requests sent were completely answered", percent(answered))
            }
            Sign::BacklogGrows { .. } => format!(
                "the backlog grew by {:.1} requests a second, to {} at the end: {:.1}/s were completed of {:.1}/s offered",
                summary.queueing.backlog_growth_per_s.unwrap_or(0.0),
                summary.queueing.in_flight_end + summary.queueing.queued_end,
                summary.rates.completed_per_s,
                summary.rates.offered_per_s
            ),
            // The same said twice, where the backlog is known to grow.
            Sign::ResponsesGrow { .. } if backlog_grows => continue,
            Sign::ResponsesGrow { from_s, to_s } => format!(
                "answers became slower all the time: the median was {:.1} ms in the first part of the run and {:.1} ms in \
                 the last",
                from_s * 1e3,
                to_s * 1e3
            ),
        });
    }
    if reasons.is_empty() && ledger.ok == 0 && ledger.completed() > 0 {
        let answers: Vec<String> =
            summary.status_codes.iter().map(|(status, count)| format!("{count} x {status}")).collect();
        let text = format!(
            "not one good answer ({}), so nothing is known of the work that the service should do; are the URL and the \
             request right?",
            answers.join(", ")
        );
        return (ServiceVerdict::Unknown, vec![text]);
    }
    if reasons.is_empty() {
        let rates = &summary.rates;
        let text = format!(
            "no growing backlog: {:.1}/s were completed of {:.1}/s offered, and {} requests were under way at the end",
            rates.completed_per_s, rates.offered_per_s, summary.queueing.in_flight_end
        );
        return (ServiceVerdict::KeepingUp, vec![text]);
    }
    (ServiceVerdict::Saturated, reasons)
}
