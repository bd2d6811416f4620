//! Where the shards of a command meet: shard 0 listens, the others come to it over HTTP.
//!
//! ```text
//! guest                         host (shard 0)
//!   GET  /clock   x 8    ->       its clock: how far the guest's is off
//!   POST /join           ->       which shard, and what it was told; answered by one word after another, a line each:
//!                        <-         run {number, start, load}    once all are there, and again for each run
//!   POST /result/NUMBER  ->       its result of that run
//!                        <-         stop {why}                   somebody was interrupted, or is lost
//!                        <-         done                         and nothing after it
//!   POST /stop           ->       the guest was interrupted
//! ```
//!
//! Nothing is exchanged while requests are sent, but that the answer to `POST /join` goes on: where its connection breaks, the
//! other side knows at once.

mod answers;
mod guest;
mod hearing;
mod host;
mod messages;
mod speaking;
mod state;
#[cfg(test)]
mod state_tests;
mod words;

use std::fmt;
use std::io;

pub(crate) use guest::Guest;
pub(crate) use hearing::Hearing;
pub(crate) use host::Host;
pub(crate) use messages::Told;
pub(crate) use words::{Ending, Load, Order, Word};

/// Where the shards meet.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MeetingPlace {
    /// `HOST:PORT`.
    pub authority: String,
    /// What every shard knows and a stranger does not.
    pub token: Option<String>,
}

/// Never shows the token.
impl fmt::Debug for MeetingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeetingPlace({})", self.authority)
    }
}

/// Why the shards did not meet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RendezvousError {
    #[error(
        "shard 0 cannot listen at `{place}`: {source}; is that an address of this machine, and the port free?"
    )]
    Listen { place: String, source: io::Error },
    /// Nobody answers there.
    #[error("nobody is at the rendezvous `{place}`: {why}; is shard 0 running, and does it listen there?")]
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
