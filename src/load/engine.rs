//! Starts the workers, gathers their reports, merges their accounts.

use std::collections::VecDeque;
use std::io;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{mpsc, oneshot, watch};

use super::progress::{Progress, Report};
use super::{MonotonicClock, Stop, SystemPacer, Wires, Worker, WorkerResult};
use crate::load::Clock;
use crate::measure::{Backlog, ConnectionLog, Recorder, Series, SeriesRow};
use crate::plan::Plan;
use crate::request::Workload;
use crate::transport::Transport;

/// Time between the moment all workers are ready and the start of the schedule: enough for the last of them to
/// fall asleep before the first arrival.
const HEAD_START_NS: u64 = 2_000_000;

/// Why a run could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The operating system refused a thread or a runtime.
    #[error(
        "could not start worker {worker}: {source}; use fewer --threads, or raise the limits of this account"
    )]
    Start {
        /// Which worker.
        worker: u64,
        /// Why.
        source: io::Error,
    },
    /// A worker panicked: a defect of rpsbench.
    #[error(
        "internal error: worker {0} stopped unexpectedly, so there is no result to trust; please report this"
    )]
    Panicked(u64),
}

/// A run that is over.
#[derive(Debug)]
pub struct Finished {
    /// The merged account.
    pub recorder: Recorder,
    /// The connections of all workers.
    pub connections: ConnectionLog,
    /// Requests outstanding, over all workers.
    pub backlog: Backlog,
    /// The run over time.
    pub series: Vec<SeriesRow>,
    /// Length of the measured window in nanoseconds.
    pub window_ns: u64,
    /// From the start of the measurement to the last answer, in nanoseconds; to the end of the window where none came.
    pub elapsed_ns: u64,
    /// Whether the run was interrupted.
    pub interrupted: bool,
}

/// Carries out a plan on `plan.threads` threads and returns when the last answer has come or the drain limit is
/// reached. `transport` makes each worker's own transport on that worker's thread; `on_progress` is called about
/// once a second with what happened since the last call.
///
/// # Errors
/// [`EngineError`] when a worker could not be started or did not come back. Failures of the service are not
/// errors; they are what is measured.
pub async fn run<T: Transport>(
    plan: &Plan,
    workload: &Workload,
    transport: impl Fn(u64) -> T + Clone + Send + 'static,
    stop: watch::Receiver<Stop>,
    mut on_progress: impl FnMut(&Progress),
) -> Result<Finished, EngineError> {
    let (reports, mut incoming) = mpsc::unbounded_channel();
    let mut workers = Vec::new();
    for worker in 0..plan.threads {
        let wires = Wires { stop: stop.clone(), reports: reports.clone() };
        let started = start(plan, worker, workload.clone(), transport.clone(), wires)
            .map_err(|source| EngineError::Start { worker, source })?;
        workers.push(started);
    }
    drop(reports);
    let mut handles = Vec::new();
    let mut starts = Vec::new();
    for (worker, started) in workers.into_iter().enumerate() {
        let worker = worker as u64;
        match started.ready.await {
            Ok(Ok(())) => {}
            Ok(Err(source)) => return Err(EngineError::Start { worker, source }),
            Err(_) => return Err(EngineError::Panicked(worker)),
        }
        starts.push(started.origin);
        handles.push(started.handle);
    }
    let origin_ns = MonotonicClock.now_ns() + HEAD_START_NS;
    for start in starts {
        // A worker that is gone is found when it is joined.
        let _ = start.send(origin_ns);
    }

    let mut gathered = Gathered::new(plan);
    while let Some(report) = incoming.recv().await {
        if let Some(progress) = gathered.add(report) {
            on_progress(&progress);
        }
    }
    // The channel is closed: every worker has finished or panicked.
    let mut results = Vec::new();
    for (worker, handle) in handles.into_iter().enumerate() {
        let result = handle.join().ok().flatten();
        results.push(result.ok_or(EngineError::Panicked(worker as u64))?);
    }
    gathered.finish(results, origin_ns + plan.schedule.warmup_ns()).ok_or(EngineError::Panicked(0))
}

