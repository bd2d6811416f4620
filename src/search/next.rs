//! What to do next.

use super::wanted::{Wanted, bracket, is_confirmed};
use super::{
    Event, History, KneeInterval, Method, Purpose, Reason, SearchResult, Settings, Vote, bounds,
    by_posterior, by_votes,
};

/// Void trials at one load after which the search stops: the generator gives out there.
const MOST_VOID: usize = 3;

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Run a trial, judge it, add it to the history.
    Measure {
        /// At this rate, in requests per second.
        rate_per_s: f64,
        /// For so long, in seconds.
        duration_s: f64,
        /// For this reason.
        purpose: Purpose,
    },
    /// Stop.
    Done(SearchResult),
}

/// What to do after all that happened. The settings are valid ([`Settings::validate`]) and stay the same.
pub fn next(settings: &Settings, history: &History) -> Action {
    match step(settings, history) {
        Ok(trial) => {
            let ends_s = history.elapsed_s() + trial.duration_s + settings.overhead_s;
            if ends_s > settings.budget_s {
                return Action::Done(answer(Reason::BudgetSpent, settings, history));
            }
            let Wanted { rate_per_s, duration_s, purpose } = trial;
            Action::Measure { rate_per_s, duration_s, purpose }
        }
        Err(reason) => Action::Done(answer(reason, settings, history)),
    }
}

/// The trial that is wanted next, or why none is.
fn step(settings: &Settings, history: &History) -> Result<Wanted, Reason> {
    for event in history.events() {
        match event {
            Event::Interrupted => return Err(Reason::Interrupted),
            Event::DidNotRecover { waited_s } => return Err(Reason::DidNotRecover { waited_s: *waited_s }),
            Event::Trial(_) => {}
        }
    }
    if let Some(at_per_s) = gives_out_at(history) {
        return Err(Reason::LimitedByGenerator { at_per_s });
    }
    if let Some(wanted) = baseline(settings, history)? {
        return Ok(wanted);
    }
    let is_first = history.votes().all(|trial| trial.purpose == Purpose::Baseline);
    if let (true, Some(guess)) = (is_first, settings.guess_per_s) {
        return Ok(bracket(settings, guess / 2.0));
    }
    match settings.method {
        Method::Posterior => by_posterior::step(settings, history),
        Method::Votes => by_votes::step(settings, history),
    }
}

/// The load at which the generator missed its schedule too often.
fn gives_out_at(history: &History) -> Option<f64> {
    let void_at = |rate_per_s: f64| {
        history.trials().filter(|trial| trial.vote == Vote::Void && trial.rate_per_s == rate_per_s).count()
    };
    history.trials().map(|trial| trial.rate_per_s).find(|rate| void_at(*rate) >= MOST_VOID)
}

/// The baseline, until one trial was good: a service that just woke up has a second chance.
fn baseline(settings: &Settings, history: &History) -> Result<Option<Wanted>, Reason> {
    let count = |vote: Vote| {
        history.votes().filter(|trial| trial.purpose == Purpose::Baseline && trial.vote == vote).count()
    };
    match (count(Vote::Good), count(Vote::Bad)) {
        (0, 0 | 1) => Ok(Some(Wanted {
            rate_per_s: settings.baseline_per_s,
            duration_s: settings.coarse_trial_s(1.0),
            purpose: Purpose::Baseline,
        })),
        (0, _) => Err(Reason::ImpossibleIdle),
        _ => Ok(None),
    }
}

/// The interval of the knee so far; `None` where a good load and a bad one were not both seen, and by votes.
pub(crate) fn knee_so_far(settings: &Settings, history: &History) -> Option<KneeInterval> {
    match settings.method {
        Method::Posterior => by_posterior::interval(settings, history),
        Method::Votes => None,
    }
}

fn answer(reason: Reason, settings: &Settings, history: &History) -> SearchResult {
    let bounds = bounds(settings, history);
    let knee = knee_so_far(settings, history);
    let holds = knee.map(|knee| settings.ask(knee.low_per_s)).or(bounds.lower.map(|lower| lower.rate_per_s));
    let confirmed = holds.is_some_and(|rate_per_s| is_confirmed(history, rate_per_s));
    let trials = history.votes().count() as u32;
    SearchResult {
        reason,
        lower: bounds.lower,
        upper: bounds.upper,
        knee,
        confirmed,
        trials,
        void_trials: history.trials().count() as u32 - trials,
        time_s: history.elapsed_s(),
    }
}
