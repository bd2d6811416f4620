//! Whole runs without a network and without sleeping.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use crate::judge::sum_up;
use crate::load::Stop;
use crate::load::feed::Feed;
use crate::load::session::gather::Finished;
use crate::load::session::gather::Gathered;
use crate::load::worker::{RunChannels, Worker, WorkerId};
use crate::measure::{ConnectionLog, Recorder, Withhold};
pub(super) use crate::plan::{Plan, Traffic};
use crate::request::{RecordedArrival, Target, Workload};
use crate::result::{LatencyStats, RunFacts, Summary};
use crate::schedule::{NANOS_PER_S, Schedule, Source};
use crate::time::{Clock, Meanwhile, Pacer, TimerPacer};
use crate::transport::scripted::Scripted;

pub(super) const S: u64 = NANOS_PER_S;
pub(super) const MS: u64 = NANOS_PER_S / 1_000;

/// tokio's clock, which a paused runtime moves on by itself whenever nothing else is left to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct VirtualClock(tokio::time::Instant);

impl VirtualClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock of the tests")]
    pub(super) fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for VirtualClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock of the tests")]
    fn now_ns(&self) -> u64 {
        (tokio::time::Instant::now() - self.0).as_nanos() as u64
    }
}

/// A pacer that oversleeps once: the client freezes.
pub(super) struct Oversleeper {
    pub(super) pacer: TimerPacer<VirtualClock>,
    pub(super) clock: VirtualClock,
    pub(super) freeze_at_ns: u64,
    pub(super) freeze_for_ns: u64,
}

impl Pacer for Oversleeper {
    async fn until(&mut self, due_ns: u64, meanwhile: Meanwhile) {
        self.pacer.until(due_ns, meanwhile).await;
        if self.freeze_for_ns > 0 && self.clock.now_ns() >= self.freeze_at_ns {
            // Nothing else of the worker runs meanwhile either, as when the process is stopped.
            let length = Duration::from_nanos(std::mem::take(&mut self.freeze_for_ns));
            tokio::time::advance(length).await;
        }
    }
}

pub(super) fn schedule(rate: &str, seconds: u64) -> Schedule {
    Schedule::for_duration(rate.parse().unwrap(), seconds * S).unwrap()
}

/// A plan at `rate` for `seconds`, without warm-up, with a cap that does not bind.
pub(super) fn plan(rate: &str, seconds: u64) -> Plan {
    Plan {
        timeout_ns: 100 * S,
        max_in_flight: 1_000_000,
        drain_ns: 100 * S,
        ..Plan::plain(Source::Schedule(schedule(rate, seconds)))
    }
}

pub(super) struct Outcome {
    pub(super) connections: ConnectionLog,
    pub(super) summary: Summary,
    pub(super) recorder: Recorder,
    /// What all workers had told when they last told all that they had.
    pub(super) so_far: Option<Finished>,
}

/// Runs every worker of a plan, one after the other, each on the same scripted service made anew.
pub(super) async fn run(plan: &Plan, service: impl Fn(VirtualClock) -> Scripted<VirtualClock>) -> Outcome {
    run_with(plan, service, TimerPacer::new, |_| {}).await
}

/// The same for what a scenario says.
pub(super) async fn run_scenario(
    plan: &Plan,
    scenario: &str,
    service: impl Fn(VirtualClock) -> Scripted<VirtualClock>,
) -> Outcome {
    run_workload(plan, &Workload::of_scenario(scenario), service, TimerPacer::new, |_| {}).await
}

/// The same with a pacer of the test's choice; `meanwhile` receives the handle that stops the run.
pub(super) async fn run_with<P: Pacer>(
    plan: &Plan,
    service: impl Fn(VirtualClock) -> Scripted<VirtualClock>,
    pacer: impl Fn(VirtualClock) -> P,
    meanwhile: impl Fn(watch::Sender<Stop>),
) -> Outcome {
    let workload = Workload::single(&target(), Method::GET, &[], Bytes::new(), plan.keepalive);
    run_workload(plan, &workload, service, pacer, meanwhile).await
}

async fn run_workload<P: Pacer>(
    plan: &Plan,
    workload: &Workload,
    service: impl Fn(VirtualClock) -> Scripted<VirtualClock>,
    pacer: impl Fn(VirtualClock) -> P,
    meanwhile: impl Fn(watch::Sender<Stop>),
) -> Outcome {
    let mut gathered = Gathered::new(plan, plan.threads as usize);
    let mut results = Vec::new();
    for worker in 0..plan.threads {
        let (stop_sender, stop) = watch::channel(Stop::Run);
        let (reports, mut incoming) = mpsc::unbounded_channel();
        let clock = VirtualClock::new();
        let channels = RunChannels { stop, reports, log: None, tells_so_far: true };
        let id = WorkerId { worker, workers: plan.threads };
        let mut worker = Worker::new(id, workload.clone(), || service(clock), clock, |_| pacer(clock));
        let local = LocalSet::new();
        meanwhile(stop_sender);
        results.push(local.run_until(worker.carry_out(plan, 0, None, channels)).await);
        while let Ok(report) = incoming.try_recv() {
            gathered.add(report);
        }
    }
    let so_far = gathered.take_so_far(30 * crate::schedule::NANOS_PER_S);
    let outcome = outcome(plan, None, gathered.finish(results, plan.source.warmup_ns()).unwrap());
    Outcome { so_far, ..outcome }
}

