//! Who gets which connection, and when: the decisions, without time, sockets or tasks.
//!
//! An arrival is admitted while fewer than the cap are in flight; otherwise it waits in the queue or overflows. An
//! admitted arrival takes a stream: room for one request on a connection to its origin. It takes the idle stream that was
//! used last (the fewest connections stay warm, as in a service mesh), or asks for a new connection; where that is
//! already being opened, or not allowed yet, it waits for whichever comes first, an idle stream or the new connection.
//! Where no further connection is allowed at all, its wait is one for room: slot wait, not connect. Waiting arrivals go
//! in the order of the schedule.

use std::collections::VecDeque;

use super::pool::{Place, Pool, PoolLimits, StreamId, Wait};
use super::ticket::Ticket;

/// What to do with an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send it on this idle stream.
    Reuse(StreamId, Ticket),
    /// Open a connection for it.
    Connect(Ticket),
    /// It waits; nothing to do.
    Wait,
    /// It is not sent.
    Overflow(Ticket),
}

/// The limits of one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests in flight.
    pub cap: u64,
    /// Arrivals that may wait for the cap.
    pub queue: u64,
}

/// The state of one worker's streams and queues.
#[derive(Debug)]
pub struct Dispatcher {
    limits: Limits,
    in_flight: u64,
    in_flight_peak: u64,
    /// Arrivals waiting for the cap.
    waiting: VecDeque<Ticket>,
    /// One for each origin.
    pools: Vec<Pool>,
    /// Admitted arrivals without a stream, over all pools.
    unconnected: u64,
}

impl Dispatcher {
    /// A dispatcher for as many origins as there are `pools`.
    pub fn new(limits: Limits, pools: impl IntoIterator<Item = PoolLimits>) -> Self {
        Self {
            limits,
            in_flight: 0,
            in_flight_peak: 0,
            waiting: VecDeque::new(),
            pools: pools.into_iter().map(Pool::new).collect(),
            unconnected: 0,
        }
    }

    /// A run begins, with new limits and the streams of the run before.
    pub fn begin(&mut self, limits: Limits) {
        self.limits = limits;
        self.in_flight_peak = self.in_flight;
    }

    /// An arrival is due. `may_connect` asks for the permit of a new connection and uses it up.
    pub fn arrive(&mut self, ticket: Ticket, may_connect: impl FnMut() -> bool) -> Decision {
        if self.in_flight < self.limits.cap && self.waiting.is_empty() {
            let due_ns = ticket.due_ns;
            self.admit(ticket, due_ns, may_connect)
        } else if (self.waiting.len() as u64) < self.limits.queue {
            self.waiting.push_back(ticket);
            Decision::Wait
        } else {
            Decision::Overflow(ticket)
        }
    }

