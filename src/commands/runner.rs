//! What every command that sends requests stands on: the target, the connections and the workers. A command orders one run
//! after another, and the connections stay.

mod before;
mod follow;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::console::Console;
use super::error::CommandError;
use super::facts::asked_of;
use super::live::{self, Display, LiveScreen, Surroundings};
use super::login::log_in;
use super::metrics::Metrics;
use super::partial::Partial;
use super::request_log::RequestLog;
use super::runtime::runtime;
use super::signals::Signals;
use super::stream::Stream;
use super::token_command;
use super::witnesses::Witnesses;
use crate::cli::{Setup, Sharding, TargetChoice, UsageError};
use crate::judge::AbortWatch;
use crate::load::Session;
use crate::measure::Protocol;
use crate::plan::{Plan, Planner, Purpose, Traffic};
use crate::report::text::numbers::counted;
use crate::request::{BodyCoding, Target, Workload};
use crate::result::{LatencyStats, PlanFacts, Summary};
use crate::schedule::{Rate, ScheduleError, Source};
use crate::service::{Running, Service, ServiceModel};
use crate::shard::ClockOffset;
use crate::time::{Clock, MonotonicClock};
use crate::transport::{Network, Proxy, Wire, WireOptions};

/// A body from this many bytes on is not copied.
const LARGE_BODY: usize = 64 << 10;

/// Workers with their connections, ready for runs.
pub(super) struct Runner<'a> {
    planner: &'a Planner,
    threads: u64,
    workload: Workload,
    traffic: Traffic,
    network: Arc<Network>,
    session: Session,
    signals: &'a Signals,
    pub(super) console: Console,
    /// The service time with one request at a time, where it was measured.
    idle: Option<LatencyStats>,
    /// The built-in service, where there is no other.
    service: Option<Running>,
    /// Which part of the schedule is sent from here, and when it starts.
    sharding: Sharding,
    /// When a measurement ends before its time.
    abort: AbortWatch,
    /// Those who see measurements while they go on.
    witnesses: Witnesses,
    /// What the user is to be told as soon as that does not break into the live line.
    remarks: UnboundedReceiver<String>,
    /// What is shown of runs.
    display: Display,
    /// The screen, from the first run on that is shown.
    screen: Option<LiveScreen>,
}

/// Which display a run is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// On the one there is.
    Everywhere,
    /// On a screen only: beside its notes a line would be too much.
    OnScreen,
    Nowhere,
}

