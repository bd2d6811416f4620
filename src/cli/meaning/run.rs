//! Runs, one after another: `run`, checked. `closed` gives the same.

use std::collections::BTreeMap;

use super::super::args::RunArgs;
use super::super::invocation::Typed;
use super::super::output::OutputFile;
use super::super::profile::{ProfileArg, RateArg, of_table};
use super::files::open_file;
use super::replay;
use super::settings::{check_phases, open_loop_of};
use super::shards::told_of;
use super::{Screen, Setup, Sharding, UsageError, kind_of_runs, outputs_to, repeats_of};
use crate::judge::AbortWatch;
use crate::plan::{Machine, Planner};
use crate::request::DataTable;
use crate::result::Conclusion;
use crate::schedule::{Profile, Rate, Schedule, Source};

/// Runs that can be started, one after another.
#[derive(Debug)]
pub(crate) struct RunJob {
    /// What is run, at least one; the first stage begins with the warm-up.
    pub stages: Vec<Source>,
    /// Whether one request is sent and shown, and nothing else.
    pub is_debugging: bool,
    /// How often all stages are run.
    pub repeats: u64,
    /// Makes their plans.
    pub planner: Planner,
    /// Worker threads.
    pub threads: u64,
    /// Where, over which connections, and what is asked.
    pub setup: Setup,
    /// What decides which runs there are, by the names of the flags: all shards are told the same.
    pub settings: BTreeMap<String, String>,
    /// What stdout receives.
    pub screen: Screen,
    /// Conclusions that make the command fail, besides those that always do.
    pub fail_on: Vec<Conclusion>,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

impl RunJob {
    /// Checks the arguments of `run`.
    ///
    /// # Errors
    /// [`UsageError`] naming the cause and the remedy. Nothing has been sent or written then.
    pub(crate) fn open(args: &RunArgs, typed: &Typed, machine: Machine) -> Result<Self, UsageError> {
        let recording = replay::recording_of(args, typed)?;
        let schedule = match &recording {
            Some(recording) => replay::schedule_of(recording)?,
            None => schedule_of(args, typed)?,
        };
        check_phases(&args.runs.reporting.slo, schedule.phases())?;
        let url = args.target.as_deref();
        // A profile and a recording have a length of their own.
        let is_counted =
            recording.is_none() && schedule.phases().is_empty() && requests_of(args, typed).is_some();
        let (mut setup, planner) = open_loop_of(&args.runs, url, typed, machine, is_counted)?;
        if let Some(recording) = recording {
            replay::replay(recording, args, typed, &mut setup);
        }
        let reporting = &args.runs.reporting;
        let sharding = Sharding::new(&args.shards)?;
        let planner = planner.sharded(sharding.shard());
        let source = planner.open(schedule)?;
        sharding.check(std::slice::from_ref(&source), repeats_of(args.repeat)?, &planner, &setup.target)?;
        setup.warnings.extend(planner.warnings(&source));
        let outputs = outputs_to(&sharding.paths(&reporting.output)?, reporting, kind_of_runs(args.repeat))?;
        setup.sharding = sharding;
        setup.stream.clone_from(&args.course.stream);
        setup.log.clone_from(&args.course.log);
        setup.watchers = args.course.watchers();
        setup.abort = AbortWatch::new(args.course.abort_on.clone(), !args.course.no_abort);
        Ok(Self {
            threads: planner.threads(&source),
            stages: vec![source],
            is_debugging: args.course.debug,
            planner,
            repeats: args.repeat,
            settings: told_of("run", [("--repeat", args.repeat.to_string())]),
            fail_on: args.gate.fail_on.clone(),
            screen: Screen::new(reporting, &setup),
            setup,
            outputs,
        })
    }
}

/// A flag beats the environment, so a --duration that was typed beats RPSBENCH_REQUESTS.
fn requests_of(args: &RunArgs, typed: &Typed) -> Option<u64> {
    args.requests.filter(|_| !typed.has("duration"))
}

fn schedule_of(args: &RunArgs, typed: &Typed) -> Result<Schedule, UsageError> {
    if typed.has("requests") && typed.has("duration") {
        return Err(UsageError::Exclusive("--requests", "--duration"));
    }
    if let Some(profile) = profile_of(args, typed)? {
        return Ok(Schedule::for_profile(profile)?);
    }
    if typed.has("profile_steps") {
        return Err(UsageError::StepsOfNothing);
    }
    // One request has no rate.
    let alone = args.course.debug.then_some(RateArg::Constant(Rate::ONE));
    let rate = args.rate.or(alone).ok_or(UsageError::NoRate)?;
    match (requests_of(args, typed), rate) {
        (Some(0), _) => Err(UsageError::Zero("--requests")),
        (Some(_), RateArg::Line(..)) => Err(UsageError::CountOfAProfile("--rate A..B")),
        (Some(count), RateArg::Constant(rate)) => Ok(Schedule::for_count(rate, count)?),
        (None, _) if args.duration.0 == 0 => Err(UsageError::Zero("--duration")),
        (None, RateArg::Constant(rate)) => Ok(Schedule::for_duration(rate, args.duration.0)?),
        (None, rate) => {
            let profile = rate.profile(args.duration.0).ok_or(UsageError::NoRate)?;
            Ok(Schedule::for_profile(profile?)?)
        }
    }
}

/// A profile beats a rate of the environment, and the other way round; two that were typed are one too many.
fn profile_of(args: &RunArgs, typed: &Typed) -> Result<Option<Profile>, UsageError> {
    let Some(profile) = &args.profile else { return Ok(None) };
    for (field, flag) in [("rate", "--rate"), ("duration", "--duration"), ("requests", "--requests")] {
        if typed.has(field) && typed.has("profile") {
            return Err(UsageError::Exclusive("--profile", flag));
        }
    }
    if ["rate", "duration", "requests"].iter().any(|field| typed.has(field)) {
        return Ok(None);
    }
    match profile {
        ProfileArg::Phases(_) if typed.has("profile_steps") => Err(UsageError::StepsOfNothing),
        ProfileArg::Phases(phases) => Ok(Some(ProfileArg::of_phases(phases)?)),
        ProfileArg::File(path) => {
            let table = DataTable::read(open_file("profile", path)?, &path.display().to_string())?;
            Ok(Some(Profile::new(&of_table(&table, args.profile_steps)?)?))
        }
    }
}
