//! Which rung comes next.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::rungs::Rungs;
use crate::schedule::Rate;

/// Saturated rungs after which a ladder ends.
const ENOUGH: usize = 2;

/// In which order rungs are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// From the lowest to the highest: gentle, and the only order in which a ladder may end early.
    Up,
    /// From the highest to the lowest: shows what an overload leaves behind.
    Down,
    /// Up, and down again: both, so that hysteresis is seen.
    UpDown,
    /// Any: no drift over time is taken for an effect of the rate.
    Random,
}

/// One run of a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub rate: Rate,
    /// Which repeat of it, from 1.
    pub repeat: u64,
}

/// The runs of a ladder, in order: first those on the way up (or in any other order), then those on the way down.
#[derive(Debug, Clone)]
pub(crate) struct Ladder {
    first: Vec<Step>,
    down: Vec<Step>,
    ends_early: bool,
}

/// A run that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    /// Which.
    pub step: Step,
    /// Whether the service fell behind. A run that the generator spoiled says nothing of that.
    pub saturated: bool,
}

impl Ladder {
    /// Each rung `repeats` times in a row; in random order the repeats are mixed as well. With `stop_when_saturated` a
    /// ladder that goes up ends after two saturated rungs (a rung is saturated when most of its repeats are), and one
    /// that goes up and down turns there; in the other orders it has no effect, for a lower rung may still come.
    pub(crate) fn new(
        rungs: &Rungs,
        order: Order,
        repeats: u64,
        seed: u64,
        stop_when_saturated: bool,
    ) -> Self {
        let repeated = |rate: &Rate, from: u64| {
            let rate = *rate;
            (from + 1..=from + repeats).map(move |repeat| Step { rate, repeat })
        };
        let mut first: Vec<Step> = rungs.0.iter().flat_map(|rate| repeated(rate, 0)).collect();
        let mut down = Vec::new();
        match order {
            Order::Up => {}
            Order::Down => first = rungs.0.iter().rev().flat_map(|rate| repeated(rate, 0)).collect(),
            // The highest rung is where both ways meet.
            Order::UpDown => {
                down = rungs.0.iter().rev().skip(1).flat_map(|rate| repeated(rate, repeats)).collect();
            }
            Order::Random => first.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed)),
        }
        Self { first, down, ends_early: stop_when_saturated && matches!(order, Order::Up | Order::UpDown) }
    }

    /// How many runs there are at most.
    pub(crate) fn most(&self) -> usize {
        self.first.len() + self.down.len()
    }

    /// The next run, given those that are done; `None` at the end.
    pub(crate) fn next(&self, done: &[Done]) -> Option<Step> {
        let is_left = |step: &&Step| !done.iter().any(|done| done.step == **step);
        let first = self.first.iter().find(is_left);
        if let Some(next) = first
            && !(self.ends_early && self.saturated_below(done, next.rate) >= ENOUGH)
        {
            return Some(*next);
        }
        // Where the way up ended early, the way down begins below the highest rung that was run.
        let highest = done.iter().map(|done| done.step.rate.per_second()).fold(0.0, f64::max);
        self.down.iter().filter(|step| step.rate.per_second() < highest).find(is_left).copied()
    }

    /// How many rungs below a rate were saturated in most of their repeats. Only the way up counts: what the way down
    /// shows of the same rung must not send the ladder up again.
    fn saturated_below(&self, done: &[Done], rate: Rate) -> usize {
        let done: Vec<&Done> = done.iter().filter(|done| self.first.contains(&done.step)).collect();
        let mut rates: Vec<f64> = done.iter().map(|done| done.step.rate.per_second()).collect();
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        let is_saturated = |rate: &f64| {
            let of_rung = || done.iter().filter(|done| done.step.rate.per_second() == *rate);
            of_rung().filter(|done| done.saturated).count() * 2 > of_rung().count()
        };
        rates.iter().filter(|below| **below < rate.per_second()).filter(|rate| is_saturated(rate)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn climb(order: Order, repeats: u64, stop: bool, saturated_from: f64) -> Vec<f64> {
        let rungs: Rungs = "100..600:100".parse().unwrap();
        let ladder = Ladder::new(&rungs, order, repeats, 7, stop);
        let mut done = Vec::new();
        while let Some(step) = ladder.next(&done) {
            assert!(done.len() < ladder.most(), "it ends");
            done.push(Done { step, saturated: step.rate.per_second() >= saturated_from });
        }
        done.iter().map(|done| done.step.rate.per_second()).collect()
    }

    #[test]
    fn each_order_runs_every_rung() {
        assert_eq!(climb(Order::Up, 1, true, 1e9), [100.0, 200.0, 300.0, 400.0, 500.0, 600.0]);
        assert_eq!(climb(Order::Down, 1, true, 0.0), [600.0, 500.0, 400.0, 300.0, 200.0, 100.0]);
        assert_eq!(climb(Order::UpDown, 1, true, 1e9).len(), 11);
        let mut random = climb(Order::Random, 2, true, 0.0);
        assert_eq!(random, climb(Order::Random, 2, true, 0.0), "the seed fixes the order");
        assert_ne!(random[..6], [100.0, 100.0, 200.0, 200.0, 300.0, 300.0]);
        random.sort_by(f64::total_cmp);
        assert_eq!(random, climb(Order::Up, 2, false, 0.0));
    }

    #[test]
    fn a_ladder_that_goes_up_ends_after_two_saturated_rungs() {
        assert_eq!(climb(Order::Up, 1, true, 300.0), [100.0, 200.0, 300.0, 400.0]);
        assert_eq!(
            climb(Order::Up, 2, true, 300.0),
            [100.0, 100.0, 200.0, 200.0, 300.0, 300.0, 400.0, 400.0]
        );
        assert_eq!(climb(Order::Up, 1, false, 300.0).len(), 6);
    }

    #[test]
    fn a_ladder_that_goes_up_and_down_turns_after_two_saturated_rungs() {
        assert_eq!(climb(Order::UpDown, 1, true, 300.0), [100.0, 200.0, 300.0, 400.0, 300.0, 200.0, 100.0]);
    }

    /// Hysteresis: on the way down the service holds what it did not hold on the way up.
    #[test]
    fn a_ladder_that_has_turned_does_not_turn_again() {
        let rungs: Rungs = "100..600:100".parse().unwrap();
        let ladder = Ladder::new(&rungs, Order::UpDown, 1, 7, true);
        let mut done: Vec<Done> = Vec::new();
        while let Some(step) = ladder.next(&done) {
            done.push(Done { step, saturated: step.repeat == 1 && step.rate.per_second() >= 300.0 });
        }
        let rates: Vec<f64> = done.iter().map(|done| done.step.rate.per_second()).collect();
        assert_eq!(rates, [100.0, 200.0, 300.0, 400.0, 300.0, 200.0, 100.0]);
    }
}
