//! An arrival on its way through the client.

use crate::measure::Timeline;
use crate::request::Route;
use crate::schedule::Slot;

/// A due arrival and the instants it has passed, in nanoseconds on the run's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Its place in the schedule.
    pub slot: Slot,
    /// Its place in the sequence that the workload knows, the warm-up first.
    pub sequence: u64,
    /// Where it goes.
    pub route: Route,
    /// When the client noticed it.
    pub due_ns: u64,
    /// When the cap, and the connections within their limit, had room for it.
    pub admitted_ns: Option<u64>,
    /// When it had a connection.
    pub ready_ns: Option<u64>,
    /// When it was handed to the connection.
    pub sent_ns: Option<u64>,
    /// How often it has been sent before, in vain.
    pub retries: u8,
    /// The step of its session, from 0. From the second on, its intended time is when the step before ended.
    pub step: u16,
}

impl Ticket {
    /// An arrival that has just become due.
    pub fn new(slot: Slot, sequence: u64, route: Route, due_ns: u64) -> Self {
        let (admitted_ns, ready_ns, sent_ns) = (None, None, None);
        Self { slot, sequence, route, due_ns, admitted_ns, ready_ns, sent_ns, retries: 0, step: 0 }
    }

    /// Its timeline, now that it has ended. What it did not come to happened, for the record, at the end.
    pub fn timeline(&self, first_byte_ns: Option<u64>, end_ns: u64, receive_lag_ns: Option<u64>) -> Timeline {
        Timeline {
            due_ns: self.due_ns,
            admitted_ns: self.admitted_ns.unwrap_or(end_ns),
            ready_ns: self.ready_ns.unwrap_or(end_ns),
            sent_ns: self.sent_ns.unwrap_or(end_ns),
            first_byte_ns: first_byte_ns.unwrap_or(end_ns),
            end_ns,
            receive_lag_ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::Phase;

    proptest! {
        #[test]
        fn the_parts_add_up_to_the_response_exactly(
            intended_ns in 0_u64..1_000, steps in prop::array::uniform6(0_u64..1_000_000_000), reached in 0_usize..4,
        ) {
            let slot = Slot { index: 0, phase: Phase::Measured, intended_ns };
            let mut now = intended_ns;
            let mut next = |step: u64| { now += step; now };
            let mut ticket = Ticket::new(slot, 0, Route::default(), next(steps[0]));
            let instants = [next(steps[1]), next(steps[2]), next(steps[3])];
            let end_ns = next(steps[4]) + steps[5];
            ticket.admitted_ns = (reached > 0).then_some(instants[0]);
            ticket.ready_ns = (reached > 1).then_some(instants[1]);
            ticket.sent_ns = (reached > 2).then_some(instants[2]);
            let timeline = ticket.timeline(None, end_ns, None);
            let parts = timeline.send_lag_ns(slot) + timeline.slot_wait_ns() + timeline.connect_ns() + timeline.service_ns();
            prop_assert_eq!(parts, timeline.response_ns(slot));
        }
    }
}
