//! `rpsbench run`: an open loop, from the plan to the report.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Builder;
use tokio::sync::watch;

use super::facts::{Found, facts_of};
use super::live::{LiveLine, note};
use super::machine::machine;
use super::signals::Interrupts;
use super::{CommandError, Exit, publish};
use crate::cli::{RunArgs, RunJob, TargetChoice, Typed, UsageError};
use crate::load::{self, Finished, MonotonicClock, Stop};
use crate::measure::{GeneratorVerdict, Protocol, Summary};
use crate::plan::Plan;
use crate::request::{Target, Workload};
use crate::service::{Running, Service, ServiceModel};
use crate::transport::{Network, Wire, WireOptions};

pub(super) fn run(args: &RunArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let job = RunJob::new(args, typed, machine())?;
    let RunJob { mut plan, target, requests, wire, format, outputs, quiet, warnings } = job;
    if !quiet {
        warnings.iter().for_each(|warning| note(&format!("warning: {warning}")));
    }
    let (base, service) = match &target {
        TargetChoice::Url(target) => (Some(target.clone()), None),
        TargetChoice::FromFile => (None, None),
        TargetChoice::BuiltIn(model) => {
            let service = start_service(model, quiet)?;
            let target = service.url().parse::<Target>().map_err(UsageError::from)?;
            (Some(target), Some(service))
        }
    };
    let mut found = Found {
        tokens: requests.token_count(),
        data_rows: requests.row_count(),
        insecure: wire.tls.insecure,
        ..Found::default()
    };
    let workload = requests.into_workload(base.as_ref())?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CommandError::System { what: "could not start the runtime", source })?;
    let started_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let finished = runtime.block_on(supervise(&mut plan, &workload, wire, &mut found, quiet));
    // A name lookup that hangs must not keep the process, least of all from saying so.
    runtime.shutdown_background();
    let finished = finished?;
    drop(service);
    let Some(finished) = finished else { return Ok(Exit::Interrupted) };

    let (facts, recorder) = facts_of(&plan, &workload, &found, started_at, finished);
    let summary = Summary::new(facts, &recorder, &workload)?;
    publish(&summary, format, outputs)?;
    Ok(exit_of(&summary))
}

/// Runs the plan while listening for signals: the first drains, the second leaves at once (`None`).
async fn supervise(
    plan: &mut Plan,
    workload: &Workload,
    wire: WireOptions,
    found: &mut Found,
    quiet: bool,
) -> Result<Option<Finished>, CommandError> {
    let mut interrupts = Interrupts::new()
        .map_err(|source| CommandError::System { what: "could not listen for signals", source })?;
    let (network, probed, notes) = tokio::select! {
        prepared = Network::prepare(wire, workload.origins()) => prepared?,
        () = interrupts.next() => return Ok(None),
    };
    if !quiet {
        notes.iter().for_each(|text| note(&format!("warning: {text}")));
    }
    // A connection that closes after so many requests has room for no more at once: no arrival may count on it.
    let most = if plan.keepalive { plan.max_requests.unwrap_or(u64::MAX) } else { 1 };
    let streams_of = |streams: u64| streams.min(most);
    plan.streams = probed.iter().map(|probed| streams_of(probed.streams)).collect();
    found.addresses = network.address_count();
    found.tls = probed.iter().any(|probed| probed.tls.is_some());
    found.http2 = probed.iter().any(|probed| probed.protocol == Protocol::Http2);

    let network = Arc::new(network);
    let shared = Arc::clone(&network);
    let (stop_sender, stop) = watch::channel(Stop::Run);
    let live = RefCell::new(LiveLine::new(quiet));
    let run = load::run(
        plan,
        workload,
        move |worker| Wire::new(&shared, worker, MonotonicClock),
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
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
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
