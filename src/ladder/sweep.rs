//! Runs at several rates, put together.

use super::knees::knees_of;
use crate::result::{Rung, Sweep};

/// The document of some runs, with the knees that they show.
pub(crate) fn sweep_of(rungs: Vec<Rung>, baseline_factor: f64, interrupted: bool) -> Sweep {
    let knees = knees_of(&rungs, baseline_factor);
    Sweep::new(rungs, knees, baseline_factor, interrupted)
}
