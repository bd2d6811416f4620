//! One worker's part of one run: the loop that turns arrivals into requests, and the wait for the last answers.

use std::pin::Pin;
use std::rc::Rc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::engine::{Engine, Upcoming};
use super::progress::Report;
use super::{RunChannels, WorkerId, WorkerLoad, WorkerResult};
use crate::load::Stop;
use crate::plan::Plan;
use crate::schedule::{NANOS_PER_S, Source};
use crate::time::{Clock, Meanwhile, Pacer, ThreadTimes};
use crate::transport::Transport;

/// How long an interrupted run waits for the answers that are under way.
const INTERRUPTED_DRAIN_NS: u64 = NANOS_PER_S;
/// How long a client that was too slow may still send what was due, from its first look after the end of the schedule.
const CATCH_UP_NS: u64 = NANOS_PER_S / 2;
/// While arrivals wait for something to come, which sends them by itself, the loop looks only so often.
const LOOK_AGAIN_NS: u64 = 1_000_000;

/// One worker's part of a run.
pub(crate) struct WorkerRun<'a, T: Transport, C: Clock, P> {
    plan: &'a Plan,
    id: WorkerId,
    /// Start of the run on its clock.
    origin_ns: u64,
    engine: Rc<Engine<T, C>>,
    clock: C,
    pacer: P,
    stop: watch::Receiver<Stop>,
    reports: UnboundedSender<Report>,
    next_report_ns: u64,
    /// Reports so far.
    reported: u64,
    tells_so_far: bool,
    /// How things stood when the measurement began.
    measured_from: Option<Baseline>,
}

/// How many reports there are for each that has all that was counted.
const SO_FAR_EVERY: u64 = 30;

/// What a thread's load is counted from.
#[derive(Debug, Clone, Copy)]
struct Baseline {
    at_ns: u64,
    times: ThreadTimes,
    spun_ns: u64,
}

impl<'a, T: Transport, C: Clock, P: Pacer> WorkerRun<'a, T, C, P> {
    pub(crate) fn new(
        plan: &'a Plan,
        id: WorkerId,
        origin_ns: u64,
        engine: Rc<Engine<T, C>>,
        clock: C,
        pacer: P,
        channels: RunChannels,
    ) -> Self {
        let RunChannels { stop, reports, tells_so_far, .. } = channels;
        let next_report_ns = origin_ns + NANOS_PER_S;
        Self {
            plan,
            id,
            origin_ns,
            engine,
            clock,
            pacer,
            stop,
            reports,
            next_report_ns,
            reported: 0,
            tells_so_far,
            measured_from: None,
        }
    }

