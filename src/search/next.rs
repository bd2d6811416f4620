//! What to do next.

use super::bounds::{Loads, Pair, distance};
use super::{Class, Event, History, Purpose, Reason, SearchResult, Settings, Vote, bounds};

/// Void trials at one load after which the search stops: the generator gives out there.
const MOST_VOID: usize = 3;
/// Part of the width that is aimed at, so that rounding a rate does not exceed it.
const AIM: f64 = 0.98;
/// Distance, in widths, up to which a decided bound and a coarse one are near enough to vote between them at once.
const NEAR: f64 = 2.0;

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

/// A trial that would help.
struct Wanted {
    rate_per_s: f64,
    duration_s: f64,
    purpose: Purpose,
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
    let loads = Loads::of(settings, history);
    let decided = loads.decided();
    if let (Some(lower), Some(upper)) = (decided.lower, decided.upper)
        && distance(lower, upper) <= settings.width
    {
        return confirmation(settings, history, lower);
    }
    let vote =
        |rate_per_s: f64| Ok(Wanted { rate_per_s, duration_s: settings.trial_s, purpose: Purpose::Vote });
    if let Some(rate_per_s) = loads.pending() {
        return vote(rate_per_s);
    }
    let (lowest, limit) = (settings.lowest_per_s, settings.limit_per_s());
    let is_first = history.votes().all(|trial| trial.purpose == Purpose::Baseline);
    if let (true, Some(guess)) = (is_first, settings.guess_per_s) {
        return Ok(bracket(settings, guess / 2.0));
    }
    let coarse = loads.coarse();
    match (coarse.lower, coarse.upper) {
        (Some(lower), Some(upper)) => match candidate(settings, decided, lower, upper) {
            Candidate::Vote(rate_per_s) => vote(settings.ask(rate_per_s)),
            Candidate::Refine(rate_per_s) => Ok(Wanted {
                rate_per_s: settings.ask(rate_per_s),
                duration_s: settings.coarse_trial_s(distance(lower, upper)),
                purpose: Purpose::Refine,
            }),
        },
        (Some(lower), None) if lower >= limit => match loads.decision(lower) {
            Class::Lower if settings.is_limited_by_generator() => {
                Err(Reason::LimitedByGenerator { at_per_s: limit })
            }
            Class::Lower => Err(Reason::NotAboveHighest),
            _ => vote(lower),
        },
        (None, Some(upper)) if upper <= lowest => match loads.decision(upper) {
            Class::Upper => Err(Reason::NotBelowLowest),
            _ => vote(upper),
        },
        // Votes beat a short trial that had found the way too early: the knee is not far.
        (Some(lower), None) if decided.lower == Some(lower) => {
            Ok(bracket(settings, lower * (1.0 + NEAR * settings.width)))
        }
        (Some(lower), None) => Ok(bracket(settings, lower * growth(settings, lower))),
        (None, Some(upper)) => Ok(bracket(settings, upper / 2.0)),
        (None, None) => Ok(bracket(settings, lowest)),
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

/// The longer trial at the lower bound, where it was asked for; a bad one makes the bound an upper one.
fn confirmation(settings: &Settings, history: &History, lower_per_s: f64) -> Result<Wanted, Reason> {
    match settings.confirm_s {
        Some(duration_s) if !is_confirmed(history, lower_per_s) => {
            Ok(Wanted { rate_per_s: lower_per_s, duration_s, purpose: Purpose::Confirm })
        }
        _ => Err(Reason::Found),
    }
}

fn is_confirmed(history: &History, rate_per_s: f64) -> bool {
    history.votes().any(|trial| {
        trial.purpose == Purpose::Confirm && trial.rate_per_s == rate_per_s && trial.vote == Vote::Good
    })
}

fn bracket(settings: &Settings, rate_per_s: f64) -> Wanted {
    let duration_s = settings.coarse_trial_s(1.0);
    Wanted { rate_per_s: settings.ask(rate_per_s), duration_s, purpose: Purpose::Bracket }
}

/// By how much to raise a load that was good: doubled, but past the guess only by a quarter. The guess is the service's
/// throughput, which is where the knee is, or little above it; a short trial there may well be good by chance.
fn growth(settings: &Settings, good_per_s: f64) -> f64 {
    let at_the_guess = settings.guess_per_s.is_some_and(|guess| (0.9..1.1).contains(&(good_per_s / guess)));
    if at_the_guess { 1.25 } else { 2.0 }
}

/// A load between the bounds.
enum Candidate {
    /// To be decided by trials of full length.
    Vote(f64),
    /// To find the way, by one short trial.
    Refine(f64),
}

/// The next load, given what votes decided, and the coarse bounds, which lie within.
///
/// First short trials narrow the knee down to half of the width. Their middle is the best estimate of the knee, so the
/// loads to vote on are placed evenly around it, one width apart: an error of less than half a width does no harm.
fn candidate(settings: &Settings, decided: Pair, lower: f64, upper: f64) -> Candidate {
    let ratio = 1.0 - AIM * settings.width;
    let middle = (lower * upper).sqrt();
    // As they would be asked for: a load that is decided is not asked for again.
    let (below, above) = (settings.ask(middle * ratio.sqrt()), settings.ask(middle / ratio.sqrt()));
    let near = distance(lower, upper) <= NEAR * settings.width;
    let centred = distance(lower, upper) <= settings.centre_width();
    match (decided.lower, decided.upper) {
        // One bound is decided and no short trial speaks for more than the next step beyond it.
        (None, Some(decided)) if decided == upper && near => Candidate::Vote(upper * ratio),
        (Some(decided), None) if decided == lower && near => Candidate::Vote(lower / ratio),
        (Some(low), Some(high)) if high * ratio * ratio <= low => Candidate::Vote((low * high).sqrt()),
        _ if !centred => Candidate::Refine(middle),
        (None, _) => Candidate::Vote(below),
        (Some(_), None) => Candidate::Vote(above),
        (Some(low), Some(_)) if below > low => Candidate::Vote(below),
        (Some(_), Some(high)) if above < high => Candidate::Vote(above),
        (Some(low), Some(high)) => Candidate::Vote((low * high).sqrt()),
    }
}

fn answer(reason: Reason, settings: &Settings, history: &History) -> SearchResult {
    let bounds = bounds(settings, history);
    let confirmed = bounds.lower.is_some_and(|lower| is_confirmed(history, lower.rate_per_s));
    let trials = history.votes().count() as u32;
    SearchResult {
        reason,
        lower: bounds.lower,
        upper: bounds.upper,
        confirmed,
        trials,
        void_trials: history.trials().count() as u32 - trials,
        time_s: history.elapsed_s(),
    }
}
