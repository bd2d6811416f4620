//! `closed`, checked.

use super::super::args::ClosedArgs;
use super::super::invocation::Typed;
use super::super::values::StageEnd;
use super::settings::{check_phases, settings_of};
use super::shards::told_of;
use super::{RunJob, Screen, Setup, Sharding, UsageError, kind_of_runs, outputs_to, repeats_of};
use crate::judge::AbortWatch;
use crate::plan::{Machine, Planner, Settings};
use crate::schedule::{ClosedLoop, LoopEnd, Source};

/// Most stages of a ramp.
const MOST_STAGES: u64 = 1_000;
/// Users where nobody says how many.
const DEFAULT_USERS: u64 = 10;

impl RunJob {
    /// Checks the arguments of `closed`.
    ///
    /// # Errors
    /// [`UsageError`] naming the cause and the remedy. Nothing has been sent or written then.
    pub(crate) fn closed(args: &ClosedArgs, typed: &Typed, machine: Machine) -> Result<Self, UsageError> {
        let ClosedArgs { traffic, load, reporting, .. } = args;
        check_phases(&reporting.slo, &[])?;
        let loops = stages_of(args, typed)?;
        let many = (loops.len() as u64).saturating_mul(args.repeat);
        let mut setup = Setup::new(args.target.as_deref(), traffic, load, reporting, typed)?;
        let is_counted = loops.iter().all(|users| matches!(users.end(), LoopEnd::Requests(_)));
        let expected_rate_per_s = args.expected_rate.map(|rate| rate.per_second());
        let planner = Planner::new(
            Settings { expected_rate_per_s, ..settings_of(traffic, load, reporting, &setup, is_counted) },
            machine,
        );
        let sharding = Sharding::new(&args.shards)?;
        let planner = planner.sharded(sharding.shard());
        let largest = loops.iter().copied().max_by_key(ClosedLoop::users).map(Source::Users);
        setup.warnings.extend(largest.iter().flat_map(|largest| planner.warnings(largest)));
        let settings =
            told_of("closed", [("--repeat", args.repeat.to_string()), ("stages", words_of(&loops))]);
        // The stages after the first find its connections.
        let stages = loops.into_iter().enumerate().map(|(stage, users)| match stage {
            0 => planner.users(users),
            _ => Ok(Source::Users(users)),
        });
        let stages = stages.collect::<Result<Vec<_>, _>>()?;
        sharding.check(&stages, repeats_of(args.repeat)?, &planner, &setup.target)?;
        let outputs = outputs_to(&sharding.paths(&reporting.output)?, reporting, kind_of_runs(many))?;
        setup.sharding = sharding;
        setup.stream.clone_from(&args.course.stream);
        setup.log.clone_from(&args.course.log);
        setup.watchers = args.course.watchers();
        setup.abort = AbortWatch::new(args.course.abort_on.clone(), !args.course.no_abort);
        Ok(Self {
            stages,
            is_debugging: args.course.debug,
            threads: largest.map_or(1, |largest| planner.threads(&largest)),
            planner,
            repeats: args.repeat,
            settings,
            screen: Screen::new(reporting, &setup),
            fail_on: args.gate.fail_on.clone(),
            setup,
            outputs,
        })
    }
}

/// Users and length of all stages, as --stages has them.
fn words_of(loops: &[ClosedLoop]) -> String {
    let stage = |users: &ClosedLoop| match users.end() {
        LoopEnd::Requests(requests) => format!("{}x{requests}", users.users()),
        LoopEnd::Duration(length_ns) => format!("{}x{}s", users.users(), length_ns as f64 / 1e9),
    };
    loops.iter().map(stage).collect::<Vec<_>>().join(",")
}

/// The three ways to say how many users and for how long, of which only one may be used.
fn stages_of(args: &ClosedArgs, typed: &Typed) -> Result<Vec<ClosedLoop>, UsageError> {
    let is_given = |flag: &str, value: bool| value && typed.has(flag);
    let single = [
        ("--concurrency", is_given("concurrency", args.concurrency.is_some())),
        ("--requests", is_given("requests", args.requests.is_some())),
        ("--duration", is_given("duration", args.duration.is_some())),
    ];
    let ramp = [
        ("--ramp-start", is_given("ramp_start", args.ramp_start.is_some())),
        ("--ramp-steps", is_given("ramp_steps", args.ramp_steps.is_some())),
        ("--ramp-inc", is_given("ramp_inc", args.ramp_inc.is_some())),
    ];
    let of_single = single.iter().find(|(_, given)| *given).map(|(flag, _)| *flag);
    let of_ramp = ramp.iter().find(|(_, given)| *given).map(|(flag, _)| *flag);
    let of_stages = typed.has("stages").then_some("--stages");
    let given = [of_stages, of_ramp, of_single];
    let mut given = given.into_iter().flatten();
    if let (Some(one), Some(other)) = (given.next(), given.next()) {
        return Err(UsageError::Exclusive(one, other));
    }
    // What was typed beats the environment, where any of the three may stand.
    let think_ns = args.think_time.0;
    let closed = |users: u64, end: LoopEnd| Ok(ClosedLoop::new(users, end)?.with_think_time(think_ns));
    if let Some(stages) = args.stages.as_ref().filter(|_| of_single.is_none() && of_ramp.is_none()) {
        let end = |end: &StageEnd| match end {
            StageEnd::Requests(requests) => LoopEnd::Requests(*requests),
            StageEnd::Duration(span) => LoopEnd::Duration(span.0),
        };
        return stages.0.iter().map(|(users, length)| closed(*users, end(length))).collect();
    }
    if let Some(start) = args.ramp_start.filter(|_| of_single.is_none()) {
        let (steps, step) = (args.ramp_steps.unwrap_or(4), args.ramp_inc.unwrap_or(start));
        match steps {
            0 => return Err(UsageError::Zero("--ramp-steps")),
            steps if steps > MOST_STAGES => return Err(UsageError::TooMany("--ramp-steps", MOST_STAGES)),
            _ => {}
        }
        let users = |index: u64| start.saturating_add(step.saturating_mul(index));
        let length = LoopEnd::Duration(args.step_duration.0);
        return (0..steps).map(|index| closed(users(index), length)).collect();
    }
    if of_ramp.is_some() {
        return Err(UsageError::RampStart);
    }
    if typed.has("requests") && typed.has("duration") {
        return Err(UsageError::Exclusive("--requests", "--duration"));
    }
    let users = args.concurrency.unwrap_or(DEFAULT_USERS);
    let end = match (args.requests, args.duration) {
        (Some(requests), duration) if duration.is_none() || !typed.has("duration") => {
            LoopEnd::Requests(requests)
        }
        (_, duration) => LoopEnd::Duration(duration.map_or(10_000_000_000, |span| span.0)),
    };
    Ok(vec![closed(users, end)?])
}
