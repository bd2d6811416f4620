//! One worker: the loop that turns its stripe of the schedule into requests.

use std::pin::Pin;
use std::rc::Rc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::bucket::TokenBucket;
use super::progress::Report;
use super::shared::Shared;
use super::{Clock, Pacer, Stop};
use crate::measure::{ConnectionLog, Recorder};
use crate::plan::Plan;
use crate::request::Workload;
use crate::schedule::{NANOS_PER_S, Stripe};
use crate::transport::Transport;

/// How long an interrupted run waits for the answers that are under way.
const INTERRUPTED_DRAIN_NS: u64 = NANOS_PER_S;

/// One worker of a run.
pub struct Worker<T, C: Clock, P> {
    plan: Plan,
    worker: u64,
    /// Start of the schedule on the run's clock.
    origin_ns: u64,
    stripe: Stripe,
    bucket: TokenBucket,
    pacer: P,
    clock: C,
    shared: Rc<Shared<T, C>>,
    stop: watch::Receiver<Stop>,
    reports: UnboundedSender<Report>,
    next_report_ns: u64,
    /// When the last arrivals were dispatched.
    last_dispatch_ns: u64,
}

/// What a worker leaves behind.
#[derive(Debug)]
pub struct WorkerResult {
    /// Its account, intervals included as far as they were not reported before.
    pub recorder: Recorder,
    /// Its connections.
    pub connections: ConnectionLog,
    /// Most requests in flight at once.
    pub in_flight_peak: u64,
    /// Requests in flight when its schedule ended.
    pub in_flight_end: u64,
    /// Arrivals waiting for the cap when its schedule ended.
    pub queued_end: u64,
    /// When its schedule ended or was interrupted, on the run's clock.
    pub window_end_ns: u64,
    /// When its last answer had come or its last wait was given up, on the run's clock.
    pub last_end_ns: u64,
    /// Whether it was interrupted before its schedule or its drain was over.
    pub interrupted: bool,
}

/// What a worker shares with whoever started it.
pub struct Wires {
    /// Tells the worker to stop.
    pub stop: watch::Receiver<Stop>,
    /// Takes the worker's reports.
    pub reports: UnboundedSender<Report>,
}

impl<T: Transport, C: Clock, P: Pacer> Worker<T, C, P> {
    /// Worker `worker` of `plan.threads`. Must be made inside its own runtime.
    #[expect(clippy::too_many_arguments, reason = "each is another room's part, put together only here")]
    pub fn new(
        plan: &Plan,
        worker: u64,
        origin_ns: u64,
        workload: Workload,
        transport: T,
        clock: C,
        pacer: P,
        wires: Wires,
    ) -> Self {
        let measured_from_ns = origin_ns + plan.schedule.warmup_ns();
        let shared = Shared::new(transport, workload, clock.clone(), plan, worker, measured_from_ns);
        Self {
            stripe: plan.schedule.stripe(worker, plan.threads).starting_at(origin_ns),
            bucket: TokenBucket::new(plan.burst, plan.threads),
            plan: plan.clone(),
            worker,
            origin_ns,
            pacer,
            clock,
            shared: Rc::new(shared),
            stop: wires.stop,
            reports: wires.reports,
            next_report_ns: origin_ns + NANOS_PER_S,
            last_dispatch_ns: origin_ns,
        }
    }