impl<'a> Runner<'a> {
    /// Sets up what `setup` says, with `threads` workers, and does `work` with it.
    ///
    /// # Errors
    /// [`CommandError::Left`] when the user left; when there is nobody to send to; and whatever `work` fails with.
    pub(super) fn with<R>(
        setup: Setup,
        planner: &'a Planner,
        threads: u64,
        signals: &'a Signals,
        work: impl AsyncFnOnce(&mut Runner<'a>) -> Result<R, CommandError>,
    ) -> Result<R, CommandError> {
        let Setup {
            target,
            mut requests,
            wire,
            name,
            config,
            sharding,
            abort,
            stream,
            log,
            watchers,
            live,
            quiet,
            warnings,
        } = setup;
        let console = Console::new(quiet);
        let (display, obstacle) = live::choose(live, quiet, &Surroundings::now(stream.as_deref()));
        let stream = stream.as_deref().map(Stream::open).transpose()?;
        warnings.iter().chain(&obstacle).for_each(|warning| console.warn(warning));
        let (base, service) = match target {
            TargetChoice::Url(target) => (Some(target), None),
            TargetChoice::FromFile => (None, None),
            TargetChoice::BuiltIn(model) => {
                let service = start_service(&model, console)?;
                (Some(service.url().parse::<Target>().map_err(UsageError::from)?), Some(service))
            }
        };
        let runtime = runtime()?;
        let token_command = requests.token_command();
        if let Some(command) = &token_command {
            let redactor = requests.redactor();
            let asked = signals.unless_stopped(token_command::first(command, &redactor));
            let fresh = runtime.block_on(asked)?;
            token_command::warning(command, &fresh).iter().for_each(|warning| console.warn(warning));
            requests.take(fresh);
        }
        if let Some(login) = requests.login(base.as_ref())? {
            let (began_ns, first, sent) =
                (MonotonicClock.now_ns(), login.rows.start, counted(login.count(), "request"));
            let patience = Duration::from_nanos(planner.timeout_ns());
            let logging_in = log_in(login, wire.clone(), patience, console);
            let told = runtime.block_on(signals.unless_stopped(logging_in))?;
            requests.take_logins(first, &told);
            let took_s = (MonotonicClock.now_ns() - began_ns) as f64 / 1e9;
            console.note(format_args!("logged in before the load: {sent} in {took_s:.1} s"));
        }
        let (tokens, data_rows) = (requests.token_count(), requests.row_count());
        let workload = requests.into_workload(base.as_ref())?;
        let log = log.map(|log| RequestLog::open(&log.path, log.format, &workload)).transpose()?;
        let insecure = wire.tls.insecure;
        let proxy = wire.proxy.as_ref().map(Proxy::scheme);
        let wire = WireOptions { large_bodies: workload.largest_body() > LARGE_BODY, ..wire };
        let result = runtime.block_on(async {
            let prepared = Network::prepare(wire, workload.origins());
            let (network, probed, remarks) = signals.unless_stopped(prepared).await?;
            remarks.iter().for_each(|remark| console.warn(remark));
            let (method, target) = asked_of(&workload);
            let traffic = Traffic {
                name,
                config,
                method,
                target,
                body_coding: workload.body_coding().map(BodyCoding::name),
                follows_redirects: workload.follows_redirects(),
                tokens,
                data_rows,
                proxy,
                addresses: network.address_count(),
                tls_verification: probed.iter().any(|probed| probed.tls.is_some()).then_some(!insecure),
                streams: probed.iter().map(|probed| probed.streams).collect(),
                is_multiplexed: probed.iter().any(|probed| probed.protocol == Protocol::Http2),
            };
            let about =
                [traffic.method.clone(), traffic.target.clone(), traffic.name.clone().unwrap_or_default()];
            let metrics = Metrics::start(&watchers, about)?;
            let network = Arc::new(network);
            let shared = Arc::clone(&network);
            let transport = move |worker| Wire::new(&shared, worker, MonotonicClock);
            let session = Session::start(threads, &workload, transport).await?;
            let (to_say, remarks) = mpsc::unbounded_channel();
            let warn = |warning| {
                // The other end lives as long as what is running.
                let _ = to_say.send(warning);
            };
            let renewing = token_command::renew(token_command, workload.clone(), warn);
            let mut runner = Runner {
                planner,
                threads,
                workload,
                traffic,
                network: Arc::clone(&network),
                session,
                signals,
                console,
                idle: None,
                service,
                sharding,
                abort,
                witnesses: Witnesses::new(stream, log, metrics),
                remarks,
                display,
                screen: None,
            };
            let refreshing = async {
                network.refresh().await;
                std::future::pending().await
            };
            let working = async {
                runner.check().await?;
                runner.measure_baseline().await?;
                work(&mut runner).await
            };
            let result = tokio::select! {
                result = working => result,
                never = refreshing => never,
                never = renewing => match never {},
            };
            // What follows is for the terminal as it was.
            drop(runner.screen.take());
            while let Ok(warning) = runner.remarks.try_recv() {
                console.warn(warning);
            }
            runner.witnesses.close(result.is_err());
            if result.is_ok() {
                runner.session.close();
            }
            result
        });
        // A name lookup that hangs must not keep the process, least of all from saying so.
        runtime.shutdown_background();
        result
    }

    /// From now on, what there is so far is kept there.
    pub(super) fn keep_partial(&mut self, partial: Option<Rc<Partial>>) {
        self.witnesses.partial = partial;
    }

    /// Where what there is so far is kept, if it is.
    pub(super) fn partial(&self) -> Option<&Partial> {
        self.witnesses.partial.as_deref()
    }

    /// Whether a signal has come: a run that was under way was cut short, and there should be no other.
    pub(super) fn is_stopping(&self) -> bool {
        self.signals.are_stopping()
    }

    /// An open loop at a rate, spaced and warmed up as asked for.
    pub(super) fn at(&self, rate: Rate, length_ns: u64) -> Result<Source, ScheduleError> {
        self.planner.at(rate, length_ns)
    }

    /// Runs it, shows how it goes on, and sums it up. The first signal ends the schedule.
    ///
    /// # Errors
    /// [`CommandError::Left`] at the second signal; when a worker broke down, or the ledger does not add up.
    pub(super) async fn measure(&mut self, source: Source) -> Result<Summary, CommandError> {
        self.measure_on(Shown::Everywhere, source).await
    }

    /// The same on some display only.
    ///
    /// # Errors
    /// As [`Self::measure`].
    pub(super) async fn measure_on(&mut self, shown: Shown, source: Source) -> Result<Summary, CommandError> {
        self.carry_out(source, Purpose::Measurement, shown).await
    }

    /// The same for what the next runs need to know: without samples and objectives.
    pub(super) async fn probe(&mut self, source: Source) -> Result<Summary, CommandError> {
        self.carry_out(source, Purpose::Probe, Shown::Nowhere).await
    }

    /// The plan of a run.
    pub(super) fn plan(&self, source: Source, purpose: Purpose) -> Plan {
        self.planner.plan(source, purpose, self.threads, &self.traffic.streams)
    }

    /// What the result of a run will say of its plan.
    pub(super) fn facts_of(&self, plan: &Plan) -> PlanFacts {
        plan.facts(&self.traffic, 0)
    }

    /// The next measurement starts at this moment, by this clock, of which that of shard 0 is so far ahead.
    pub(super) fn start_at(&mut self, moment: Timestamp, clock: ClockOffset) {
        self.sharding.start_at = Some(moment);
        self.sharding.clock = Some(clock);
    }

    /// Makes the built-in service begin anew, so that runs that are compared find it alike.
    pub(super) fn renew_service(&self) {
        if let Some(service) = &self.service {
            service.renew();
        }
    }
}

/// A rate that was computed from a throughput.
///
/// # Errors
/// [`CommandError::NothingReached`] where it is none, for want of answers.
pub(super) fn rate_of(per_s: f64) -> Result<Rate, CommandError> {
    Rate::of_per_second(per_s).map_err(|_| CommandError::NothingReached)
}

fn start_service(model: &ServiceModel, console: Console) -> Result<Running, CommandError> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let service = Service::start(model, loopback).map_err(CommandError::Service)?;
    console.note(format_args!("no URL given: started the built-in service on {} ({model})", service.url()));
    Ok(service)
}
