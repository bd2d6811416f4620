//! `rpsbench run`: an open loop, from the plan to the report, once or again.

use super::machine::machine;
use super::rig::with_rig;
use super::several::{Several, finish};
use super::{CommandError, Exit};
use crate::cli::{RunArgs, RunJob, Typed};

pub(super) fn run(args: &RunArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let RunJob { plan, repeats, setup, format, outputs } = RunJob::new(args, typed, machine())?;
    let mut several = Several::new(1, repeats, format);
    let several = with_rig(setup, plan.threads, async |rig| {
        for _ in 0..repeats {
            let Some(ran) = rig.run(&plan).await? else { return Ok(None) };
            several.add(rig.summary(&plan, ran)?);
            if rig.interrupted {
                break;
            }
        }
        Ok(Some(several))
    })?;
    finish(several, format, outputs)
}
