//! A trial that a search wants, and what both methods ask for alike.

use super::{History, Purpose, Settings, Vote};

/// A trial that would help.
pub(super) struct Wanted {
    pub(super) rate_per_s: f64,
    pub(super) duration_s: f64,
    pub(super) purpose: Purpose,
}

/// A short trial on the way to a good load below a bad one.
pub(super) fn bracket(settings: &Settings, rate_per_s: f64) -> Wanted {
    let duration_s = settings.coarse_trial_s(1.0);
    Wanted { rate_per_s: settings.ask(rate_per_s), duration_s, purpose: Purpose::Bracket }
}

/// By how much to raise a load that was good: doubled, but past the guess only by a quarter. The guess is the service's
/// throughput, which is where the knee is, or little above it; a short trial there may well be good by chance.
pub(super) fn growth(settings: &Settings, good_per_s: f64) -> f64 {
    let at_the_guess = settings.guess_per_s.is_some_and(|guess| (0.9..1.1).contains(&(good_per_s / guess)));
    if at_the_guess { 1.25 } else { 2.0 }
}

/// Whether a longer trial at this load, or above it, was good.
pub(super) fn is_confirmed(history: &History, rate_per_s: f64) -> bool {
    history.votes().any(|trial| {
        trial.purpose == Purpose::Confirm && trial.rate_per_s >= rate_per_s && trial.vote == Vote::Good
    })
}
