//! `rpsbench calibrate`: how fast can this machine send, at the rate it promised? Never search above it, or the
//! generator's limit is taken for the service's.

use std::io::{self, Write};

use super::live::note;
use super::machine::machine;
use super::rig::{Rig, with_rig};
use super::{CommandError, Exit};
use crate::cli::{CalibrateArgs, CalibrateJob, OpenLoop, Setup, UsageError};
use crate::plan::Plan;
use crate::result::GeneratorVerdict;
use crate::schedule::{ClosedLoop, LoopEnd, NANOS_PER_S, Rate, Schedule, Source};

/// Users of the closed loop that finds where to look: enough to keep one core busy.
const USERS: u64 = 64;
/// Length of each trial.
const TRIAL_NS: u64 = NANOS_PER_S;
/// Each trial is this part of the one before.
const STEP: f64 = 0.8;
/// Fewest requests per second that are worth trying.
const LEAST_PER_S: f64 = 100.0;
/// Part of the ceiling that a search may use.
pub(super) const TRUSTED: f64 = 0.8;

pub(super) fn calibrate(args: &CalibrateArgs) -> Result<Exit, CommandError> {
    let CalibrateJob { open, setup, threads } = CalibrateJob::new(args, machine());
    let quiet = setup.quiet;
    let ceiling = with_rig(setup, threads, async |rig| ceiling_of(rig, &open, threads, quiet).await)?;
    let Some(ceiling_per_s) = ceiling else { return Ok(Exit::Interrupted) };
    let text = format!(
        "this machine holds its schedule up to {ceiling_per_s:.0} requests/s on {threads} thread{} (to the built-in service \
         without delay, on the same machine)\na search stays below {:.0}/s\n",
        if threads == 1 { "" } else { "s" },
        TRUSTED * ceiling_per_s
    );
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    Ok(Exit::Done)
}

/// The ceiling of a command that needs to know it first, in requests per second. `None`: the user left.
pub(super) fn ceiling(threads: u64, quiet: bool) -> Result<Option<f64>, CommandError> {
    let CalibrateJob { open, setup, threads } = CalibrateJob::with_threads(threads, quiet, machine());
    with_rig(Setup { quiet: true, ..setup }, threads, async |rig| {
        ceiling_of(rig, &open, threads, quiet).await
    })
}

/// The highest rate, of those tried, at which the generator holds its schedule, in requests per second. `None`: the
/// user left.
async fn ceiling_of(
    rig: &mut Rig,
    open: &OpenLoop,
    threads: u64,
    quiet: bool,
) -> Result<Option<f64>, CommandError> {
    let users = ClosedLoop::new(USERS, LoopEnd::Duration(TRIAL_NS)).map_err(UsageError::from)?;
    let any = Schedule::one();
    let template = open.plan(any, threads).map_err(UsageError::from)?;
    let flat_out = Plan { source: Source::Users(users), samples: 0, slos: Vec::new(), ..template };
    let Some(ran) = rig.run_quietly(&flat_out).await? else { return Ok(None) };
    let mut rate_per_s = rig.summary(&flat_out, ran)?.rates.completed_per_s;
    while rate_per_s > LEAST_PER_S && !rig.interrupted {
        let rate = Rate::of_per_second(rate_per_s.round()).map_err(|_| CommandError::NothingReached)?;
        let schedule = Schedule::for_duration(rate, TRIAL_NS).map_err(UsageError::from)?;
        let plan = open.plan(schedule, threads).map_err(UsageError::from)?;
        let plan = Plan { samples: 0, slos: Vec::new(), ..plan };
        let Some(ran) = rig.run_quietly(&plan).await? else { return Ok(None) };
        let summary = rig.summary(&plan, ran)?;
        let holds = summary.verdict.generator != GeneratorVerdict::Invalid;
        if !quiet {
            let word = if holds { "held" } else { "not held" };
            note(&format!("calibrating the generator: {rate} {word}"));
        }
        if holds {
            return Ok(Some(rate_per_s));
        }
        rate_per_s *= STEP;
    }
    Ok((!rig.interrupted).then_some(rate_per_s))
}
