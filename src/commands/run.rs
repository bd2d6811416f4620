//! `rpsbench run`: an open loop, from the plan to the report.

use super::machine::machine;
use super::rig::with_rig;
use super::{CommandError, Exit, publish};
use crate::cli::{RunArgs, RunJob, Typed};
use crate::measure::{GeneratorVerdict, Summary};

pub(super) fn run(args: &RunArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let RunJob { mut plan, setup, format, outputs } = RunJob::new(args, typed, machine())?;
    let summary = with_rig(setup, plan.threads, async |rig| {
        let Some(ran) = rig.run(&mut plan).await? else { return Ok(None) };
        rig.summary(&plan, ran).map(Some)
    })?;
    let Some(summary) = summary else { return Ok(Exit::Interrupted) };
    publish(&summary, format, outputs)?;
    Ok(exit_of(&summary))
}

/// What the result of one run means to the caller of the program.
pub(super) fn exit_of(summary: &Summary) -> Exit {
    if summary.interrupted {
        Exit::Interrupted
    } else if summary.verdict.generator == GeneratorVerdict::Invalid {
        Exit::NotValid
    } else if summary.slos.iter().any(|slo| !slo.passed) {
        Exit::ObjectiveMissed
    } else {
        Exit::Done
    }
}
