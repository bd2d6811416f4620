//! Waiting for due instants.
//!
//! tokio's timer rounds every deadline up to the next millisecond, which would add 0.5 to 2 ms to every corrected
//! latency. On Linux the pacer has two ways to wait for an absolute instant instead, both of the kernel:
//!
//! - a `timerfd` in the worker's own runtime, which answers can interrupt: two wake-ups for each request;
//! - the sleep of the whole thread, for short gaps in which nothing is urgent: one wake-up for each request. Answers that
//!   come meanwhile are read afterwards; when they came, the kernel's receive stamps tell.
//!
//! Both wake a little early (the [`Lead`]) and spin on the clock until the instant. See docs/decisions/one-sleep.md.

use std::time::Duration;

use super::clock::Clock;
use super::lead::Lead;

/// What may happen while a pacer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meanwhile {
    /// What comes is dealt with at once: something waits for it.
    Attend,
    /// Nothing waits for what may come: a short gap may be slept through.
    Ignore,
}

/// How a pacer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pacing {
    /// How early it wakes up.
    pub lead: Lead,
    /// Whether it never sleeps, for a core that has nothing else to do.
    pub spin: bool,
}

impl Pacing {
    /// Wakes at the instant, and so a little after it.
    pub(crate) const PLAIN: Self = Self { lead: Lead::Fixed(0), spin: false };
}

/// Waits for instants on a clock.
pub(crate) trait Pacer {
    /// Returns at `due_ns` or as little as possible after it, never before. It lets other tasks of the runtime
    /// run at least once, also when the instant has already passed. Dropping the future cancels the wait.
    fn until(&mut self, due_ns: u64, meanwhile: Meanwhile) -> impl Future<Output = ()>;
}

/// The pacer of this platform: that of the kernel on Linux, tokio's timer where there is none.
#[derive(Debug)]
pub(crate) enum SystemPacer<C> {
    /// Absolute sleeps of the kernel.
    #[cfg(target_os = "linux")]
    Kernel(super::kernel_pacer::KernelPacer<C>),
    /// tokio's timer, to the millisecond.
    Timer(TimerPacer<C>),
}

impl<C: Clock> SystemPacer<C> {
    /// A pacer. Must be made on the thread and inside the runtime that it paces.
    pub(crate) fn new(clock: C, pacing: Pacing) -> Self {
        #[cfg(target_os = "linux")]
        if let Ok(pacer) = super::kernel_pacer::KernelPacer::new(clock.clone(), pacing) {
            return Self::Kernel(pacer);
        }
        let _ = pacing;
        Self::Timer(TimerPacer { clock })
    }
}

impl<C: Clock> Pacer for SystemPacer<C> {
    async fn until(&mut self, due_ns: u64, meanwhile: Meanwhile) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Kernel(pacer) => pacer.until(due_ns, meanwhile).await,
            Self::Timer(pacer) => pacer.until(due_ns, meanwhile).await,
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
    async fn until(&mut self, due_ns: u64, _: Meanwhile) {
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
