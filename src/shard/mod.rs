//! One schedule, several machines: which part is sent from here, when all parts start, and one result of all of them.
//!
//! ```text
//! environment -> Identity         which shard, as the engine that started it says
//! Host, Guest                     the rendezvous: what all send next and when, and whose clock is how far off
//! Summary ... -> Merge -> Summary the results of all shards, added up without loss and judged as a whole
//! ```
//!
//! rpsbench brings no engine of its own: Slurm, MPI, Kubernetes or a shell loop start the shards.

mod clock_offset;
mod identity;
mod lines;
mod merge;
mod rendezvous;
mod schemes;

pub(crate) use clock_offset::ClockOffset;
pub(crate) use identity::{Identity, IdentityError, identify};
pub(crate) use lines::documents;
pub(crate) use merge::{Merge, MergeError};
pub(crate) use rendezvous::{
    Ending, Guest, Hearing, Host, Load, MeetingPlace, Order, RendezvousError, Spot, Told, Word,
};
