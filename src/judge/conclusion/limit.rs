//! Does the service fall behind, and can this run tell?

use super::{Concluded, drift_of, words};
use crate::judge::drift::Drift;
use crate::judge::overload::{Overload, Sign};
use crate::result::{Conclusion, Figure, LatencyStats, Mode, PhaseRun, SeriesRow, Summary};

/// Growth of the backlog, as a share of the rate, that a run must be able to exclude before it is said to keep up.
const RESOLUTION: f64 = 0.01;
/// How many times the idle median the median response must be before a queue is worth a thought.
const WAITS: f64 = 1.5;
/// Fewest requests that must wait on average before a queue is worth a thought.
const FEWEST_WAITING: f64 = 1.0;
/// The part of the run, at its end, in which the median is looked at.
const LAST_PART: f64 = 1.0 / 3.0;
/// The part of the run, at its end, in which a cap that was full once must have been free to be called recovered.
const RECOVERED_PART: f64 = 0.2;
/// How the evidence of a service that falls behind begins.
const FALLS_BEHIND: &str = "the service falls behind: ";
/// What is proposed to whoever ran for a second or two, in seconds.
const SHORT_S: f64 = 10.0;
/// Longest run that is proposed, in seconds.
const LONGEST_S: f64 = 3_600.0;

/// Whether the service falls behind, or seems to; of a run whose rate changes, in which phase it does first.
pub(super) fn falls_behind(summary: &Summary) -> Option<Concluded> {
    if summary.plan.phases.is_empty() {
        return behind(summary, &Overload::of(summary).signs, drift_of(summary));
    }
    PhaseRun::all(summary).iter().find_map(|run| Some(in_phase(run, falls_behind_in(run)?)))
}

/// Whether the service falls behind in one phase, or seems to.
pub(super) fn falls_behind_in(run: &PhaseRun) -> Option<Concluded> {
    let drift = drift_of(&run.summary).filter(|_| run.plan.is_steady());
    let concluded = behind(&run.summary, &Overload::of_phase(run).signs, drift)?;
    if run.plan.is_steady() {
        return Some(concluded);
    }
    // The mean of a rate that changes is no rate to try; what was answered while most was under way is what the service can do.
    let (per_s, when) = ended_at_the_worst(&run.summary);
    let next = format!(
        "it answered about {}/s {when}: find the highest that holds around that, rpsbench sweep",
        words::rate(per_s)
    );
    Some(Concluded { next, ..concluded })
}

/// Requests that ended, per second, in the part of a run that ends with the most under way, and when that was.
fn ended_at_the_worst(summary: &Summary) -> (f64, &'static str) {
    let backlog = |row: &SeriesRow| row.in_flight.saturating_add(row.queued) as f64;
    let rows = &summary.series;
    let part = (rows.len() as f64 * LAST_PART).ceil() as usize;
    let worst = rows.iter().enumerate().max_by(|(_, a), (_, b)| backlog(a).total_cmp(&backlog(b)));
    let until = worst.map_or(0, |(place, _)| place + 1);
    let when = if until + part > rows.len() { "at the end" } else { "before most was under way" };
    let rows = &rows[..until];
    let (before, last) = rows.split_at(rows.len() - part.min(rows.len()));
    let sent: f64 = last.iter().map(|row| row.sent as f64).sum();
    let grown = last.last().map_or(0.0, backlog) - before.last().map_or(0.0, backlog);
    let length_s = last.len().max(1) as f64 * summary.plan.series_interval_s.max(f64::MIN_POSITIVE);
    ((sent - grown).max(0.0) / length_s, when)
}

/// The same, with the phase named.
fn in_phase(run: &PhaseRun, concluded: Concluded) -> Concluded {
    let Concluded { conclusion, evidence, next } = concluded;
    let bare = evidence.strip_prefix(FALLS_BEHIND).unwrap_or(&evidence);
    let behind = if bare.len() < evidence.len() { FALLS_BEHIND.trim_end_matches(": ") } else { "" };
    let evidence = match behind {
        "" => format!("in `{}`: {bare}", run.plan.name),
        behind => format!("{behind} in `{}`: {bare}", run.plan.name),
    };
    // What would be asked for at another rate is asked for in this phase.
    Concluded { conclusion, evidence, next: next.split(", or: ").next().unwrap_or_default().to_owned() }
}

fn behind(summary: &Summary, signs: &[Sign], drift: Option<Drift>) -> Option<Concluded> {
    let grew = signs.iter().find_map(|sign| match sign {
        Sign::BacklogGrew { to } => Some(*to),
        _ => None,
    });
    let grows = grew.is_some()
        || signs.iter().any(|sign| matches!(sign, Sign::BacklogGrows { .. } | Sign::ResponsesGrow { .. }));
    let overflow = signs.iter().find_map(|sign| match sign {
        Sign::Overflow { share } => Some(*share),
        _ => None,
    });
    // A cap that was full for a while and is free again: the service stood still, and did not fall behind.
    let fills_the_cap = overflow.filter(|_| !has_recovered(&summary.series));
    if let Some(share) = fills_the_cap {
        let evidence = format!(
            "{}; {} found the cap of {} full",
            answered_of_offered(summary),
            words::percent(share),
            summary.plan.max_in_flight
        );
        return Some(too_much(summary, evidence));
    }
    if !grows || summary.ledger.sent == 0 {
        return None;
    }
    if drift.is_some_and(|drift| !drift.is_certain()) {
        return Some(cannot(summary));
    }
    if let Some(to) = grew {
        let to = words::count(to.round() as u64);
        return Some(too_much(
            summary,
            format!("{}, and {to} were under way before the end", answered_of_offered(summary)),
        ));
    }
    let under_way = words::count(summary.queueing.in_flight_end.saturating_add(summary.queueing.queued_end));
    let growth =
        drift.map_or_else(String::new, |drift| format!(", {} more each second", words::rate(drift.per_s)));
    Some(too_much(
        summary,
        format!("{}, {under_way} under way at the end{growth}", answered_of_offered(summary)),
    ))
}

