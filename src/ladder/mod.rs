//! A ladder of rates: one run on each rung, and the knees that the rungs show.

mod climb;
mod knees;
mod rungs;

pub(crate) use climb::{Done, Ladder, Order};
pub(crate) use knees::sweep_of;
pub(crate) use rungs::Rungs;
