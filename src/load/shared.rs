//! What the tasks of one worker share: nothing of it is shared between workers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::sync::Notify;

use super::WorkerId;
use super::connect_budget::ConnectBudget;
use super::dispatch::{Decision, Dispatcher, Limits};
use super::lanes::Streams;
use super::pool::PoolLimits;
use super::progress::Progress;
use super::ticket::Ticket;
use crate::measure::{Accounting, ConnectionLog, Detail, ErrorKind, IntervalLog, Outcome, Recorder, Sample};
use crate::plan::Plan;
use crate::request::{Moment, Workload};
use crate::result::Series;
use crate::schedule::{Phase, Slot, Source, Users};
use crate::time::Clock;
use crate::transport::Transport;

/// One worker's state. Its tasks run one at a time on one thread; no borrow is held across an await.
pub(super) struct Shared<T, C: Clock> {
    pub(super) transport: T,
    pub(super) workload: Workload,
    pub(super) clock: C,
    pub(super) rules: Rules,
    /// Set when the worker loop has something to see to: nothing is in flight or waiting any more, or an arrival waits
    /// for a permit to connect.
    pub(super) changed: Notify,
    pub(super) state: RefCell<State<C>>,
    /// Arrivals in the warm-up of the run.
    warmup_count: Cell<u64>,
    chance: RefCell<Xoshiro256PlusPlus>,
}

/// What a lane needs of the plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Longest service time, and longest wait for a new connection.
    pub(super) timeout_ns: u64,
    /// Whether connections are kept for the next request.
    pub(super) keepalive: bool,
    /// How long a connection that nothing uses is kept.
    pub(super) idle_ns: Option<u64>,
    /// Requests that a connection may carry in its life.
    pub(super) max_requests: u64,
    /// Whether single arrivals are kept with their details.
    pub(super) keeps_samples: bool,
}

pub(super) struct State<C: Clock> {
    pub(super) dispatcher: Dispatcher,
    pub(super) budget: ConnectBudget<C>,
    recorder: Recorder,
    progress: Progress,
    pub(super) connections: ConnectionLog,
    /// Connections open now.
    pub(super) open: u64,
    pub(super) lanes: Streams,
    /// Those who send in a closed loop.
    pub(super) users: Option<Users>,
    /// When the last sent arrival ended.
    last_end_ns: u64,
}

/// What remains of a worker when its run is over.
pub(super) struct Account {
    pub(super) recorder: Recorder,
    pub(super) connections: ConnectionLog,
    pub(super) in_flight_peak: u64,
    pub(super) last_end_ns: u64,
}

impl<T: Transport, C: Clock> Shared<T, C> {
    /// A worker's state before its first run, with its part of the plan's limits on connections.
    pub(super) fn new(transport: T, workload: Workload, clock: C, plan: &Plan, place: WorkerId) -> Self {
        let part = |total| Plan::part(total, place.worker, place.workers);
        let connections = plan.connections.map_or(u64::MAX, part);
        let pools = (0..workload.origin_count()).map(|origin| PoolLimits {
            connections,
            streams: plan.streams.get(origin).copied().unwrap_or(1).max(1),
        });
        let state = State {
            dispatcher: Dispatcher::new(Limits { cap: 0, queue: 0 }, pools),
            budget: ConnectBudget::new(plan.connect_rate, place.workers, &clock),
            recorder: nothing_recorded(),
            progress: Progress::default(),
            connections: ConnectionLog::default(),
            open: 0,
            lanes: Streams::default(),
            users: None,
            last_end_ns: 0,
        };
        Self {
            transport,
            workload,
            clock,
            rules: Rules {
                timeout_ns: plan.timeout_ns,
                keepalive: plan.keepalive,
                idle_ns: plan.idle_ns,
                max_requests: plan.max_requests.unwrap_or(u64::MAX),
                keeps_samples: plan.samples > 0,
            },
            changed: Notify::new(),
            state: RefCell::new(state),
            warmup_count: Cell::new(0),
            chance: RefCell::new(rand::make_rng()),
        }
    }

