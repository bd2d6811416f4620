//! `rpsbench sweep`: a ladder of rates, a spike, or a search for the knee.

mod exits;
mod ladder;
mod own;
mod recovery;
mod search;

use std::rc::Rc;

use crate::cli::{SweepArgs, SweepJob, Sweeping, Typed};
use crate::commands::calibrate;
use crate::commands::console::{self, Console};
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::commands::machine::machine;
use crate::commands::partial::{Partial, Shape, say_where};
use crate::commands::publish::{publish, publish_rest, style_of};
use crate::commands::runner::Runner;
use crate::commands::signals::Signals;
use crate::commands::together::{Crew, End, Followed, Part, Together};
use crate::ladder::sweep_of;
use crate::report::sweep as report;
use crate::schedule::{NANOS_PER_S, Rate};
use crate::time::{Clock, MonotonicClock};
use exits::{exit_of, exit_of_search};
use ladder::Rows;
use own::rungs_of;
use recovery::Recovering;
use search::Search;

pub(super) fn sweep(args: &SweepArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let job = SweepJob::new(args, typed, machine())?;
    let SweepJob {
        what, planner, example, settings, step_ns, recover_ns, warmup_ns, baseline_factor, ..
    } = job;
    let (setup, screen, outputs) = (job.setup, job.screen, job.outputs);
    let began_ns = MonotonicClock.now_ns();
    let signals = Signals::listen()?;
    let rows = Rows::new(&screen);
    let threads = planner.threads_at(what.highest_rate());
    let own_ceiling_per_s = match &what {
        Sweeping::Search(_) => Some(calibrate::ceiling(threads, Console::new(setup.quiet), &signals)?),
        Sweeping::Ladder(..) | Sweeping::Spike(..) => None,
    };
    let meeting = setup.sharding.meeting.clone();
    let stages = [example.clone()];
    let together = Together {
        meeting: meeting.as_ref(),
        stages: &stages,
        example,
        settings,
        // A rung without some of the shards has not the rate that it stands for.
        needs_all: true,
        ceiling_per_s: own_ceiling_per_s,
        signals: &signals,
    };
    let shape = match &what {
        Sweeping::Spike(..) => Shape::Run,
        Sweeping::Ladder(..) | Sweeping::Search(_) => Shape::Rungs { baseline_factor },
    };
    let output = outputs.first();
    let partial = output.and_then(|output| Partial::beside(output.path(), shape).ok()).map(Rc::new);
    let part = Runner::with(setup, &planner, threads, &signals, async |runner| {
        runner.keep_partial(partial.clone());
        let lead = async |runner: &mut Runner<'_>, crew: &Crew<'_>| match &what {
            Sweeping::Ladder(ladder, rungs) => {
                let lowest = crew.gentle(rungs.lowest().unwrap_or(Rate::ONE));
                let recovering = Recovering { lowest, limit_ns: recover_ns };
                let rungs = ladder::climb(runner, crew, ladder, step_ns, recovering, &rows).await?;
                let sweep = sweep_of(rungs, baseline_factor, crew.is_stopping(runner));
                let exit = exit_of(&sweep, crew);
                Ok((sweep, exit))
            }
            Sweeping::Spike(spike, _) => {
                let sweep = ladder::run_spike(runner, crew, *spike, baseline_factor, &rows).await?;
                let exit = exit_of(&sweep, crew);
                Ok((sweep, exit))
            }
            Sweeping::Search(plan) => {
                let own_per_s = own_ceiling_per_s.unwrap_or(f64::INFINITY);
                let ceiling_per_s = calibrate::TRUSTED * crew.ceiling_per_s(own_per_s);
                // Of its budget nothing is spent on waiting for others to come.
                let began_ns = began_ns + crew.waited_ns();
                let warmup_s = warmup_ns as f64 / NANOS_PER_S as f64;
                let search = Search { plan, ceiling_per_s, began_ns, recover_ns, warmup_s, rows: &rows };
                let searched = search.run(runner, crew).await?;
                let exit = exit_of_search(&searched, crew);
                let sweep = sweep_of(searched.rungs, baseline_factor, crew.is_stopping(runner));
                Ok((sweep.with_search(searched.report), exit))
            }
        };
        together.carry_out(runner, lead).await
    });
    let (sweep, exit) = match say_where(part, partial.as_deref())? {
        Part::Led(led) => led,
        Part::Followed(Followed { end: End::HandedOver(exit), .. }) => {
            partial.iter().for_each(|partial| partial.remove());
            return Ok(exit);
        }
        Part::Followed(Followed { end: End::Alone(why), runs }) => {
            console::tell(format_args!("warning: {why}; this shard's own results follow"));
            let rungs = rungs_of(runs);
            rungs.iter().for_each(|rung| rows.row(rung.rate_per_s, &rung.result));
            (sweep_of(rungs, baseline_factor, true), Exit::Incomplete)
        }
    };
    if rows.are_shown {
        publish_rest(&report::after_table(&sweep, &style_of(&screen)), &sweep, &screen, outputs)?;
    } else {
        publish(&sweep, &screen, outputs)?;
    }
    partial.iter().for_each(|partial| partial.remove());
    Ok(exit)
}
