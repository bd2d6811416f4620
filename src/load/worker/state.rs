//! One worker's account and decisions: what happened goes in, what is to be done comes out. No task, no socket, no clock.

mod streams;

use std::num::NonZeroU64;

use slab::Slab;

use self::streams::{EndedBy, Numbers, Stream};
use crate::load::connections::context::Rules;
use crate::load::connections::dispatch::{Decision, Dispatcher, Limits};
use crate::load::connections::event::Event;
use crate::load::connections::pool::{PoolLimits, StreamId};
use crate::load::connections::ticket::Ticket;
use crate::load::feed::Feed;
use crate::load::log_feed::LogBuffer;
use crate::load::pacing::{ConnectBudget, TokenBucket};
use crate::load::worker::WorkerId;
use crate::load::worker::due::Due;
use crate::load::worker::progress::Progress;
use crate::measure::{Accounting, ConnectionLog, ErrorKind, IntervalLog, Outcome, Recorder, Sample, Walked};
use crate::plan::Plan;
use crate::request::Route;
use crate::result::Series;
use crate::schedule::{Phase, Slot, Source, Users};
use crate::time::Clock;

/// What a workload tells apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) endpoints: usize,
    /// Steps of all sessions.
    pub(super) steps: usize,
}

/// What a worker knows and counts.
pub(super) struct State<C: Clock> {
    pub(super) dispatcher: Dispatcher,
    pub(super) budget: ConnectBudget<C>,
    pub(super) recorder: Recorder,
    progress: Progress,
    pub(super) connections: ConnectionLog,
    /// Connections open now.
    open: u64,
    streams: Slab<Stream>,
    numbers: Numbers,
    /// What is still to come in an open loop.
    pub(super) due: Option<Due>,
    /// Whether arrivals that are due wait for something to come, while the worker's loop rests.
    pub(super) due_waits: bool,
    /// Since when the cap was full whenever an arrival was due. A place that the next one of those that wait takes at once was
    /// never free for the others.
    pub(super) full_from_ns: Option<u64>,
    /// When the worker's loop last looked at what is due. What came before has been read by the next time.
    pub(super) looked_ns: u64,
    /// Answers and failures since then.
    pub(super) came: u64,
    /// When an arrival was last sent or put into the queue.
    pub(super) last_dispatch_ns: u64,
    /// Those who send in a closed loop.
    pub(super) users: Option<Users>,
    /// When the worker's loop will look at the users again by itself.
    pub(super) users_wake_ns: u64,
    /// Arrivals in the warm-up of the run.
    warmup_count: u64,
    /// When the last sent arrival ended.
    pub(super) last_end_ns: u64,
    /// Takes every arrival that has ended.
    pub(super) log: Option<LogBuffer>,
}

impl<C: Clock> State<C> {
    /// Before the first run, with a worker's part of the plan's limits on connections.
    pub(super) fn new(plan: &Plan, id: WorkerId, origins: usize, clock: &C) -> Self {
        // Connections outlive the plan, which may be of one that comes before a measurement: they are always divided.
        let (stripe, stripes) = plan.shard_or_whole().stripe(id.worker, id.workers);
        let connections = plan.connections.map_or(u64::MAX, |total| Plan::part(total, stripe, stripes));
        let pools = (0..origins).map(|origin| PoolLimits {
            connections,
            streams: plan.streams.get(origin).copied().unwrap_or(1).max(1),
        });
        Self {
            dispatcher: Dispatcher::new(Limits { cap: 0, queue: 0 }, pools),
            budget: ConnectBudget::new(plan.connect_rate, stripes, clock),
            recorder: nothing_recorded(),
            progress: Progress::default(),
            connections: ConnectionLog::default(),
            open: 0,
            streams: Slab::new(),
            numbers: Numbers::of(id),
            due: None,
            due_waits: false,
            full_from_ns: None,
            looked_ns: 0,
            came: 0,
            last_dispatch_ns: 0,
            users: None,
            users_wake_ns: u64::MAX,
            warmup_count: 0,
            last_end_ns: 0,
            log: None,
        }
    }

