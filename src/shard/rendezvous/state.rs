//! What shard 0 knows of the others, and what may happen next: no socket, no clock.
//!
//! ```text
//! gathering --begin--> between runs --order--> a run --close--> between runs --finish--> over
//!     join, leave          leave         hand_over, leave          leave
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::messages::{Join, Told};
use super::words::Ending;
use crate::result::Summary;

/// What shard 0 knows.
#[derive(Debug)]
pub(super) struct State {
    count: u64,
    told: Told,
    /// Those who are there, shard 0 among them.
    joined: BTreeSet<u64>,
    /// The lowest ceiling of those who said theirs, requests per second.
    least_ceiling_per_s: Option<f64>,
    phase: Phase,
    /// Runs that were ordered.
    runs: u64,
    /// Results of the run under way that were handed over.
    results: BTreeMap<u64, Summary>,
    /// Those who went away, or did not hand over in time: nothing of them counts any more.
    lost: BTreeSet<u64>,
    /// Those who have answered what was said to all last.
    awake: BTreeSet<u64>,
    /// Why there is to be no other run. The first reason counts.
    ending: Option<Ending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Gathering,
    BetweenRuns,
    Running,
    Over,
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
            least_ceiling_per_s: None,
            phase: Phase::Gathering,
            runs: 0,
            results: BTreeMap::new(),
            lost: BTreeSet::new(),
            awake: BTreeSet::new(),
            ending: None,
        }
    }

    /// A shard asks to be part of it.
    ///
    /// # Errors
    /// [`TurnedAway`] with the reason.
    pub(super) fn join(&mut self, join: &Join) -> Result<(), TurnedAway> {
        let Join { index, count, told, ceiling_per_s } = join;
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
        if self.phase != Phase::Gathering {
            return Err(TurnedAway::Late("the run has begun, and nothing joins in its middle".to_owned()));
        }
        if *index >= self.count || !self.joined.insert(*index) {
            return Err(TurnedAway::Conflict(format!("shard {index} is here already")));
        }
        let ceilings = self.least_ceiling_per_s.into_iter().chain(*ceiling_per_s);
        self.least_ceiling_per_s = ceilings.reduce(f64::min);
        Ok(())
    }

    /// A shard has gone. Where nothing is worth anything without it, all end.
    pub(super) fn leave(&mut self, index: u64) {
        match self.phase {
            Phase::Gathering => drop(self.joined.remove(&index)),
            Phase::Over => {}
            // What it has handed over of the run under way counts.
            Phase::BetweenRuns | Phase::Running => self.lose(index),
        }
    }

    fn lose(&mut self, index: u64) {
        if self.joined.contains(&index) && self.lost.insert(index) && self.told.needs_all {
            self.end(Ending::Lost(index));
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

    /// What helps where some do not come.
    pub(super) fn instead_of_all(&self) -> &'static str {
        if self.told.needs_all { "" } else { "; --min-shards does without them" }
    }

    /// The lowest ceiling that any of the others said, requests per second.
    pub(super) fn least_ceiling_per_s(&self) -> Option<f64> {
        self.least_ceiling_per_s
    }

    /// It begins with those who are here.
    pub(super) fn begin(&mut self) {
        if self.phase == Phase::Gathering {
            self.phase = Phase::BetweenRuns;
        }
    }

    /// The number of the next run; `None` where there is to be none.
    pub(super) fn order(&mut self) -> Option<u64> {
        if self.phase != Phase::BetweenRuns || self.ending.is_some() {
            return None;
        }
        self.phase = Phase::Running;
        self.runs += 1;
        Some(self.runs)
    }

    /// A shard hands over its result of a run.
    ///
    /// # Errors
    /// [`TurnedAway`] for one that is not part of the run, is lost, or has done so; and for another run.
    pub(super) fn hand_over(&mut self, run: u64, result: Summary) -> Result<(), TurnedAway> {
        let index = result.shard.as_ref().map(|shard| shard.index);
        let is_waited_for = |index: &u64| {
            *index != 0
                && self.joined.contains(index)
                && !self.lost.contains(index)
                && !self.results.contains_key(index)
        };
        match index.filter(is_waited_for) {
            Some(index) if self.phase == Phase::Running && run == self.runs => {
                self.results.insert(index, result);
                Ok(())
            }
            _ => Err(TurnedAway::Conflict(format!("no result of that shard is waited for, of run {run}"))),
        }
    }

    /// Whether nobody is waited for: all who took part have handed over their results, or are lost.
    pub(super) fn is_complete(&self) -> bool {
        let mut guests = self.joined.iter().filter(|index| **index != 0);
        guests.all(|index| self.results.contains_key(index) || self.lost.contains(index))
    }

    /// Something is said to all that each answers who is awake.
    pub(super) fn forget_who_is_awake(&mut self) {
        self.awake.clear();
    }

    /// A shard has answered it.
    pub(super) fn is_awake(&mut self, index: u64) {
        if index != 0 && self.joined.contains(&index) {
            self.awake.insert(index);
        }
    }

    /// The same as [`Self::is_complete`] where nobody waits for those who have not answered.
    pub(super) fn is_complete_but_for_the_silent(&self) -> bool {
        let mut waited_for = self.awake.iter().filter(|index| self.joined.contains(index));
        waited_for.all(|index| self.results.contains_key(index) || self.lost.contains(index))
    }

    /// The run is over: its results. Who has not handed one over by now is lost.
    pub(super) fn close(&mut self) -> Vec<Summary> {
        if self.phase != Phase::Running {
            return Vec::new();
        }
        let late: Vec<u64> = self.joined.iter().copied().filter(|index| *index != 0).collect();
        let results = std::mem::take(&mut self.results);
        late.into_iter().filter(|index| !results.contains_key(index)).for_each(|index| self.lose(index));
        self.phase = Phase::BetweenRuns;
        results.into_values().collect()
    }

    /// A shard's result was of no use.
    pub(super) fn refuse(&mut self, index: u64) {
        self.lose(index);
    }

    /// There is to be no other run.
    pub(super) fn end(&mut self, why: Ending) {
        self.ending.get_or_insert(why);
    }

    /// Why there is to be none, where that is so.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Those who are lost.
    pub(super) fn lost(&self) -> Vec<u64> {
        self.lost.iter().copied().collect()
    }

    /// Shard 0 has what it wanted: whoever goes now is not lost.
    pub(super) fn finish(&mut self) {
        self.phase = Phase::Over;
    }
}
