//! `rpsbench calibrate`: how fast can this machine send, at the rate it promised? Never search above it, or the
//! generator's limit is taken for the service's.

use super::console::Console;
use super::error::CommandError;
use super::exit::Exit;
use super::machine::machine;
use super::publish::print;
use super::runner::{Runner, rate_of};
use super::signals::Signals;
use crate::cli::{CalibrateArgs, CalibrateJob};
use crate::plan::Auto;
use crate::result::{GeneratorVerdict, Summary};
use crate::schedule::{ClosedLoop, LoopEnd, NANOS_PER_S, Source};

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
    let CalibrateJob { planner, threads, setup } = CalibrateJob::new(args, machine());
    let signals = Signals::listen()?;
    let console = Console::new(setup.quiet);
    let ceiling_per_s =
        Runner::with(setup, &planner, threads, &signals, async |runner| ceiling_of(runner, console).await)?;
    let text = format!(
        "this machine holds its schedule up to {ceiling_per_s:.0} requests/s on {threads} thread{} (to the built-in service \
         without delay, on the same machine)\na search stays below {:.0}/s\n",
        if threads == 1 { "" } else { "s" },
        TRUSTED * ceiling_per_s
    );
    print(text.as_bytes())?;
    Ok(Exit::Done)
}

/// The ceiling of a command that needs to know it first, in requests per second.
///
/// # Errors
/// [`CommandError::Left`] when a signal ends it.
pub(super) fn ceiling(threads: u64, console: Console, signals: &Signals) -> Result<f64, CommandError> {
    let CalibrateJob { planner, threads, setup } =
        CalibrateJob::with_threads(Auto::Given(threads), true, machine());
    Runner::with(setup, &planner, threads, signals, async |runner| ceiling_of(runner, console).await)
}

/// The highest rate, of those tried, at which the generator holds its schedule, in requests per second.
async fn ceiling_of(runner: &mut Runner<'_>, console: Console) -> Result<f64, CommandError> {
    let flat_out = ClosedLoop::new(USERS, LoopEnd::Duration(TRIAL_NS))?;
    let mut rate_per_s = whole(runner, Source::Users(flat_out)).await?.rates.completed_per_s;
    while rate_per_s > LEAST_PER_S {
        let rate = rate_of(rate_per_s.round())?;
        let summary = whole(runner, runner.at(rate, TRIAL_NS)?).await?;
        let holds = summary.verdict.generator != GeneratorVerdict::Invalid;
        console.note(format_args!(
            "calibrating the generator: {rate} {}",
            if holds { "held" } else { "not held" }
        ));
        if holds {
            break;
        }
        rate_per_s *= STEP;
    }
    Ok(rate_per_s)
}

/// A probe that was not cut short: the part of one says nothing, and there is nothing else to report.
async fn whole(runner: &mut Runner<'_>, source: Source) -> Result<Summary, CommandError> {
    let summary = runner.probe(source).await?;
    if runner.is_stopping() { Err(CommandError::Left) } else { Ok(summary) }
}
