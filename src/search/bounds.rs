//! Between which loads the knee lies, as far as is known.

use super::{Bound, Class, Goal, History, Settings, Tally, Vote};

/// The bounds so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Bounds {
    /// The largest good load below the smallest bad one.
    pub lower: Option<Bound>,
    /// The smallest bad load above that.
    pub upper: Option<Bound>,
}

/// The bounds that the history supports: those that votes decided where there are such, else what the short trials on
/// the way there found.
pub(crate) fn bounds(settings: &Settings, history: &History) -> Bounds {
    let loads = Loads::of(settings, history);
    let bound = |rate: Option<f64>| rate.and_then(|rate| loads.bound(rate));
    let (decided, coarse) = (loads.decided(), loads.coarse());
    Bounds { lower: bound(decided.lower.or(coarse.lower)), upper: bound(decided.upper.or(coarse.upper)) }
}

/// A lower and an upper load, in requests per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pair {
    pub(super) lower: Option<f64>,
    pub(super) upper: Option<f64>,
}

/// The loads of interest that were measured, lowest first.
#[derive(Debug)]
pub(super) struct Loads {
    tallies: Vec<Tally>,
    target: Goal,
    coarse: Goal,
}

impl Loads {
    pub(super) fn of(settings: &Settings, history: &History) -> Self {
        let of_interest = history.votes().filter(|trial| trial.rate_per_s >= settings.lowest_per_s);
        Self { tallies: Tally::all(of_interest), target: settings.target(), coarse: settings.coarse() }
    }

    /// The bounds that votes decided. A good load above a bad one does not count (relevant bounds, RFC 9971): to promise
    /// it would be to promise the bad one below it too.
    pub(super) fn decided(&self) -> Pair {
        let is = |class| move |tally: &&Tally| tally.class(&self.target) == class;
        let upper = self.tallies.iter().find(is(Class::Upper)).map(|tally| tally.rate_per_s);
        let below = |tally: &&Tally| upper.is_none_or(|upper| tally.rate_per_s < upper);
        let lower =
            self.tallies.iter().rev().filter(below).find(is(Class::Lower)).map(|tally| tally.rate_per_s);
        Pair { lower, upper }
    }

    /// The bounds with the short trials in them; a vote at a load beats them, and a decided lower bound all below it.
    pub(super) fn coarse(&self) -> Pair {
        let decided = self.decided();
        let above = |tally: &&Tally| decided.lower.is_none_or(|lower| tally.rate_per_s > lower);
        let is = |class| move |tally: &&Tally| self.class(tally) == class;
        let upper = self.tallies.iter().filter(above).find(is(Class::Upper)).map(|tally| tally.rate_per_s);
        let below = |tally: &&Tally| upper.is_none_or(|upper| tally.rate_per_s < upper);
        let lower =
            self.tallies.iter().rev().filter(below).find(is(Class::Lower)).map(|tally| tally.rate_per_s);
        Pair { lower, upper }
    }

    /// The lowest load between the decided bounds whose vote has begun and is not decided.
    pub(super) fn pending(&self) -> Option<f64> {
        let Pair { lower, upper } = self.decided();
        let mut open = self.tallies.iter().filter(|tally| {
            tally.is_put_to_the_vote
                && tally.class(&self.target) == Class::Undecided
                && lower.is_none_or(|lower| tally.rate_per_s > lower)
                && upper.is_none_or(|upper| tally.rate_per_s < upper)
        });
        open.next().map(|tally| tally.rate_per_s)
    }

    /// What the votes decided on this load.
    pub(super) fn decision(&self, rate_per_s: f64) -> Class {
        self.at(rate_per_s).map_or(Class::Undecided, |tally| tally.class(&self.target))
    }

    fn class(&self, tally: &Tally) -> Class {
        match tally.class(&self.target) {
            Class::Undecided => tally.class(&self.coarse),
            decided => decided,
        }
    }

    fn at(&self, rate_per_s: f64) -> Option<&Tally> {
        self.tallies.iter().find(|tally| tally.rate_per_s == rate_per_s)
    }

    fn bound(&self, rate_per_s: f64) -> Option<Bound> {
        let tally = self.at(rate_per_s)?;
        let (good, short_good) = tally.count(Vote::Good, &self.target);
        let (bad, short_bad) = tally.count(Vote::Bad, &self.target);
        let decided = tally.class(&self.target) != Class::Undecided;
        Some(Bound { rate_per_s, good, bad, short_good, short_bad, decided })
    }
}

/// How far apart two loads are, as a share of the upper one.
pub(super) fn distance(lower_per_s: f64, upper_per_s: f64) -> f64 {
    (upper_per_s - lower_per_s) / upper_per_s
}
