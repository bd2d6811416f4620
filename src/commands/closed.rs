//! `rpsbench closed`: users who wait for their answers, in one stage or several, once or again.

use super::machine::machine;
use super::rig::with_rig;
use super::several::{Several, finish};
use super::{CommandError, Exit};
use crate::cli::{ClosedArgs, ClosedJob, Typed};

pub(super) fn closed(args: &ClosedArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let ClosedJob { stages, repeats, setup, format, outputs } = ClosedJob::new(args, typed, machine())?;
    let threads = stages.first().map_or(1, |plan| plan.threads);
    let mut several = Several::new(stages.len() as u64, repeats, format);
    let several = with_rig(setup, threads, async |rig| {
        for _ in 0..repeats {
            for stage in &stages {
                let Some(ran) = rig.run(stage).await? else { return Ok(None) };
                several.add(rig.summary(stage, ran)?);
                if rig.interrupted {
                    return Ok(Some(several));
                }
            }
        }
        Ok(Some(several))
    })?;
    finish(several, format, outputs)
}
