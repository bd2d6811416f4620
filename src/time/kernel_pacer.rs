//! Absolute sleeps of the Linux kernel, on `CLOCK_MONOTONIC`.

use std::io;
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;

use rustix::thread::{ClockId, clock_nanosleep_absolute, set_current_timer_slack};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::yield_now;

use super::clock::Clock;
use super::lead::Lead;
use super::pacer::{Meanwhile, Pacer, Pacing};

/// Up to this gap the thread sleeps, in nanoseconds. Beyond it an answer would be read so late that a connection is missed
/// that could have been used again, and a wake-up more for each request costs little.
const SLEEP_THROUGH_NS: u64 = 500_000;

/// A turn of the runtime that takes less found nothing to do: it asks the kernel once, and reads the clock.
const IDLE_TURN_NS: u64 = 2_500;

/// Waits with a `timerfd`, or puts the thread to sleep.
#[derive(Debug)]
pub(crate) struct KernelPacer<C> {
    clock: C,
    timer: AsyncFd<OwnedFd>,
    /// Waking from the runtime takes longer than waking from a sleep: each has a lead of its own.
    timer_lead: Lead,
    sleep_lead: Lead,
    spin: bool,
    /// How long it has spun, in nanoseconds.
    spun_ns: u64,
}

impl<C: Clock> KernelPacer<C> {
    pub(super) fn new(clock: C, pacing: Pacing) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // Deprecated for types that lie about owning a descriptor; an OwnedFd does not, and the newer
        // constructor needs `unsafe`, which this crate forbids.
        #[expect(deprecated)]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        // Sleeps of an ordinary thread are late by 50 us on purpose (prctl(2), PR_SET_TIMERSLACK).
        let _ = set_current_timer_slack(NonZeroU64::new(1));
        Ok(Self {
            clock,
            timer,
            timer_lead: pacing.lead,
            sleep_lead: pacing.lead,
            spin: pacing.spin,
            spun_ns: 0,
        })
    }

    /// Sleeps in the runtime: whatever comes is dealt with.
    async fn sleep_attentively(&mut self, due_ns: u64) -> io::Result<()> {
        let alarm_ns = due_ns.saturating_sub(self.timer_lead.nanos());
        if self.clock.now_ns() >= alarm_ns {
            return Ok(());
        }
        let never_again = Timespec { tv_sec: 0, tv_nsec: 0 };
        // Setting the timer clears old expirations, so it need not be read.
        let spec = Itimerspec { it_interval: never_again, it_value: timespec(alarm_ns) };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &spec)?;
        // A readiness left over from an earlier alarm may return at once: the clock decides.
        loop {
            let now_ns = self.clock.now_ns();
            if now_ns >= alarm_ns {
                self.timer_lead.learn(now_ns - alarm_ns);
                return Ok(());
            }
            self.timer.readable().await?.clear_ready();
        }
    }

    /// Puts the thread to sleep.
    fn sleep_through(&mut self, due_ns: u64) {
        let alarm_ns = due_ns.saturating_sub(self.sleep_lead.nanos());
        if self.clock.now_ns() >= alarm_ns {
            return;
        }
        // A signal may end it early: what is left is spun.
        if clock_nanosleep_absolute(ClockId::Monotonic, &timespec(alarm_ns)).is_ok() {
            self.sleep_lead.learn(self.clock.now_ns().saturating_sub(alarm_ns));
        }
    }
}

impl<C: Clock> Pacer for KernelPacer<C> {
    async fn until(&mut self, due_ns: u64, meanwhile: Meanwhile) {
        if self.spin {
            let mut from_ns = self.clock.now_ns();
            loop {
                yield_now().await;
                let now_ns = self.clock.now_ns();
                if now_ns - from_ns < IDLE_TURN_NS {
                    self.spun_ns += now_ns - from_ns;
                }
                if now_ns >= due_ns {
                    return;
                }
                from_ns = now_ns;
            }
        }
        // The other tasks have their turn, and what has come is read.
        yield_now().await;
        let left_ns = due_ns.saturating_sub(self.clock.now_ns());
        if left_ns == 0 {
            return;
        }
        if meanwhile == Meanwhile::Ignore && left_ns <= SLEEP_THROUGH_NS {
            self.sleep_through(due_ns);
        } else {
            // Should the timer fail, spinning until the instant is dearer but right.
            let _ = self.sleep_attentively(due_ns).await;
        }
        let from_ns = self.clock.now_ns();
        let mut now_ns = from_ns;
        while now_ns < due_ns {
            std::hint::spin_loop();
            now_ns = self.clock.now_ns();
        }
        self.spun_ns += now_ns - from_ns;
    }

    fn spun_ns(&self) -> u64 {
        self.spun_ns
    }
}

fn timespec(nanos: u64) -> Timespec {
    Timespec { tv_sec: (nanos / 1_000_000_000) as i64, tv_nsec: (nanos % 1_000_000_000) as _ }
}
