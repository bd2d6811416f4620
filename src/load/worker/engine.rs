//! A worker's engine: every event is settled here, the same way, and whatever it makes possible is done at once.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::WorkerId;
use super::due::{Due, Taken};
use super::progress::Progress;
use super::state::{Parts, State};
use crate::load::connections::context::{Context, Rules};
use crate::load::connections::dispatch::Decision;
use crate::load::connections::event::{Desk, Event};
use crate::load::connections::pool::StreamId;
use crate::load::connections::state::ConnectionState;
use crate::load::connections::stream;
use crate::load::feed::Feed;
use crate::load::log_feed::LogBuffer;
use crate::measure::{ConnectionLog, Detail, ErrorKind, Outcome, Recorder, Sample};
use crate::plan::Plan;
use crate::request::Workload;
use crate::schedule::{Phase, Slot};
use crate::time::Clock;
use crate::transport::{Connection, Transport};

/// What the tasks of one worker share; nothing of it is shared between workers. Its tasks run one at a time on one thread,
/// and no borrow of the state is held across an await.
pub(super) struct Engine<T: Transport, C: Clock> {
    context: Context<T, C>,
    state: RefCell<State<C>>,
    /// Set when the worker's loop has something to see to: nothing is in flight or waiting any more, an arrival waits for a
    /// permit to connect, or a user will send earlier than the loop would look.
    pub(super) changed: Notify,
}

/// What the worker's loop of an open loop has to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upcoming {
    /// Nothing: more is due, and has its turn when what has come was read.
    Turn,
    /// Something that comes: until then nothing can be done for what is due, and when it comes the next arrival is sent.
    Event,
    /// The next arrival of a replay, which is still to be read.
    Unread,
    /// The next arrival, if the schedule has one; and whether another waits for an answer or a connection.
    Arrival { next: Option<Slot>, has_waiting: bool },
}

/// Why no more of what is due was dispatched.
enum Halt {
    /// There is no more.
    Done,
    /// That is enough at once.
    Enough,
    /// The cap is full, as far as is known.
    Full,
    /// The client is late and busy: an answer will make a place sooner than a new connection would.
    NoPlace,
}

/// What may be done for arrivals that are due.
struct Leave {
    /// How many may be dispatched.
    most: usize,
    /// Up to when an arrival that finds the cap full is known to have found it full: what came before has been read.
    read_ns: u64,
    /// Whether answers have come since the loop looked last.
    is_busy: bool,
}

/// What remains of a worker's run.
pub(super) struct Leftover {
    pub(super) recorder: Recorder,
    pub(super) connections: ConnectionLog,
    pub(super) in_flight_peak: u64,
    pub(super) last_end_ns: u64,
}

impl<T: Transport, C: Clock> Engine<T, C> {
    pub(super) fn new(transport: T, workload: Workload, clock: C, plan: &Plan, id: WorkerId) -> Self {
        let state = State::new(plan, id, workload.origin_count(), &clock);
        let context = Context::new(transport, workload, clock, Rules::of(plan));
        Self { context, state: RefCell::new(state), changed: Notify::new() }
    }

    /// A run begins at `origin_ns`, with what the run before has left open. `feed`: the arrivals of a replay.
    pub(super) fn begin(&self, plan: &Plan, id: WorkerId, origin_ns: u64, feed: Option<Feed>) {
        self.context.begin(Rules::of(plan));
        let workload = &self.context.workload;
        let parts = Parts { endpoints: workload.endpoint_count(), steps: workload.step_count() };
        self.state.borrow_mut().begin(plan, id, parts, origin_ns, feed);
    }

    /// Where every arrival of this run that has ended goes too.
    pub(super) fn log_to(&self, log: Option<LogBuffer>) {
        self.state.borrow_mut().log = log;
    }