    /// Sends the stripe, waits for the last answers, and returns the account.
    pub async fn run(mut self) -> WorkerResult {
        let mut stop = self.stop.clone();
        let mut stopped = std::pin::pin!(async move {
            // A sender that is gone cannot stop anything any more: then this never ends.
            if stop.wait_for(|stop| *stop == Stop::Drain).await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let mut interrupted = self.send_stripe(stopped.as_mut()).await;
        let window_end_ns = self.window_end(interrupted);
        let (in_flight_end, queued_end) = self.shared.backlog();
        // What is still to come is counted, not walked through: it may be hours of arrivals.
        let (cancelled, cancelled_warmup) = self.stripe.counts();
        self.shared.with_recorder(|recorder| {
            recorder.cancel(cancelled, cancelled_warmup);
            recorder.end_window();
            if interrupted {
                recorder.intervals.end_at(window_end_ns);
            }
            recorder.intervals.finish_offering(in_flight_end, queued_end);
        });
        interrupted |= self.drain(stopped, interrupted).await;
        self.report();
        let mut remains = self.shared.finish(self.clock.now_ns());
        let (measured, warmup) = self.plan.schedule.stripe(self.worker, self.plan.threads).counts();
        remains.recorder.plan(measured, warmup);
        WorkerResult {
            recorder: remains.recorder,
            connections: remains.connections,
            in_flight_peak: remains.in_flight_peak,
            in_flight_end,
            queued_end,
            window_end_ns,
            last_end_ns: remains.last_end_ns,
            interrupted,
        }
    }

    /// Dispatches every arrival when it is due. Returns whether it was interrupted.
    async fn send_stripe(&mut self, mut stopped: Pin<&mut impl Future<Output = ()>>) -> bool {
        loop {
            let now_ns = self.clock.now_ns();
            self.bucket.mint(self.stripe.count_due(now_ns, self.bucket.depth()));
            while let Some(slot) = self.stripe.next_due(now_ns) {
                self.shared.arrive(slot, now_ns, self.bucket.take());
                self.last_dispatch_ns = now_ns;
            }
            if now_ns >= self.next_report_ns {
                self.report();
                self.next_report_ns = now_ns + NANOS_PER_S;
            }
            let end_ns = self.origin_ns + self.plan.schedule.warmup_ns() + self.plan.schedule.duration_ns();
            let next_arrival_ns = self.stripe.peek().map_or(end_ns, |slot| slot.intended_ns);
            if self.stripe.peek().is_none() && now_ns >= end_ns {
                return false;
            }
            let wake_ns = next_arrival_ns.min(self.next_report_ns).min(self.next_permit_ns());
            tokio::select! {
                biased;
                () = stopped.as_mut() => return true,
                () = self.shared.changed.notified(), if self.plan.connect_rate.is_some() => {}
                () = self.pacer.until(wake_ns) => {}
            }
            if self.next_permit_ns() <= self.clock.now_ns() {
                self.shared.pump();
            }
        }
    }

    /// Waits for the last answers, at most as long as the plan allows. Returns whether it was interrupted.
    async fn drain(&mut self, mut stopped: Pin<&mut impl Future<Output = ()>>, interrupted: bool) -> bool {
        let start_ns = self.clock.now_ns();
        let limit_ns =
            if interrupted { self.plan.drain_ns.min(INTERRUPTED_DRAIN_NS) } else { self.plan.drain_ns };
        let mut end_ns = start_ns.saturating_add(limit_ns);
        let mut now_interrupted = interrupted;
        while !self.shared.is_drained() {
            let now_ns = self.clock.now_ns();
            if now_ns >= end_ns {
                break;
            }
            if now_ns >= self.next_report_ns {
                self.report();
                self.next_report_ns = now_ns + NANOS_PER_S;
            }
            let wake_ns = end_ns.min(self.next_report_ns).min(self.next_permit_ns());
            tokio::select! {
                biased;
                () = stopped.as_mut(), if !now_interrupted => {
                    now_interrupted = true;
                    end_ns = end_ns.min(self.clock.now_ns().saturating_add(INTERRUPTED_DRAIN_NS));
                }
                () = self.shared.changed.notified() => {}
                () = self.pacer.until(wake_ns) => {}
            }
            if self.next_permit_ns() <= self.clock.now_ns() {
                self.shared.pump();
            }
        }
        now_interrupted
    }

    /// The end of the measured window: that of the schedule, the interruption, or, where the client could not keep the
    /// schedule, the moment when it had caught up.
    fn window_end(&self, interrupted: bool) -> u64 {
        let measured_from_ns = self.origin_ns + self.plan.schedule.warmup_ns();
        let planned_end_ns = measured_from_ns + self.plan.schedule.duration_ns();
        if interrupted {
            self.clock.now_ns().clamp(measured_from_ns, planned_end_ns)
        } else {
            planned_end_ns.max(self.last_dispatch_ns)
        }
    }

    fn next_permit_ns(&self) -> u64 {
        self.shared.next_permit_ns().unwrap_or(u64::MAX)
    }

    /// Tells what happened since the last report. Nobody listening is no reason to stop.
    fn report(&mut self) {
        let intervals = self.shared.with_recorder(|recorder| recorder.intervals.take_closed());
        let progress = self.shared.take_progress();
        let _ = self.reports.send(Report { worker: self.worker, progress, intervals });
    }
}