    /// An arrival in flight has ended.
    pub fn ended(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A stream to an origin is idle now: another arrival may have it.
    pub fn idle(&mut self, origin: u32, stream: StreamId) {
        self.pool(origin).idle(stream);
    }

    /// An idle stream is gone.
    pub fn forget_idle(&mut self, origin: u32, stream: StreamId) {
        self.pool(origin).forget_idle(stream);
    }

    /// The attempt to open a connection is over.
    pub fn attempted(&mut self, origin: u32, succeeded: bool) {
        self.pool(origin).attempted(succeeded);
    }

    /// A connection takes no more requests: another one may be opened in its place.
    pub fn retire(&mut self, origin: u32) {
        self.pool(origin).retire();
    }

    /// The next thing to do for an arrival that waits, if anything can be done at `now_ns`. Call until `None`.
    pub fn next(&mut self, now_ns: u64, mut may_connect: impl FnMut() -> bool) -> Option<Decision> {
        if self.unconnected > 0
            && let Some(decision) = self.next_unconnected(now_ns, &mut may_connect)
        {
            return Some(decision);
        }
        if self.in_flight < self.limits.cap
            && let Some(ticket) = self.waiting.pop_front()
        {
            return Some(self.admit(ticket, now_ns, may_connect));
        }
        None
    }

    /// An arrival in flight is to be sent once more. Where its connection was dead, on a new one: the idle ones may be
    /// dead as well. Where there is no room for it, it waits for that like any other: slot wait, up to the room it gets.
    pub fn again(
        &mut self,
        ticket: Ticket,
        was_dead: bool,
        mut may_connect: impl FnMut() -> bool,
    ) -> Decision {
        let pool = self.pool(ticket.route.origin);
        if was_dead && pool.is_served() && pool.wait().is_none() && may_connect() {
            pool.opening();
            return Decision::Connect(ticket);
        }
        self.wait_at(ticket, Place::First);
        Decision::Wait
    }

    /// An arrival in flight goes on with another request: before those that have not been sent yet, for it has its place under
    /// the cap, and behind those that have come to go on before it.
    pub fn onward(&mut self, ticket: Ticket) {
        self.wait_at(ticket, Place::Onward);
    }

    fn wait_at(&mut self, ticket: Ticket, place: Place) {
        let pool = self.pool(ticket.route.origin);
        let admitted_ns = ticket.admitted_ns.filter(|_| pool.wait_at(place) != Some(Wait::Room));
        pool.wait_for_stream(Ticket { admitted_ns, ..ticket }, place);
        self.unconnected += 1;
    }

    /// Takes all arrivals that still wait: those for the cap, and those without a stream (in flight).
    pub fn abandon(&mut self) -> (Vec<Ticket>, Vec<Ticket>) {
        self.unconnected = 0;
        (self.waiting.drain(..).collect(), self.pools.iter_mut().flat_map(Pool::abandon).collect())
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

    /// Whether an arrival to an origin could be sent at once.
    pub fn has_idle(&self, origin: u32) -> bool {
        self.pools[origin as usize].has_idle()
    }

    /// Whether an arrival that is due now would overflow.
    pub fn is_full(&self) -> bool {
        (self.in_flight >= self.limits.cap || !self.waiting.is_empty())
            && self.waiting.len() as u64 >= self.limits.queue
    }

    /// Whether an arrival waits, for the cap or for a stream.
    pub fn has_waiting(&self) -> bool {
        self.unconnected > 0 || !self.waiting.is_empty()
    }

    /// Whether an admitted arrival waits for a permit to connect.
    pub fn wants_permit(&self) -> bool {
        self.unconnected > 0 && self.pools.iter().any(|pool| pool.wants_permit())
    }

    /// Whether nothing is in flight and nothing waits.
    pub fn is_drained(&self) -> bool {
        self.in_flight == 0 && self.waiting.is_empty()
    }

    /// A workload has at least one origin, and routes to no others.
    fn pool(&mut self, origin: u32) -> &mut Pool {
        &mut self.pools[origin as usize]
    }

    fn admit(&mut self, ticket: Ticket, now_ns: u64, mut may_connect: impl FnMut() -> bool) -> Decision {
        self.in_flight += 1;
        self.in_flight_peak = self.in_flight_peak.max(self.in_flight);
        let pool = self.pool(ticket.route.origin);
        let admitted = Ticket { admitted_ns: Some(now_ns), ..ticket };
        if pool.is_served()
            && let Some(stream) = pool.take_idle()
        {
            return Decision::Reuse(stream, Ticket { ready_ns: Some(now_ns), ..admitted });
        }
        match pool.wait() {
            None if pool.is_served() && may_connect() => {
                pool.opening();
                return Decision::Connect(admitted);
            }
            Some(Wait::Room) => pool.wait_for_stream(ticket, Place::Last),
            None | Some(Wait::Connection) => pool.wait_for_stream(admitted, Place::Last),
        }
        self.unconnected += 1;
        Decision::Wait
    }

    fn next_unconnected(&mut self, now_ns: u64, may_connect: &mut impl FnMut() -> bool) -> Option<Decision> {
        for pool in &mut self.pools {
            if pool.is_served() {
                continue;
            }
            let stream = pool.take_idle();
            let connects = stream.is_none() && pool.wants_permit() && may_connect();
            if stream.is_none() && !connects {
                continue;
            }
            // Whoever waited for room has it now.
            let Some(mut ticket) = pool.take_unconnected() else { continue };
            ticket.admitted_ns.get_or_insert(now_ns);
            self.unconnected -= 1;
            return Some(match stream {
                Some(stream) => Decision::Reuse(stream, Ticket { ready_ns: Some(now_ns), ..ticket }),
                None => {
                    pool.opening();
                    Decision::Connect(ticket)
                }
            });
        }
        None
    }
}

#[cfg(test)]
mod tests;
