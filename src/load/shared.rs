//! What the tasks of one worker share: nothing of it is shared between workers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use super::Clock;
use super::connect_budget::ConnectBudget;
use super::dispatch::{Decision, Dispatcher, LaneId};
use super::lane;
use super::progress::Progress;
use super::ticket::Ticket;
use crate::measure::{
    Accounting, ConnectionLog, ErrorKind, IntervalLog, Opened, Outcome, Recorder, Sample, Series,
};
use crate::plan::Plan;
use crate::request::Workload;
use crate::schedule::{Phase, Slot};
use crate::transport::{Failure, Transport};

/// One worker's state. Its tasks run one at a time on one thread; no borrow is held across an await.
pub(super) struct Shared<T, C: Clock> {
    pub(super) transport: T,
    pub(super) workload: Workload,
    pub(super) clock: C,
    pub(super) timeout_ns: u64,
    pub(super) keepalive: bool,
    warmup_count: u64,
    /// Set when the worker loop has something to see to: nothing is in flight or waiting any more, or an arrival waits
    /// for a permit to connect.
    pub(super) changed: Notify,
    state: RefCell<State<C>>,
}

struct State<C: Clock> {
    dispatcher: Dispatcher,
    budget: ConnectBudget<C>,
    recorder: Recorder,
    progress: Progress,
    connections: ConnectionLog,
    open: u64,
    lanes: Vec<Option<Rc<Mailbox>>>,
    free: Vec<LaneId>,
}

/// How an arrival is handed to the task of an idle connection.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    next: Cell<Option<Ticket>>,
    /// The arrival that the connection carries now, so that it can be accounted for when the run ends first.
    current: Cell<Option<Ticket>>,
    waker: RefCell<Option<Waker>>,
}

impl Mailbox {
    fn put(&self, ticket: Ticket) {
        self.next.set(Some(ticket));
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// The arrival that was put here, if any; otherwise the task is woken when one is.
    pub(super) fn poll_take(&self, context: &mut Context<'_>) -> Poll<Ticket> {
        if let Some(ticket) = self.next.take() {
            self.current.set(Some(ticket));
            return Poll::Ready(ticket);
        }
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
        Poll::Pending
    }

    /// Notes how far the arrival under way has come.
    pub(super) fn carries(&self, ticket: Ticket) {
        self.current.set(Some(ticket));
    }

    fn take_unfinished(&self) -> Option<Ticket> {
        self.current.take().or_else(|| self.next.take())
    }
}

/// What remains of a worker when its run is over.
pub(super) struct Remains {
    pub(super) recorder: Recorder,
    pub(super) connections: ConnectionLog,
    pub(super) in_flight_peak: u64,
}

impl<T: Transport, C: Clock> Shared<T, C> {
    /// Worker `worker`'s state, with its part of the plan's limits. The measurement starts at `measured_from_ns`.
    pub(super) fn new(
        transport: T,
        workload: Workload,
        clock: C,
        plan: &Plan,
        worker: u64,
        measured_from_ns: u64,
    ) -> Self {
        let part = |total| Plan::part(total, worker, plan.threads);
        let duration_ns = plan.schedule.duration_ns();
        let intervals = IntervalLog::new(
            measured_from_ns,
            Series::interval_ns(duration_ns),
            Series::interval_count(duration_ns),
        );
        let accounting =
            Accounting { deadline_ns: plan.deadline_ns, endpoints: workload.endpoint_count(), samples: 0 };
        let state = State {
            dispatcher: Dispatcher::new(part(plan.max_in_flight), part(plan.overflow.queue())),
            budget: ConnectBudget::new(plan.connect_rate, plan.threads, &clock),
            recorder: Recorder::new(intervals, accounting),
            progress: Progress::default(),
            connections: ConnectionLog::default(),
            open: 0,
            lanes: Vec::new(),
            free: Vec::new(),
        };
        Self {
            transport,
            workload,
            clock,
            timeout_ns: plan.timeout_ns,
            keepalive: plan.keepalive,
            warmup_count: plan.schedule.warmup_count(),
            changed: Notify::new(),
            state: RefCell::new(state),
        }
    }

    /// The place of an arrival in the sequence that the workload knows: the warm-up first.
    pub(super) fn sequence(&self, slot: Slot) -> u64 {
        match slot.phase {
            Phase::Warmup => slot.index,
            Phase::Measured => self.warmup_count + slot.index,
        }
    }