    /// A run begins at `origin_ns`, with what the run before has left open.
    pub(super) fn begin(
        &mut self,
        plan: &Plan,
        id: WorkerId,
        parts: Parts,
        origin_ns: u64,
        feed: Option<Feed>,
    ) {
        let horizon_ns = plan.source.horizon_ns();
        let intervals = IntervalLog::new(
            origin_ns + plan.source.warmup_ns(),
            Series::interval_ns(horizon_ns),
            Series::interval_count(horizon_ns),
        );
        let Parts { endpoints, steps } = parts;
        let accounting =
            Accounting { deadline_ns: plan.deadline_ns, endpoints, steps, samples: plan.samples };
        // A closed loop has as many requests in flight as users at most: its cap cannot bind.
        let (stripe, stripes) = plan.stripe(id.worker, id.workers);
        let part = |total| Plan::part(total, stripe, stripes);
        let (users, cap) = match &plan.source {
            Source::Schedule(_) => (None, part(plan.max_in_flight)),
            Source::Users(users) => (Some(users.users_of(stripe, stripes, origin_ns)), u64::MAX),
        };
        self.dispatcher.begin(Limits { cap, queue: part(plan.overflow.queue()) });
        self.recorder = Recorder::new(intervals, accounting);
        self.progress = Progress::default();
        self.connections = ConnectionLog { peak: self.open, ..ConnectionLog::default() };
        self.users = users;
        self.due = match &plan.source {
            Source::Schedule(schedule) => {
                let arrivals = schedule.stripe(stripe, stripes).starting_at(origin_ns);
                let feed = feed.map(|feed| feed.starting_at(origin_ns));
                Some(Due::new(arrivals, feed, TokenBucket::new(plan.burst, stripes)))
            }
            Source::Users(_) => None,
        };
        self.due_waits = false;
        self.full_from_ns = None;
        self.looked_ns = origin_ns;
        self.came = 0;
        self.last_dispatch_ns = origin_ns;
        self.warmup_count = plan.source.warmup_count();
        self.last_end_ns = 0;
    }

    /// The place of an arrival in the sequence that the workload knows: the warm-up first.
    pub(super) fn sequence(&self, slot: Slot) -> u64 {
        match slot.phase {
            Phase::Warmup => slot.index,
            Phase::Measured => self.warmup_count + slot.index,
        }
    }

    /// An arrival is due; with its token it is dispatched, without it is missed.
    pub(super) fn arrive(&mut self, slot: Slot, route: Route, now_ns: u64, has_token: bool) -> Decision {
        self.progress.offered += 1;
        self.progress.warming_up = slot.phase == Phase::Warmup;
        self.recorder.offer(slot, self.dispatcher.in_flight(), self.dispatcher.queued());
        if !has_token {
            self.end(&Sample::unsent(slot, route.endpoint, Outcome::Missed));
            return Decision::Wait;
        }
        let ticket = Ticket::new(slot, self.sequence(slot), route, now_ns);
        self.dispatcher.arrive(ticket, || self.budget.take())
    }

    /// The next thing to do for an arrival that waits, if anything can be done at `now_ns`.
    pub(super) fn next_waiting(&mut self, now_ns: u64) -> Option<Decision> {
        self.dispatcher.next(now_ns, || self.budget.take())
    }

    /// The request that the next user who is ready has to send, if there is one at `now_ns`.
    pub(super) fn next_of_users(&mut self, now_ns: u64) -> Option<Slot> {
        self.users.as_mut()?.next_due(now_ns)
    }

    /// Accounts for what happened on a stream. Returns whether the stream stays, and what to do with an arrival that must
    /// be sent once more.
    pub(super) fn account(
        &mut self,
        id: StreamId,
        event: Event,
        now_ns: u64,
        rules: &Rules,
    ) -> (bool, Option<Decision>) {
        let by = if rules.keepalive { EndedBy::Peer } else { EndedBy::Us };
        self.came += u64::from(matches!(
            event,
            Event::Ended { .. } | Event::Continues { .. } | Event::Unprocessed { .. }
        ));
        match event {
            Event::Ended { sample, walked, reusable } => {
                let connection = self.number(id);
                self.end_on(connection, &sample);
                self.walked(sample.slot.phase, walked.as_deref());
                let stays = self.leave(id, now_ns, (!reusable).then_some(by));
                self.arrival_over(now_ns);
                (stays, None)
            }
            Event::Continues { ticket, walked, reusable } => {
                self.walked(ticket.slot.phase, walked.as_deref());
                let stays = self.leave(id, now_ns, (!reusable).then_some(by));
                // It goes on before others begin: on the connection that it had, where that goes on too.
                self.dispatcher.onward(ticket);
                (stays, None)
            }
            Event::Unprocessed { ticket, cause, reusable } => {
                self.connections.retries += 1;
                // What the server refused in so many words (GOAWAY, a stream reset) met no dead connection; and several
                // requests may meet the same death.
                let refused = matches!(cause, ErrorKind::GoAway | ErrorKind::StreamReset);
                let is_new = self.connection(id).is_some_and(|connection| !connection.is_retired());
                self.connections.dead_when_reused += u64::from(!refused && !reusable && is_new);
                let stays = self.leave(id, now_ns, (!reusable).then_some(by));
                let again = Ticket { ready_ns: None, sent_ns: None, retries: ticket.retries + 1, ..ticket };
                (stays, Some(self.dispatcher.again(again, !reusable, || self.budget.take())))
            }
            Event::ConnectFailed { sample, walked, origin } => {
                self.connections.failed += 1;
                self.end(&sample);
                self.walked(sample.slot.phase, walked.as_deref());
                self.streams.try_remove(id);
                self.dispatcher.attempted(origin, false);
                self.arrival_over(now_ns);
                (false, None)
            }
            Event::Closed => {
                self.end_stream(id, EndedBy::Peer);
                (false, None)
            }
            Event::IdledOut => {
                self.connections.idle_closed += 1;
                self.end_stream(id, EndedBy::Us);
                (false, None)
            }
        }
    }

