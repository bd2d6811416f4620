//! The votes on one load, and what they amount to.

use super::{Purpose, Trial, Vote};

/// What is asked of a load before it counts as a bound (a search goal in RFC 9971).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// A shorter trial is short: it can speak against a load, never for it.
    pub trial_s: f64,
    /// Time that has to be spent on a load, as far as the votes differ.
    pub total_s: f64,
}

impl Goal {
    fn is_short(&self, length_s: f64) -> bool {
        length_s < WHOLE * self.trial_s
    }
}

/// What a load is, under a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Most of the time was good: a lower bound of the knee.
    Lower,
    /// Most of the time was bad: an upper bound.
    Upper,
    /// Measure it again.
    Undecided,
}

/// Share of the time at a load that may be bad before the load is.
const EXCEED_RATIO: f64 = 0.5;
/// This part of a length is that length: a schedule ends on a whole arrival.
const WHOLE: f64 = 0.999;

/// The trials at one load.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tally {
    /// The load, in requests per second.
    pub rate_per_s: f64,
    votes: Vec<(f64, Vote)>,
    /// Trials of full length were asked for here, so that the load is to be decided.
    pub(super) is_put_to_the_vote: bool,
    /// A longer trial failed here: whatever the shorter ones said, the load is bad.
    pub(super) failed_to_confirm: bool,
}

impl Tally {
    /// The tallies of all loads with at least one vote, lowest load first.
    pub(crate) fn all<'a>(votes: impl Iterator<Item = &'a Trial>) -> Vec<Self> {
        let mut tallies: Vec<Self> = Vec::new();
        for trial in votes.filter(|trial| trial.vote != Vote::Void) {
            let at = tallies.partition_point(|tally| tally.rate_per_s < trial.rate_per_s);
            if tallies.get(at).is_none_or(|tally| tally.rate_per_s != trial.rate_per_s) {
                tallies.insert(at, Self { rate_per_s: trial.rate_per_s, ..Self::default() });
            }
            let tally = &mut tallies[at];
            tally.votes.push((trial.duration_s, trial.vote));
            tally.is_put_to_the_vote |= trial.purpose == Purpose::Vote;
            tally.failed_to_confirm |= trial.purpose == Purpose::Confirm && trial.vote == Vote::Bad;
        }
        tallies
    }

    /// How many trials voted so: those of full length, and those that are short under the goal.
    pub(crate) fn count(&self, vote: Vote, goal: &Goal) -> (u32, u32) {
        let cast = || self.votes.iter().filter(|(_, cast)| *cast == vote);
        let full = cast().filter(|(length_s, _)| !goal.is_short(*length_s)).count();
        (full as u32, (cast().count() - full) as u32)
    }

    /// Load classification of RFC 9971: a majority of the time, which stops as soon as it is decided.
    pub(crate) fn class(&self, goal: &Goal) -> Class {
        if self.failed_to_confirm {
            return Class::Upper;
        }
        let time = |short: bool, vote: Vote| -> f64 {
            let counted = self.votes.iter().filter(|(s, cast)| goal.is_short(*s) == short && *cast == vote);
            counted.map(|(length_s, _)| length_s).sum()
        };
        let (full_good, full_bad) = (time(false, Vote::Good), time(false, Vote::Bad));
        let balance = EXCEED_RATIO / (1.0 - EXCEED_RATIO);
        let excess = (time(true, Vote::Bad) - time(true, Vote::Good) * balance).max(0.0);
        let bad = full_bad + excess;
        // What was not measured yet is unknown: it may still turn out either way.
        let measured = full_good + bad;
        let whole = if measured >= WHOLE * goal.total_s { measured } else { goal.total_s };
        if bad > whole * EXCEED_RATIO {
            Class::Upper
        } else if whole - full_good <= whole * EXCEED_RATIO {
            Class::Lower
        } else {
            Class::Undecided
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOAL: Goal = Goal { trial_s: 30.0, total_s: 90.0 };

    fn class(votes: &[(f64, Vote)]) -> Class {
        Tally { rate_per_s: 1.0, votes: votes.to_vec(), ..Tally::default() }.class(&GOAL)
    }

    #[test]
    fn a_majority_decides_and_stops_as_soon_as_it_is_certain() {
        let (good, bad) = ((30.0, Vote::Good), (30.0, Vote::Bad));
        assert_eq!(class(&[]), Class::Undecided);
        assert_eq!(class(&[good]), Class::Undecided, "1 of 3");
        assert_eq!(class(&[good, good]), Class::Lower, "2 of 3: the third cannot change it");
        assert_eq!(class(&[bad, bad]), Class::Upper);
        assert_eq!(class(&[good, bad]), Class::Undecided);
        assert_eq!(class(&[good, bad, bad]), Class::Upper);
        assert_eq!(class(&[bad, good, good]), Class::Lower);
        assert_eq!(class(&[good, good, bad, bad]), Class::Lower, "half of the time is not more than half");
    }

    #[test]
    fn short_trials_speak_against_a_load_and_never_for_it() {
        let (good, bad) = ((10.0, Vote::Good), (10.0, Vote::Bad));
        assert_eq!(class(&[good; 20]), Class::Undecided);
        assert_eq!(class(&[bad; 4]), Class::Undecided, "40 s of 90 s");
        assert_eq!(class(&[bad; 5]), Class::Upper, "50 s of 90 s");
        assert_eq!(class(&[bad, bad, bad, bad, bad, good]), Class::Undecided, "good ones take bad ones back");
        // 20 s of excess beside 60 s of good: 20/90 are bad.
        assert_eq!(class(&[bad, bad, (30.0, Vote::Good), (30.0, Vote::Good)]), Class::Lower);
    }

    proptest! {
        /// Once the whole time is spent in full trials, there is an answer; and it is the majority's.
        #[test]
        fn the_whole_time_always_decides(good in 0_usize..6, bad in 0_usize..6) {
            let mut votes = vec![(30.0, Vote::Good); good];
            votes.extend(vec![(30.0, Vote::Bad); bad]);
            let class = class(&votes);
            if good + bad >= 3 {
                prop_assert_eq!(class, if bad > good { Class::Upper } else { Class::Lower });
            } else {
                prop_assert_eq!(class == Class::Undecided, good < 2 && bad < 2);
            }
        }
    }
}
