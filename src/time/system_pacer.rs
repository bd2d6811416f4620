//! The pacer of this platform.

use std::time::Duration;

use super::clock::Clock;
use super::pacer::{Meanwhile, Pacer, Pacing};

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

    fn spun_ns(&self) -> u64 {
        match self {
            #[cfg(target_os = "linux")]
            Self::Kernel(pacer) => pacer.spun_ns(),
            Self::Timer(pacer) => pacer.spun_ns(),
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
