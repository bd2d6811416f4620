//! `sweep`, checked.

use clap::ValueEnum;

use super::super::args::{MethodArg, ShapeArg, SweepArgs};
use super::super::invocation::Typed;
use super::super::output::OutputFile;
use super::settings::{check_phases, open_loop_of};
use super::{Screen, Setup, UsageError, outputs_of, repeats_of};
use crate::judge::Slo;
use crate::ladder::{Ladder, Rungs};
use crate::plan::{Machine, Planner};
use crate::schedule::{Rate, Schedule, Spike};
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
        let reporting = &args.runs.reporting;
        check_phases(&reporting.slo, &[])?;
        let highest = what.highest_rate();
        setup.warnings.extend(planner.warning_of_threads(planner.threads_at(highest), highest));
        Ok(Self {
            what,
            planner,
            step_ns: args.step_duration.0,
            recover_ns: args.recover.0,
            warmup_ns: args.runs.load.warmup_ns(false),
            baseline_factor: args.baseline_factor,
            screen: Screen::new(reporting, &setup),
            setup,
            outputs: outputs_of(reporting, crate::result::Kind::Sweep)?,
        })
    }
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
    // The earlier name of the setting counts where the new one was not typed.
    let repeats = args.repeats.filter(|_| !typed.has("repeat")).unwrap_or(args.repeat);
    let ladder =
        Ladder::new(rungs, args.order, repeats_of(repeats)?, args.runs.load.seed, args.stop_when_saturated);
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
