//! What closed-loop results show when they are laid side by side, and what none of them can.
//!
//! Little's law binds the figures of a closed loop: users = throughput x (response + think time). So a table of response
//! times against users says nothing that its throughput does not say, and beyond the service's capacity it is the
//! tester's own queue. The asymptotic bounds of P. J. Denning and J. P. Buzen ("The Operational Analysis of Queueing
//! Network Models", 1978) give the number of users from which that is so: N* = X (R + Z), with the highest throughput X,
//! the response time R of a service that is not waited for, and the think time Z.

use crate::measure::Measured;
use crate::result::{Figure, Mode, Summary};

/// Throughput within this share of the highest counts as no lower: runs differ by about as much.
const FLAT: f64 = 0.05;

/// One closed-loop run in the figures that Little's law binds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stage {
    /// Users.
    pub users: u64,
    /// Complete answers per second.
    pub throughput_per_s: f64,
    /// Mean response time; a lower bound where requests got no good answer.
    pub mean: Measured,
    /// Think time.
    pub think_ms: f64,
}

impl Stage {
    /// The stage that a closed-loop result is; `None` for an open loop, or where nothing was answered.
    pub(crate) fn of(summary: &Summary) -> Option<Self> {
        if summary.plan.mode != Mode::Closed {
            return None;
        }
        let stage = Self {
            users: summary.plan.concurrency?,
            throughput_per_s: summary.rates.completed_per_s,
            mean: summary.latency.response.figure(Figure::Mean),
            think_ms: summary.plan.think_time_s.unwrap_or_default() * 1e3,
        };
        (stage.throughput_per_s > 0.0 && stage.mean != Measured::Unknown).then_some(stage)
    }

    /// The mean response time that Little's law gives for so many users at this throughput, in milliseconds.
    pub(crate) fn mean_by_littles_law_ms(&self) -> f64 {
        self.users as f64 / self.throughput_per_s * 1e3 - self.think_ms
    }
}

/// Where more users bring no more throughput.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Saturation {
    /// All stages have the same throughput: already the one with the fewest users is at the limit.
    BelowAll,
    /// From about so many users on, more of them only lengthen the queue.
    From(f64),
    /// Throughput still rose at the last stage: the limit lies beyond.
    Beyond,
}

/// What several stages show together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stages {
    /// The stage with the fewest users.
    pub fewest: Stage,
    /// The first with the highest throughput, within 5 %.
    pub flat_from: Stage,
    /// The stage with the most users.
    pub most: Stage,
    /// The highest throughput.
    pub highest_per_s: f64,
    /// Where more users stop to help.
    pub saturation: Saturation,
}

impl Stages {
    /// What stages with different numbers of users show; `None` for fewer than two such.
    pub(crate) fn of(stages: &[Stage]) -> Option<Self> {
        let mut sorted = stages.to_vec();
        sorted.sort_by_key(|stage| stage.users);
        let (fewest, most) = (*sorted.first()?, *sorted.last()?);
        if fewest.users == most.users {
            return None;
        }
        let highest_per_s = sorted.iter().map(|stage| stage.throughput_per_s).fold(0.0, f64::max);
        let is_flat = |stage: &Stage| stage.throughput_per_s >= (1.0 - FLAT) * highest_per_s;
        let flat_from = sorted.iter().copied().find(is_flat)?;
        let saturation = if flat_from.users == fewest.users {
            Saturation::BelowAll
        } else if flat_from.users == most.users {
            Saturation::Beyond
        } else {
            // At least so many, where the mean is a lower bound: "about" covers the few failures of a calm service.
            let fewest_ms = fewest.mean.least().unwrap_or_default() + fewest.think_ms;
            Saturation::From(highest_per_s * fewest_ms / 1e3)
        };
        Some(Self { fewest, flat_from, most, highest_per_s, saturation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(users: u64, throughput_per_s: f64, mean_ms: f64) -> Stage {
        Stage { users, throughput_per_s, mean: Measured::Exact(mean_ms), think_ms: 0.0 }
    }

    /// The table of the study that this project grew out of.
    fn study() -> Vec<Stage> {
        [
            (20, 254.69, 74.07),
            (50, 294.20, 164.53),
            (100, 282.53, 345.40),
            (150, 301.03, 486.85),
            (200, 296.42, 660.44),
        ]
        .map(|(users, rps, mean)| stage(users, rps, mean))
        .to_vec()
    }

    #[test]
    fn littles_law_is_in_every_row_of_the_study() {
        for stage in study() {
            let error = stage.mean_by_littles_law_ms() / stage.mean.exact().unwrap() - 1.0;
            assert!(error.abs() < 0.07, "{stage:?}: {error}");
        }
        let thinking = Stage { think_ms: 100.0, ..stage(30, 100.0, 200.0) };
        assert!((thinking.mean_by_littles_law_ms() - 200.0).abs() < 1e-9);
    }

    #[test]
    fn the_study_could_have_said_from_22_users_on() {
        let found = Stages::of(&study()).unwrap();
        assert_eq!((found.fewest.users, found.flat_from.users, found.most.users), (20, 50, 200));
        let Saturation::From(users) = found.saturation else { panic!("{found:?}") };
        assert!((22.0..22.5).contains(&users), "{users}");
    }

    #[test]
    fn where_the_limit_is_below_or_beyond_all_stages_no_number_is_invented() {
        let saturated = [stage(50, 297.0, 168.0), stage(100, 299.0, 334.0)];
        assert_eq!(Stages::of(&saturated).unwrap().saturation, Saturation::BelowAll);
        let rising = [stage(5, 67.0, 74.0), stage(10, 135.0, 74.0)];
        assert_eq!(Stages::of(&rising).unwrap().saturation, Saturation::Beyond);
        assert_eq!(Stages::of(&[stage(5, 67.0, 74.0), stage(5, 66.0, 75.0)]), None);
        assert_eq!(Stages::of(&[]), None);
    }

    #[test]
    fn thinking_moves_the_limit_up() {
        // D/D/10 with 100 ms: 100/s; with 100 ms to think 20 users fill it.
        let stages = [(10, 50.0, 100.0), (20, 100.0, 100.0), (40, 100.0, 300.0)]
            .map(|(users, rate, mean)| Stage { think_ms: 100.0, ..stage(users, rate, mean) });
        let found = Stages::of(&stages).unwrap();
        assert_eq!((found.flat_from.users, found.saturation), (20, Saturation::From(20.0)));
    }
}
