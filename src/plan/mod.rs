//! What a run is to do. [`Settings`] are what was asked for, the same for every run of a command; a [`Planner`] knows them and
//! the [`Machine`], and makes the [`Plan`] of each run: once, complete, and never changed afterwards.
//!
//! ```text
//! Settings + Machine -> Planner --+--> warnings, before anything is sent
//!                                 |
//!          Source (when, by whom) +--> Plan --> PlanFacts
//!    Traffic (what, over which    |
//!                    connections) +
//! ```

mod machine;
#[expect(clippy::module_inception, reason = "the room is named after what comes out of it")]
mod plan;
mod planner;
mod quota;
mod settings;
mod warnings;

pub(crate) use machine::Machine;
pub use plan::Plan;
pub(crate) use planner::{Planner, Purpose};
pub(crate) use quota::CpuQuota;
pub use settings::Traffic;
pub(crate) use settings::{Auto, OverflowPolicy, Settings};
