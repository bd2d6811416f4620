//! A phase of a run, told from the series as if it were a run of its own.

use super::phase_facts::PhaseFacts;
use super::phases::PhaseSummary;
use super::rates::{Rates, Window};
use super::series::SeriesRow;
use super::stats::Latency;
use super::summary::Summary;
use crate::measure::{Account, Distribution, Ledger, decode_histogram};

/// Most phases that are looked at.
const MOST_PHASES: usize = 1_000;

/// A phase of a run that is over: what was counted in it, as if it were a run of its own.
#[derive(Debug)]
pub(crate) struct PhaseRun {
    /// As it was planned.
    pub plan: PhaseFacts,
    /// The counts; its ledger knows of each arrival whether it was sent and answered, not why not.
    pub account: Account,
    /// A result with the figures of the phase. What is known of the whole run only is that of the run.
    pub summary: Summary,
}

impl PhaseRun {
    /// The phases of a run that has any, in order, as far as something was due in them.
    pub(crate) fn all(summary: &Summary) -> Vec<Self> {
        if summary.plan.phases.is_empty() {
            return Vec::new();
        }
        // Without what is large and not of a phase.
        let bare = Summary {
            phases: Vec::new(),
            slos: Vec::new(),
            intervals: Vec::new(),
            endpoints: Vec::new(),
            samples: Vec::new(),
            series: Vec::new(),
            shard: None,
            merged: None,
            ..summary.clone()
        };
        // More than any plan has: a document may have been changed.
        let phases = summary.plan.phases.iter().take(MOST_PHASES);
        phases.filter_map(|phase| Self::of(phase, summary, &bare)).collect()
    }

    fn of(phase: &PhaseFacts, summary: &Summary, bare: &Summary) -> Option<Self> {
        let interval_s = summary.plan.series_interval_s;
        let is_in = |row: &&SeriesRow| {
            let middle = row.t_s + interval_s / 2.0 - phase.start_s;
            (0.0..phase.duration_s).contains(&middle)
        };
        let first = summary.series.iter().position(|row| is_in(&row))?;
        let rows: Vec<SeriesRow> = summary.series.iter().filter(is_in).cloned().collect();
        let backlog = |row: &SeriesRow| row.in_flight.saturating_add(row.queued);
        let before = first.checked_sub(1).map_or(0, |before| backlog(&summary.series[before]));
        let last = rows.last()?;
        let account = account_of(&rows, before, backlog(last));
        if account.ledger.planned == 0 {
            return None;
        }
        let window_s = rows.len() as f64 * interval_s;
        let timeout_ns = (summary.plan.timeout_s * 1e9) as u64;
        let window = Window { duration_s: window_s, window_s, elapsed_s: None, timeout_ns };
        let mut run = bare.clone();
        run.rates = Rates::new(&account, window);
        run.latency = Latency {
            // The service's own time is known of the whole run alone.
            service: run.latency.service,
            ..Latency::new(&account, &account.unanswered(timeout_ns))
        };
        run.ledger = account.ledger;
        run.queueing.in_flight_end = last.in_flight;
        run.queueing.queued_end = last.queued;
        run.queueing.backlog_growth_per_s = Some((backlog(last) as f64 - before as f64) / window_s);
        run.plan.rate_per_s = Some(run.rates.offered_per_s);
        run.plan.duration_s = window_s;
        run.plan.phases = Vec::new();
        run.series = rows;
        Some(Self { plan: phase.clone(), account, summary: run })
    }

    /// What the result says of it, but for what it amounts to.
    pub(crate) fn figures(&self) -> PhaseSummary {
        let (ledger, rates, queueing) = (&self.account.ledger, &self.summary.rates, &self.summary.queueing);
        PhaseSummary {
            plan: self.plan.clone(),
            offered: ledger.planned,
            sent: ledger.sent,
            completed: ledger.completed(),
            ok: ledger.ok,
            overflow: ledger.overflow,
            offered_per_s: rates.offered_per_s,
            ended_per_s: rates.completed_per_s,
            backlog_end: queueing.in_flight_end.saturating_add(queueing.queued_end),
            response: self.summary.latency.response.clone(),
            result: None,
            evidence: String::new(),
        }
    }
}

/// The account of some intervals, with so much under way before and after them. What contradicts itself counts as little as
/// possible: a document may have been changed.
fn account_of(rows: &[SeriesRow], before: u64, after: u64) -> Account {
    let sum = |of: fn(&SeriesRow) -> u64| rows.iter().fold(0_u64, |sum, row| sum.saturating_add(of(row)));
    let planned = sum(|row| row.offered);
    let sent = sum(|row| row.sent).min(planned);
    let completed = sum(|row| row.completed).min(sent);
    let ok = sum(|row| row.ok).min(completed);
    let overflow = sum(|row| row.overflow).min(planned - sent);
    let mut response_ok = Distribution::new();
    for row in rows.iter().filter(|row| row.ok > 0) {
        if let Ok(histogram) = decode_histogram(&row.response_histogram) {
            histogram.iter_recorded().for_each(|step| {
                let value = step.value_iterated_to();
                response_ok.record_many(histogram.median_equivalent(value), step.count_at_value());
            });
        }
    }
    let ended = planned.saturating_sub(overflow).saturating_add(before).saturating_sub(after);
    let ledger = Ledger {
        planned,
        sent,
        overflow,
        missed: planned - sent - overflow,
        ok,
        http_error: completed - ok,
        timeout: sent - completed,
        ..Ledger::default()
    };
    let mut account = Account::default();
    account.ledger = ledger;
    account.response_ok = response_ok;
    account.completed_in_window = ended;
    account.ok_in_window = ended.min(ok);
    account
}
