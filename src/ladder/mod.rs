//! A ladder of rates: one run on each rung, and the knees that the rungs show.

mod climb;
mod knees;
mod rungs;
mod sweep;

pub(crate) use climb::{Done, Ladder, Order};
pub(crate) use rungs::Rungs;
pub(crate) use sweep::sweep_of;
