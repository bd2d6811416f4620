//! One worker: a thread's part of a run. It outlives the run, so that the next one finds its connections open.

mod due;
mod engine;
pub(crate) mod progress;
mod run;
mod state;

use std::rc::Rc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use self::engine::Engine;
use self::progress::Report;
use self::run::WorkerRun;
use super::Stop;
use super::log_feed::{LogBuffer, RunLog};
use crate::measure::{ConnectionLog, Recorder};
use crate::plan::Plan;
use crate::request::Workload;
use crate::result::ClientLoad;
use crate::time::{Clock, Pacer, ThreadTimes};
use crate::transport::Transport;

/// Which worker, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkerId {
    /// Its number, from 0.
    pub worker: u64,
    /// How many there are.
    pub workers: u64,
}

/// What a worker shares with whoever started it, for one run.
pub(crate) struct RunChannels {
    /// Tells the worker to stop.
    pub stop: watch::Receiver<Stop>,
    /// Takes the worker's reports.
    pub reports: UnboundedSender<Report>,
    /// Takes every arrival that has ended.
    pub log: Option<RunLog>,
    /// Whether the worker tells now and then all that it has counted.
    pub tells_so_far: bool,
}

/// How busy a worker's thread was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WorkerLoad {
    /// How long that was looked at, in nanoseconds.
    pub wall_ns: u64,
    /// What the scheduler gave it.
    pub times: ThreadTimes,
    /// How much of its CPU time it spun, waiting until a request was due, in nanoseconds.
    pub spun_ns: u64,
}

impl WorkerLoad {
    /// In shares of the time.
    pub(crate) fn shares(&self) -> ClientLoad {
        let share =
            |part: u64| if self.wall_ns == 0 { 0.0 } else { (part as f64 / self.wall_ns as f64).min(1.0) };
        ClientLoad {
            cpu_share: share(self.times.cpu_ns.saturating_sub(self.spun_ns)),
            cpu_wait_share: share(self.times.waited_ns),
            cpu_throttled_share: share(self.times.throttled_ns),
            cpu_stolen_share: share(self.times.stolen_ns),
        }
    }
}

/// What a worker leaves behind of a run.
#[derive(Debug)]
pub(crate) struct WorkerResult {
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
    /// When the last of its requests ended, on the run's clock; 0 where none did.
    pub last_end_ns: u64,
    /// How busy its thread was, from the start of the measurement to the end of the window.
    pub load: WorkerLoad,
    /// Whether it was interrupted before its schedule or its drain was over.
    pub interrupted: bool,
}

/// One worker. `transport` and `pacer` make its own parts, inside its own runtime.
pub(crate) struct Worker<T: Transport, C: Clock, MakeT, MakeP> {
    id: WorkerId,
    workload: Workload,
    transport: MakeT,
    clock: C,
    pacer: MakeP,
    /// The connections and who uses them, from the run before.
    engine: Option<Rc<Engine<T, C>>>,
}

impl<T, C, P, MakeT, MakeP> Worker<T, C, MakeT, MakeP>
where
    T: Transport,
    C: Clock,
    P: Pacer,
    MakeT: FnMut() -> T,
    MakeP: FnMut(&Plan) -> P,
{
    /// A worker without connections.
    pub(crate) fn new(id: WorkerId, workload: Workload, transport: MakeT, clock: C, pacer: MakeP) -> Self {
        Self { id, workload, transport, clock, pacer, engine: None }
    }

    /// Carries out this worker's part of a plan that starts at `origin_ns` on its clock, and returns its account. All plans
    /// of a worker have the same limits on connections; it is those of the first that count.
    pub(crate) async fn carry_out(
        &mut self,
        plan: &Plan,
        origin_ns: u64,
        wires: RunChannels,
    ) -> WorkerResult {
        let engine = self.engine.take().unwrap_or_else(|| {
            let (transport, workload) = ((self.transport)(), self.workload.clone());
            Rc::new(Engine::new(transport, workload, self.clock.clone(), plan, self.id))
        });
        engine.begin(plan, self.id, origin_ns);
        engine.log_to(wires.log.clone().map(LogBuffer::new));
        let pacer = (self.pacer)(plan);
        let trial =
            WorkerRun::new(plan, self.id, origin_ns, Rc::clone(&engine), self.clock.clone(), pacer, wires);
        let result = trial.run().await;
        if engine.is_drained() {
            self.engine = Some(engine);
        } else {
            // What is still under way must neither reach into the next run nor go on loading the service.
            engine.abandon();
        }
        result
    }
}
