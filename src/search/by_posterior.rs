//! The search by the posterior: each trial at the rate that says most about the knee, until its interval is narrow enough.
//!
//! A probabilistic bisection (M. Horstein 1963; R. Waeber, P. Frazier and S. Henderson 2013): where a plain bisection halves
//! an interval that one wrong answer spoils, this one halves what is believed, and a wrong answer is outweighed later.

use super::posterior::{KneeInterval, Posterior};
use super::wanted::{Wanted, bracket, growth, is_confirmed};
use super::{History, Purpose, Reason, Settings, Vote};

/// Width of the interval above which trials are shortest, and above which they are of middle length.
const COARSE: f64 = 0.3;
const MIDDLE: f64 = 0.15;
/// Which part of the belief each trial has below it, in turn: to both sides of the middle, since two rates tell how steeply
/// a service fails and one does not.
const ASK_AT: [f64; 3] = [0.5, 0.35, 0.65];
/// How near a good and a bad load may be to be told apart by short trials.
const CLOSE: f64 = 0.04;
/// How far above the highest good load a trial may go while the upper end is far: an overload says little and costs much.
const REACH: f64 = 1.1;
/// Trials of full length before the answer may be believed, however narrow it looks: how far trials differ from each other,
/// three of them hardly show.
const FEWEST_FULL: usize = 4;
/// This part of a length is that length.
const WHOLE: f64 = 0.999;
/// How sure a search must be that the knee lies outside the rates that may be tried.
const SURE: f64 = 0.975;

/// The trial that is wanted next, or why none is.
pub(super) fn step(settings: &Settings, history: &History) -> Result<Wanted, Reason> {
    let (lowest, limit) = (settings.lowest_per_s, settings.limit_per_s());
    let full = |rate_per_s: f64| Wanted { rate_per_s, duration_s: settings.trial_s, purpose: Purpose::Vote };
    match bracketed(history) {
        // Whether a bad load below a good one was chance, the posterior says.
        (Some(_), Some(_)) => {}
        (Some(good), None) if good < limit => return Ok(bracket(settings, good * growth(settings, good))),
        (None, Some(bad)) if bad > lowest => return Ok(bracket(settings, bad / 2.0)),
        (None, None) => return Ok(bracket(settings, lowest)),
        // At an end of what may be tried: one side is all that there is.
        _ => {}
    }
    let posterior = Posterior::of(settings, history);
    if posterior.above(limit) > SURE {
        return Err(if settings.is_limited_by_generator() {
            Reason::LimitedByGenerator { at_per_s: limit }
        } else {
            Reason::NotAboveHighest
        });
    }
    if posterior.above(lowest) < 1.0 - SURE {
        return Err(Reason::NotBelowLowest);
    }
    let interval = posterior.interval();
    let count_full = history.votes().filter(|trial| trial.duration_s >= WHOLE * settings.trial_s).count();
    if interval.width() <= settings.width && count_full >= FEWEST_FULL {
        return confirmation(settings, history, interval.low_per_s);
    }
    let Next { rate_per_s, part } = next_of(&posterior, history);
    let wanted = full(settings.ask(rate_per_s));
    // At an end of what may be tried, only a trial of full length tells which side the knee is on.
    if part >= 1.0 || wanted.rate_per_s >= limit || wanted.rate_per_s <= lowest {
        return Ok(wanted);
    }
    Ok(Wanted { duration_s: part * settings.trial_s, purpose: Purpose::Refine, ..wanted })
}

/// The interval of the knee, once a good load and a bad one were seen.
pub(super) fn interval(settings: &Settings, history: &History) -> Option<KneeInterval> {
    match bracketed(history) {
        (Some(_), Some(_)) => Some(Posterior::of(settings, history).interval()),
        _ => None,
    }
}

/// The highest load that was good in some trial, and the lowest that was bad.
fn bracketed(history: &History) -> (Option<f64>, Option<f64>) {
    let rates = |vote: Vote| {
        let trials = history.votes().filter(move |trial| trial.vote == vote);
        trials.filter(|trial| trial.purpose != Purpose::Baseline).map(|trial| trial.rate_per_s)
    };
    (rates(Vote::Good).reduce(f64::max), rates(Vote::Bad).reduce(f64::min))
}

/// What to ask next: at which rate, and for which part of a trial's full length.
struct Next {
    rate_per_s: f64,
    part: f64,
}

/// Far from the knee the middle, in short trials, which are clear there; near it, where the belief is divided.
fn next_of(posterior: &Posterior, history: &History) -> Next {
    let KneeInterval { low_per_s, likely_per_s, high_per_s } = posterior.interval();
    let rates =
        |vote: Vote| history.votes().filter(move |trial| trial.vote == vote).map(|trial| trial.rate_per_s);
    // A bad trial above what is likely is believed, however far the interval still reaches.
    let lowest_bad = rates(Vote::Bad).filter(|rate| *rate > likely_per_s).fold(f64::INFINITY, f64::min);
    let end_per_s = high_per_s.min(lowest_bad);
    let highest_good = rates(Vote::Good).filter(|rate| *rate < end_per_s).fold(0.0, f64::max);
    let width = (end_per_s - low_per_s) / end_per_s;
    if width > MIDDLE {
        // Short trials so near each other say no more by being repeated: what is not known is how far down the knee may lie.
        let is_between = end_per_s > (1.0 + CLOSE) * highest_good;
        let from_per_s = if is_between { highest_good.max(low_per_s) } else { low_per_s };
        let middle = (from_per_s * end_per_s).sqrt();
        let reach = if lowest_bad.is_finite() { lowest_bad } else { REACH * highest_good };
        let rate_per_s = middle.min(reach).max(low_per_s);
        return Next { rate_per_s, part: if width > COARSE { 0.25 } else { 0.5 } };
    }
    // One bad trial alone may have been about something else: asked again, it is no longer alone.
    if high_per_s > REACH * lowest_bad {
        return Next { rate_per_s: lowest_bad, part: 0.25 };
    }
    let turn = history.votes().filter(|trial| trial.purpose == Purpose::Vote).count();
    Next { rate_per_s: posterior.quantile(ASK_AT[turn % ASK_AT.len()]), part: 1.0 }
}

/// The longer trial at the lower end, where it was asked for; a bad one moves the interval, and the search goes on.
fn confirmation(settings: &Settings, history: &History, low_per_s: f64) -> Result<Wanted, Reason> {
    // As it is asked for: rounded, so that a trial that was run is found again.
    let rate_per_s = settings.ask(low_per_s);
    match settings.confirm_s {
        Some(duration_s) if !is_confirmed(history, rate_per_s) => {
            Ok(Wanted { rate_per_s, duration_s, purpose: Purpose::Confirm })
        }
        _ => Err(Reason::Found),
    }
}
