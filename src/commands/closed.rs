//! `rpsbench closed`: users who wait for their answers, in one stage or several, once or again.

use super::error::CommandError;
use super::exit::Exit;
use super::machine::machine;
use super::results::Results;
use super::runner::Runner;
use super::signals::Signals;
use crate::cli::{ClosedArgs, ClosedJob, Typed};

pub(super) fn closed(args: &ClosedArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let ClosedJob { stages, repeats, planner, threads, setup, format, outputs } =
        ClosedJob::new(args, typed, machine())?;
    let signals = Signals::listen()?;
    let mut results = Results::new(stages.len() as u64, repeats, format);
    Runner::with(setup, &planner, threads, &signals, async |runner| {
        for _ in 0..repeats {
            for stage in &stages {
                results.add(runner.measure(*stage).await?);
                if runner.is_stopping() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })?;
    results.publish(format, outputs)
}
