//! Runs in which the work was not done: from the beginning, or from some instant on.

use super::{Concluded, words};
use crate::result::{Conclusion, SeriesRow, Summary};

/// Fewest requests sent and not answered that show that nothing came any more.
const FEWEST_UNANSWERED: u64 = 5;
/// Share of the time that the first unanswered requests had, beyond which the answers before them were already as slow: a
/// queue that grew to the timeout is no death.
const SLOW_BEFORE: f64 = 0.3;

/// Whether there was no good answer at all.
pub(super) fn not_tested(summary: &Summary) -> Option<Concluded> {
    let ledger = &summary.ledger;
    if ledger.offered() == 0 {
        let (evidence, next) = match summary.interrupted {
            true => ("interrupted before the first request was due", ""),
            false => ("no request was due", "try a longer --duration, or a higher --rate"),
        };
        return Some(Concluded::new(Conclusion::NotTested, evidence, next));
    }
    // What was never sent is the client's matter; what was answered in the warm-up died afterwards.
    let lived = summary.warmup.as_ref().is_some_and(|warmup| warmup.ledger.ok > 0);
    let has_evidence = ledger.sent > ledger.unfinished || !summary.interrupted;
    if ledger.ok > 0 || ledger.sent == 0 || lived && ledger.completed() == 0 || !has_evidence {
        return None;
    }
    let evidence = match (summary.status_codes.len(), ledger.completed() == ledger.sent) {
        (1, true) if ledger.unexpected_body == ledger.sent => {
            format!("every answer was {}, and none as expected", words::statuses(summary))
        }
        (1, true) => format!("every answer was {}", words::statuses(summary)),
        _ => format!("no good answer to {} {}s: {}", ledger.sent, summary.noun(), words::faults(summary)),
    };
    Some(Concluded::new(Conclusion::NotTested, evidence, words::remedy_of_faults(summary)))
}

/// Whether there was no answer from some instant on.
pub(super) fn died(summary: &Summary) -> Option<Concluded> {
    let interval_s = summary.plan.series_interval_s;
    let rows = &summary.series;
    let answered = rows.iter().rposition(|row| row.completed > 0);
    let after = &rows[answered.map_or(0, |row| row + 1)..];
    let unanswered = after.iter().fold(0_u64, |sum, row| sum.saturating_add(row.sent));
    // Of the last interval of a run that was cut short, answers may have been on their way.
    let too_short = after.len() <= usize::from(summary.interrupted);
    if unanswered < FEWEST_UNANSWERED || too_short {
        return None;
    }
    let at_s = answered.map_or(0.0, |row| end_of_answers(&rows[row], interval_s));
    let had_s = summary.plan.timeout_s.min(summary.rates.window_s - at_s + summary.plan.drain_s);
    let before_ms = answered.and_then(|row| slowest_before(&rows[..=row]));
    if before_ms.is_some_and(|before_ms| before_ms / 1e3 > SLOW_BEFORE * had_s) {
        return None;
    }
    let evidence = format!("{} from then on", words::why_unanswered(summary));
    let next = "see the service's own log of that moment";
    Some(Concluded::new(Conclusion::Died, format!("at {at_s:.1} s: {evidence}"), next))
}

/// When answers ceased within an interval, arrivals being about even in it.
fn end_of_answers(row: &SeriesRow, interval_s: f64) -> f64 {
    row.t_s + interval_s * row.completed as f64 / row.sent.max(1) as f64
}

/// The median response time shortly before the end, in the last interval of which it is known.
fn slowest_before(rows: &[SeriesRow]) -> Option<f64> {
    rows.iter().rev().take(2).filter_map(|row| row.response_p50_ms).reduce(f64::max)
}
