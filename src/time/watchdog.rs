//! Timeouts that cost a request almost nothing.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use super::clock::Clock;

/// One connection's timeout.
///
/// All requests have the same timeout, so an alarm set for an earlier request never comes too late for a later
/// one: it is left standing, and only when it rings is it compared with the request under way and set anew. A
/// connection that is never slow touches the timer once per timeout rather than twice per request.
pub(crate) struct Watchdog<C> {
    clock: C,
    timeout_ns: u64,
    alarm: Pin<Box<Sleep>>,
    set: bool,
}

impl<C: Clock> Watchdog<C> {
    /// A watchdog for requests that may take `timeout_ns`.
    pub(crate) fn new(clock: C, timeout_ns: u64) -> Self {
        Self { clock, timeout_ns, alarm: Box::pin(alarm_in(timeout_ns)), set: true }
    }

    /// A request began before those that the alarm was set for: at `started_ns`.
    pub(crate) fn hurry(&mut self, started_ns: u64) {
        let left_ns = started_ns.saturating_add(self.timeout_ns).saturating_sub(self.clock.now_ns());
        self.alarm.set(alarm_in(left_ns));
        self.set = true;
    }

    /// Ready once a request that started at `started_ns` is overdue. The task is woken when that may be so.
    pub(crate) fn poll_overdue(&mut self, context: &mut Context<'_>, started_ns: u64) -> Poll<()> {
        loop {
            // The clock first: a connection that never stops sending uses up the task's budget, and then the alarm
            // stays silent.
            let left_ns = started_ns.saturating_add(self.timeout_ns).saturating_sub(self.clock.now_ns());
            if left_ns == 0 {
                self.set = false;
                return Poll::Ready(());
            }
            if self.set && self.alarm.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.alarm.set(alarm_in(left_ns));
            self.set = true;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a timeout may be a millisecond late, unlike an arrival")]
fn alarm_in(nanos: u64) -> Sleep {
    tokio::time::sleep(Duration::from_nanos(nanos))
}
