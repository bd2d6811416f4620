//! The connections to one origin, and the arrivals that wait for one: decisions without time, sockets or tasks.

use std::collections::VecDeque;

use super::ticket::Ticket;

/// Names a stream of one worker.
pub(crate) type StreamId = usize;

/// How many connections there may be to an origin, and how many requests each carries at once; both at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Connections to the origin.
    pub connections: u64,
    /// Requests that a connection is expected to carry at once: 1 for HTTP/1.1. Known exactly once it is open.
    pub streams: u64,
}

/// What an arrival waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A new connection: being opened, or for a permit to open it.
    Connection,
    /// Room: every connection is as busy as it may be.
    Room,
}

/// Where an arrival waits among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before all: its request was not processed, and is sent once more.
    First,
    /// Before those that have not been sent, behind those that go on as it does.
    Onward,
    /// Behind all.
    Last,
}

/// One origin's connections.
#[derive(Debug)]
pub(crate) struct Pool {
    limits: PoolLimits,
    /// Free streams; the last was used last.
    idle: Vec<StreamId>,
    /// Admitted arrivals without a stream that were on a connection before, which go first: those that are sent once more, and
    /// behind them those that go on with another request, in the order in which they came to it.
    returning: VecDeque<Ticket>,
    /// The other admitted arrivals without a stream, in the order of the schedule.
    unconnected: VecDeque<Ticket>,
    /// Connections open or being opened, without those that take no more requests.
    connections: u64,
    /// Further arrivals that the connections being opened are expected to have room for.
    expected: u64,
}

impl Pool {
    /// No connection yet.
    pub(crate) fn new(limits: PoolLimits) -> Self {
        let (returning, unconnected) = (VecDeque::new(), VecDeque::new());
        Self { limits, idle: Vec::new(), returning, unconnected, connections: 0, expected: 0 }
    }

    /// The idle stream that was used last.
    pub(crate) fn take_idle(&mut self) -> Option<StreamId> {
        self.idle.pop()
    }

    /// A stream has fallen idle.
    pub(crate) fn idle(&mut self, stream: StreamId) {
        self.idle.push(stream);
    }

    /// An idle stream is gone.
    pub(crate) fn forget_idle(&mut self, stream: StreamId) {
        self.idle.retain(|idle| *idle != stream);
    }

    /// What the arrival behind all that wait would wait for; `None` if a connection may be opened for it.
    pub(crate) fn wait(&self) -> Option<Wait> {
        self.wait_behind(self.waiting())
    }

    /// What an arrival at its place among those that wait would wait for; `None` if it need not, or only for a permit.
    pub(crate) fn wait_at(&self, place: Place) -> Option<Wait> {
        let others = match place {
            Place::First => 0,
            Place::Onward => self.returning.len() as u64,
            Place::Last => self.waiting(),
        };
        if self.idle.len() as u64 > others { None } else { self.wait_behind(others) }
    }

    fn waiting(&self) -> u64 {
        (self.returning.len() + self.unconnected.len()) as u64
    }

    fn wait_behind(&self, others: u64) -> Option<Wait> {
        if others < self.expected {
            Some(Wait::Connection)
        } else if self.connections >= self.limits.connections {
            Some(Wait::Room)
        } else {
            None
        }
    }

    /// Whether the arrivals that wait are more than the connections being opened have room for, and one more
    /// connection is within the limit: then it takes only a permit.
    pub(crate) fn wants_permit(&self) -> bool {
        self.waiting() > self.expected && self.connections < self.limits.connections
    }

    /// Whether an arrival could be sent at once.
    pub(crate) fn has_idle(&self) -> bool {
        self.is_served() && !self.idle.is_empty()
    }

    /// A connection is being opened for an arrival, with room for more as the limits say.
    pub(crate) fn opening(&mut self) {
        self.connections += 1;
        self.expected += self.limits.streams - 1;
    }

    /// The attempt to open a connection is over. A failed one is no connection.
    pub(crate) fn attempted(&mut self, succeeded: bool) {
        self.expected = self.expected.saturating_sub(self.limits.streams - 1);
        if !succeeded {
            self.retire();
        }
    }

    /// A connection takes no more requests.
    pub(crate) fn retire(&mut self) {
        self.connections = self.connections.saturating_sub(1);
    }

    /// An arrival waits.
    pub(crate) fn wait_for_stream(&mut self, ticket: Ticket, place: Place) {
        match place {
            Place::First => self.returning.push_front(ticket),
            Place::Onward => self.returning.push_back(ticket),
            Place::Last => self.unconnected.push_back(ticket),
        }
    }

    /// Whether nothing waits for a stream.
    pub(crate) fn is_served(&self) -> bool {
        self.returning.is_empty() && self.unconnected.is_empty()
    }

    /// The arrival whose turn it is.
    pub(crate) fn take_unconnected(&mut self) -> Option<Ticket> {
        self.returning.pop_front().or_else(|| self.unconnected.pop_front())
    }

    /// Takes all that wait.
    pub(crate) fn abandon(&mut self) -> impl Iterator<Item = Ticket> {
        self.returning.drain(..).chain(self.unconnected.drain(..))
    }
}
