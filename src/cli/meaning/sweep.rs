//! `sweep`, checked.

use std::collections::BTreeMap;

use clap::ValueEnum;

use super::super::args::{MethodArg, ShapeArg, SweepArgs};
use super::super::invocation::Typed;
use super::super::output::OutputFile;
use super::super::values::Span;
use super::settings::{check_phases, open_loop_of};
use super::shards::told_of;
use super::{Screen, Setup, Sharding, UsageError, outputs_to, repeats_of};
use crate::judge::Slo;
use crate::ladder::{Ladder, Rungs};
use crate::plan::{Machine, Planner};
use crate::schedule::{Rate, Schedule, Source, Spike};
use crate::search::Method;

/// Length of a confirming trial, in trials.
const CONFIRM_TRIALS: f64 = 4.0;

/// Runs at several rates that can be started.
#[derive(Debug)]
pub(crate) struct SweepJob {
    /// Which rates.
    pub what: Sweeping,
    /// Makes a plan for each of them.
    pub planner: Planner,
    /// One of the runs, the fastest that is known beforehand.
    pub example: Source,
    /// What decides which runs there are, by the names of the flags: all shards are told the same.
    pub settings: BTreeMap<String, String>,
    /// Length of a rung, in nanoseconds.
    pub step_ns: u64,
    /// Longest wait for the service to recover, in nanoseconds.
    pub recover_ns: u64,
    /// Length of the warm-up before each run, in nanoseconds.
    pub warmup_ns: u64,
    /// Factor of the baseline knee.
    pub baseline_factor: f64,
    /// Where, over which connections, and what is asked.
    pub setup: Setup,
    /// What stdout receives.
    pub screen: Screen,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

/// Which rates a sweep runs.
#[derive(Debug)]
pub(crate) enum Sweeping {
    /// Those of a ladder.
    Ladder(Ladder, Rungs),
    /// Those that a search asks for.
    Search(Box<SearchPlan>),
    /// One, another, and the first again, and the schedule of it.
    Spike(Spike, Schedule),
}

impl Sweeping {
    /// The highest rate, where it is known beforehand.
    pub(crate) fn highest_rate(&self) -> Option<Rate> {
        match self {
            Self::Ladder(_, rungs) => rungs.highest(),
            Self::Search(plan) => plan.max_rate,
            Self::Spike(_, schedule) => Some(schedule.peak_rate()),
        }
    }

    /// The lowest.
    fn lowest_rate(&self) -> Rate {
        match self {
            Self::Ladder(_, rungs) => rungs.lowest().unwrap_or(Rate::ONE),
            Self::Search(plan) => plan.min_rate,
            Self::Spike(spike, _) => spike.held,
        }
    }
}

/// What a search is asked for, as far as the arguments say. Rates are per second, times in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SearchPlan {
    /// Lowest rate of interest.
    pub min_rate: Rate,
    /// What must hold.
    pub slos: Vec<Slo>,
    /// Highest rate that may be tried.
    pub max_rate: Option<Rate>,
    /// How long it may take.
    pub budget_s: f64,
    /// How trials become an answer.
    pub method: Method,
    /// How near the bounds must come, as a share of the upper one.
    pub width: f64,
    /// Whether it was given: a wider interval is no answer then.
    pub width_was_asked_for: bool,
    /// Length of a trial, where it was given.
    pub trial_s: Option<f64>,
    /// How many times as long as a trial the confirming one is; none: it is not confirmed.
    pub confirm_trials: Option<f64>,
}

impl SweepJob {
    /// Checks the arguments of `sweep`.
    ///
    /// # Errors
    /// [`UsageError`] naming the cause and the remedy. Nothing has been sent or written then.
    pub(crate) fn new(args: &SweepArgs, typed: &Typed, machine: Machine) -> Result<Self, UsageError> {
        if args.step_duration.0 == 0 {
            return Err(UsageError::Zero("--step-duration"));
        }
        if !(args.baseline_factor > 1.0 && args.baseline_factor.is_finite()) {
            return Err(UsageError::BaselineFactor);
        }
        let what = what_of(args, typed)?;
        let (mut setup, planner) = open_loop_of(&args.runs, args.target.as_deref(), typed, machine, false)?;
        let sharding = Sharding::new(&args.shards)?;
        let planner = planner.sharded(sharding.shard());
        let (lowest, highest) = (what.lowest_rate(), what.highest_rate());
        sharding.check_sweep(planner.room_at(Some(lowest)), args.shards.min_shards, &setup.target)?;
        let example = match &what {
            Sweeping::Spike(_, schedule) => planner.open(schedule.clone())?,
            _ => {
                let rate = highest.unwrap_or(lowest);
                let schedule = Schedule::for_duration(rate, args.step_duration.0);
                // A trial of a search may be long enough for a rate for which a step is not.
                planner.open(schedule.or_else(|_| Schedule::for_count(rate, 1))?)?
            }
        };
        let reporting = &args.runs.reporting;
        check_phases(&reporting.slo, &[])?;
        let outputs = outputs_to(&sharding.paths(&reporting.output)?, reporting, crate::result::Kind::Sweep)?;
        setup.sharding = sharding;
        setup.warnings.extend(planner.warning_of_threads(planner.threads_at(highest), highest));
        Ok(Self {
            settings: settings_of(args, typed, &what),
            what,
            planner,
            example,
            step_ns: args.step_duration.0,
            recover_ns: args.recover.0,
            warmup_ns: args.runs.load.warmup_ns(false),
            baseline_factor: args.baseline_factor,
            screen: Screen::new(reporting, &setup),
            setup,
            outputs,
        })
    }
}

