//! The only room that reads a clock, and the only one that sleeps.
//!
//! Everything else is given the time in nanoseconds, so that tests own it: clippy forbids `Instant::now` and every sleep
//! outside this room.

mod clock;
mod cpu_groups;
#[cfg(target_os = "linux")]
mod kernel_pacer;
mod lead;
mod pacer;
mod stamps;
mod system_pacer;
mod thread_times;
mod watchdog;

pub use clock::{Clock, MonotonicClock};
pub(crate) use cpu_groups::{CpuGroup, cpu_groups};
pub(crate) use lead::Lead;
pub(crate) use pacer::{Meanwhile, Pacer, Pacing};
pub(crate) use stamps::StampClock;
pub(crate) use system_pacer::SystemPacer;
#[cfg(test)]
pub(crate) use system_pacer::TimerPacer;
pub(crate) use thread_times::ThreadTimes;
pub(crate) use watchdog::Watchdog;
