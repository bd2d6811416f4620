//! `rpsbench sweep`: a ladder of rates, a spike, or a search for the knee.

use std::io::{self, Write};

use super::find_knee::Search;
use super::live::note;
use super::machine::machine;
use super::recover::Recoverer;
use super::rig::{Rig, with_rig};
use super::{CommandError, Exit, calibrate, publish, publish_rest, style_of_stdout};
use crate::cli::{SweepArgs, SweepJob, Sweeping, Typed, UsageError};
use crate::judge::spike_recovery;
use crate::ladder::{Done, Ladder, sweep_of};
use crate::report::{Format, sweep as report};
use crate::result::{Rung, ServiceVerdict, Summary, Sweep};
use crate::schedule::{NANOS_PER_S, Rate, Schedule, Spike};
use crate::search::Reason;
use crate::time::{Clock, MonotonicClock};

pub(super) fn sweep(args: &SweepArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let SweepJob {
        what, open, step_ns, recover_ns, warmup_ns, baseline_factor, setup, format, outputs, ..
    } = SweepJob::new(args, typed, machine())?;
    let began_ns = MonotonicClock.now_ns();
    let rows = Rows { shown: format == Format::Text };
    let quiet = setup.quiet;
    let highest = match &what {
        Sweeping::Ladder(_, rungs) => rungs.0.iter().copied().max_by(by_rate),
        Sweeping::Spike(spike) => [spike.held, spike.spike].into_iter().max_by(by_rate),
        Sweeping::Search(plan) => plan.max_rate,
    };
    let threads = highest.map_or(1, |rate| open.threads_for(rate));
    let mut ceiling_per_s = f64::INFINITY;
    if matches!(what, Sweeping::Search(_)) {
        let Some(ceiling) = calibrate::ceiling(threads, quiet)? else { return Ok(Exit::Interrupted) };
        ceiling_per_s = calibrate::TRUSTED * ceiling;
    }
    let mut reason = None;
    let sweep = with_rig(setup, threads, async |rig| {
        rows.header();
        match &what {
            Sweeping::Ladder(ladder, rungs) => {
                let lowest = rungs.0.iter().copied().min_by(by_rate).unwrap_or(Rate::ONE);
                let recoverer = Recoverer { open: &open, lowest, threads, limit_ns: recover_ns, quiet };
                let climbing = Climbing { open: &open, threads, step_ns, recoverer, rows: &rows, quiet };
                let Some(rungs) = climbing.climb(rig, ladder).await? else { return Ok(None) };
                Ok(Some(sweep_of(rungs, baseline_factor, rig.interrupted)))
            }
            Sweeping::Spike(spike) => {
                let schedule = Schedule::for_spike(*spike).map_err(UsageError::from)?;
                let plan = open.plan(schedule, threads).map_err(UsageError::from)?;
                let Some(ran) = rig.run(&plan).await? else { return Ok(None) };
                let result = rig.summary(&plan, ran, 0.0)?;
                rows.row(spike.held.per_second(), &result);
                Ok(Some(spiked(*spike, result, baseline_factor)))
            }
            Sweeping::Search(plan) => {
                let warmup_s = warmup_ns as f64 / NANOS_PER_S as f64;
                let search = Search {
                    plan,
                    open: &open,
                    threads,
                    ceiling_per_s,
                    began_ns,
                    recover_ns,
                    warmup_s,
                    rows: &rows,
                    quiet,
                };
                let Some(searched) = search.run(rig).await? else { return Ok(None) };
                reason = Some(searched.reason);
                let sweep = sweep_of(searched.rungs, baseline_factor, rig.interrupted);
                Ok(Some(sweep.with_search(searched.report)))
            }
        }
    })?;
    let Some(sweep) = sweep else { return Ok(Exit::Interrupted) };
    if rows.shown {
        publish_rest(&report::after_table(&sweep, &style_of_stdout()), &sweep, outputs)?;
    } else {
        publish(&sweep, format, outputs)?;
    }
    Ok(reason.map_or_else(|| exit_of(&sweep), exit_of_search))
}