    /// Dispatches what is due in an open loop, as much as is good at once.
    pub(super) fn arrive_due(self: &Rc<Self>, now_ns: u64) -> Upcoming {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let (read_ns, came) = (state.looked_ns, std::mem::take(&mut state.came));
        state.looked_ns = now_ns;
        let Some(due) = &mut state.due else { return Upcoming::Arrival { next: None, has_waiting: false } };
        due.refill();
        let leave = Leave { most: due.per_turn(), read_ns, is_busy: came > 0 };
        let halt = self.dispatch_due(state, now_ns, now_ns, leave);
        state.due_waits = match halt {
            // While answers come, the loop has its turn after all of them: requests in flight become few again.
            Halt::Full => came == 0,
            Halt::Done | Halt::Enough | Halt::NoPlace => false,
        };
        if matches!(halt, Halt::Done) && !state.dispatcher.is_full() {
            state.full_from_ns = None;
        }
        match halt {
            Halt::Done if state.due.as_ref().is_some_and(Due::is_starved) => Upcoming::Unread,
            Halt::Done => Upcoming::Arrival {
                next: state.due.as_ref().and_then(Due::peek),
                has_waiting: state.dispatcher.has_waiting(),
            },
            _ if state.due_waits => Upcoming::Event,
            _ => Upcoming::Turn,
        }
    }

    /// Nothing more of an open loop is sent. Returns how many arrivals of the measurement and of the warm-up were still to
    /// come.
    pub(super) fn end_schedule(&self) -> (u64, u64) {
        self.state.borrow_mut().due.take().map_or((0, 0), |due| due.counts())
    }

    /// What is due by `until_ns` and was not sent is missed: the client could not send it, or had not read it in time.
    pub(super) fn miss(&self, until_ns: u64) {
        let mut state = self.state.borrow_mut();
        if let Some(due) = &mut state.due {
            due.give_up();
        }
        while let Some(Taken { slot, .. }) = state.due.as_mut().and_then(|due| due.take(until_ns)) {
            let route = self.context.workload.route(state.sequence(slot));
            state.arrive(slot, route, until_ns, false);
        }
    }

    /// When the last arrivals were dispatched.
    pub(super) fn last_dispatch_ns(&self) -> u64 {
        self.state.borrow().last_dispatch_ns
    }

    /// Dispatches the requests of all users who are ready. Returns when the next one will be, and whether nothing more is
    /// sent.
    pub(super) fn arrive_of_users(self: &Rc<Self>, now_ns: u64) -> (u64, bool) {
        let mut state = self.state.borrow_mut();
        self.dispatch_users(&mut state, now_ns);
        let Some(users) = &state.users else { return (u64::MAX, true) };
        let next_ns = users.next_ns().unwrap_or(u64::MAX).min(users.ends_ns());
        let is_over = users.is_over(now_ns);
        state.users_wake_ns = next_ns;
        (next_ns, is_over)
    }

    /// Does whatever has become possible for arrivals that wait.
    pub(super) fn pump(self: &Rc<Self>) {
        let now_ns = self.context.clock.now_ns();
        self.proceed(&mut self.state.borrow_mut(), now_ns);
    }

    /// Users who are ready send, arrivals that wait go on, and the worker's loop is told what only it can see to.
    fn proceed(self: &Rc<Self>, state: &mut State<C>, now_ns: u64) {
        self.dispatch_users(state, now_ns);
        if state.due_waits {
            self.dispatch_due(state, now_ns, now_ns, Leave { most: 1, read_ns: 0, is_busy: false });
        }
        while let Some(decision) = state.next_waiting(now_ns) {
            self.carry_out(state, decision);
        }
        let is_earlier = |users: &crate::schedule::Users| {
            users.is_over(now_ns) || users.next_ns().is_some_and(|next_ns| next_ns < state.users_wake_ns)
        };
        let users_changed = state.users.as_ref().is_some_and(is_earlier);
        if users_changed || state.dispatcher.is_drained() || state.dispatcher.wants_permit() {
            self.changed.notify_one();
        }
    }

    fn dispatch_users(self: &Rc<Self>, state: &mut State<C>, now_ns: u64) {
        while let Some(slot) = state.next_of_users(now_ns) {
            self.dispatch(state, slot, now_ns, true);
        }
    }

