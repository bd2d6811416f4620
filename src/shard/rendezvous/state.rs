//! What the host knows of its guests: no socket, no clock.

use std::collections::{BTreeMap, BTreeSet};

use super::messages::{Join, Told};
use crate::result::Summary;

/// What the host knows.
#[derive(Debug)]
pub(super) struct State {
    count: u64,
    told: Told,
    /// Those who are there, the host among them.
    joined: BTreeSet<u64>,
    has_begun: bool,
    /// Results that were handed over.
    results: BTreeMap<u64, Summary>,
    /// Those who went away without one.
    lost: BTreeSet<u64>,
}

/// Why somebody is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TurnedAway {
    /// What it says is wrong.
    Conflict(String),
    /// It comes too late.
    Late(String),
}

impl State {
    pub(super) fn new(count: u64, told: Told) -> Self {
        Self {
            count,
            told,
            joined: BTreeSet::from([0]),
            has_begun: false,
            results: BTreeMap::new(),
            lost: BTreeSet::new(),
        }
    }

    /// A shard asks to be part of it.
    ///
    /// # Errors
    /// [`TurnedAway`] with the reason.
    pub(super) fn join(&mut self, join: &Join) -> Result<(), TurnedAway> {
        let Join { index, count, told } = join;
        if *count != self.count {
            return Err(TurnedAway::Conflict(format!(
                "it is one of {count} shards, shard 0 one of {}",
                self.count
            )));
        }
        if let Some(difference) = self.told.difference(told) {
            return Err(TurnedAway::Conflict(format!(
                "it was told something else than shard 0: {difference}"
            )));
        }
        if self.has_begun {
            return Err(TurnedAway::Late("the run has begun, and nothing joins in its middle".to_owned()));
        }
        if *index >= self.count || !self.joined.insert(*index) {
            return Err(TurnedAway::Conflict(format!("shard {index} is here already")));
        }
        Ok(())
    }

    /// A shard that waited for the start has gone.
    pub(super) fn leave(&mut self, index: u64) {
        if self.has_begun {
            self.lost.insert(index);
        } else {
            self.joined.remove(&index);
        }
    }

    pub(super) fn are_all_here(&self) -> bool {
        self.joined.len() as u64 == self.count
    }

    /// How many there are to be.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many are here.
    pub(super) fn here(&self) -> u64 {
        self.joined.len() as u64
    }

    /// Those who are not.
    pub(super) fn missing(&self) -> Vec<u64> {
        (0..self.count).filter(|index| !self.joined.contains(index)).collect()
    }

    /// The run begins with those who are here.
    pub(super) fn begin(&mut self) {
        self.has_begun = true;
    }

    /// A shard hands over its result.
    ///
    /// # Errors
    /// [`TurnedAway`] for one that is not part of the run, or has done so.
    pub(super) fn hand_over(&mut self, result: Summary) -> Result<(), TurnedAway> {
        let index = result.shard.as_ref().map(|shard| shard.index);
        match index.filter(|index| self.joined.contains(index)) {
            Some(index) if !self.results.contains_key(&index) => {
                self.results.insert(index, result);
                Ok(())
            }
            _ => Err(TurnedAway::Conflict("no result of that shard is waited for".to_owned())),
        }
    }

    /// Whether nobody is waited for: all who took part have handed over their results, or are lost.
    pub(super) fn is_complete(&self) -> bool {
        let guests = self.joined.iter().filter(|index| **index != 0);
        guests.into_iter().all(|index| self.results.contains_key(index) || self.lost.contains(index))
    }

    pub(super) fn take_results(&mut self) -> Vec<Summary> {
        std::mem::take(&mut self.results).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::schedule::Shard;

    fn told() -> Told {
        let summary = fixture::shard(Shard::WHOLE);
        Told { version: "1".to_owned(), plan: summary.plan, slos: Vec::new() }
    }

    fn join(index: u64) -> Join {
        Join { index, count: 3, told: told() }
    }

    #[test]
    fn who_comes_is_counted_and_who_goes_is_not() {
        let mut state = State::new(3, told());
        assert_eq!((state.join(&join(2)), state.missing()), (Ok(()), vec![1]));
        assert!(
            matches!(state.join(&join(2)), Err(TurnedAway::Conflict(why)) if why.contains("here already"))
        );
        assert!(matches!(state.join(&join(0)), Err(TurnedAway::Conflict(_))), "that is the host");
        state.leave(2);
        assert_eq!(
            (state.join(&join(1)), state.join(&join(2)), state.are_all_here()),
            (Ok(()), Ok(()), true)
        );
        state.begin();
        assert!(matches!(state.join(&join(1)), Err(TurnedAway::Late(_))));
    }

    #[test]
    fn who_was_told_something_else_learns_what() {
        let mut state = State::new(3, told());
        let mut other = join(1);
        other.told.plan.timeout_s = 3.0;
        let Err(TurnedAway::Conflict(why)) = state.join(&other) else { panic!("it joined") };
        assert!(why.contains("timeout_s is 10.0 and 3.0"), "{why}");
        assert!(matches!(state.join(&Join { count: 4, ..join(1) }), Err(TurnedAway::Conflict(_))));
        assert!(matches!(state.join(&join(7)), Err(TurnedAway::Conflict(_))));
    }

    #[test]
    fn results_are_waited_for_of_those_who_took_part_and_are_not_lost() {
        let mut state = State::new(3, told());
        state.join(&join(1)).unwrap();
        state.join(&join(2)).unwrap();
        state.begin();
        assert!(!state.is_complete());
        let result = fixture::shard(Shard::new(1, 3).unwrap());
        assert_eq!(state.hand_over(result.clone()), Ok(()));
        assert!(state.hand_over(result).is_err() && !state.is_complete());
        state.leave(2);
        assert!(state.is_complete() && state.take_results().len() == 1);
    }
}
