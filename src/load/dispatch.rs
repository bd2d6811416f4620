//! Who gets which connection, and when: the decisions, without time, sockets or tasks.
//!
//! An arrival is admitted while fewer than the cap are in flight; otherwise it waits in the queue or overflows.
//! An admitted arrival takes the idle connection that was used last (the fewest connections stay warm, as in a
//! service mesh), or asks for a new one; where the connect rate forbids that, it waits for whichever comes first,
//! a connection that falls idle or the permit for a new one. Waiting arrivals go in the order of the schedule.

use std::collections::VecDeque;

use super::ticket::Ticket;

/// Names a connection of one worker.
pub type LaneId = usize;

/// What to do with an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send it on this idle connection.
    Reuse(LaneId, Ticket),
    /// Open a connection for it.
    Connect(Ticket),
    /// It waits; nothing to do.
    Wait,
    /// It is not sent.
    Overflow(Ticket),
}

/// The state of one worker's connections and queues.
#[derive(Debug)]
pub struct Dispatcher {
    cap: u64,
    queue_limit: u64,
    in_flight: u64,
    in_flight_peak: u64,
    /// Idle connections; the last was used last.
    idle: Vec<LaneId>,
    /// Arrivals waiting for the cap.
    waiting: VecDeque<Ticket>,
    /// Admitted arrivals waiting for a permit to connect.
    unconnected: VecDeque<Ticket>,
}

impl Dispatcher {
    /// A dispatcher with room for `cap` requests in flight and `queue_limit` arrivals waiting for room.
    pub fn new(cap: u64, queue_limit: u64) -> Self {
        Self {
            cap,
            queue_limit,
            in_flight: 0,
            in_flight_peak: 0,
            idle: Vec::new(),
            waiting: VecDeque::new(),
            unconnected: VecDeque::new(),
        }
    }

    /// An arrival is due. `may_connect` asks for the permit of a new connection and uses it up.
    pub fn arrive(&mut self, ticket: Ticket, may_connect: impl FnMut() -> bool) -> Decision {
        if self.in_flight < self.cap && self.waiting.is_empty() {
            let due_ns = ticket.due_ns;
            self.admit(ticket, due_ns, may_connect)
        } else if (self.waiting.len() as u64) < self.queue_limit {
            self.waiting.push_back(ticket);
            Decision::Wait
        } else {
            Decision::Overflow(ticket)
        }
    }

    /// An arrival in flight has ended. Its connection, if it can be used again, is idle now.
    pub fn ended(&mut self, reusable: Option<LaneId>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.idle.extend(reusable);
    }

    /// The next thing to do for an arrival that waits, if anything can be done at `now_ns`. Call until `None`.
    pub fn next(&mut self, now_ns: u64, mut may_connect: impl FnMut() -> bool) -> Option<Decision> {
        if let Some(ticket) = self.unconnected.front().copied() {
            if let Some(lane) = self.idle.pop() {
                self.unconnected.pop_front();
                return Some(Decision::Reuse(lane, Ticket { ready_ns: Some(now_ns), ..ticket }));
            }
            if may_connect() {
                self.unconnected.pop_front();
                return Some(Decision::Connect(ticket));
            }
        }
        if self.in_flight < self.cap
            && let Some(ticket) = self.waiting.pop_front()
        {
            return Some(self.admit(ticket, now_ns, may_connect));
        }
        None
    }

    /// An arrival in flight needs a new connection, because the one it had was dead.
    pub fn reconnect(&mut self, ticket: Ticket, mut may_connect: impl FnMut() -> bool) -> Decision {
        if may_connect() {
            return Decision::Connect(ticket);
        }
        self.unconnected.push_front(ticket);
        Decision::Wait
    }

    /// An idle connection was closed by the peer.
    pub fn forget_idle(&mut self, lane: LaneId) {
        self.idle.retain(|idle| *idle != lane);
    }

    /// Takes all arrivals that still wait: those for the cap, and those for a permit to connect (in flight).
    pub fn abandon(&mut self) -> (Vec<Ticket>, Vec<Ticket>) {
        (self.waiting.drain(..).collect(), self.unconnected.drain(..).collect())
    }

    /// Requests in flight: admitted and not ended.
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// The most requests that were in flight at once.
    pub fn in_flight_peak(&self) -> u64 {
        self.in_flight_peak
    }

