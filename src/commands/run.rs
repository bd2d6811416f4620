//! `rpsbench run`: an open loop, from the plan to the report.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::runtime::Builder;
use tokio::sync::watch;

use super::live::{LiveLine, note};
use super::machine::machine;
use super::signals::Interrupts;
use super::{CommandError, Exit, publish};
use crate::cli::{RunArgs, RunJob, TargetChoice, Typed};
use crate::load::{self, Finished, MonotonicClock, Stop};
use crate::measure::{GeneratorVerdict, RunFacts, Summary};
use crate::request::{Target, Workload};
use crate::service::{Running, Service, ServiceModel};
use crate::transport::{Network, Origin, Wire, WireOptions};

pub(super) fn run(args: &RunArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let job = RunJob::new(args, typed, machine())?;
    if !job.quiet {
        job.warnings.iter().for_each(|warning| note(&format!("warning: {warning}")));
    }
    let (target, service) = match &job.target {
        TargetChoice::Url(target) => (target.clone(), None),
        TargetChoice::BuiltIn(model) => {
            let service = start_service(model, job.quiet)?;
            let target = service.url().parse::<Target>().map_err(crate::cli::UsageError::from)?;
            (target, Some(service))
        }
    };
    let workload = job.workload(&target);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CommandError::System { what: "could not start the runtime", source })?;
    let started_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let finished = runtime.block_on(supervise(&job, &target, &workload));
    // A name lookup that hangs must not keep the process, least of all from saying so.
    runtime.shutdown_background();
    let finished = finished?;
    drop(service);
    let Some(finished) = finished else { return Ok(Exit::Interrupted) };

    let facts = RunFacts {
        plan: job.plan.facts(job.method().as_str(), &target.label()),
        slos: job.plan.slos.clone(),
        started_at,
        interrupted: finished.interrupted,
        window_ns: finished.window_ns,
        backlog: finished.backlog,
        connections: finished.connections,
        series: finished.series,
    };
    let summary = Summary::new(facts, &finished.recorder)?;
    publish(&summary, job.format, job.outputs)?;
    Ok(exit_of(&summary))
}

/// Runs the plan while listening for signals: the first drains, the second leaves at once (`None`).
async fn supervise(
    job: &RunJob,
    target: &Target,
    workload: &Workload,
) -> Result<Option<Finished>, CommandError> {
    let mut interrupts = Interrupts::new()
        .map_err(|source| CommandError::System { what: "could not listen for signals", source })?;
    let origins = [Origin::from(target)];
    let (network, _, notes) = tokio::select! {
        prepared = Network::prepare(WireOptions::default(), &origins) => prepared?,
        () = interrupts.next() => return Ok(None),
    };
    if !job.quiet {
        notes.iter().for_each(|text| note(text));
    }
    let network = Arc::new(network);
    let (workers, shared) = (Arc::new(AtomicU64::new(0)), Arc::clone(&network));
    let (stop_sender, stop) = watch::channel(Stop::Run);
    let live = std::cell::RefCell::new(LiveLine::new(job.quiet));
    let run = load::run(
        &job.plan,
        workload,
        move || Wire::new(&shared, workers.fetch_add(1, Ordering::Relaxed), MonotonicClock),
        stop,
        |progress| live.borrow_mut().show(progress),
    );
    let mut run = std::pin::pin!(run);
    let mut refresh = std::pin::pin!(network.refresh());
    let mut interrupted = false;
    let finished = loop {
        tokio::select! {
            finished = run.as_mut() => break Some(finished),
            () = refresh.as_mut() => {}
            () = interrupts.next() => {
                if interrupted {
                    break None;
                }
                interrupted = true;
                let _ = stop_sender.send(Stop::Drain);
                live.borrow().remark("interrupted: waiting at most 1 s for answers under way; again to leave at once");
            }
        }
    };
    live.borrow().clear();
    Ok(finished.transpose()?)
}

fn start_service(model: &ServiceModel, quiet: bool) -> Result<Running, CommandError> {
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let service = Service::start(model, loopback).map_err(CommandError::Service)?;
    if !quiet {
        note(&format!("no URL given: started the built-in service on {} ({model})", service.url()));
    }
    Ok(service)
}

fn exit_of(summary: &Summary) -> Exit {
    if summary.interrupted {
        Exit::Interrupted
    } else if summary.verdict.generator == GeneratorVerdict::Invalid {
        Exit::NotValid
    } else if summary.slos.iter().any(|slo| !slo.passed) {
        Exit::ObjectiveMissed
    } else {
        Exit::Done
    }
}
