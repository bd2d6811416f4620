//! `rpsbench run` and `rpsbench closed`: from the plan to the report, in one stage or several, once or again, alone or together
//! with other shards.

use std::rc::Rc;

use super::console;
use super::debug;
use super::error::CommandError;
use super::exit::Exit;
use super::partial::{Partial, Shape, say_where};
use super::results::Results;
use super::runner::Runner;
use super::signals::Signals;
use super::together::{Crew, End, Part, Together};
use crate::cli::RunJob;
use crate::shard::Load;

pub(super) fn run(job: RunJob) -> Result<Exit, CommandError> {
    if job.is_debugging {
        return debug::run(job);
    }
    let RunJob { stages, repeats, planner, threads, setup, settings, screen, fail_on, outputs, .. } = job;
    let Some(example) = stages.first().cloned() else { return Ok(Exit::Done) };
    let signals = Signals::listen()?;
    let mut results = Results::new(stages.len() as u64, repeats, &screen);
    let meeting = setup.sharding.meeting.clone();
    let together = Together {
        meeting: meeting.as_ref(),
        stages: &stages,
        example,
        settings,
        needs_all: false,
        ceiling_per_s: None,
        signals: &signals,
    };
    let shape = if stages.len() as u64 * repeats == 1 { Shape::Run } else { Shape::Runs };
    let output = outputs.first();
    let partial = output.and_then(|output| Partial::beside(output.path(), shape).ok()).map(Rc::new);
    let part = Runner::with(setup, &planner, threads, &signals, async |runner| {
        runner.keep_partial(partial.clone());
        let lead = async |runner: &mut Runner<'_>, crew: &Crew<'_>| {
            for _ in 0..repeats {
                for stage in 0..stages.len() {
                    let result = crew.measure(runner, Load::Stage(stage), "").await?;
                    partial.iter().for_each(|partial| partial.run_ended(&result));
                    results.add(result);
                    if crew.is_stopping(runner) {
                        return Ok(());
                    }
                }
            }
            Ok(())
        };
        together.carry_out(runner, lead).await
    });
    if let Part::Followed(followed) = say_where(part, partial.as_deref())? {
        match followed.end {
            End::HandedOver(exit) => {
                partial.iter().for_each(|partial| partial.remove());
                return Ok(exit);
            }
            End::Alone(why) => {
                console::tell(format_args!("warning: {why}; this shard's own result follows"));
                followed.runs.into_iter().for_each(|(_, own)| results.add(own));
            }
        }
    }
    let exit = results.publish(&fail_on, outputs)?;
    partial.iter().for_each(|partial| partial.remove());
    Ok(exit)
}
