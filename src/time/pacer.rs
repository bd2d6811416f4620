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

    /// How long it has spun so far with nothing to do but to wait, in nanoseconds: CPU time that is no work.
    fn spun_ns(&self) -> u64 {
        0
    }
}
