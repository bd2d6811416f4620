//! Services to search, and the loop that searches them as the command does: a trial, its vote, the next trial.

use super::queues::{Queue, Random};
use rpsbench::internals::{
    Action, Event, History, Method, Objective, Overload, SearchResult, Settings, Trial, Vote, next,
};

/// What drain, probe and warm-up take besides a trial, in seconds.
pub const OVERHEAD_S: f64 = 4.0;

/// Judges a trial at a rate, of a length in seconds.
pub trait Service {
    /// Its vote, and its severity where that is known: share of bad arrivals / share allowed.
    fn trial(&mut self, rate_per_s: f64, duration_s: f64) -> (Vote, Option<f64>);

    /// How long it was waited for in vain after the last trial, if it did not come back.
    fn did_not_recover(&self) -> Option<f64> {
        None
    }
}

/// A queue with an objective on its p99: at most 1 % of the arrivals slower than the limit.
pub struct WithSlo {
    pub queue: Queue,
    pub p99_below_s: f64,
    pub random: Random,
}

impl Service for WithSlo {
    fn trial(&mut self, rate_per_s: f64, duration_s: f64) -> (Vote, Option<f64>) {
        let shown = self.queue.run(rate_per_s, duration_s, WARMUP_S, &mut self.random);
        let severity = shown.slower_than(self.p99_below_s) / 0.01;
        let overloaded = || Overload::detect(&shown.observed).is_overloaded();
        (if severity > 1.0 || overloaded() { Vote::Bad } else { Vote::Good }, Some(severity))
    }
}

/// Of a service that only votes, a severity is not known.
impl<F: FnMut(f64, f64) -> Vote> Service for F {
    fn trial(&mut self, rate_per_s: f64, duration_s: f64) -> (Vote, Option<f64>) {
        (self(rate_per_s, duration_s), None)
    }
}

/// The warm-up before each trial, in seconds.
const WARMUP_S: f64 = 1.0;

/// The settings of a search by votes with a budget of 6 minutes and the defaults for the rest.
pub fn six_minutes(guess_per_s: f64) -> Settings {
    Settings {
        method: Method::Votes,
        objective: Objective { allowed: 0.01, slack_s: None },
        baseline_per_s: 10.0,
        lowest_per_s: 10.0,
        highest_per_s: None,
        ceiling_per_s: 20_000.0,
        guess_per_s: Some(guess_per_s),
        width: 0.05,
        trial_s: Settings::trial_for_budget_s(Method::Votes, 360.0, OVERHEAD_S),
        votes: 3,
        budget_s: 360.0,
        overhead_s: OVERHEAD_S,
        warmup_s: WARMUP_S,
        confirm_s: None,
    }
}

/// The settings of a search as users start it: nothing but an objective and a budget. `slack_s`: how long an arrival may wait.
pub fn by_default(guess_per_s: f64, budget_s: f64, slack_s: Option<f64>) -> Settings {
    Settings {
        method: Method::Posterior,
        objective: Objective { allowed: 0.01, slack_s },
        trial_s: Settings::trial_for_budget_s(Method::Posterior, budget_s, OVERHEAD_S).clamp(2.0, 120.0),
        budget_s,
        ..six_minutes(guess_per_s)
    }
}

/// The settings of a search that may take as long as it needs, with trials of this length.
pub fn patient(guess_per_s: f64, trial_s: f64) -> Settings {
    Settings { trial_s, budget_s: 40.0 * trial_s, ..six_minutes(guess_per_s) }
}

/// Searches to the end.
pub fn search(settings: &Settings, service: &mut dyn Service) -> (SearchResult, History) {
    settings.validate().expect("valid settings");
    let mut history = History::default();
    let mut elapsed_s = 0.0;
    loop {
        match next(settings, &history) {
            Action::Done(answer) => return (answer, history),
            Action::Measure { rate_per_s, duration_s, purpose } => {
                let (vote, severity) = service.trial(rate_per_s, duration_s);
                elapsed_s += duration_s + settings.overhead_s;
                let trial = Trial { rate_per_s, duration_s, purpose, vote, severity, note: String::new() };
                history.push(Event::Trial(trial), elapsed_s);
                if let Some(waited_s) = service.did_not_recover() {
                    history.push(Event::DidNotRecover { waited_s }, elapsed_s + waited_s);
                }
            }
        }
    }
}
