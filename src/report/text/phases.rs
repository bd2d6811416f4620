//! The phases of a run whose rate changes, side by side.

use super::layout::{table, wrapped};
use super::numbers::{asked_rate, count, figure, ms, rate};
use crate::result::{Figure, PhaseFacts, PhaseSummary, PlanFacts, Summary};

/// The columns of the table.
pub(crate) const COLUMNS: [&str; 9] =
    ["Phase", "rate", "from s", "offered", "ended", "p50 ms", "p99 ms", "under way", "result"];

/// The rate that was asked for: where it changes, from which to which it goes; of a replay the mean.
pub(crate) fn asked(plan: &PlanFacts) -> String {
    if let Some(speed) = plan.speed {
        return format!("replay at {speed}x ({})", rate(plan.rate_per_s.unwrap_or_default()));
    }
    match plan.phases.as_slice() {
        [] => asked_rate(plan.rate_per_s.unwrap_or_default()),
        [only] => of_phase(only),
        several => {
            let rates = several.iter().flat_map(|phase| [phase.lowest_per_s, phase.highest_per_s]);
            let lowest = rates.clone().fold(f64::INFINITY, f64::min);
            let highest = rates.fold(0.0, f64::max);
            format!("{} phases of {} to {}", several.len(), bare(lowest), asked_rate(highest))
        }
    }
}

/// `500/s`, `10..1000/s`, or for what goes up and down `10 to 1000/s`.
fn of_phase(phase: &PhaseFacts) -> String {
    let (lowest, highest) = (phase.lowest_per_s, phase.highest_per_s);
    if phase.is_steady() {
        return asked_rate(highest);
    }
    let ends = (phase.from_per_s.min(phase.to_per_s), phase.from_per_s.max(phase.to_per_s));
    if ends == (lowest, highest) {
        format!("{}..{}", bare(phase.from_per_s), asked_rate(phase.to_per_s))
    } else {
        format!("{} to {}", bare(lowest), asked_rate(highest))
    }
}

/// A rate without its unit.
fn bare(per_s: f64) -> String {
    asked_rate(per_s).trim_end_matches("/s").to_owned()
}

/// The table; nothing where there is only one phase.
pub(super) fn phases(summary: &Summary) -> String {
    if summary.phases.len() < 2 {
        return String::new();
    }
    let mut shown = vec![COLUMNS.map(str::to_owned).to_vec()];
    shown.extend(summary.phases.iter().map(row));
    let explained = "by the planned time of the requests; ended: answered or failed while the phase lasted; under way: at its \
                     end. Times are to 1 %";
    table(&shown) + &wrapped("  ", explained)
}

/// A phase.
pub(crate) fn row(phase: &PhaseSummary) -> Vec<String> {
    vec![
        phase.plan.name.clone(),
        of_phase(&phase.plan),
        format!("{:.0}", phase.plan.start_s),
        count(phase.offered),
        rate(phase.ended_per_s),
        figure(phase.response.figure(Figure::P50), ms),
        figure(phase.response.figure(Figure::P99), ms),
        count(phase.backlog_end),
        phase.result.map_or("", |result| result.words()).to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(from: f64, to: f64, lowest: f64, highest: f64) -> PhaseFacts {
        PhaseFacts {
            from_per_s: from,
            to_per_s: to,
            lowest_per_s: lowest,
            highest_per_s: highest,
            ..PhaseFacts::default()
        }
    }

    #[test]
    fn a_rate_is_told_as_it_goes() {
        assert_eq!(of_phase(&phase(500.0, 500.0, 500.0, 500.0)), "500/s");
        assert_eq!(of_phase(&phase(0.0, 90.0, 0.0, 90.0)), "0..90/s");
        assert_eq!(of_phase(&phase(90.0, 10.0, 10.0, 90.0)), "90..10/s");
        assert_eq!(of_phase(&phase(50.0, 50.0, 10.0, 90.0)), "10 to 90/s");
    }
}
