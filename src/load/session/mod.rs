//! Worker threads, and the runs they carry out one after another on the same connections.

pub(crate) mod gather;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_local;

use super::Stop;
use super::log_feed::RunLog;
use super::session::gather::{Finished, Gathered};
use super::worker::progress::Progress;
use super::worker::{RunChannels, Worker, WorkerId, WorkerResult};
use crate::plan::Plan;
use crate::request::Workload;
use crate::time::{Clock, Lead, MonotonicClock, Pacing, SystemPacer};
use crate::transport::Transport;

/// Time between the moment a run is ordered and its start: enough for the last of the workers to wake up, and to fall
/// asleep again before the first arrival.
const HEAD_START_NS: u64 = 2_000_000;

/// Why a run could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
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

/// A run that a worker is to carry out.
struct Order {
    plan: Arc<Plan>,
    origin_ns: u64,
    channels: RunChannels,
    done: oneshot::Sender<WorkerResult>,
}

/// A worker thread: it ends when nobody can order anything any more.
struct Thread {
    orders: mpsc::UnboundedSender<Order>,
    handle: JoinHandle<()>,
}

/// The workers of one or several runs. Connections outlive a run, so that the next one finds them open.
pub(crate) struct Session {
    threads: Vec<Thread>,
}

impl Session {
    /// Starts `workers` threads that ask what `workload` holds. `transport` makes each worker's own transport, on that
    /// worker's thread.
    ///
    /// # Errors
    /// [`EngineError`] when a worker could not be started.
    pub(crate) async fn start<T: Transport>(
        workers: u64,
        workload: &Workload,
        transport: impl Fn(u64) -> T + Clone + Send + 'static,
    ) -> Result<Self, EngineError> {
        let mut threads = Vec::new();
        let mut readies = Vec::new();
        for worker in 0..workers {
            let id = WorkerId { worker, workers };
            let (thread, ready) = start(id, workload.clone(), transport.clone())
                .map_err(|source| EngineError::Start { worker, source })?;
            threads.push(thread);
            readies.push(ready);
        }
        for (worker, ready) in (0..).zip(readies) {
            match ready.await {
                Ok(Ok(())) => {}
                Ok(Err(source)) => return Err(EngineError::Start { worker, source }),
                Err(_) => return Err(EngineError::Panicked(worker)),
            }
        }
        Ok(Self { threads })
    }

    /// The soonest instant, on the monotonic clock, at which a run can start so that no worker is late for it.
    pub(crate) fn soonest_ns() -> u64 {
        MonotonicClock.now_ns() + HEAD_START_NS
    }

    /// Carries out a plan that starts at `origin_ns` on the monotonic clock, and returns when the last answer has come or the drain limit is reached. What ends goes to `log` too. `on_progress` is
    /// called about once a second with what happened since the last call, `on_so_far` now and then with all that there is, as if the run ended
    /// there. What a run leaves unfinished is broken off
    /// before the next one.
    ///
    /// # Errors
    /// [`EngineError::Panicked`] when a worker did not come back: then the session is of no more use. Failures of the
    /// service are not errors; they are what is measured.
    pub(crate) async fn run(
        &mut self,
        plan: &Plan,
        origin_ns: u64,
        stop: watch::Receiver<Stop>,
        log: Option<RunLog>,
        mut on_progress: impl FnMut(&Progress),
        on_so_far: Option<&mut dyn FnMut(Finished)>,
    ) -> Result<Finished, EngineError> {
        let plan = Arc::new(plan.clone());
        let (reports, mut incoming) = mpsc::unbounded_channel();
        let mut pending = Vec::new();
        for thread in &self.threads {
            let (done, result) = oneshot::channel();
            let channels = RunChannels {
                stop: stop.clone(),
                reports: reports.clone(),
                log: log.clone(),
                tells_so_far: on_so_far.is_some(),
            };
            // A worker that is gone is found when its result is missing.
            let _ = thread.orders.send(Order { plan: Arc::clone(&plan), origin_ns, channels, done });
            pending.push(result);
        }
        drop(reports);
        let mut gathered = Gathered::new(&plan, self.threads.len());
        let mut on_so_far = on_so_far;
        while let Some(report) = incoming.recv().await {
            if let Some(progress) = gathered.add(report) {
                on_progress(&progress);
            }
            if let Some(on_so_far) = on_so_far.as_deref_mut() {
                let measured_ns = MonotonicClock.now_ns().saturating_sub(origin_ns + plan.source.warmup_ns());
                gathered.take_so_far(measured_ns).into_iter().for_each(on_so_far);
            }
        }
        // The channel is closed: every worker has finished or panicked.
        let mut results = Vec::new();
        for (worker, result) in (0..).zip(pending) {
            results.push(result.await.map_err(|_| EngineError::Panicked(worker))?);
        }
        gathered.finish(results, origin_ns + plan.source.warmup_ns()).ok_or(EngineError::Panicked(0))
    }

    /// Closes all connections and waits for the threads to end.
    pub(crate) fn close(self) {
        for Thread { orders, handle } in self.threads {
            drop(orders);
            // A panic has been reported where its result was missing.
            let _ = handle.join();
        }
    }
}

type Ready = oneshot::Receiver<io::Result<()>>;

fn start<T: Transport>(
    id: WorkerId,
    workload: Workload,
    transport: impl Fn(u64) -> T + Send + 'static,
) -> io::Result<(Thread, Ready)> {
    let (ready_sender, ready) = oneshot::channel();
    let (orders, mut incoming) = mpsc::unbounded_channel::<Order>();
    let runtime = move || Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let name = format!("worker-{}", id.worker);
    let handle = thread::Builder::new().name(name).spawn(move || {
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => {
                let _ = ready_sender.send(Err(error));
                return;
            }
        };
        // A task like those of the streams, so that it has its turn after them when answers have come: what is due then goes
        // to the connections that they have left.
        let loop_of_orders = async move {
            let transport = move || transport(id.worker);
            let pacer = |plan: &Plan| {
                SystemPacer::new(
                    MonotonicClock,
                    Pacing { lead: plan.lead_ns.map_or(Lead::LEARNED, Lead::Fixed), spin: plan.spin },
                )
            };
            let mut worker = Worker::new(id, workload, transport, MonotonicClock, pacer);
            let _ = ready_sender.send(Ok(()));
            while let Some(Order { plan, origin_ns, channels, done }) = incoming.recv().await {
                let result = worker.carry_out(&plan, origin_ns, channels).await;
                // Nobody waiting for it: the run was left at once.
                let _ = done.send(result);
            }
        };
        // A panic has been reported where the result was missing.
        let _ = runtime.block_on(async { spawn_local(loop_of_orders).await });
    })?;
    Ok((Thread { orders, handle }, ready))
}
