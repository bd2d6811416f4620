//! When each arrival leaves: pure arithmetic, no clock and no network.
//!
//! A [`Source`] is a [`Schedule`] (open loop) or a [`ClosedLoop`] of [`Users`], who send when their answers have come.
//!
//! A [`Schedule`] is a warm-up ramp followed by the measured arrivals. It is cut into [`Stripe`]s, one for
//! each worker thread: stripe `w` of `W` holds the arrivals whose position is `w` modulo `W`, so that the
//! stripes together are exactly the schedule whatever `W` is. Iterating over a stripe yields [`Slot`]s in
//! the order of their intended times.
//!
//! Its rate is constant, it follows a [`Profile`], or it is a [`Replay`], whose times are read while the run goes on.
//!
//! Intended times are computed from the arrival's index in integers, never by adding up a rounded period, so
//! they do not drift. All times are nanoseconds since the start of the schedule.

mod arrivals;
mod closed_loop;
mod poisson;
mod profile;
mod rate;
mod replay;
mod shard;
mod source;
mod spike;
mod stripe;
mod users;

pub(crate) use arrivals::ScheduleError;
pub use arrivals::{Arrivals, Schedule};
pub(crate) use closed_loop::{ClosedLoop, ClosedLoopError, LoopEnd};
pub(crate) use profile::NamedPhase;
pub use profile::{Profile, Stretch};
pub use rate::Rate;
pub(crate) use rate::RateError;
pub(crate) use replay::{Recorded, Replay, Speed};
pub(crate) use shard::{Shard, ShardError};
pub use source::Source;
pub(crate) use spike::Spike;
pub(crate) use stripe::Stripe;
pub(crate) use users::Users;

/// Nanoseconds in a second.
pub const NANOS_PER_S: u64 = 1_000_000_000;

/// One place in the schedule: the promise that a request leaves at [`Slot::intended_ns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Index of the arrival within its phase, from 0, over all stripes.
    pub index: u64,
    /// Warm-up or measured.
    pub phase: Phase,
    /// When the schedule says the request leaves, in nanoseconds since the start of the schedule.
    pub intended_ns: u64,
}

/// The part of the run that an arrival belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The ramp before the measurement: reported apart, excluded from every measured figure.
    Warmup,
    /// The measurement itself.
    Measured,
}