    /// Dispatches the arrivals that were due at `until_ns`; it is `now_ns` now. A client that is late neither opens
    /// connections while it has answers to read nor sends more than it reads, and refuses nothing for a cap that answers may
    /// have freed which it has not read yet. One that has nothing to read waits for the service: then it goes on as if it
    /// were in time, so that the service's slowness is not taken for its own.
    fn dispatch_due(self: &Rc<Self>, state: &mut State<C>, until_ns: u64, now_ns: u64, leave: Leave) -> Halt {
        let Some(due) = &state.due else { return Halt::Done };
        due.mint(until_ns);
        let mut left = leave.most;
        while let Some(due) = &mut state.due
            && let Some(slot) = due.peek().filter(|slot| slot.intended_ns <= until_ns)
        {
            let is_full = state.dispatcher.is_full();
            // What was due before the cap was full would not have found it full, had the client been in time.
            let found_full = (state.full_from_ns.unwrap_or(0)..=leave.read_ns).contains(&slot.intended_ns);
            if is_full && due.may_wait() && !found_full {
                return Halt::Full;
            }
            if !is_full && left == 0 {
                return Halt::Enough;
            }
            if !is_full && leave.is_busy && due.is_late(slot, now_ns) {
                let origin = self.context.workload.route(state.sequence(slot)).origin;
                if !state.dispatcher.has_idle(origin) {
                    return Halt::NoPlace;
                }
            }
            let Some(taken) = state.due.as_mut().and_then(|due| due.take(until_ns)) else {
                return Halt::Done;
            };
            let Taken { slot, has_token, row } = taken;
            if let Some(row) = row.filter(|_| has_token) {
                self.context.keep_row(state.sequence(slot), row);
            }
            left = left.saturating_sub(usize::from(!is_full));
            self.dispatch(state, slot, now_ns, has_token);
        }
        Halt::Done
    }

    fn dispatch(self: &Rc<Self>, state: &mut State<C>, slot: Slot, now_ns: u64, has_token: bool) {
        let route = self.context.workload.route(state.sequence(slot));
        let was_full = state.dispatcher.is_full();
        let decision = state.arrive(slot, route, now_ns, has_token);
        if !was_full && state.dispatcher.is_full() {
            let is_late = state.due.as_ref().is_some_and(|due| due.is_late(slot, now_ns));
            state.full_from_ns.get_or_insert(if is_late { now_ns } else { slot.intended_ns });
        }
        // One that is refused was refused when it was due.
        let at_ns = if matches!(decision, Decision::Overflow(_)) { slot.intended_ns } else { now_ns };
        state.last_dispatch_ns = state.last_dispatch_ns.max(at_ns);
        self.carry_out(state, decision);
    }

    fn carry_out(self: &Rc<Self>, state: &mut State<C>, decision: Decision) {
        match decision {
            Decision::Reuse(id, ticket) => state.hand_over(id, ticket, &self.context.rules()),
            Decision::Connect(ticket) => {
                let (id, mailbox) = state.open_stream(ticket);
                let task = spawn_local(stream::open(Rc::clone(self), id, mailbox, ticket));
                state.set_task(id, task.abort_handle());
            }
            Decision::Overflow(ticket) => {
                state.end(&Sample::unsent(ticket.slot, ticket.route.endpoint, Outcome::Overflow));
                self.context.forget(ticket.sequence);
            }
            Decision::Wait => {}
        }
    }

    /// When an arrival that waits for a permit to connect should be looked at again.
    pub(super) fn next_permit_ns(&self) -> Option<u64> {
        let state = self.state.borrow();
        if state.dispatcher.wants_permit() { state.budget.next_ns() } else { None }
    }

    /// Nobody sends any more. Returns how many requests were planned, and how many of them were not sent: measured ones, and
    /// those of the warm-up.
    pub(super) fn dismiss_users(&self) -> ((u64, u64), (u64, u64)) {
        let users = self.state.borrow_mut().users.take();
        users.map_or(((0, 0), (0, 0)), |users| (users.planned(), (users.cancelled(), 0)))
    }

    /// When the last request ended, so far.
    pub(super) fn last_end_ns(&self) -> u64 {
        self.state.borrow().last_end_ns
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
        self.state.borrow_mut().take_progress()
    }

    /// Ends every task that still carries a request, and closes all connections.
    pub(super) fn abandon(&self) {
        self.state.borrow_mut().abandon();
    }

