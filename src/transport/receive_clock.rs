//! When the parts of an answer came: by the kernel's stamps where there are any, otherwise when they were read.

use std::rc::Rc;
use std::time::Duration;

use super::stamped::LastStamp;
use crate::time::{Clock, StampClock};

/// What tells the times of one connection's answers.
#[derive(Clone)]
pub(super) struct ReceiveClock<C> {
    stamps: Rc<StampClock<C>>,
    last: Option<LastStamp>,
}

/// When an answer came, on the run's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    pub(super) first_byte_ns: u64,
    pub(super) end_ns: u64,
    pub(super) receive_lag_ns: Option<u64>,
}

/// What is known of an instant of reception until the answer has ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Received {
    /// The kernel's stamp.
    Stamped(Duration),
    /// The time of reading, in nanoseconds on the run's clock.
    Read(u64),
}

impl<C: Clock> ReceiveClock<C> {
    pub(super) fn new(stamps: &Rc<StampClock<C>>, last: Option<LastStamp>) -> Self {
        Self { stamps: Rc::clone(stamps), last }
    }

    /// When what was just read came.
    pub(super) fn received(&self) -> Received {
        match self.last.as_ref().and_then(LastStamp::get) {
            Some(stamp) => Received::Stamped(stamp),
            None => Received::Read(self.stamps.clock().now_ns()),
        }
    }

    /// When an answer came whose last byte has just been read, and whose request was sent at `sent_ns`.
    pub(super) fn arrived(&self, first_byte: Received, sent_ns: u64) -> Arrived {
        let (end, read_ns) = (self.received(), self.stamps.clock().now_ns());
        let at = |received| match received {
            Received::Stamped(stamp) => self.stamps.instant_ns(stamp, sent_ns, read_ns),
            Received::Read(at_ns) => at_ns,
        };
        let (first_byte_ns, end_ns) = (at(first_byte), at(end));
        let receive_lag_ns = matches!(end, Received::Stamped(_)).then(|| read_ns.saturating_sub(end_ns));
        Arrived { first_byte_ns, end_ns, receive_lag_ns }
    }
}