/// Runs a replay with a single worker, whose arrivals come from what `reader` sends on its own time.
pub(super) async fn run_fed<R: Future<Output = ()>>(
    plan: &Plan,
    service: impl Fn(VirtualClock) -> Scripted<VirtualClock>,
    reader: impl FnOnce(VirtualClock, mpsc::Sender<Vec<RecordedArrival>>) -> R,
) -> Outcome {
    let workload = Workload::single(&target(), Method::GET, &[], Bytes::new(), true);
    let (_stop_sender, stop) = watch::channel(Stop::Run);
    let (reports, mut incoming) = mpsc::unbounded_channel();
    let clock = VirtualClock::new();
    let id = WorkerId { worker: 0, workers: 1 };
    let mut worker = Worker::new(id, workload, || service(clock), clock, |_| TimerPacer::new(clock));
    let (sender, batches) = mpsc::channel(8);
    let count = plan.source.schedule().map_or(0, Schedule::count);
    let feed = Some(Feed::of(batches, (0, 1), count));
    let sending =
        worker.carry_out(plan, 0, feed, RunChannels { stop, reports, log: None, tells_so_far: false });
    let both = async { tokio::join!(sending, reader(clock, sender)).0 };
    let result = LocalSet::new().run_until(both).await;
    let mut gathered = Gathered::new(plan, 1);
    while let Ok(report) = incoming.try_recv() {
        gathered.add(report);
    }
    outcome(plan, None, gathered.finish(vec![result], 0).unwrap())
}

/// Runs plans one after another with a single worker, on one service, which keeps its connections.
pub(super) async fn run_in_turn(
    plans: &[Plan],
    service: impl Fn(VirtualClock) -> Scripted<VirtualClock>,
) -> Vec<Outcome> {
    let clock = VirtualClock::new();
    let service = service(clock);
    let id = WorkerId { worker: 0, workers: 1 };
    let workload = Workload::single(&target(), Method::GET, &[], Bytes::new(), true);
    let mut worker = Worker::new(id, workload, || service.clone(), clock, |_| TimerPacer::new(clock));
    let run_all = async {
        let mut outcomes = Vec::new();
        for plan in plans {
            let (_stop_sender, stop) = watch::channel(Stop::Run);
            let (reports, mut incoming) = mpsc::unbounded_channel();
            let origin_ns = clock.now_ns();
            let channels = RunChannels { stop, reports, log: None, tells_so_far: true };
            let result = worker.carry_out(plan, origin_ns, None, channels).await;
            let mut gathered = Gathered::new(plan, 1);
            while let Ok(report) = incoming.try_recv() {
                gathered.add(report);
            }
            let measured_from_ns = origin_ns + plan.source.warmup_ns();
            let finished = gathered.finish(vec![result], measured_from_ns).unwrap();
            let idle = outcomes.first().and_then(|first: &Outcome| idle_of(&plans[0], first));
            outcomes.push(outcome(plan, idle, finished));
        }
        outcomes
    };
    LocalSet::new().run_until(run_all).await
}

fn target() -> Target {
    "http://127.0.0.1:1/".parse().unwrap()
}

/// What a first run by one user shows: the idle baseline of those after it.
fn idle_of(plan: &Plan, outcome: &Outcome) -> Option<LatencyStats> {
    let is_one_user = matches!(plan.source, Source::Users(users) if users.users() == 1);
    is_one_user.then(|| LatencyStats::of(&outcome.recorder.total().service))
}

fn outcome(plan: &Plan, idle: Option<LatencyStats>, finished: Finished) -> Outcome {
    let connections = finished.connections.clone();
    let facts = RunFacts {
        plan: plan.facts(&Traffic::default(), finished.window_ns),
        started_at: String::new(),
        interrupted: finished.interrupted,
        aborted: None,
        window_ns: finished.window_ns,
        elapsed_ns: Some(finished.elapsed_ns),
        idle,
        backlog: finished.backlog,
        client: finished.client,
        connections: finished.connections,
        endpoints: Vec::new(),
        steps: Vec::new(),
        series: finished.series,
    };
    Outcome {
        connections,
        summary: sum_up(facts, &plan.slos, &finished.recorder, &Withhold).unwrap(),
        recorder: finished.recorder,
        so_far: None,
    }
}

/// Whether two figures agree to a share of the second.
pub(super) fn within(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance * expected.abs()
}
