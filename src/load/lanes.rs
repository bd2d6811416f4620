//! The lanes of one worker, from the connection that opens to the last that closes.

use std::rc::Rc;

use tokio::task::AbortHandle;

use super::lane;
use super::link::ConnectionState;
use super::mailbox::Mailbox;
use super::pool::StreamId;
use super::shared::{Shared, State};
use super::ticket::Ticket;
use crate::measure::{ErrorKind, Opened, Protocol, Sample};
use crate::time::Clock;
use crate::transport::{Connection, Transport};

/// A lane as its worker knows it.
#[derive(Debug)]
struct Stream {
    mailbox: Rc<Mailbox>,
    /// Its connection, once that is open.
    link: Option<Rc<ConnectionState>>,
    task: Option<AbortHandle>,
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// This side, by the plan.
    Here,
    /// The server, or a failure.
    ByPeer,
}

/// All lanes of a worker, by number; numbers are used again.
#[derive(Debug, Default)]
pub(super) struct Streams {
    lanes: Vec<Option<Stream>>,
    free: Vec<StreamId>,
}

impl Streams {
    fn add(&mut self, lane: Stream) -> StreamId {
        match self.free.pop() {
            Some(id) => {
                self.lanes[id] = Some(lane);
                id
            }
            None => {
                self.lanes.push(Some(lane));
                self.lanes.len() - 1
            }
        }
    }

    fn get(&self, id: StreamId) -> Option<&Stream> {
        self.lanes.get(id).and_then(Option::as_ref)
    }

    fn remove(&mut self, id: StreamId) {
        if self.lanes.get_mut(id).and_then(Option::take).is_some() {
            self.free.push(id);
        }
    }

    /// The arrivals under way on all lanes.
    pub(super) fn take_unfinished(&self) -> Vec<Ticket> {
        self.lanes.iter().flatten().filter_map(|lane| lane.mailbox.take_unfinished()).collect()
    }

    /// Ends all lanes at once, and with them their connections.
    pub(super) fn abandon(&mut self) {
        for lane in std::mem::take(&mut self.lanes).into_iter().flatten() {
            if let Some(task) = lane.task {
                task.abort();
            }
        }
    }

    /// Notes the task of a lane, so that it can be ended.
    fn set_task(&mut self, id: StreamId, task: AbortHandle) {
        if let Some(Some(lane)) = self.lanes.get_mut(id) {
            lane.task = Some(task);
        }
    }
}

impl<T: Transport, C: Clock> Shared<T, C> {
    /// Starts a task that opens a connection for an arrival.
    pub(super) fn open_lane(self: &Rc<Self>, ticket: Ticket) {
        let mailbox = Rc::new(Mailbox::default());
        mailbox.carries(ticket);
        let lane = Stream { mailbox: Rc::clone(&mailbox), link: None, task: None };
        let id = self.state.borrow_mut().lanes.add(lane);
        let task = tokio::task::spawn_local(lane::open(Rc::clone(self), id, mailbox, ticket));
        self.state.borrow_mut().lanes.set_task(id, task.abort_handle());
    }

    /// Hands an arrival to the task of an idle lane.
    pub(super) fn hand_over(&self, id: StreamId, ticket: Ticket) {
        let mut state = self.state.borrow_mut();
        state.connections.reuses += 1;
        let Some(Stream { mailbox, link: Some(link), .. }) = state.lanes.get(id) else { return };
        let (mailbox, link) = (Rc::clone(mailbox), Rc::clone(link));
        if link.carries_another() >= self.rules.max_requests {
            state.connections.used_up += 1;
            state.retire(&link, Ended::Here);
        }
        drop(state);
        mailbox.put(ticket);
    }

    /// The connection of a lane is open. Where it has room for more requests, it gets further lanes.
    pub(super) fn connected(
        self: &Rc<Self>,
        id: StreamId,
        origin: u32,
        connection: &T::Connection,
        opened: &Opened,
    ) -> Rc<ConnectionState> {
        let link = Rc::new(ConnectionState::new(origin, opened.protocol, id, self.clock.now_ns()));
        let mut state = self.state.borrow_mut();
        state.connections.open(opened);
        state.open += 1;
        state.connections.peak = state.connections.peak.max(state.open);
        state.dispatcher.attempted(origin, true);
        if let Some(Some(lane)) = state.lanes.lanes.get_mut(id) {
            lane.link = Some(Rc::clone(&link));
        }
        let single = !self.rules.keepalive || self.rules.max_requests == 1;
        if self.rules.max_requests == 1 {
            state.connections.used_up += 1;
            state.retire(&link, Ended::Here);
        }
        let mut siblings = Vec::new();
        while !single
            && (siblings.len() as u64) + 1 < connection.streams()
            && let Some(handle) = connection.share()
        {
            let mailbox = Rc::new(Mailbox::default());
            let lane = Stream { mailbox: Rc::clone(&mailbox), link: Some(Rc::clone(&link)), task: None };
            let sibling = state.lanes.add(lane);
            link.add(sibling);
            state.dispatcher.idle(origin, sibling);
            siblings.push((sibling, mailbox, handle));
        }
        drop(state);
        for (sibling, mailbox, handle) in siblings {
            let lane = lane::share(Rc::clone(self), sibling, mailbox, Rc::clone(&link), handle);
            let task = tokio::task::spawn_local(lane).abort_handle();
            self.state.borrow_mut().lanes.set_task(sibling, task);
        }
        // Also without further lanes: arrivals that counted on this connection now know what room it has, and those
        // that it has none for may open their own.
        self.pump();
        link
    }