    /// A run begins, with what the run before has left open. The measurement starts at `measured_from_ns`.
    pub(super) fn begin(&self, plan: &Plan, place: WorkerId, origin_ns: u64, measured_from_ns: u64) {
        let part = |total| Plan::part(total, place.worker, place.workers);
        let horizon_ns = plan.source.horizon_ns();
        let intervals = IntervalLog::new(
            measured_from_ns,
            Series::interval_ns(horizon_ns),
            Series::interval_count(horizon_ns),
        );
        let accounting = Accounting {
            deadline_ns: plan.deadline_ns,
            endpoints: self.workload.endpoint_count(),
            samples: plan.samples,
        };
        self.warmup_count.set(plan.source.warmup_count());
        let mut state = self.state.borrow_mut();
        // A closed loop has as many requests in flight as users at most: its cap cannot bind.
        let (users, cap) = match plan.source {
            Source::Schedule(_) => (None, part(plan.max_in_flight)),
            Source::Users(users) => (Some(users.users_of(place.worker, place.workers, origin_ns)), u64::MAX),
        };
        state.dispatcher.begin(Limits { cap, queue: part(plan.overflow.queue()) });
        state.recorder = Recorder::new(intervals, accounting);
        state.progress = Progress::default();
        state.connections = ConnectionLog { peak: state.open, ..ConnectionLog::default() };
        state.users = users;
        state.last_end_ns = 0;
    }

    /// The place of an arrival in the sequence that the workload knows: the warm-up first.
    pub(super) fn sequence(&self, slot: Slot) -> u64 {
        match slot.phase {
            Phase::Warmup => slot.index,
            Phase::Measured => self.warmup_count.get() + slot.index,
        }
    }

    /// What is new at the request that is made now.
    pub(super) fn moment(&self) -> Moment {
        if self.workload.needs_moment() {
            let mut chance = self.chance.borrow_mut();
            let nonce = u128::from(chance.next_u64()) << 64 | u128::from(chance.next_u64());
            Moment { unix_ms: self.clock.unix_ms(), nonce, span: chance.next_u64() }
        } else {
            Moment::default()
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

    /// When the last request ended, so far.
    pub(super) fn last_end_ns(&self) -> u64 {
        self.state.borrow().last_end_ns
    }

    /// Ends every task that still carries a request, and closes all connections.
    pub(super) fn abandon(&self) {
        self.state.borrow_mut().lanes.abandon();
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

    pub(super) fn carry_out(self: &Rc<Self>, decision: Decision) {
        match decision {
            Decision::Reuse(lane, ticket) => self.hand_over(lane, ticket),
            Decision::Connect(ticket) => self.open_lane(ticket),
            Decision::Overflow(ticket) => {
                let sample = Sample::unsent(ticket.slot, ticket.route.endpoint, Outcome::Overflow);
                self.state.borrow_mut().end(&sample);
            }
            Decision::Wait => {}
        }
    }

    /// Notes why a measured arrival failed.
    pub(super) fn note_error(&self, sample: &Sample, kind: ErrorKind, cause: impl FnOnce() -> String) {
        let cause = || self.workload.redact(&cause());
        self.state.borrow_mut().note_error(sample, kind, cause);
    }

    /// Keeps an arrival that is worth looking at, with what `detail` tells of it.
    pub(super) fn keep(&self, sample: &Sample, detail: impl FnOnce() -> Detail) {
        let recorder = &mut self.state.borrow_mut().recorder;
        if self.rules.keeps_samples && recorder.wants(sample) {
            recorder.keep(sample, detail());
        }
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
    pub(super) fn finish(&self, now_ns: u64) -> Account {
        let mut state = self.state.borrow_mut();
        let (waiting, unconnected) = state.dispatcher.abandon();
        for ticket in waiting {
            state.end(&Sample::unsent(ticket.slot, ticket.route.endpoint, Outcome::Overflow));
        }
        let carried = state.lanes.take_unfinished();
        for ticket in unconnected.into_iter().chain(carried) {
            let timeline = Some(ticket.timeline(None, now_ns));
            let (slot, endpoint) = (ticket.slot, ticket.route.endpoint);
            state.end(&Sample { slot, endpoint, outcome: Outcome::Unfinished, timeline, body_bytes: 0 });
        }
        let (in_flight, queued) = (state.dispatcher.in_flight(), state.dispatcher.queued());
        let mut recorder = std::mem::replace(&mut state.recorder, nothing_recorded());
        recorder.intervals.finish_offering(in_flight, queued);
        Account {
            recorder,
            connections: std::mem::take(&mut state.connections),
            in_flight_peak: state.dispatcher.in_flight_peak(),
            last_end_ns: state.last_end_ns,
        }
    }
}

/// Stands in between runs: what it is told is forgotten.
fn nothing_recorded() -> Recorder {
    Recorder::new(IntervalLog::new(0, 1, 1), Accounting::default())
}

impl<C: Clock> State<C> {
    pub(super) fn end(&mut self, sample: &Sample) {
        self.recorder.record(sample);
        if let Some(timeline) = &sample.timeline {
            self.last_end_ns = timeline.end_ns;
        }
        self.progress.record(sample);
    }

    pub(super) fn note_error(&mut self, sample: &Sample, kind: ErrorKind, cause: impl FnOnce() -> String) {
        if sample.slot.phase == Phase::Measured {
            self.recorder.note_error(kind, cause);
        }
    }
}
