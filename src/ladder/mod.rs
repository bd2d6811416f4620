//! A ladder of rates: one run on each rung, and the knees that the rungs show.

mod climb;
mod knees;
mod rungs;
mod sweep;

pub use climb::{Done, Ladder, Order};
pub use rungs::Rungs;
pub use sweep::sweep_of;