/// Whether a run that shows no growth is too short to exclude it.
pub(super) fn cannot_tell(summary: &Summary) -> Option<Concluded> {
    if !summary.plan.phases.is_empty() {
        return PhaseRun::all(summary).iter().find_map(|run| Some(in_phase(run, cannot_tell_in(run)?)));
    }
    cannot_tell_of(summary)
}

/// Whether a phase that shows no growth is too short to exclude it. Where the rate changes, nothing steady is looked for.
pub(super) fn cannot_tell_in(run: &PhaseRun) -> Option<Concluded> {
    if run.plan.is_steady() { cannot_tell_of(&run.summary) } else { None }
}

fn cannot_tell_of(summary: &Summary) -> Option<Concluded> {
    if summary.plan.mode == Mode::Closed || !waits(summary) {
        return None;
    }
    let excludes = drift_of(summary)
        .is_some_and(|drift| drift.at_most_per_s() < RESOLUTION * summary.rates.offered_per_s);
    if excludes { None } else { Some(cannot(summary)) }
}

fn cannot(summary: &Summary) -> Concluded {
    let length_s = summary.rates.window_s;
    let evidence = format!(
        "{}, and a run of {} cannot tell whether it falls behind",
        answered_of_offered(summary),
        words::seconds(length_s)
    );
    // Too few intervals to see how the backlog varies.
    let Some(drift) = drift_of(summary) else {
        let next = format!("try --duration {}", words::round_length(SHORT_S.max(2.0 * length_s)));
        return Concluded::new(Conclusion::AtTheLimit, evidence, next);
    };
    let target_per_s = (RESOLUTION * summary.rates.offered_per_s).max(drift.per_s);
    let needed_s = (length_s * drift.lengths_to_tell(target_per_s)).max(2.0 * length_s);
    let next = if needed_s > LONGEST_S {
        format!(
            "try below {}/s: so near the limit no run of an hour can tell",
            words::rounded_down(0.97 * summary.rates.completed_per_s)
        )
    } else {
        format!("try --duration {}", words::round_length(needed_s))
    };
    Concluded::new(Conclusion::AtTheLimit, evidence, next)
}

fn too_much(summary: &Summary, evidence: String) -> Concluded {
    let below = words::rounded_down(0.97 * summary.rates.completed_per_s);
    let objective = summary.slos.first().map_or("p99<500ms", |slo| slo.slo.as_str());
    let next = format!("try below {below}/s, or: rpsbench sweep --find-knee --slo '{objective}'");
    Concluded::new(Conclusion::TooMuch, format!("{FALLS_BEHIND}{evidence}"), next)
}

fn answered_of_offered(summary: &Summary) -> String {
    format!(
        "{} of {}/s answered",
        words::rate(summary.rates.completed_per_s),
        words::rate(summary.rates.offered_per_s)
    )
}

/// Whether the last part of the run had room under the cap.
fn has_recovered(rows: &[SeriesRow]) -> bool {
    let part = (rows.len() as f64 * RECOVERED_PART).ceil() as usize;
    part > 0 && rows.len() > part && rows[rows.len() - part..].iter().all(|row| row.overflow == 0)
}

/// Whether arrivals wait for others: the median response of the last part is well above that of the idle service, or, where
/// nobody measured that, above the fastest answer.
fn waits(summary: &Summary) -> bool {
    // The median of so few idle requests may itself be too low, by a part that falls with the root of their number.
    let at_most =
        |idle: &LatencyStats| Some(idle.exact(Figure::P50)? * (1.0 + (idle.count as f64).sqrt().recip()));
    let idle_ms = summary.queueing.idle.as_ref().and_then(at_most);
    let Some(alone_ms) = idle_ms.or_else(|| summary.latency.service.exact(Figure::Min)) else { return false };
    let part = (summary.series.len() as f64 * LAST_PART).ceil() as usize;
    let last = summary.series.iter().rev().take(part);
    let mut medians: Vec<f64> = last.map(|row| row.response_p50_ms.unwrap_or(f64::INFINITY)).collect();
    medians.sort_by(f64::total_cmp);
    // Little's law: what is waited, times the rate, is how many wait. Hardly any is no queue, how many times it may be what so
    // fast a service needs alone.
    let waiting = |median_ms: f64| (median_ms - alone_ms) / 1e3 * summary.rates.offered_per_s;
    medians
        .get(medians.len() / 2)
        .is_some_and(|median_ms| *median_ms > WAITS * alone_ms && waiting(*median_ms) > FEWEST_WAITING)
}
