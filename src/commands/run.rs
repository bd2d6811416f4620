//! `rpsbench run`: an open loop, from the plan to the report, once or again.

use super::error::CommandError;
use super::exit::Exit;
use super::machine::machine;
use super::results::Results;
use super::runner::Runner;
use super::signals::Signals;
use crate::cli::{RunArgs, RunJob, Typed};

pub(super) fn run(args: &RunArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let RunJob { source, repeats, planner, setup, format, outputs } = RunJob::new(args, typed, machine())?;
    let signals = Signals::listen()?;
    let mut results = Results::new(1, repeats, format);
    Runner::with(setup, &planner, planner.threads(&source), &signals, async |runner| {
        for _ in 0..repeats {
            results.add(runner.measure(source).await?);
            if runner.is_stopping() {
                break;
            }
        }
        Ok(())
    })?;
    results.publish(format, outputs)
}
