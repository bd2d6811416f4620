//! `run`, checked.

use super::super::args::RunArgs;
use super::super::invocation::Typed;
use super::super::output::OutputFile;
use super::settings::open_settings_of;
use super::{Setup, UsageError, kind_of_runs, outputs_of, repeats_of};
use crate::plan::{Machine, Planner};
use crate::report::Format;
use crate::schedule::{Schedule, Source};

/// A run that can be started.
#[derive(Debug)]
pub(crate) struct RunJob {
    /// When and how much.
    pub source: Source,
    /// How often.
    pub repeats: u64,
    /// Makes its plan.
    pub planner: Planner,
    /// Where, over which connections, and what is asked.
    pub setup: Setup,
    /// What stdout receives.
    pub format: Format,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

impl RunJob {
    /// Checks the arguments of `run`.
    ///
    /// # Errors
    /// [`UsageError`] naming the cause and the remedy. Nothing has been sent or written then.
    pub(crate) fn new(args: &RunArgs, typed: &Typed, machine: Machine) -> Result<Self, UsageError> {
        let RunArgs { traffic, load, open, reporting, .. } = args;
        let schedule = schedule_of(args, typed)?;
        let mut setup = Setup::new(args.target.as_deref(), traffic, load, reporting, typed)?;
        let planner = Planner::new(open_settings_of(traffic, load, open, reporting, &setup)?, machine);
        let source = planner.open(schedule)?;
        setup.warnings.extend(planner.warnings(&source));
        Ok(Self {
            source,
            planner,
            repeats: repeats_of(args.repeat)?,
            setup,
            format: reporting.format,
            outputs: outputs_of(reporting, kind_of_runs(args.repeat))?,
        })
    }
}

fn schedule_of(args: &RunArgs, typed: &Typed) -> Result<Schedule, UsageError> {
    if typed.has("requests") && typed.has("duration") {
        return Err(UsageError::Exclusive("--requests", "--duration"));
    }
    // A flag beats the environment, so a --duration that was typed beats RPSBENCH_REQUESTS.
    let requests = args.requests.filter(|_| !typed.has("duration"));
    match requests {
        Some(0) => Err(UsageError::Zero("--requests")),
        Some(count) => Ok(Schedule::for_count(args.rate, count)?),
        None if args.duration.0 == 0 => Err(UsageError::Zero("--duration")),
        None => Ok(Schedule::for_duration(args.rate, args.duration.0)?),
    }
}