/// What all shards must be told alike: whatever decides which runs there are, and how long they are.
fn settings_of(args: &SweepArgs, typed: &Typed, what: &Sweeping) -> BTreeMap<String, String> {
    let seconds = |span: Span| format!("{} s", span.0 as f64 / 1e9);
    let joined = |rates: &[Rate]| rates.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let rates = args.rates.as_ref().map(|rungs| joined(&rungs.0)).unwrap_or_default();
    let (step, recover) = (seconds(args.step_duration), seconds(args.recover));
    match what {
        Sweeping::Ladder(..) => told_of(
            "sweep --rates",
            [
                ("--rates", rates),
                ("--step-duration", step),
                ("--repeat", repeats_in(args, typed).to_string()),
                ("--order", name_of(args.order)),
                ("--baseline-factor", args.baseline_factor.to_string()),
                ("--stop-when-saturated", args.stop_when_saturated.to_string()),
                ("--recover", recover),
            ],
        ),
        Sweeping::Search(plan) => told_of(
            "sweep --find-knee",
            [
                ("--search", name_of(args.search)),
                ("--min-rate", plan.min_rate.to_string()),
                ("--max-rate", plan.max_rate.map_or_else(|| "none".to_owned(), |rate| rate.to_string())),
                ("--budget", format!("{} s", plan.budget_s)),
                (
                    "--step-duration",
                    plan.trial_s.map_or_else(|| "auto".to_owned(), |length| format!("{length} s")),
                ),
                ("--width", plan.width.to_string()),
                ("--confirm", plan.confirm_trials.is_some().to_string()),
                ("--recover", recover),
            ],
        ),
        Sweeping::Spike(spike, _) => told_of(
            "sweep --shape",
            [
                ("--rates", rates),
                ("--step-duration", step),
                ("--spike-duration", format!("{} s", spike.spike_ns as f64 / 1e9)),
            ],
        ),
    }
}

fn name_of(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The earlier name of the setting counts where the new one was not typed.
fn repeats_in(args: &SweepArgs, typed: &Typed) -> u64 {
    args.repeats.filter(|_| !typed.has("repeat")).unwrap_or(args.repeat)
}

fn what_of(args: &SweepArgs, typed: &Typed) -> Result<Sweeping, UsageError> {
    let rates = args.rates.as_ref();
    if args.find_knee {
        return search_of(args, typed);
    }
    let rungs = rates.ok_or(UsageError::NoRates)?;
    if let Some(shape) = args.shape {
        let [held, spike] = rungs.0.as_slice() else { return Err(UsageError::TwoRates) };
        let spike_ns = match shape {
            ShapeArg::Step => args.step_duration.0,
            ShapeArg::Spike if args.spike_duration.0 == 0 => {
                return Err(UsageError::Zero("--spike-duration"));
            }
            ShapeArg::Spike => args.spike_duration.0,
        };
        if typed.has("repeat") {
            return Err(UsageError::Exclusive("--shape", "--repeat"));
        }
        let spike = Spike { held: *held, hold_ns: args.step_duration.0, spike: *spike, spike_ns };
        return Ok(Sweeping::Spike(spike, spike.schedule()?));
    }
    let repeats = repeats_of(repeats_in(args, typed))?;
    let ladder = Ladder::new(rungs, args.order, repeats, args.runs.load.seed, args.stop_when_saturated);
    Ok(Sweeping::Ladder(ladder, rungs.clone()))
}

fn search_of(args: &SweepArgs, typed: &Typed) -> Result<Sweeping, UsageError> {
    if typed.has("rates") {
        return Err(UsageError::Exclusive("--find-knee", "--rates"));
    }
    if typed.has("shape") {
        return Err(UsageError::Exclusive("--find-knee", "--shape"));
    }
    if typed.has("repeat") {
        return Err(UsageError::Exclusive("--find-knee", "--repeat"));
    }
    if args.runs.reporting.slo.is_empty() {
        return Err(UsageError::NoObjective);
    }
    let method = args.runs.traffic.request.method.as_deref();
    if let Some(name) = method.filter(|name| MethodArg::from_str(name, true).is_ok()) {
        return Err(UsageError::SearchMethod(name.to_owned()));
    }
    let seconds = |nanos: u64| nanos as f64 / 1e9;
    let width = args.width.0;
    if !(0.001..=0.5).contains(&width) {
        return Err(UsageError::Width);
    }
    if let Some(max_rate) = args.max_rate.filter(|max| max.per_second() <= args.min_rate.per_second()) {
        return Err(UsageError::EmptyRange(args.min_rate.to_string(), max_rate.to_string()));
    }
    let trial_s = typed.has("step_duration").then(|| seconds(args.step_duration.0));
    let (budget_s, warmup_s) = (seconds(args.budget.0), seconds(args.runs.load.warmup_ns(false)));
    let least_s = trial_s.unwrap_or(2.0) + warmup_s;
    if budget_s < least_s {
        return Err(UsageError::Budget { budget_s, least_s });
    }
    Ok(Sweeping::Search(Box::new(SearchPlan {
        min_rate: args.min_rate,
        slos: args.runs.reporting.slo.clone(),
        max_rate: args.max_rate,
        budget_s,
        method: match args.search {
            MethodArg::Posterior => Method::Posterior,
            MethodArg::Votes => Method::Votes,
        },
        width,
        width_was_asked_for: typed.has("width"),
        trial_s,
        confirm_trials: args.confirm.then_some(CONFIRM_TRIALS),
    })))
}
