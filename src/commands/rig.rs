//! What every command that sends requests stands on: the target, the connections, the workers, and the signals that end
//! it. A command orders one run after another, and the connections stay.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Builder;
use tokio::sync::watch;

use super::CommandError;
use super::facts::{Found, facts_of};
use super::live::{LiveLine, note};
use super::signals::Interrupts;
use crate::cli::{Setup, TargetChoice, UsageError};
use crate::judge::sum_up;
use crate::load::{Finished, Session, Stop};
use crate::measure::Protocol;
use crate::plan::Plan;
use crate::request::{Target, Workload};
use crate::result::Summary;
use crate::service::{Running, Service, ServiceModel};
use crate::time::MonotonicClock;
use crate::transport::{Network, Wire};

/// Workers with their connections, ready for runs.
pub(super) struct Rig {
    workload: Workload,
    found: Found,
    session: Session,
    /// Requests that a connection to each origin carries at once.
    streams: Vec<u64>,
    interrupts: Interrupts,
    /// Whether a signal has come: then the run under way is cut short, and there should be no other.
    pub(super) interrupted: bool,
    quiet: bool,
    /// The built-in service, where there is no other.
    service: Option<Running>,
}

/// A run that is over, and when it began (RFC 3339, UTC).
pub(super) struct Ran {
    pub(super) finished: Finished,
    pub(super) started_at: String,
}

/// Sets up what `setup` says, with `workers` threads, and does `work` with it. `None`: the user left at once, and there
/// is nothing to report.
pub(super) fn with_rig<R>(
    setup: Setup,
    workers: u64,
    work: impl AsyncFnOnce(&mut Rig) -> Result<Option<R>, CommandError>,
) -> Result<Option<R>, CommandError> {
    let Setup { target, requests, wire, quiet, warnings } = setup;
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
    let result = runtime.block_on(async {
        let mut interrupts = Interrupts::new()
            .map_err(|source| CommandError::System { what: "could not listen for signals", source })?;
        let (network, probed, notes) = tokio::select! {
            prepared = Network::prepare(wire, workload.origins()) => prepared?,
            () = interrupts.next() => return Ok(None),
        };
        if !quiet {
            notes.iter().for_each(|text| note(&format!("warning: {text}")));
        }
        found.addresses = network.address_count();
        found.tls = probed.iter().any(|probed| probed.tls.is_some());
        found.http2 = probed.iter().any(|probed| probed.protocol == Protocol::Http2);
        let network = Arc::new(network);
        let shared = Arc::clone(&network);
        let transport = move |worker| Wire::new(&shared, worker, MonotonicClock);
        let session = Session::start(workers, &workload, transport).await?;
        let streams = probed.iter().map(|probed| probed.streams).collect();
        let mut rig =
            Rig { workload, found, session, streams, interrupts, interrupted: false, quiet, service };
        let result = tokio::select! {
            result = work(&mut rig) => result,
            () = network.refresh() => Ok(None),
        };
        if matches!(result, Ok(Some(_))) {
            rig.session.close();
        }
        result
    });
    // A name lookup that hangs must not keep the process, least of all from saying so.
    runtime.shutdown_background();
    result
}

impl Rig {
    /// Carries out a plan while listening for signals: the first ends the schedule, the second leaves at once (`None`).
    ///
    /// # Errors
    /// When a worker broke down.
    pub(super) async fn run(&mut self, plan: &Plan) -> Result<Option<Ran>, CommandError> {
        self.carry_out(plan, self.quiet).await
    }

    /// The same without a live line: for what is not measured.
    pub(super) async fn run_quietly(&mut self, plan: &Plan) -> Result<Option<Ran>, CommandError> {
        self.carry_out(plan, true).await
    }

    async fn carry_out(&mut self, plan: &Plan, quiet: bool) -> Result<Option<Ran>, CommandError> {
        let plan = &self.on_these_connections(plan);
        let started_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let first = if self.interrupted { Stop::Drain } else { Stop::Run };
        let (stop_sender, stop) = watch::channel(first);
        let live = std::cell::RefCell::new(LiveLine::new(quiet));
        let run = self.session.run(plan, stop, |progress| live.borrow_mut().show(progress));
        let mut run = std::pin::pin!(run);
        let finished = loop {
            tokio::select! {
                finished = run.as_mut() => break Some(finished),
                () = self.interrupts.next() => {
                    if self.interrupted {
                        break None;
                    }
                    self.interrupted = true;
                    let _ = stop_sender.send(Stop::Drain);
                    live.borrow()
                        .remark("interrupted: waiting at most 1 s for answers under way; again to leave at once");
                }
            }
        };
        live.borrow().clear();
        Ok(finished.transpose()?.map(|finished| Ran { finished, started_at }))
    }

    /// Makes the built-in service begin anew, so that runs that are compared find it alike.
    pub(super) fn renew_service(&self) {
        if let Some(service) = &self.service {
            service.renew();
        }
    }

    /// A plan that knows how many requests a connection to each origin carries at once.
    fn on_these_connections(&self, plan: &Plan) -> Plan {
        // A connection that closes after so many requests has room for no more at once: no arrival may count on it.
        let most = if plan.keepalive { plan.max_requests.unwrap_or(u64::MAX) } else { 1 };
        let streams = self.streams.iter().map(|streams| (*streams).min(most)).collect();
        Plan { streams, ..plan.clone() }
    }

    /// What a run amounts to.
    ///
    /// # Errors
    /// When its ledger does not add up.
    pub(super) fn summary(&self, plan: &Plan, ran: Ran) -> Result<Summary, CommandError> {
        let (facts, recorder) = facts_of(
            &self.on_these_connections(plan),
            &self.workload,
            &self.found,
            ran.started_at,
            ran.finished,
        );
        Ok(sum_up(facts, &plan.slos, &recorder, &self.workload)?)
    }
}

fn start_service(model: &ServiceModel, quiet: bool) -> Result<Running, CommandError> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let service = Service::start(model, loopback).map_err(CommandError::Service)?;
    if !quiet {
        note(&format!("no URL given: started the built-in service on {} ({model})", service.url()));
    }
    Ok(service)
}