    /// Ends the account of a run. Nothing that a task of the worker does afterwards is counted.
    pub(super) fn finish(&self, now_ns: u64) -> Leftover {
        let mut state = self.state.borrow_mut();
        let recorder = state.finish(now_ns, |ticket, sample| {
            let ended = self.context.ended(ticket, sample);
            self.context.forget(ticket.sequence);
            ended
        });
        debug_assert!(self.context.is_idle(), "whatever was kept for an arrival goes with it");
        Leftover {
            recorder,
            connections: std::mem::take(&mut state.connections),
            in_flight_peak: state.dispatcher.in_flight_peak(),
            last_end_ns: state.last_end_ns,
        }
    }
}

impl<T: Transport, C: Clock> Desk for Engine<T, C> {
    type Transport = T;
    type Clock = C;

    fn context(&self) -> &Context<T, C> {
        &self.context
    }

    fn opened(self: &Rc<Self>, id: StreamId, origin: u32, connection: &T::Connection) -> Rc<ConnectionState> {
        let (rules, now_ns) = (&self.context.rules(), self.context.clock.now_ns());
        let mut state = self.state.borrow_mut();
        let opened =
            state.opened(id, origin, &connection.opened(), connection.is_multiplexed(), now_ns, rules);
        let room = if rules.keepalive && rules.max_requests > 1 { connection.streams() } else { 1 };
        for handle in (1..room).map_while(|_| connection.share()) {
            let (id, mailbox) = state.add_stream(&opened);
            let task = spawn_local(stream::share(Rc::clone(self), id, mailbox, Rc::clone(&opened), handle));
            state.set_task(id, task.abort_handle());
        }
        // Also without further streams: arrivals that counted on this connection now know what room it has, and those that
        // it has none for may open their own.
        self.proceed(&mut state, now_ns);
        opened
    }

    fn settle(self: &Rc<Self>, id: StreamId, event: Event) -> bool {
        let now_ns = self.context.clock.now_ns();
        let mut state = self.state.borrow_mut();
        if let Event::Ended { sample: Sample { timeline: Some(timeline), .. }, .. } = &event
            && state.dispatcher.is_full()
        {
            // What was due before this request made room found no room.
            let until_ns = timeline.end_ns.min(now_ns);
            self.dispatch_due(
                &mut state,
                until_ns,
                now_ns,
                Leave { most: 0, read_ns: until_ns, is_busy: true },
            );
        }
        let ended = match &event {
            Event::Ended { sample, .. } | Event::ConnectFailed { sample, .. } => {
                Some(state.sequence(sample.slot))
            }
            Event::Continues { .. } | Event::Unprocessed { .. } | Event::Closed | Event::IdledOut => None,
        };
        let (stays, again) = state.account(id, event, now_ns, &self.context.rules());
        ended.into_iter().for_each(|sequence| self.context.forget(sequence));
        if let Some(decision) = again {
            self.carry_out(&mut state, decision);
        }
        self.proceed(&mut state, now_ns);
        stays
    }

    fn keep(&self, sample: &Sample, detail: impl FnOnce() -> Detail) {
        if self.context.rules().keeps_samples {
            let recorder = &mut self.state.borrow_mut().recorder;
            if recorder.wants(sample) {
                recorder.keep(sample, self.context.without_own(detail()));
            }
        }
    }

    fn note_server_timing(&self, sample: &Sample, header: &[u8]) {
        self.state.borrow_mut().recorder.note_server_timing(sample, header);
    }

    fn note_decoded(&self, sample: &Sample, bytes: u64) {
        self.state.borrow_mut().recorder.note_decoded(sample, bytes);
    }

    fn note_value(&self, sample: &Sample, header: &str, value: Option<&[u8]>) {
        self.state.borrow_mut().recorder.note_value(sample, header, value);
    }

    fn note_failure(&self, sample: &Sample, kind: ErrorKind, cause: impl FnOnce() -> String) {
        if sample.slot.phase == Phase::Measured {
            let cause = || self.context.workload.redact(&cause());
            self.state.borrow_mut().recorder.note_error(kind, cause);
        }
    }
}