    /// Sends this worker's arrivals, waits for the last answers, and returns the account.
    pub(crate) async fn run(mut self) -> WorkerResult {
        let mut stop = self.stop.clone();
        let mut stopped = std::pin::pin!(async move {
            // A sender that is gone cannot stop anything any more: then this never ends.
            if stop.wait_for(|stop| *stop == Stop::Drain).await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let (mut interrupted, planned, cancelled) = match &self.plan.source {
            Source::Schedule(schedule) => {
                let (stripe, stripes) = self.plan.stripe(self.id.worker, self.id.workers);
                let planned = schedule.stripe(stripe, stripes).counts();
                let interrupted = self.send_schedule(stopped.as_mut()).await;
                // What is still to come is counted, not walked through: it may be hours of arrivals.
                (interrupted, planned, self.engine.end_schedule())
            }
            Source::Users(_) => {
                let interrupted = self.send_for_users(stopped.as_mut()).await;
                let (planned, cancelled) = self.engine.dismiss_users();
                (interrupted, planned, cancelled)
            }
        };
        let load = self.load();
        let (in_flight_end, queued_end) = self.engine.backlog();
        let window_end_ns = self.window_end(interrupted);
        // Where the requests are counted and not the time, the window lasts until the last answer.
        let has_known_end = interrupted || window_end_ns.is_some();
        self.engine.with_recorder(|recorder| {
            recorder.cancel(cancelled.0, cancelled.1);
            if has_known_end {
                recorder.end_window();
            }
            if let Some(end_ns) = window_end_ns.filter(|_| interrupted) {
                recorder.intervals.end_at(end_ns);
            }
            if has_known_end {
                recorder.intervals.finish_offering(in_flight_end, queued_end);
            }
        });
        interrupted |= self.drain(stopped, interrupted).await;
        let last_end_ns = self.engine.last_end_ns();
        let window_end_ns = window_end_ns.unwrap_or_else(|| last_end_ns.max(self.engine.last_dispatch_ns()));
        if !has_known_end {
            self.engine.with_recorder(|recorder| {
                recorder.end_window();
                recorder.intervals.end_at(window_end_ns);
                recorder.intervals.finish_offering(0, 0);
            });
        }
        self.report();
        let mut remains = self.engine.finish(self.clock.now_ns());
        remains.recorder.plan(planned.0, planned.1);
        WorkerResult {
            recorder: remains.recorder,
            connections: remains.connections,
            in_flight_peak: remains.in_flight_peak,
            in_flight_end,
            queued_end,
            window_end_ns,
            last_end_ns: remains.last_end_ns,
            load,
            interrupted,
        }
    }

    /// Open loop: dispatches every arrival when it is due. Returns whether it was interrupted.
    async fn send_schedule(&mut self, mut stopped: Pin<&mut impl Future<Output = ()>>) -> bool {
        let length_ns = self.plan.source.warmup_ns() + self.plan.source.horizon_ns();
        let end_ns = self.origin_ns + length_ns;
        let mut looked_ns = self.origin_ns;
        let mut catches_up_until_ns = u64::MAX;
        loop {
            let now_ns = self.clock.now_ns();
            let upcoming = self.engine.arrive_due(now_ns);
            self.watch_load(now_ns);
            self.report_if_due(now_ns);
            if now_ns >= end_ns {
                catches_up_until_ns = catches_up_until_ns.min(now_ns + CATCH_UP_NS);
            }
            if now_ns >= catches_up_until_ns {
                self.engine.miss(end_ns);
                return false;
            }
            let (next_arrival_ns, meanwhile) = match upcoming {
                Upcoming::Turn => (now_ns, Meanwhile::Attend),
                // What is due at the end is looked at once more as soon as what came by then has been read.
                Upcoming::Event if looked_ns < end_ns && now_ns >= end_ns => (now_ns, Meanwhile::Attend),
                Upcoming::Event if now_ns >= end_ns => (now_ns + LOOK_AGAIN_NS, Meanwhile::Attend),
                Upcoming::Event => ((now_ns + LOOK_AGAIN_NS).min(end_ns), Meanwhile::Attend),
                Upcoming::Arrival { next: None, .. } if now_ns >= end_ns => return false,
                Upcoming::Arrival { next, has_waiting } => (
                    next.map_or(end_ns, |slot| slot.intended_ns),
                    if has_waiting { Meanwhile::Attend } else { Meanwhile::Ignore },
                ),
            };
            looked_ns = now_ns;
            let wake_ns = next_arrival_ns.min(self.next_report_ns).min(self.next_permit_ns());
            tokio::select! {
                biased;
                () = stopped.as_mut() => return true,
                () = self.engine.changed.notified(), if self.plan.connect_rate.is_some() => {}
                () = self.pacer.until(wake_ns, meanwhile) => {}
            }
            self.pump_if_permitted();
        }
    }

    /// Closed loop: each answer brings the next request of its user, by itself where nobody thinks in between. What is
    /// left to do here is to begin, to end, and to wake those who think. Returns whether it was interrupted.
    async fn send_for_users(&mut self, mut stopped: Pin<&mut impl Future<Output = ()>>) -> bool {
        loop {
            let now_ns = self.clock.now_ns();
            let (next_ns, is_over) = self.engine.arrive_of_users(now_ns);
            self.watch_load(now_ns);
            self.report_if_due(now_ns);
            if is_over {
                return false;
            }
            let wake_ns = next_ns.min(self.next_report_ns).min(self.next_permit_ns());
            tokio::select! {
                biased;
                () = stopped.as_mut() => return true,
                () = self.engine.changed.notified() => {}
                () = self.pacer.until(wake_ns, Meanwhile::Attend) => {}
            }
            self.pump_if_permitted();
        }
    }

    /// Waits for the last answers, at most as long as the plan allows. Returns whether it was interrupted.
    async fn drain(&mut self, mut stopped: Pin<&mut impl Future<Output = ()>>, interrupted: bool) -> bool {
        let start_ns = self.clock.now_ns();
        let limit_ns =
            if interrupted { self.plan.drain_ns.min(INTERRUPTED_DRAIN_NS) } else { self.plan.drain_ns };
        let mut end_ns = start_ns.saturating_add(limit_ns);
        let mut now_interrupted = interrupted;
        while !self.engine.is_drained() {
            let now_ns = self.clock.now_ns();
            if now_ns >= end_ns {
                break;
            }
            self.report_if_due(now_ns);
            let wake_ns = end_ns.min(self.next_report_ns).min(self.next_permit_ns());
            tokio::select! {
                biased;
                () = stopped.as_mut(), if !now_interrupted => {
                    now_interrupted = true;
                    end_ns = end_ns.min(self.clock.now_ns().saturating_add(INTERRUPTED_DRAIN_NS));
                }
                () = self.engine.changed.notified() => {}
                () = self.pacer.until(wake_ns, Meanwhile::Attend) => {}
            }
            self.pump_if_permitted();
        }
        now_interrupted
    }

    /// The end of the measured window: that of the schedule, the interruption, or, where the client could not keep the
    /// schedule, the moment when it had caught up. `None` where the window lasts until the last answer.
    fn window_end(&self, interrupted: bool) -> Option<u64> {
        let measured_from_ns = self.origin_ns + self.plan.source.warmup_ns();
        let planned_end_ns = self.plan.source.duration_ns().map(|length_ns| measured_from_ns + length_ns);
        if interrupted {
            let latest_ns = planned_end_ns.unwrap_or(u64::MAX);
            return Some(self.clock.now_ns().clamp(measured_from_ns, latest_ns));
        }
        match self.plan.source {
            Source::Schedule(_) => planned_end_ns.map(|end_ns| end_ns.max(self.engine.last_dispatch_ns())),
            Source::Users(_) => planned_end_ns,
        }
    }

    fn next_permit_ns(&self) -> u64 {
        self.engine.next_permit_ns().unwrap_or(u64::MAX)
    }

    fn pump_if_permitted(&self) {
        if self.next_permit_ns() <= self.clock.now_ns() {
            self.engine.pump();
        }
    }

    /// Notes the beginning of the measurement.
    fn watch_load(&mut self, now_ns: u64) {
        if self.measured_from.is_none() && now_ns >= self.origin_ns + self.plan.source.warmup_ns() {
            self.measured_from = Some(self.baseline(now_ns));
        }
    }

    fn baseline(&self, at_ns: u64) -> Baseline {
        Baseline { at_ns, times: self.clock.thread_times(), spun_ns: self.pacer.spun_ns() }
    }

    /// How busy this thread has been since the measurement began.
    fn load(&self) -> WorkerLoad {
        self.measured_from.map_or_else(WorkerLoad::default, |from| {
            let now = self.baseline(self.clock.now_ns());
            WorkerLoad {
                wall_ns: now.at_ns.saturating_sub(from.at_ns),
                times: now.times - from.times,
                spun_ns: now.spun_ns.saturating_sub(from.spun_ns),
            }
        })
    }

    fn report_if_due(&mut self, now_ns: u64) {
        if now_ns >= self.next_report_ns {
            self.report();
            self.next_report_ns = now_ns + NANOS_PER_S;
        }
    }

    /// Tells what happened since the last report. Nobody listening is no reason to stop.
    fn report(&mut self) {
        let intervals = self.engine.with_recorder(|recorder| recorder.intervals.take_closed());
        let progress = self.engine.take_progress();
        self.reported += 1;
        // About a millisecond for each so many seconds, in which nothing else is done.
        let is_told = self.tells_so_far && self.reported.is_multiple_of(SO_FAR_EVERY);
        let so_far = is_told.then(|| self.engine.with_recorder(|recorder| Box::new(recorder.so_far())));
        let _ = self.reports.send(Report { worker: self.id.worker, progress, intervals, so_far });
    }
}
