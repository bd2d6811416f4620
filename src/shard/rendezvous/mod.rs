//! Where the shards of a command meet: shard 0 listens, the others come to it and speak HTTP, over TCP or through the files of a
//! folder that they share.
//!
//! ```text
//! guest                         host (shard 0)
//!   GET  /clock   x 8    ->       its clock: how far the guest's is off
//!   POST /join           ->       which shard, and what it was told; answered by one word after another, a line each:
//!                        <-         run {number, start, load}    once all are there, and again for each run
//!   POST /result/NUMBER  ->       its result of that run
//!                        <-         ask                          shard 0 has ended its part of a run
//!                        <-         stop {why}                   somebody was interrupted, or is lost
//!   POST /awake/INDEX    ->       after either: the guest is not frozen
//!                        <-         done                         and nothing after it
//!   POST /stop           ->       the guest was interrupted
//! ```
//!
//! Nothing is exchanged while requests are sent, but that the answer to `POST /join` goes on: where its connection breaks, the
//! other side knows.
//!
//! ```text
//! host -> answers -> speaking -> assembly -> state, words     shard 0
//! guest -> hearing -> asking -> messages                      the others
//!          host, asking -> way -> TCP or folder               how it gets there
//! ```

mod answers;
mod asking;
mod assembly;
mod guest;
mod hearing;
mod host;
mod messages;
mod place;
mod speaking;
mod state;
#[cfg(test)]
mod state_tests;
mod way;
mod words;

use std::io;

pub(crate) use guest::Guest;
pub(crate) use hearing::Hearing;
pub(crate) use host::Host;
pub(crate) use messages::Told;
pub(crate) use place::{MeetingPlace, Spot};
pub(crate) use words::{Ending, Load, Order, Word};

/// Why the shards did not meet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RendezvousError {
    #[error(
        "shard 0 cannot listen at `{place}`: {source}; is that an address of this machine, and the port free?"
    )]
    Listen { place: String, source: io::Error },
    #[error(
        "shard 0 cannot meet the others in the folder `{place}`: {source}; it must be there before the command starts, on a \
         file system that all shards see, and this user must be able to write to it"
    )]
    Folder { place: String, source: io::Error },
    #[error(
        "another shard 0 is at work in the folder `{place}`; give each command a folder of its own, or wait for the end of that one"
    )]
    Taken { place: String },
    /// Nobody answers there.
    #[error("nobody is at the rendezvous `{place}`: {why}; is shard 0 running, and does it wait there?")]
    Nobody { place: String, why: String },
    /// Turned away, with the reason.
    #[error("turned away at the rendezvous: {0}")]
    Refused(String),
    /// The run has begun without this shard.
    #[error("too late: {0}")]
    Late(String),
    #[error(
        "of {count} shards these did not come within {waited_s:.0} s: {missing}; nothing was sent. Start them, or wait longer with --rendezvous-timeout{instead}"
    )]
    Missing {
        count: u64,
        missing: String,
        waited_s: f64,
        /// What else helps, if anything does.
        instead: &'static str,
    },
}
