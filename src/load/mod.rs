//! Carries out a plan: paces arrivals, admits them, hands them to connections and records how they end.
//!
//! | folder | what it does |
//! |---|---|
//! | `pacing` | the token buckets: what a late client may catch up, how fast connections may be opened |
//! | `connections` | who gets which connection (decisions), and what happens on it (streams) |
//! | `worker` | one thread: its loop, its engine, its account |
//! | `feed` | arrivals that are read from a file, ahead of the worker that sends them |
//! | `session` | the threads, and the runs they carry out one after another |
//!
//! # The way of an arrival, from due to recorded
//!
//! ```text
//!  Stripe ─ due ─► WorkerRun ─ arrive ─► Engine ─ Decision ─► Stream ─ exchange ─► Transport
//!  Users  ─ due ─►   (loop)               │  ▲                  │
//!                                     State  └──── Event ───────┘
//!                            (dispatcher, streams, recorder)
//! ```
//!
//! 1. **Due.** A worker's loop (`worker::run`) sleeps until the next intended time of its stripe, which is
//!    computed, or of a replay read ahead by its `feed`. It gives every arrival
//!    that is due its token from the bucket; an arrival that finds the bucket empty is *missed*. In a closed loop the end of
//!    a request is what makes the next one of its user due; everything else is the same.
//! 2. **Admitted.** `Engine::arrive` makes a [`Ticket`] of it and asks the [`Dispatcher`]. Below the cap the arrival is in
//!    flight from now on; at the cap it waits in the queue or is *overflow*.
//! 3. **Placed.** An admitted arrival takes the idle stream that was used last, or a new connection is opened for it, or it
//!    waits for whichever comes first. A stream is room for one request in flight on a connection, with a task of its own:
//!    one on HTTP/1.1, as many as the peer allows on a multiplexed connection.
//! 4. **Sent.** The decision goes to the stream's mailbox. The stream's task makes the request, notes the send on the
//!    ticket, and hands it to its connection: `exchange`.
//! 5. **Ended.** The answer, a failure or the timeout ends the exchange. The stream turns the ticket into a sample and tells
//!    the engine with an `Event`.
//! 6. **Settled.** `Engine::settle` is the one place where an event is accounted for: the sample is recorded, the stream is
//!    idle or gone, the user may send again; and then, in this order, users who are ready send, arrivals that wait go on,
//!    and the loop is told what only it can see to. So no caller has a rite to follow.
//! 7. **Recorded.** When the run is over, [`Session`] merges the recorders of its workers into [`Finished`].
//!
//! Workers share nothing while they run: a worker is one thread with its own runtime, stripe, connections and recorder. The
//! engine knows a protocol only by what a [`Connection`](crate::transport::Connection) says it can do.

mod connections;
mod feed;
mod log_feed;
mod pacing;
mod session;
mod worker;

#[cfg(test)]
mod known_answers;

pub use connections::dispatch::{Decision, Dispatcher, Limits};
pub use connections::pool::PoolLimits;
pub use connections::ticket::Ticket;
pub(crate) use log_feed::{Ended, LogFeed, Lot, RunLog, RunStamp};
pub use pacing::TokenBucket;
pub(crate) use session::gather::Finished;
pub(crate) use session::{EngineError, Session};
pub(crate) use worker::progress::Progress;

/// What the workers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Carry on.
    Run,
    /// Send no more, wait shortly for what is under way, and report.
    Drain,
}
