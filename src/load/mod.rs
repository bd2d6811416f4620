//! Carries out a plan: paces arrivals, admits them, hands them to connections and records how they end.

mod clock;
mod pacer;

pub use clock::{Clock, MonotonicClock};
pub use pacer::{Pacer, SystemPacer, TimerPacer};
