//! The only place that reads the time.

use std::time::Duration;

use super::thread_times::ThreadTimes;

/// A source of monotonic nanoseconds. Everything that needs the time takes a clock, so that tests own it.
pub trait Clock: Clone + 'static {
    /// Nanoseconds since some fixed instant; never goes back.
    fn now_ns(&self) -> u64;

    /// What the scheduler has given the thread that asks. A clock of a test knows of none.
    fn thread_times(&self) -> ThreadTimes {
        ThreadTimes::default()
    }

    /// Time since 1970 (UTC): what requests say of the time, and what the kernel stamps with. It may jump.
    fn wall(&self) -> Duration {
        Duration::from_nanos(self.now_ns())
    }
}

/// The kernel's `CLOCK_MONOTONIC`: the clock that an absolute timer of the kernel waits on as well.
#[derive(Debug, Clone, Copy, Default)]
pub struct MonotonicClock;

impl Clock for MonotonicClock {
    fn now_ns(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        // Monotonic time starts at boot: neither part is negative.
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }

    fn thread_times(&self) -> ThreadTimes {
        ThreadTimes::now()
    }

    fn wall(&self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        // A clock set before 1970 is no matter for a load test.
        Duration::new(now.tv_sec.max(0) as u64, now.tv_nsec as u32)
    }
}
