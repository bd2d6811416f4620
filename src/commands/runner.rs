//! What every command that sends requests stands on: the target, the connections and the workers. A command orders one run
//! after another, and the connections stay.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

use super::console::{Console, Lengths, ProgressLine};
use super::error::CommandError;
use super::facts::{asked_of, facts_of};
use super::first_request;
use super::idle::{Alone, measure_idle};
use super::signals::Signals;
use crate::cli::{Setup, TargetChoice, UsageError};
use crate::judge::sum_up;
use crate::load::Session;
use crate::measure::{Protocol, Recorder};
use crate::plan::{Auto, Plan, Planner, Purpose, Traffic};
use crate::request::{Target, Workload};
use crate::result::{LatencyStats, RunFacts, Summary};
use crate::schedule::{ClosedLoop, LoopEnd, Rate, ScheduleError, Source};
use crate::service::{Running, Service, ServiceModel};
use crate::time::MonotonicClock;
use crate::transport::{Network, Wire, WireOptions};

/// A body from this many bytes on is not copied.
const LARGE_BODY: usize = 64 << 10;

/// Workers with their connections, ready for runs.
pub(super) struct Runner<'a> {
    planner: &'a Planner,
    threads: u64,
    workload: Workload,
    traffic: Traffic,
    session: Session,
    signals: &'a Signals,
    pub(super) console: Console,
    /// The service time with one request at a time, where it was measured.
    idle: Option<LatencyStats>,
    /// The built-in service, where there is no other.
    service: Option<Running>,
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
        let Setup { target, requests, wire, name, quiet, warnings } = setup;
        let console = Console::new(quiet);
        warnings.iter().for_each(|warning| console.warn(warning));
        let (base, service) = match target {
            TargetChoice::Url(target) => (Some(target), None),
            TargetChoice::FromFile => (None, None),
            TargetChoice::BuiltIn(model) => {
                let service = start_service(&model, console)?;
                (Some(service.url().parse::<Target>().map_err(UsageError::from)?), Some(service))
            }
        };
        let (tokens, data_rows) = (requests.token_count(), requests.row_count());
        let workload = requests.into_workload(base.as_ref())?;
        let insecure = wire.tls.insecure;
        let wire = WireOptions { large_bodies: workload.largest_body() > LARGE_BODY, ..wire };
        let runtime = runtime()?;
        let result = runtime.block_on(async {
            let prepared = Network::prepare(wire, workload.origins());
            let (network, probed, remarks) = signals.unless_stopped(prepared).await?;
            remarks.iter().for_each(|remark| console.warn(remark));
            let (method, target) = asked_of(&workload);
            let traffic = Traffic {
                name,
                method,
                target,
                tokens,
                data_rows,
                addresses: network.address_count(),
                tls_verification: probed.iter().any(|probed| probed.tls.is_some()).then_some(!insecure),
                streams: probed.iter().map(|probed| probed.streams).collect(),
                is_multiplexed: probed.iter().any(|probed| probed.protocol == Protocol::Http2),
            };
            let network = Arc::new(network);
            let shared = Arc::clone(&network);
            let transport = move |worker| Wire::new(&shared, worker, MonotonicClock);
            let session = Session::start(threads, &workload, transport).await?;
            let mut runner = Runner {
                planner,
                threads,
                workload,
                traffic,
                session,
                signals,
                console,
                idle: None,
                service,
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
            };
            if result.is_ok() {
                runner.session.close();
            }
            result
        });
        // A name lookup that hangs must not keep the process, least of all from saying so.
        runtime.shutdown_background();
        result
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
        self.carry_out(source, Purpose::Measurement, self.console).await
    }

    /// The same without a progress line, where the command itself says how it goes on.
    pub(super) async fn measure_quietly(&mut self, source: Source) -> Result<Summary, CommandError> {
        self.carry_out(source, Purpose::Measurement, Console::new(true)).await
    }

    /// The same for what the next runs need to know: without samples and objectives.
    pub(super) async fn probe(&mut self, source: Source) -> Result<Summary, CommandError> {
        self.carry_out(source, Purpose::Probe, Console::new(true)).await
    }

    /// Sends one request, if that was asked for, and goes on only where it gets a good answer; up to three where it does not.
    async fn check(&mut self) -> Result<(), CommandError> {
        for tries in 1..=first_request::TRIES {
            if !self.planner.is_checked() || self.is_stopping() {
                break;
            }
            let source = Source::Users(ClosedLoop::new(1, LoopEnd::Requests(1))?);
            let summary = self.carry_out(source, Purpose::Check, Console::new(true)).await?;
            // What an interrupt cut off says nothing about the target.
            if summary.ledger.ok > 0 || self.is_stopping() {
                break;
            }
            if tries == first_request::TRIES || !first_request::is_worth_another_try(&summary) {
                let is_tls = self.traffic.tls_verification.is_some();
                return Err(CommandError::FirstRequest(first_request::refusal(&summary, tries, is_tls)));
            }
        }
        Ok(())
    }

    /// Measures the idle baseline of all runs, if one was asked for. What comes next finds the service as if nothing had been.
    async fn measure_baseline(&mut self) -> Result<(), CommandError> {
        let requests = self.planner.baseline();
        let idle = measure_idle(requests, async |end| self.one_at_a_time(end).await).await?;
        if idle.is_none() && requests != Auto::Given(0) && !self.is_stopping() {
            self.console.warn("no idle baseline, because the first request got no good answer");
        }
        self.idle = idle;
        self.renew_service();
        Ok(())
    }

    /// One user, who sends until `end`.
    async fn one_at_a_time(&mut self, end: LoopEnd) -> Result<Alone, CommandError> {
        let source = Source::Users(ClosedLoop::new(1, end)?);
        let plan = self.planner.plan(source, Purpose::Probe, self.threads, &self.traffic.streams);
        let (facts, recorder) = self.follow(&plan, Console::new(true)).await?;
        let took_ns = facts.elapsed_ns.unwrap_or(facts.window_ns);
        Ok(Alone { times: recorder.total().service, took_ns })
    }

    async fn carry_out(
        &mut self,
        source: Source,
        purpose: Purpose,
        console: Console,
    ) -> Result<Summary, CommandError> {
        let plan = self.planner.plan(source, purpose, self.threads, &self.traffic.streams);
        let (facts, recorder) = self.follow(&plan, console).await?;
        Ok(sum_up(facts, &plan.slos, &recorder, &self.workload)?)
    }

    async fn follow(&mut self, plan: &Plan, console: Console) -> Result<(RunFacts, Recorder), CommandError> {
        let started_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let line = RefCell::new(ProgressLine::new(console, Lengths::of(plan)));
        let known = self.is_stopping();
        let run = self.session.run(plan, self.signals.stop(), |progress| line.borrow_mut().show(progress));
        let saying_that_it_ends = async {
            self.signals.stopped().await;
            if known {
                return std::future::pending().await;
            }
            line.borrow()
                .remark("interrupted: waiting at most 1 s for answers under way; again to leave at once");
            std::future::pending().await
        };
        let finished = tokio::select! {
            finished = self.signals.unless_left(run) => finished,
            never = saying_that_it_ends => never,
        };
        line.borrow().clear();
        let (facts, recorder) = facts_of(plan, &self.workload, &self.traffic, started_at, finished?);
        Ok((RunFacts { idle: self.idle.clone(), ..facts }, recorder))
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

pub(super) fn runtime() -> Result<Runtime, CommandError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|source| CommandError::System { what: "could not start the runtime", source })
}

fn start_service(model: &ServiceModel, console: Console) -> Result<Running, CommandError> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let service = Service::start(model, loopback).map_err(CommandError::Service)?;
    console.note(format_args!("no URL given: started the built-in service on {} ({model})", service.url()));
    Ok(service)
}
