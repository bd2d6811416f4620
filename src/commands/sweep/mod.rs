//! `rpsbench sweep`: a ladder of rates, a spike, or a search for the knee.

mod ladder;
mod recovery;
mod search;

use crate::cli::{SweepArgs, SweepJob, Sweeping, Typed};
use crate::commands::calibrate;
use crate::commands::console::Console;
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::commands::machine::machine;
use crate::commands::publish::{publish, publish_rest, style_of};
use crate::commands::runner::Runner;
use crate::commands::signals::Signals;
use crate::ladder::sweep_of;
use crate::report::sweep as report;
use crate::result::{Rung, Sweep};
use crate::schedule::{NANOS_PER_S, Rate};
use crate::search::Reason;
use crate::time::{Clock, MonotonicClock};
use ladder::Rows;
use recovery::Recovering;
use search::Search;

pub(super) fn sweep(args: &SweepArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let job = SweepJob::new(args, typed, machine())?;
    let SweepJob { what, planner, step_ns, recover_ns, warmup_ns, baseline_factor, .. } = job;
    let (setup, screen, outputs) = (job.setup, job.screen, job.outputs);
    let began_ns = MonotonicClock.now_ns();
    let signals = Signals::listen()?;
    let rows = Rows::new(&screen);
    let threads = planner.threads_at(what.highest_rate());
    let ceiling_per_s = match &what {
        Sweeping::Search(_) => calibrate::ceiling(threads, Console::new(setup.quiet), &signals)?,
        Sweeping::Ladder(..) | Sweeping::Spike(..) => f64::INFINITY,
    };
    let (sweep, exit) = Runner::with(setup, &planner, threads, &signals, async |runner| match &what {
        Sweeping::Ladder(ladder, rungs) => {
            let recovering = Recovering { lowest: rungs.lowest().unwrap_or(Rate::ONE), limit_ns: recover_ns };
            let rungs = ladder::climb(runner, ladder, step_ns, recovering, &rows).await?;
            let sweep = sweep_of(rungs, baseline_factor, runner.is_stopping());
            let exit = exit_of(&sweep);
            Ok((sweep, exit))
        }
        Sweeping::Spike(spike, schedule) => {
            let source = planner.open(schedule.clone())?;
            let sweep = ladder::run_spike(runner, *spike, source, baseline_factor, &rows).await?;
            let exit = exit_of(&sweep);
            Ok((sweep, exit))
        }
        Sweeping::Search(plan) => {
            let ceiling_per_s = calibrate::TRUSTED * ceiling_per_s;
            let warmup_s = warmup_ns as f64 / NANOS_PER_S as f64;
            let search = Search { plan, ceiling_per_s, began_ns, recover_ns, warmup_s, rows: &rows };
            let searched = search.run(runner).await?;
            let sweep = sweep_of(searched.rungs, baseline_factor, runner.is_stopping());
            Ok((sweep.with_search(searched.report), exit_of_search(searched.reason, searched.is_answered)))
        }
    })?;
    if rows.are_shown {
        publish_rest(&report::after_table(&sweep, &style_of(&screen)), &sweep, outputs)?;
    } else {
        publish(&sweep, &screen, outputs)?;
    }
    Ok(exit)
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

/// How a search ended; one that is answered is done, also where the time ran out first.
fn exit_of_search(reason: Reason, is_answered: bool) -> Exit {
    match reason {
        _ if is_answered => Exit::Done,
        Reason::Found => Exit::Done,
        Reason::NotBelowLowest | Reason::ImpossibleIdle => Exit::ObjectiveMissed,
        Reason::LimitedByGenerator { .. } => Exit::NotValid,
        Reason::NotAboveHighest | Reason::DidNotRecover { .. } | Reason::BudgetSpent => Exit::NotFound,
        Reason::Interrupted => Exit::Interrupted,
    }
}