    /// An arrival ended as `sample` says, in whatever way.
    pub(super) fn end(&mut self, sample: &Sample) {
        self.end_on(None, sample);
    }

    /// The same of an arrival that a connection carried.
    fn end_on(&mut self, connection: Option<NonZeroU64>, sample: &Sample) {
        self.recorder.record(sample);
        if let Some(timeline) = &sample.timeline {
            self.last_end_ns = timeline.end_ns;
        }
        self.progress.record(sample);
        if let Some(log) = &mut self.log {
            log.push(sample, connection);
        }
    }

    fn walked(&mut self, phase: Phase, walked: Option<&Walked>) {
        if let Some(walked) = walked {
            self.recorder.record_walked(phase, walked);
        }
    }

    /// An arrival that was in flight is over: there is room for another, and its user may send again.
    fn arrival_over(&mut self, now_ns: u64) {
        self.dispatcher.ended();
        if let Some(users) = &mut self.users {
            users.answered(now_ns);
        }
    }

    /// What happened since the last call, for the live line.
    pub(super) fn take_progress(&mut self) -> Progress {
        let in_flight = self.dispatcher.in_flight();
        Progress { in_flight, ..std::mem::take(&mut self.progress) }
    }

    /// Ends every task that still carries a request, and closes all connections.
    pub(super) fn abandon(&mut self) {
        self.streams.drain().filter_map(|stream| stream.task).for_each(|task| task.abort());
    }

    /// Ends the account: what is in flight is unfinished; what was due and still waits for the cap is overflow, also
    /// when the run was interrupted, for it was the cap that held it back. Nothing that a task of the worker does
    /// afterwards is counted.
    /// `whole` tells of the last request of an arrival how the arrival ended.
    pub(super) fn finish(
        &mut self,
        now_ns: u64,
        whole: impl Fn(&Ticket, Sample) -> (Sample, Option<Box<Walked>>),
    ) -> Recorder {
        let (waiting, unconnected) = self.dispatcher.abandon();
        for ticket in waiting {
            self.end(&Sample::unsent(ticket.slot, ticket.route.endpoint, Outcome::Overflow));
        }
        let unconnected = unconnected.into_iter().map(|ticket| (None, ticket));
        let carried: Vec<(Option<NonZeroU64>, Ticket)> = self
            .streams
            .iter()
            .filter_map(|(_, stream)| Some((stream.number(), stream.mailbox.take_unfinished()?)))
            .collect();
        for (connection, ticket) in unconnected.chain(carried) {
            let timeline = Some(ticket.timeline(None, now_ns, None));
            let (slot, endpoint) = (ticket.slot, ticket.route.endpoint);
            let unfinished = Sample { slot, endpoint, outcome: Outcome::Unfinished, timeline, body_bytes: 0 };
            let (sample, walked) = whole(&ticket, unfinished);
            self.end_on(connection, &sample);
            self.walked(sample.slot.phase, walked.as_deref());
        }
        if let Some(mut log) = self.log.take() {
            log.hand_over();
        }
        let (in_flight, queued) = (self.dispatcher.in_flight(), self.dispatcher.queued());
        let mut recorder = std::mem::replace(&mut self.recorder, nothing_recorded());
        recorder.intervals.finish_offering(in_flight, queued);
        recorder
    }
}

/// Stands in between runs: what it is told is forgotten.
fn nothing_recorded() -> Recorder {
    Recorder::new(IntervalLog::new(0, 1, 1), Accounting::default())
}