    /// An arrival is due; with its token it is dispatched, without it is missed.
    pub(super) fn arrive(self: &Rc<Self>, slot: Slot, now_ns: u64, has_token: bool) {
        let route = self.workload.route(self.sequence(slot));
        let mut state = self.state.borrow_mut();
        let State { dispatcher, budget, recorder, progress, .. } = &mut *state;
        progress.offered += 1;
        progress.warming_up = slot.phase == Phase::Warmup;
        recorder.offer(slot, dispatcher.in_flight(), dispatcher.queued());
        if !has_token {
            state.end(&Sample::unsent(slot, route.endpoint, Outcome::Missed));
            return;
        }
        let decision = dispatcher.arrive(Ticket::new(slot, route, now_ns), || budget.take());
        drop(state);
        self.carry_out(decision);
    }

    /// Does whatever has become possible for arrivals that wait.
    pub(super) fn pump(self: &Rc<Self>) {
        loop {
            let now_ns = self.clock.now_ns();
            let mut state = self.state.borrow_mut();
            let State { dispatcher, budget, .. } = &mut *state;
            let next = dispatcher.next(now_ns, || budget.take());
            let is_for_the_loop = dispatcher.is_drained() || dispatcher.wants_permit();
            drop(state);
            match next {
                Some(decision) => self.carry_out(decision),
                None => {
                    if is_for_the_loop {
                        self.changed.notify_one();
                    }
                    return;
                }
            }
        }
    }

    /// When an arrival that waits for a permit to connect should be looked at again.
    pub(super) fn next_permit_ns(&self) -> Option<u64> {
        let state = self.state.borrow();
        if state.dispatcher.wants_permit() { state.budget.next_ns() } else { None }
    }

    fn carry_out(self: &Rc<Self>, decision: Decision) {
        match decision {
            Decision::Reuse(lane, ticket) => {
                let mailbox = self.state.borrow().lanes.get(lane).cloned().flatten();
                if let Some(mailbox) = mailbox {
                    mailbox.put(ticket);
                }
            }
            Decision::Connect(ticket) => self.open_lane(ticket),
            Decision::Overflow(ticket) => {
                self.state.borrow_mut().end(&Sample::unsent(
                    ticket.slot,
                    ticket.route.endpoint,
                    Outcome::Overflow,
                ));
            }
            Decision::Wait => {}
        }
    }

    fn open_lane(self: &Rc<Self>, ticket: Ticket) {
        let mailbox = Rc::new(Mailbox::default());
        mailbox.carries(ticket);
        let mut state = self.state.borrow_mut();
        let id = match state.free.pop() {
            Some(id) => {
                state.lanes[id] = Some(Rc::clone(&mailbox));
                id
            }
            None => {
                state.lanes.push(Some(Rc::clone(&mailbox)));
                state.lanes.len() - 1
            }
        };
        drop(state);
        tokio::task::spawn_local(lane::run(Rc::clone(self), id, mailbox, ticket));
    }

    /// A connection has been opened.
    pub(super) fn opened(&self, opened: &Opened) {
        let mut state = self.state.borrow_mut();
        state.connections.open(opened);
        state.open += 1;
        state.connections.peak = state.connections.peak.max(state.open);
    }

    /// A connection attempt failed, and the arrival with it.
    pub(super) fn connect_failed(self: &Rc<Self>, id: LaneId, sample: &Sample, failure: &Failure) {
        let mut state = self.state.borrow_mut();
        state.connections.failed += 1;
        state.note_error(sample, failure.kind, || failure.describe());
        state.end(sample);
        state.remove_lane(id);
        state.dispatcher.ended(None);
        drop(state);
        self.pump();
    }

    /// An arrival has ended on a connection. Returns whether the connection stays for another one.
    pub(super) fn ended(self: &Rc<Self>, id: LaneId, mailbox: &Mailbox, sample: &Sample, reusable: bool) {
        let mut state = self.state.borrow_mut();
        mailbox.current.set(None);
        state.end(sample);
        if !reusable {
            state.close_lane(id);
        }
        state.dispatcher.ended(reusable.then_some(id));
        drop(state);
        self.pump();
    }

