//! The only place that sleeps.
//!
//! tokio's timer rounds every deadline up to the next millisecond, which would add 0.5 to 2 ms to every corrected
//! latency. On Linux the pacer waits for an absolute `timerfd` in the worker's own runtime instead, wakes a
//! little early (the lead) and yields to the runtime until the due instant, so that the wake-up latency of the
//! kernel is spent before the instant rather than after it. See docs/performance.md for how the lead was chosen.

use std::time::Duration;

use super::clock::Clock;

/// Waits for instants on a clock.
pub(crate) trait Pacer {
    /// Returns at `due_ns` or as little as possible after it, never before. It lets other tasks of the runtime
    /// run at least once, also when the instant has already passed. Dropping the future cancels the wait.
    fn until(&mut self, due_ns: u64) -> impl Future<Output = ()>;
}

/// The pacer of this platform: a `timerfd` on Linux, tokio's timer where there is none.
#[derive(Debug)]
pub(crate) enum SystemPacer<C> {
    /// Absolute kernel timer.
    #[cfg(target_os = "linux")]
    Timerfd(timerfd::TimerfdPacer<C>),
    /// tokio's timer, to the millisecond.
    Timer(TimerPacer<C>),
}

impl<C: Clock> SystemPacer<C> {
    /// A pacer that wakes `lead_ns` early and yields until the due instant. Must be made inside the runtime that
    /// it paces.
    pub(crate) fn new(clock: C, lead_ns: u64) -> Self {
        #[cfg(target_os = "linux")]
        if let Ok(pacer) = timerfd::TimerfdPacer::new(clock.clone(), lead_ns) {
            return Self::Timerfd(pacer);
        }
        let _ = lead_ns;
        Self::Timer(TimerPacer { clock })
    }
}

impl<C: Clock> Pacer for SystemPacer<C> {
    async fn until(&mut self, due_ns: u64) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Timerfd(pacer) => pacer.until(due_ns).await,
            Self::Timer(pacer) => pacer.until(due_ns).await,
        }
    }
}

/// Waits with tokio's timer: portable, to the millisecond, and under a paused tokio clock without sleeping.
#[derive(Debug)]
pub(crate) struct TimerPacer<C> {
    clock: C,
}

impl<C: Clock> TimerPacer<C> {
    /// A pacer on tokio's timer, whatever the platform has: for tests on tokio's paused clock.
    #[cfg(test)]
    pub(crate) fn new(clock: C) -> Self {
        Self { clock }
    }
}

impl<C: Clock> Pacer for TimerPacer<C> {
    async fn until(&mut self, due_ns: u64) {
        tokio::task::yield_now().await;
        loop {
            let left_ns = due_ns.saturating_sub(self.clock.now_ns());
            if left_ns == 0 {
                return;
            }
            #[expect(clippy::disallowed_methods, reason = "this is the sleeper")]
            tokio::time::sleep(Duration::from_nanos(left_ns)).await;
        }
    }
}

#[cfg(target_os = "linux")]
mod timerfd {
    use std::io;
    use std::os::fd::OwnedFd;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    use super::Pacer;
    use crate::time::clock::Clock;

    /// Waits with an absolute `timerfd` on `CLOCK_MONOTONIC`.
    #[derive(Debug)]
    pub(crate) struct TimerfdPacer<C> {
        clock: C,
        timer: AsyncFd<OwnedFd>,
        lead_ns: u64,
    }

    impl<C: Clock> TimerfdPacer<C> {
        pub(super) fn new(clock: C, lead_ns: u64) -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            // Deprecated for types that lie about owning a descriptor; an OwnedFd does not, and the newer
            // constructor needs `unsafe`, which this crate forbids.
            #[expect(deprecated)]
            let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
            Ok(Self { clock, timer, lead_ns })
        }

        async fn sleep_until(&self, alarm_ns: u64) -> io::Result<()> {
            let at = Timespec {
                tv_sec: (alarm_ns / 1_000_000_000) as i64,
                tv_nsec: (alarm_ns % 1_000_000_000) as _,
            };
            let never_again = Timespec { tv_sec: 0, tv_nsec: 0 };
            // Setting the timer clears old expirations, so it need not be read.
            let spec = Itimerspec { it_interval: never_again, it_value: at };
            timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &spec)?;
            // A readiness left over from an earlier alarm may return at once: the clock decides.
            while self.clock.now_ns() < alarm_ns {
                self.timer.readable().await?.clear_ready();
            }
            Ok(())
        }
    }

    impl<C: Clock> Pacer for TimerfdPacer<C> {
        async fn until(&mut self, due_ns: u64) {
            let alarm_ns = due_ns.saturating_sub(self.lead_ns);
            // Should the timer fail, yielding until the instant is dearer but right.
            if self.clock.now_ns() < alarm_ns && self.sleep_until(alarm_ns).await.is_ok() && self.lead_ns == 0
            {
                return;
            }
            loop {
                tokio::task::yield_now().await;
                if self.clock.now_ns() >= due_ns {
                    return;
                }
            }
        }
    }
}