    /// Arrivals waiting for the cap.
    pub fn queued(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Whether an admitted arrival waits for a permit to connect.
    pub fn wants_permit(&self) -> bool {
        !self.unconnected.is_empty()
    }

    /// Whether nothing is in flight and nothing waits.
    pub fn is_drained(&self) -> bool {
        self.in_flight == 0 && self.waiting.is_empty()
    }

    fn admit(&mut self, ticket: Ticket, now_ns: u64, mut may_connect: impl FnMut() -> bool) -> Decision {
        self.in_flight += 1;
        self.in_flight_peak = self.in_flight_peak.max(self.in_flight);
        let ticket = Ticket { admitted_ns: Some(now_ns), ..ticket };
        if self.unconnected.is_empty() {
            if let Some(lane) = self.idle.pop() {
                return Decision::Reuse(lane, Ticket { ready_ns: Some(now_ns), ..ticket });
            }
            if may_connect() {
                return Decision::Connect(ticket);
            }
        }
        self.unconnected.push_back(ticket);
        Decision::Wait
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::Route;
    use crate::schedule::{Phase, Slot};

    fn ticket(index: u64) -> Ticket {
        Ticket::new(Slot { index, phase: Phase::Measured, intended_ns: index }, Route::default(), index)
    }

    fn index(decision: Decision) -> u64 {
        match decision {
            Decision::Reuse(_, ticket) | Decision::Connect(ticket) | Decision::Overflow(ticket) => {
                ticket.slot.index
            }
            Decision::Wait => panic!("it waits"),
        }
    }

    #[test]
    fn the_connection_used_last_is_used_next() {
        let mut dispatcher = Dispatcher::new(10, 0);
        for i in 0..3 {
            assert!(matches!(dispatcher.arrive(ticket(i), || true), Decision::Connect(_)));
        }
        for lane in [0, 2, 1] {
            dispatcher.ended(Some(lane));
        }
        assert!(matches!(dispatcher.arrive(ticket(3), || true), Decision::Reuse(1, _)));
        dispatcher.forget_idle(2);
        assert!(matches!(dispatcher.arrive(ticket(4), || true), Decision::Reuse(0, _)));
        assert!(matches!(dispatcher.arrive(ticket(5), || true), Decision::Connect(_)));
    }

    #[test]
    fn beyond_the_cap_arrivals_wait_in_order_and_then_overflow() {
        let mut dispatcher = Dispatcher::new(1, 2);
        assert!(matches!(dispatcher.arrive(ticket(0), || true), Decision::Connect(_)));
        assert_eq!(dispatcher.arrive(ticket(1), || true), Decision::Wait);
        assert_eq!(dispatcher.arrive(ticket(2), || true), Decision::Wait);
        assert_eq!(dispatcher.arrive(ticket(3), || true), Decision::Overflow(ticket(3)));
        assert_eq!(dispatcher.next(10, || true), None, "the cap is full");
        dispatcher.ended(Some(0));
        let Some(Decision::Reuse(0, sent)) = dispatcher.next(10, || true) else {
            panic!("the first waits no longer")
        };
        assert_eq!(
            (sent.slot.index, sent.due_ns, sent.admitted_ns, sent.ready_ns),
            (1, 1, Some(10), Some(10))
        );
        // The newcomer does not overtake the one that waits.
        dispatcher.ended(Some(0));
        assert_eq!(dispatcher.arrive(ticket(4), || true), Decision::Wait);
        assert_eq!(dispatcher.next(20, || true).map(index), Some(2));
    }

    #[test]
    fn without_a_permit_an_arrival_takes_what_comes_first() {
        let mut dispatcher = Dispatcher::new(10, 0);
        assert!(matches!(dispatcher.arrive(ticket(0), || true), Decision::Connect(_)));
        assert_eq!(dispatcher.arrive(ticket(1), || false), Decision::Wait);
        assert_eq!(dispatcher.arrive(ticket(2), || false), Decision::Wait);
        assert!(dispatcher.wants_permit());
        dispatcher.ended(Some(0));
        assert_eq!(dispatcher.next(5, || false).map(index), Some(1), "an idle connection");
        assert_eq!(dispatcher.next(6, || true).map(index), Some(2), "the permit");
        assert_eq!(dispatcher.next(7, || true), None);
        assert_eq!((dispatcher.in_flight(), dispatcher.in_flight_peak()), (2, 3));
    }

    proptest! {
        /// Whatever happens in whatever order: the cap holds, and every arrival is somewhere exactly once.
        #[test]
        fn nothing_is_lost_and_the_cap_holds(
            cap in 1_u64..6, queue_limit in 0_u64..6,
            steps in prop::collection::vec((0_u8..3, any::<bool>(), any::<bool>()), 0..200),
        ) {
            let mut dispatcher = Dispatcher::new(cap, queue_limit);
            let (mut arrived, mut overflowed, mut started, mut ended) = (0, 0, 0, 0);
            let mut busy: Vec<LaneId> = Vec::new();
            let mut lanes = 0;
            let mut carry_out = |decision, busy: &mut Vec<LaneId>, started: &mut u64, overflowed: &mut u64| match decision {
                Decision::Reuse(lane, _) => { assert!(!busy.contains(&lane)); busy.push(lane); *started += 1 }
                Decision::Connect(_) => { busy.push(lanes); lanes += 1; *started += 1 }
                Decision::Overflow(_) => *overflowed += 1,
                Decision::Wait => {}
            };
            for (step, permit, reusable) in steps {
                match step {
                    0 => {
                        let decision = dispatcher.arrive(ticket(arrived), || permit);
                        arrived += 1;
                        carry_out(decision, &mut busy, &mut started, &mut overflowed);
                    }
                    1 => if let Some(lane) = busy.pop() {
                        ended += 1;
                        dispatcher.ended(reusable.then_some(lane));
                    },
                    _ => while let Some(decision) = dispatcher.next(arrived, || permit) {
                        carry_out(decision, &mut busy, &mut started, &mut overflowed);
                    },
                }
                prop_assert!(dispatcher.in_flight() <= cap);
                prop_assert!(dispatcher.queued() <= queue_limit);
                let unconnected = dispatcher.in_flight() - busy.len() as u64;
                prop_assert_eq!(arrived, overflowed + started + unconnected + dispatcher.queued());
                prop_assert_eq!(started, ended + busy.len() as u64);
            }
        }
    }
}