    /// Notes why a measured arrival failed.
    pub(super) fn note_error(&self, sample: &Sample, kind: ErrorKind, example: impl FnOnce() -> String) {
        self.state.borrow_mut().note_error(sample, kind, example);
    }

    /// The peer closed an idle connection.
    pub(super) fn idle_closed(&self, id: LaneId) {
        let mut state = self.state.borrow_mut();
        state.dispatcher.forget_idle(id);
        state.close_lane(id);
    }

    /// The connection of an arrival turned out to be dead: the arrival gets a new one.
    pub(super) fn retry(self: &Rc<Self>, id: LaneId, mailbox: &Mailbox, ticket: Ticket) {
        let mut state = self.state.borrow_mut();
        mailbox.current.set(None);
        state.close_lane(id);
        state.connections.dead_when_reused += 1;
        state.connections.retries += 1;
        let State { dispatcher, budget, .. } = &mut *state;
        let again = Ticket { ready_ns: None, sent_ns: None, retried: true, ..ticket };
        let decision = dispatcher.reconnect(again, || budget.take());
        drop(state);
        self.carry_out(decision);
        self.pump();
    }

    /// Requests in flight and arrivals waiting for the cap.
    pub(super) fn backlog(&self) -> (u64, u64) {
        let state = self.state.borrow();
        (state.dispatcher.in_flight(), state.dispatcher.queued())
    }

    /// Whether nothing is in flight and nothing waits.
    pub(super) fn is_drained(&self) -> bool {
        self.state.borrow().dispatcher.is_drained()
    }

    /// Lets the worker use the recorder between arrivals.
    pub(super) fn with_recorder<R>(&self, act: impl FnOnce(&mut Recorder) -> R) -> R {
        act(&mut self.state.borrow_mut().recorder)
    }

    /// What happened since the last call, for the live line.
    pub(super) fn take_progress(&self) -> Progress {
        let mut state = self.state.borrow_mut();
        let in_flight = state.dispatcher.in_flight();
        Progress { in_flight, ..std::mem::take(&mut state.progress) }
    }

    /// Ends the account: what is in flight is unfinished; what was due and still waits for the cap is overflow, also
    /// when the run was interrupted, for it was the cap that held it back. Nothing that a task of the worker does
    /// afterwards is counted.
    pub(super) fn finish(&self, now_ns: u64) -> Remains {
        let mut state = self.state.borrow_mut();
        let (waiting, unconnected) = state.dispatcher.abandon();
        for ticket in waiting {
            state.end(&Sample::unsent(ticket.slot, ticket.route.endpoint, Outcome::Overflow));
        }
        let lanes = std::mem::take(&mut state.lanes);
        let carried = lanes.iter().flatten().filter_map(|mailbox| mailbox.take_unfinished());
        for ticket in unconnected.into_iter().chain(carried) {
            let timeline = Some(ticket.timeline(None, now_ns));
            let (slot, endpoint) = (ticket.slot, ticket.route.endpoint);
            state.end(&Sample { slot, endpoint, outcome: Outcome::Unfinished, timeline, body_bytes: 0 });
        }
        let (in_flight, queued) = (state.dispatcher.in_flight(), state.dispatcher.queued());
        let empty = Recorder::new(IntervalLog::new(0, 1, 1), Accounting::default());
        let mut recorder = std::mem::replace(&mut state.recorder, empty);
        recorder.intervals.finish_offering(in_flight, queued);
        Remains {
            recorder,
            connections: std::mem::take(&mut state.connections),
            in_flight_peak: state.dispatcher.in_flight_peak(),
        }
    }
}

impl<C: Clock> State<C> {
    fn end(&mut self, sample: &Sample) {
        self.recorder.record(sample);
        self.progress.record(sample);
    }

    fn note_error(&mut self, sample: &Sample, kind: ErrorKind, example: impl FnOnce() -> String) {
        if sample.slot.phase == Phase::Measured {
            self.recorder.note_error(kind, example);
        }
    }

    fn remove_lane(&mut self, id: LaneId) {
        if let Some(lane) = self.lanes.get_mut(id) {
            *lane = None;
            self.free.push(id);
        }
    }

    fn close_lane(&mut self, id: LaneId) {
        self.remove_lane(id);
        self.open = self.open.saturating_sub(1);
    }
}
