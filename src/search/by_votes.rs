//! The search by votes: multiple loss ratio search (RFC 9971) with an order of steps of our own.

use super::bounds::{Loads, Pair, distance};
use super::wanted::{Wanted, bracket, growth, is_confirmed};
use super::{Class, History, Purpose, Reason, Settings};

/// Part of the width that is aimed at, so that rounding a rate does not exceed it.
const AIM: f64 = 0.98;
/// Distance, in widths, up to which a decided bound and a coarse one are near enough to vote between them at once.
const NEAR: f64 = 2.0;

/// The trial that is wanted next, or why none is.
pub(super) fn step(settings: &Settings, history: &History) -> Result<Wanted, Reason> {
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

/// The longer trial at the lower bound, where it was asked for; a bad one makes the bound an upper one.
fn confirmation(settings: &Settings, history: &History, lower_per_s: f64) -> Result<Wanted, Reason> {
    match settings.confirm_s {
        Some(duration_s) if !is_confirmed(history, lower_per_s) => {
            Ok(Wanted { rate_per_s: lower_per_s, duration_s, purpose: Purpose::Confirm })
        }
        _ => Err(Reason::Found),
    }
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
