//! Carries out a plan: paces arrivals, admits them, hands them to connections and records how they end.
//!
//! ```text
//! Stripe -> Worker -> TokenBucket -> Dispatcher -> lane (one task per connection) -> Recorder
//!             ^ Pacer                                ^ Transport
//! ```
//!
//! A worker is one thread with its own single-threaded runtime, its own stripe of the schedule, its own
//! connections and its own recorder; workers share nothing while they run. The [`Worker`] loop wakes at each due
//! instant (the [`Pacer`] is the only sleeper, the [`Clock`] the only reader of time), gives every arrival that
//! is due its own intended time, and never waits for an answer. [`run`] starts the workers, gathers their reports
//! once a second and merges their accounts.

mod bucket;
mod clock;
mod connect_budget;
mod dispatch;
mod engine;
mod lane;
mod lanes;
mod link;
mod mailbox;
mod pacer;
mod pool;
mod progress;
mod shared;
mod ticket;
mod watchdog;
mod worker;

#[cfg(test)]
mod known_answers;

pub use bucket::TokenBucket;
pub use clock::{Clock, MonotonicClock};
pub use dispatch::{Decision, Dispatcher, LaneId, Limits};
pub use engine::{EngineError, Finished, run};
pub use pacer::{Pacer, SystemPacer, TimerPacer};
pub use pool::PoolLimits;
pub use progress::{Progress, Report};
pub use ticket::Ticket;
pub use worker::{Wires, Worker, WorkerResult};

/// What the workers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Carry on.
    Run,
    /// Send no more, wait shortly for what is under way, and report.
    Drain,
}