    /// A connection attempt failed, and the arrival with it.
    pub(super) fn connect_failed(self: &Rc<Self>, id: StreamId, origin: u32, sample: &Sample) {
        let mut state = self.state.borrow_mut();
        state.connections.failed += 1;
        state.end(sample);
        state.lanes.remove(id);
        state.dispatcher.attempted(origin, false);
        state.dispatcher.ended();
        drop(state);
        self.user_answered();
        self.pump();
    }

    /// An arrival has ended on a lane. Returns whether the lane stays for another one.
    pub(super) fn ended(
        self: &Rc<Self>,
        id: StreamId,
        link: &ConnectionState,
        mailbox: &Mailbox,
        sample: &Sample,
        reusable: bool,
    ) -> bool {
        let mut state = self.state.borrow_mut();
        state.end(sample);
        let by = if self.rules.keepalive { Ended::ByPeer } else { Ended::Here };
        let stays = state.leave(id, link, mailbox, self.clock.now_ns(), (!reusable).then_some(by));
        state.dispatcher.ended();
        drop(state);
        self.user_answered();
        self.pump();
        stays
    }

    /// The request of an arrival was not processed, or nobody can tell: the arrival is sent once more. What the server
    /// refused in so many words (GOAWAY, a stream reset) met no dead connection. Returns whether the lane stays for
    /// another one.
    pub(super) fn retry(
        self: &Rc<Self>,
        id: StreamId,
        link: &ConnectionState,
        mailbox: &Mailbox,
        ticket: Ticket,
        cause: ErrorKind,
        reusable: bool,
    ) -> bool {
        let mut state = self.state.borrow_mut();
        state.connections.retries += 1;
        let refused = matches!(cause, ErrorKind::GoAway | ErrorKind::StreamReset);
        // Several requests may meet the same death.
        state.connections.dead_when_reused += u64::from(!refused && !reusable && !link.is_retired());
        let by = if self.rules.keepalive { Ended::ByPeer } else { Ended::Here };
        let stays = state.leave(id, link, mailbox, self.clock.now_ns(), (!reusable).then_some(by));
        let State { dispatcher, budget, .. } = &mut *state;
        let again = Ticket { ready_ns: None, sent_ns: None, retries: ticket.retries + 1, ..ticket };
        let decision = dispatcher.again(again, !reusable, || budget.take());
        drop(state);
        self.carry_out(decision);
        self.pump();
        stays
    }

    /// A lane ends without an arrival: its connection takes no more requests.
    pub(super) fn gone(self: &Rc<Self>, id: StreamId, link: &ConnectionState) {
        self.end_lane(id, link, Ended::ByPeer);
    }

    fn end_lane(self: &Rc<Self>, id: StreamId, link: &ConnectionState, by: Ended) {
        let mut state = self.state.borrow_mut();
        state.dispatcher.forget_idle(link.origin, id);
        state.retire(link, by);
        state.remove(id, link);
        drop(state);
        self.pump();
    }

    /// A connection that nothing has used for the keep-alive time is closed, with all its lanes.
    pub(super) fn idled_out(self: &Rc<Self>, id: StreamId, link: &ConnectionState) {
        self.state.borrow_mut().connections.idle_closed += 1;
        self.end_lane(id, link, Ended::Here);
    }
}

impl<C: Clock> State<C> {
    /// A lane's arrival is over. Returns whether the lane stays, idle, for another one.
    fn leave(
        &mut self,
        id: StreamId,
        link: &ConnectionState,
        mailbox: &Mailbox,
        now_ns: u64,
        ended: Option<Ended>,
    ) -> bool {
        mailbox.carries_nothing();
        link.ended(now_ns);
        if let Some(by) = ended {
            self.retire(link, by);
        }
        let stays = !link.is_retired();
        if stays {
            self.dispatcher.idle(link.origin, id);
        } else {
            self.remove(id, link);
        }
        stays
    }

    /// A connection takes no more requests: its idle lanes end now, the others when their arrivals do.
    fn retire(&mut self, link: &ConnectionState, by: Ended) {
        // Requests under way on a connection that the server closes may take long: others do not wait for them.
        if by == Ended::ByPeer && link.protocol == Protocol::Http2 {
            self.free_place(link);
        }
        if !link.retire() {
            return;
        }
        for id in link.lanes() {
            self.dispatcher.forget_idle(link.origin, id);
            if let Some(lane) = self.lanes.get(id) {
                lane.mailbox.close();
            }
        }
    }

    fn remove(&mut self, id: StreamId, link: &ConnectionState) {
        self.lanes.remove(id);
        if link.remove(id) {
            self.open = self.open.saturating_sub(1);
            self.free_place(link);
        }
    }

    /// Another connection may be opened in place of one.
    fn free_place(&mut self, link: &ConnectionState) {
        if link.leaves_its_place() {
            self.dispatcher.retire(link.origin);
        }
    }
}
