//! The only room that reads a clock, and the only one that sleeps.
//!
//! Everything else is given the time in nanoseconds, so that tests own it: clippy forbids `Instant::now` and every sleep
//! outside this room.

mod clock;
mod pacer;
mod watchdog;

pub use clock::{Clock, MonotonicClock};
pub use pacer::{Pacer, SystemPacer, TimerPacer};
pub use watchdog::Watchdog;
