//! The streams and connections of a worker: how they are opened, carry an arrival, come back idle and end.

use std::num::NonZeroU64;
use std::rc::Rc;

use tokio::task::AbortHandle;

use super::State;
use crate::load::connections::context::Rules;
use crate::load::connections::mailbox::Mailbox;
use crate::load::connections::pool::StreamId;
use crate::load::connections::state::ConnectionState;
use crate::load::connections::ticket::Ticket;
use crate::load::worker::WorkerId;
use crate::measure::Opened;
use crate::time::Clock;

/// A stream as its worker knows it.
pub(super) struct Stream {
    pub(super) mailbox: Rc<Mailbox>,
    /// Its connection, once that is open.
    connection: Option<Rc<ConnectionState>>,
    pub(super) task: Option<AbortHandle>,
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// This side, by the plan.
    Us,
    /// The server, or a failure.
    Peer,
}

impl Stream {
    /// The number of its connection, once that is open.
    pub(super) fn number(&self) -> Option<NonZeroU64> {
        self.connection.as_ref().map(|connection| connection.number)
    }
}

/// Numbers a worker's connections so that no two workers give the same number.
#[derive(Debug)]
pub(super) struct Numbers {
    next: u64,
    step: u64,
}

impl Numbers {
    pub(super) fn of(id: WorkerId) -> Self {
        Self { next: id.worker, step: id.workers }
    }

    fn next(&mut self) -> NonZeroU64 {
        let number = NonZeroU64::MIN.saturating_add(self.next);
        self.next += self.step;
        number
    }
}

impl<C: Clock> State<C> {
    /// A stream is made for an arrival that needs a new connection.
    pub(in crate::load::worker) fn open_stream(&mut self, ticket: Ticket) -> (StreamId, Rc<Mailbox>) {
        let mailbox = Rc::new(Mailbox::default());
        mailbox.carries(ticket);
        (self.add(&mailbox, None), mailbox)
    }

    /// Another stream of a connection that is open; it is idle.
    pub(in crate::load::worker) fn add_stream(
        &mut self,
        connection: &Rc<ConnectionState>,
    ) -> (StreamId, Rc<Mailbox>) {
        let mailbox = Rc::new(Mailbox::default());
        let id = self.add(&mailbox, Some(Rc::clone(connection)));
        connection.add(id);
        self.dispatcher.idle(connection.origin, id);
        (id, mailbox)
    }

    fn add(&mut self, mailbox: &Rc<Mailbox>, connection: Option<Rc<ConnectionState>>) -> StreamId {
        self.streams.insert(Stream { mailbox: Rc::clone(mailbox), connection, task: None })
    }

    /// Notes the task of a stream, so that it can be ended.
    pub(in crate::load::worker) fn set_task(&mut self, id: StreamId, task: AbortHandle) {
        if let Some(stream) = self.streams.get_mut(id) {
            stream.task = Some(task);
        }
    }

    /// Hands an arrival to the task of an idle stream.
    pub(in crate::load::worker) fn hand_over(&mut self, id: StreamId, ticket: Ticket, rules: &Rules) {
        self.connections.reuses += 1;
        let Some(Stream { mailbox, connection: Some(connection), .. }) = self.streams.get(id) else { return };
        let (mailbox, connection) = (Rc::clone(mailbox), Rc::clone(connection));
        if connection.carries_another() >= rules.max_requests {
            self.connections.used_up += 1;
            self.retire(&connection, EndedBy::Us);
        }
        mailbox.put(ticket);
    }

    /// The connection of a stream is open.
    pub(in crate::load::worker) fn opened(
        &mut self,
        id: StreamId,
        origin: u32,
        opened: &Opened,
        multiplexed: bool,
        now_ns: u64,
        rules: &Rules,
    ) -> Rc<ConnectionState> {
        let number = self.numbers.next();
        let connection = Rc::new(ConnectionState::new(number, origin, multiplexed, id, now_ns));
        self.connections.open(opened);
        self.open += 1;
        self.connections.peak = self.connections.peak.max(self.open);
        self.dispatcher.attempted(origin, true);
        if let Some(stream) = self.streams.get_mut(id) {
            stream.connection = Some(Rc::clone(&connection));
        }
        if rules.max_requests == 1 {
            self.connections.used_up += 1;
            self.retire(&connection, EndedBy::Us);
        }
        connection
    }

    /// The number of a stream's connection, once that is open.
    pub(super) fn number(&self, id: StreamId) -> Option<NonZeroU64> {
        self.streams.get(id)?.number()
    }

    pub(super) fn connection(&self, id: StreamId) -> Option<Rc<ConnectionState>> {
        self.streams.get(id).and_then(|stream| stream.connection.clone())
    }

    /// A stream's arrival is over. Returns whether the stream stays, idle, for another one.
    pub(super) fn leave(&mut self, id: StreamId, now_ns: u64, ended: Option<EndedBy>) -> bool {
        let Some(Stream { mailbox, connection: Some(connection), .. }) = self.streams.get(id) else {
            return false;
        };
        mailbox.carries_nothing();
        let connection = Rc::clone(connection);
        connection.ended(now_ns);
        if let Some(by) = ended {
            self.retire(&connection, by);
        }
        let stays = !connection.is_retired();
        if stays {
            self.dispatcher.idle(connection.origin, id);
        } else {
            self.remove(id, &connection);
        }
        stays
    }

    /// A stream ends without an arrival, and its connection takes no more requests.
    pub(super) fn end_stream(&mut self, id: StreamId, by: EndedBy) {
        let Some(connection) = self.connection(id) else { return };
        self.dispatcher.forget_idle(connection.origin, id);
        self.retire(&connection, by);
        self.remove(id, &connection);
    }

    /// A connection takes no more requests: its idle streams end now, the others when their arrivals do.
    fn retire(&mut self, connection: &ConnectionState, by: EndedBy) {
        // Requests under way on a connection that the server closes may take long: others do not wait for them.
        if by == EndedBy::Peer && connection.multiplexed {
            self.free_place(connection);
        }
        if !connection.retire() {
            return;
        }
        for id in connection.streams() {
            self.dispatcher.forget_idle(connection.origin, id);
            if let Some(stream) = self.streams.get(id) {
                stream.mailbox.close();
            }
        }
    }

    fn remove(&mut self, id: StreamId, connection: &ConnectionState) {
        self.streams.try_remove(id);
        if connection.remove(id) {
            self.open = self.open.saturating_sub(1);
            self.free_place(connection);
        }
    }

    /// Another connection may be opened in place of one.
    fn free_place(&mut self, connection: &ConnectionState) {
        if connection.leaves_its_place() {
            self.dispatcher.retire(connection.origin);
        }
    }
}
