//! A ladder of rates: one run on each rung, and the knees that the rungs show.

mod climb;
mod document;
mod knee;
mod knees;
mod rungs;
mod sweep;

pub use climb::{Done, Ladder, Order, Step};
pub use document::{LoadVotes, Recovery, Rung, SWEEP_SCHEMA, SearchReport, Sweep};
pub use knee::{BaselineFigure, Knee, Knees};
pub use knees::knees_of;
pub use rungs::{Rungs, RungsError};
pub use sweep::sweep_of;
