//! Carries out a plan: paces arrivals, admits them, hands them to connections and records how they end.
//!
//! ```text
//!                 Session: worker threads, and runs one after another on the same connections
//!                    |
//!                 Worker -> WorkerRun: one worker's part of one run
//!
//! open loop        Stripe -> TokenBucket -+                +-> lane -> exchange -> Recorder -> Finished
//!                      ^ Pacer            +-> Dispatcher --+     |        ^ Transport
//! closed loop      Users -----------------+   (a Pool for        |
//!                      ^                       each origin)      |
//!                      +----------------- the answer ------------+
//! ```
//!
//! A worker is one thread with its own single-threaded runtime, its own stripe of the schedule, its own
//! connections and its own recorder; workers share nothing while they run. In an open loop it wakes at each due
//! instant (the [`Pacer`] is the only sleeper, the [`Clock`] the only reader of time), gives every arrival that
//! is due its own intended time, and never waits for an answer. In a closed loop the end of a request is what makes the
//! next one of its user due; all the rest is the same.
//!
//! A lane is room for one request on a connection, with a task of its own that takes arrivals from its mailbox: one for a
//! connection of HTTP/1.1, one for each stream of HTTP/2. The lanes of a connection share a link. [`Session`] gathers the
//! workers' reports once a second and merges their accounts.

mod bucket;
mod closed_loop;
mod connect_budget;
mod dispatch;
mod gather;
mod lane;
mod lanes;
mod link;
mod mailbox;
mod pool;
mod progress;
mod session;
mod shared;
mod ticket;
mod trial;
mod worker;

#[cfg(test)]
mod known_answers;

pub use bucket::TokenBucket;
pub use dispatch::{Decision, Dispatcher, Limits};
pub(crate) use gather::Finished;
pub(crate) use progress::Progress;
pub(crate) use session::{EngineError, Session};
pub use ticket::Ticket;
pub(crate) use worker::{RunChannels, Worker, WorkerId, WorkerResult};

/// What the workers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Carry on.
    Run,
    /// Send no more, wait shortly for what is under way, and report.
    Drain,
}
pub use pool::PoolLimits;