fn by_rate(a: &Rate, b: &Rate) -> std::cmp::Ordering {
    a.per_second().total_cmp(&b.per_second())
}

/// What a ladder needs to be climbed.
struct Climbing<'a> {
    open: &'a crate::cli::OpenLoop,
    threads: u64,
    step_ns: u64,
    recoverer: Recoverer<'a>,
    rows: &'a Rows,
    quiet: bool,
}

impl Climbing<'_> {
    /// Runs the rungs that the ladder asks for. `None`: the user left at once.
    async fn climb(&self, rig: &mut Rig, ladder: &Ladder) -> Result<Option<Vec<Rung>>, CommandError> {
        let Some(calm) = self.recoverer.calm(rig).await? else { return Ok(None) };
        let (mut rungs, mut done): (Vec<Rung>, Vec<Done>) = (Vec::new(), Vec::new());
        while let Some(step) = ladder.next(&done) {
            if rig.interrupted {
                break;
            }
            if !self.quiet {
                note(&format!("rung {} of at most {}: {}", done.len() + 1, ladder.most(), step.rate));
            }
            let schedule = Schedule::for_duration(step.rate, self.step_ns).map_err(UsageError::from)?;
            let plan = self.open.plan(schedule, self.threads).map_err(UsageError::from)?;
            let Some(ran) = rig.run(&plan).await? else { return Ok(None) };
            let result = rig.summary(&plan, ran, 0.0)?;
            self.rows.row(step.rate.per_second(), &result);
            let rung =
                Rung { rate_per_s: step.rate.per_second(), repeat: step.repeat, recovery: None, result };
            let saturated = rung.result.verdict.service == ServiceVerdict::Saturated && !rung.is_void();
            rungs.push(rung);
            done.push(Done { step, saturated });
            if ladder.next(&done).is_some() && !rig.interrupted {
                let Some(recovery) = self.recoverer.recover(rig, calm).await? else { return Ok(None) };
                if let Some(last) = rungs.last_mut() {
                    last.recovery = Some(recovery);
                }
            }
        }
        Ok(Some(rungs))
    }
}

fn spiked(spike: Spike, result: Summary, baseline_factor: f64) -> Sweep {
    let seconds = |nanos: u64| nanos as f64 / NANOS_PER_S as f64;
    let recovery = spike_recovery(&result.series, seconds(spike.hold_ns), seconds(spike.spike_ns));
    let interrupted = result.interrupted;
    let rate_per_s = spike.held.per_second();
    let rung = Rung { rate_per_s, repeat: 1, recovery: None, result };
    Sweep { spike: recovery, ..sweep_of(vec![rung], baseline_factor, interrupted) }
}

/// A ladder that was climbed is done, whatever it shows; one without a rung that counts shows nothing.
fn exit_of(sweep: &Sweep) -> Exit {
    if sweep.interrupted {
        Exit::Interrupted
    } else if !sweep.rungs.is_empty() && sweep.rungs.iter().all(Rung::is_void) {
        Exit::NotValid
    } else {
        Exit::Done
    }
}

/// Only an interval of the width that was asked for is an answer.
fn exit_of_search(reason: Reason) -> Exit {
    match reason {
        Reason::Found => Exit::Done,
        Reason::NotBelowLowest | Reason::ImpossibleIdle => Exit::ObjectiveMissed,
        Reason::LimitedByGenerator { .. } => Exit::NotValid,
        Reason::NotAboveHighest | Reason::DidNotRecover { .. } | Reason::BudgetSpent => Exit::NotFound,
        Reason::Interrupted => Exit::Interrupted,
    }
}

/// The rows of the table on stdout, which appear as their runs finish.
pub(super) struct Rows {
    shown: bool,
}

impl Rows {
    fn header(&self) {
        self.write(&report::header());
    }

    pub(super) fn row(&self, rate_per_s: f64, summary: &Summary) {
        self.write(&report::row(rate_per_s, summary));
    }

    fn write(&self, line: &str) {
        if self.shown {
            let mut stdout = io::stdout().lock();
            // A reader that has gone away has what it wanted.
            let _ = write!(stdout, "{line}").and_then(|()| stdout.flush());
        }
    }
}