/// A worker thread that waits for the start of the schedule.
struct Started {
    ready: oneshot::Receiver<io::Result<()>>,
    origin: oneshot::Sender<u64>,
    /// Returns `None` when the runtime could not be made.
    handle: JoinHandle<Option<WorkerResult>>,
}

fn start<T: Transport>(
    plan: &Plan,
    worker: u64,
    workload: Workload,
    transport: impl Fn(u64) -> T + Send + 'static,
    wires: Wires,
) -> io::Result<Started> {
    let plan = plan.clone();
    let (ready_sender, ready) = oneshot::channel();
    let (origin, origin_receiver) = oneshot::channel();
    let runtime = move || Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let handle = thread::Builder::new().name(format!("worker-{worker}")).spawn(move || {
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => {
                let _ = ready_sender.send(Err(error));
                return None;
            }
        };
        runtime.block_on(async move {
            let clock = MonotonicClock;
            let pacer = SystemPacer::new(clock, plan.lead_ns);
            let transport = transport(worker);
            let _ = ready_sender.send(Ok(()));
            // Nobody there to start the schedule: another worker could not be started.
            let origin_ns = origin_receiver.await.ok()?;
            Some(Worker::new(&plan, worker, origin_ns, workload, transport, clock, pacer, wires).run().await)
        })
    })?;
    Ok(Started { ready, origin, handle })
}

/// What the workers have told so far.
pub(super) struct Gathered {
    series: Series,
    /// Each worker's reports that are not yet part of a merged one.
    pending: Vec<VecDeque<Progress>>,
}

impl Gathered {
    pub(super) fn new(plan: &Plan) -> Self {
        let workers = plan.threads as usize;
        let series = Series::new(workers, plan.schedule.duration_ns());
        Self { series, pending: vec![VecDeque::new(); workers] }
    }

    /// Takes in a report. Once every worker has reported a second, it is merged and returned.
    pub(super) fn add(&mut self, report: Report) -> Option<Progress> {
        for interval in report.intervals {
            self.series.add(interval);
        }
        self.pending.get_mut(report.worker as usize)?.push_back(report.progress);
        if self.pending.iter().any(VecDeque::is_empty) {
            return None;
        }
        let mut merged = Progress::default();
        self.pending.iter_mut().filter_map(VecDeque::pop_front).for_each(|progress| merged.merge(&progress));
        Some(merged)
    }

    /// Merges the workers' accounts. `None` without workers.
    pub(super) fn finish(mut self, results: Vec<WorkerResult>, measured_from_ns: u64) -> Option<Finished> {
        let mut merged: Option<Recorder> = None;
        let mut connections = ConnectionLog::default();
        let mut backlog = Backlog::default();
        let mut window_ns = 0;
        let mut elapsed_ns = 0;
        let mut interrupted = false;
        for mut result in results {
            for interval in result.recorder.intervals.close_all(0, 0) {
                self.series.add(interval);
            }
            connections.merge(result.connections);
            backlog.in_flight_peak += result.in_flight_peak;
            backlog.in_flight_end += result.in_flight_end;
            backlog.queued_end += result.queued_end;
            window_ns = window_ns.max(result.window_end_ns.saturating_sub(measured_from_ns));
            elapsed_ns = elapsed_ns.max(result.last_end_ns.saturating_sub(measured_from_ns));
            interrupted |= result.interrupted;
            match &mut merged {
                None => merged = Some(result.recorder),
                Some(merged) => merged.merge(result.recorder),
            }
        }
        let mut series = self.series.finish();
        // An interrupted run has no rows beyond its end.
        series.retain(|row| row.t_s * 1e9 < window_ns as f64);
        Some(Finished { recorder: merged?, connections, backlog, series, window_ns, elapsed_ns, interrupted })
    }
}
