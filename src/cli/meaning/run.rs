//! `run`, checked.

use super::super::args::{ArrivalsArg, OverflowArg, RunArgs};
use super::super::invocation::Typed;
use super::super::output::OutputFile;
use super::super::values::LimitOrAll;
use super::limits::{cap_of, lead_for, threads_of};
use super::network::wire_of;
use super::request::Requests;
use super::target::{TargetChoice, model_of, url_of};
use super::{Machine, Setup, UsageError, format_of, limits, preflight};
use crate::measure::BurstDepth;
use crate::plan::{OverflowPolicy, Plan};
use crate::report::Format;
use crate::schedule::{Arrivals, NANOS_PER_S, Schedule, Source};

/// Descriptors that are not connections: standard streams, timers, the runtimes, output files.
const RESERVED_DESCRIPTORS: u64 = 64;

/// A run that can be started.
#[derive(Debug)]
pub struct RunJob {
    /// When and how much.
    pub plan: Plan,
    /// Where, over which connections, and what is asked.
    pub setup: Setup,
    /// What stdout receives.
    pub format: Format,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

impl RunJob {
    /// Checks the arguments of `run`.
    ///
    /// # Errors
    /// [`UsageError`] naming the cause and the remedy. Nothing has been sent or written then.
    pub fn new(args: &RunArgs, typed: &Typed, machine: Machine) -> Result<Self, UsageError> {
        let mut warnings = Vec::new();
        let RunArgs { rate, traffic, load, open, reporting, .. } = args;
        let (rate, network, request) = (*rate, &traffic.network, &traffic.request);
        let url = url_of(traffic, typed, &mut warnings)?;
        limits::check(request, network, load, reporting)?;
        let schedule = schedule_of(args, typed)?;
        let requests = Requests::new(traffic, load.seed, reporting.no_redact, url.as_ref(), typed)?;
        let target = match url {
            Some(url) => TargetChoice::Url(url),
            None if requests.need_url() => TargetChoice::BuiltIn(model_of(&traffic.service, load.seed)?),
            None => TargetChoice::FromFile,
        };
        // The built-in service holds the other end of every connection in the same process.
        let ends = if matches!(target, TargetChoice::BuiltIn(_)) { 2 } else { 1 };
        let connections = (machine.descriptors.saturating_sub(RESERVED_DESCRIPTORS) / ends).max(1);
        let max_in_flight = cap_of(open, rate, request.timeout.0, connections, &mut warnings);
        let burst = match open.burst {
            LimitOrAll::All => BurstDepth::All,
            LimitOrAll::Number(tokens) => BurstDepth::Tokens(tokens),
        };
        let room = max_in_flight.min(network.connections.unwrap_or(u64::MAX));
        let threads = threads_of(load.threads, rate, machine, room, burst);
        let plan = Plan {
            source: Source::Schedule(schedule),
            timeout_ns: request.timeout.0,
            deadline_ns: request.deadline.map(|span| span.0),
            max_in_flight,
            overflow: match open.overflow {
                OverflowArg::Drop => OverflowPolicy::Drop,
                OverflowArg::Queue => OverflowPolicy::Queue(open.queue),
            },
            burst,
            seed: load.seed,
            threads,
            drain_ns: load.drain.unwrap_or(request.timeout).0,
            keepalive: !network.no_keepalive,
            idle_ns: Some(network.keepalive.0).filter(|idle_ns| *idle_ns > 0),
            max_requests: network.max_requests_per_connection,
            connections: network.connections,
            streams: Vec::new(),
            samples: reporting.samples,
            connect_rate: network.connect_rate,
            lead_ns: open.lead.map_or_else(
                || lead_for(rate.per_second() / threads as f64, machine),
                |span| span.0.min(NANOS_PER_S),
            ),
            expected_rate_per_s: None,
            slos: reporting.slo.clone(),
        };
        let requests_each = if plan.keepalive { plan.max_requests } else { Some(1) };
        let duration_s = schedule.duration_ns() as f64 / 1e9;
        let addresses = network.local_address.len();
        warnings.extend(preflight::ports(rate, duration_s, requests_each, addresses, machine));
        let wire = wire_of(network)?;
        if network.http2 && matches!(target, TargetChoice::BuiltIn(_)) {
            return Err(UsageError::BuiltInHttp2);
        }
        let outputs =
            reporting.output.iter().map(|path| OutputFile::prepare(path)).collect::<Result<_, _>>()?;
        let format = format_of(reporting.format);
        let setup = Setup { target, requests, wire, quiet: reporting.quiet, warnings };
        Ok(Self { plan, setup, format, outputs })
    }
}

fn schedule_of(args: &RunArgs, typed: &Typed) -> Result<Schedule, UsageError> {
    if typed.has("requests") && typed.has("duration") {
        return Err(UsageError::Exclusive("--requests", "--duration"));
    }
    // A flag beats the environment, so a --duration that was typed beats RPSBENCH_REQUESTS.
    let requests = args.requests.filter(|_| !typed.has("duration"));
    let schedule = match requests {
        Some(0) => return Err(UsageError::Zero("--requests")),
        Some(count) => Schedule::for_count(args.rate, count)?,
        None if args.duration.0 == 0 => return Err(UsageError::Zero("--duration")),
        None => Schedule::for_duration(args.rate, args.duration.0)?,
    };
    let arrivals = match args.open.arrivals {
        ArrivalsArg::Constant => Arrivals::Constant,
        ArrivalsArg::Poisson => Arrivals::Poisson,
    };
    Ok(schedule.with_arrivals(arrivals, args.load.seed).with_warmup(args.load.warmup.0)?)
}
