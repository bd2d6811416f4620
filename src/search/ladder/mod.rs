//! A ladder of rates: one run on each rung, and the knees that the rungs show.

mod climb;
mod document;
mod knees;
mod rungs;

pub use climb::{Done, Ladder, Order, Step};
pub use document::{LoadVotes, Recovery, Rung, SWEEP_SCHEMA, SearchReport, Sweep};
pub use knees::{BaselineFigure, Knee, Knees};
pub use rungs::{Rungs, RungsError};
