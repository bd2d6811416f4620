//! `rpsbench run` and `rpsbench closed`: from the plan to the report, in one stage or several, once or again.

use super::debug;
use super::error::CommandError;
use super::exit::Exit;
use super::results::Results;
use super::runner::Runner;
use super::signals::Signals;
use super::together;
use crate::cli::RunJob;

pub(super) fn run(job: RunJob) -> Result<Exit, CommandError> {
    if job.is_debugging {
        return debug::run(job);
    }
    if let Some(meeting) = job.setup.sharding.meeting.clone() {
        return together::run(job, &meeting);
    }
    let RunJob { stages, repeats, planner, threads, setup, screen, fail_on, outputs, .. } = job;
    let signals = Signals::listen()?;
    let mut results = Results::new(stages.len() as u64, repeats, &screen);
    Runner::with(setup, &planner, threads, &signals, async |runner| {
        for _ in 0..repeats {
            for stage in &stages {
                results.add(runner.measure(stage.clone()).await?);
                if runner.is_stopping() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })?;
    results.publish(&fail_on, outputs)
}
