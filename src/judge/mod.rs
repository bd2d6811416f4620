//! What a run amounts to: verdicts with their evidence, objectives, overload, recovery after a spike, and how far a
//! percentile could be off by chance.
//!
//! [`sum_up()`] turns what was counted into the judged [`Summary`](crate::result::Summary). All of it is a function of
//! numbers: no clock, no network, and the resampling is seeded.

mod abort;
mod bootstrap;
mod client;
mod closed_loop;
mod conclusion;
mod drift;
mod generator;
mod intervals;
mod modelled;
mod objective;
mod overload;
mod phases;
mod reasons;
mod recovery;
mod service;
mod shards;
mod sum_up;

pub(crate) use abort::{AbortRule, AbortWatch, WatchedSecond};
pub(crate) use bootstrap::ratio_interval;
pub(crate) use closed_loop::{Saturation, Stage, Stages};
pub(crate) use conclusion::{Concluded, conclude, remedy_of_faults};
pub(crate) use generator::ClientSoFar;
pub(crate) use modelled::Modelled;
pub(crate) use objective::Slo;
pub use overload::Observed;
pub use overload::Overload;
pub(crate) use reasons::BACKLOG_GROWS;
#[cfg(test)]
pub(crate) use reasons::{GeneratorReason, ServiceReason};
pub(crate) use recovery::spike_recovery;
pub(crate) use sum_up::judge;
pub use sum_up::sum_up;
pub(crate) use sum_up::sum_up_so_far;
