//! What it means: arguments, checked against each other and against the machine.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use http::Method;

use super::args::{ArrivalsArg, FormatArg, OverflowArg, ReportArgs, RunArgs, ServeArgs, ServiceArgs};
use super::invocation::Typed;
use super::output::{OutputError, OutputFile};
use super::values::{FewOrAuto, LimitOrAll};
use crate::measure::BurstDepth;
use crate::plan::{OverflowPolicy, Plan};
use crate::report::Format;
use crate::request::{HeaderError, Target, TargetError, Workload, parse_header};
use crate::schedule::{Arrivals, NANOS_PER_S, Schedule, ScheduleError};
use crate::service::{Freeze, ModelError, ServiceModel};

/// One worker thread paces best up to about this rate.
const RATE_PER_THREAD: f64 = 40_000.0;
/// Descriptors that are not connections: standard streams, timers, the runtimes, output files.
const RESERVED_DESCRIPTORS: u64 = 64;
/// What a wake-up costs anyway: beyond it, waking early takes CPU time in proportion.
const DEFAULT_LEAD_NS: u64 = 20_000;
/// The rate of a thread above which waking early costs more than it gives.
const LEAD_UP_TO_RATE: f64 = 5_000.0;
/// Longest timeout, drain or deadline: a day.
const MAX_WAIT_NS: u64 = 86_400 * NANOS_PER_S;
/// Largest accepted body: every request in flight refers to the same one, so this guards against a wrong file.
const MAX_BODY_BYTES: u64 = 1 << 30;

/// What the machine has to give.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: u64,
    /// Cores of the whole machine.
    pub cores_of_machine: u64,
    /// File descriptors that this process may open.
    pub descriptors: u64,
}

/// Where requests go.
#[derive(Debug)]
pub enum TargetChoice {
    /// To a given URL.
    Url(Target),
    /// To the built-in service, started for this run.
    BuiltIn(ServiceModel),
}

/// A run that can be started.
#[derive(Debug)]
pub struct RunJob {
    /// When and how much.
    pub plan: Plan,
    /// Where.
    pub target: TargetChoice,
    method: Method,
    headers: Vec<(http::HeaderName, http::HeaderValue)>,
    body: Bytes,
    /// What stdout receives.
    pub format: Format,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
    /// No live line, no warnings.
    pub quiet: bool,
    /// What the user should know before the run.
    pub warnings: Vec<String>,
}

/// A saved result to be printed.
#[derive(Debug)]
pub struct ReportJob {
    /// The file; `-` is stdin.
    pub file: PathBuf,
    /// What stdout receives.
    pub format: Format,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

/// The built-in service on its own.
#[derive(Debug)]
pub struct ServeJob {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How it behaves.
    pub model: ServiceModel,
}

/// The arguments do not make sense together, or name something that is not there.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The URL.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A command where a URL was expected.
    #[error("`{0}` stands where a URL is expected; a command comes first: rpsbench {0} ...")]
    CommandLast(String),
    /// Both the argument and the flag, with different URLs.
    #[error("two URLs are given, as an argument and with --url; leave one out")]
    TwoTargets,
    /// The schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The method.
    #[error("`{0}` is not an HTTP method; write GET, POST, PUT and so on")]
    Method(String),
    /// Two flags that exclude each other.
    #[error("{0} and {1} cannot be used together; leave one out")]
    Exclusive(&'static str, &'static str),
    /// A value that must be above zero.
    #[error("{0} must be above 0")]
    Zero(&'static str),
    /// A wait beyond a day.
    #[error("{0} must be at most 24h")]
    TooLong(&'static str),
    /// The body file.
    #[error("cannot read the body file `{path}`: {cause}; check the path")]
    BodyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// An output file.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The built-in service.
    #[error(transparent)]
    Service(#[from] ModelError),
}

impl RunJob {
    /// Checks the arguments of `run`.
    ///
    /// # Errors
    /// [`UsageError`] naming the cause and the remedy. Nothing has been sent or written then.
    pub fn new(args: &RunArgs, typed: &Typed, machine: Machine) -> Result<Self, UsageError> {
        let mut warnings = Vec::new();
        let target = target_of(args, typed, &mut warnings)?;
        let schedule = schedule_of(args, typed)?;
        for (name, span) in
            [("--timeout", Some(args.timeout)), ("--deadline", args.deadline), ("--drain", args.drain)]
        {
            match span {
                Some(span) if span.0 == 0 && name != "--drain" => return Err(UsageError::Zero(name)),
                Some(span) if span.0 > MAX_WAIT_NS => return Err(UsageError::TooLong(name)),
                _ => {}
            }
        }
        // The built-in service holds the other end of every connection in the same process.
        let ends = if matches!(target, TargetChoice::BuiltIn(_)) { 2 } else { 1 };
        let connections = (machine.descriptors.saturating_sub(RESERVED_DESCRIPTORS) / ends).max(1);
        let max_in_flight = cap_of(args, connections, &mut warnings);
        let burst = match args.burst {
            LimitOrAll::All => BurstDepth::All,
            LimitOrAll::Number(tokens) => BurstDepth::Tokens(tokens),
        };
        let threads = threads_of(args, machine, max_in_flight, burst);
        let plan = Plan {
            schedule,
            timeout_ns: args.timeout.0,
            deadline_ns: args.deadline.map(|span| span.0),
            max_in_flight,
            overflow: match args.overflow {
                OverflowArg::Drop => OverflowPolicy::Drop,
                OverflowArg::Queue => OverflowPolicy::Queue(args.queue),
            },
            burst,
            seed: args.seed,
            threads,
            drain_ns: args.drain.unwrap_or(args.timeout).0,
            keepalive: !args.no_keepalive,
            idle_ns: None,
            max_requests: None,
            connections: None,
            streams: 1,
            samples: 0,
            connect_rate: args.connect_rate,
            lead_ns: args.lead.map_or_else(
                || lead_for(args.rate.per_second() / threads as f64, machine),
                |span| span.0.min(NANOS_PER_S),
            ),
            slos: args.slo.clone(),
        };
        let body = body_of(args, typed)?;
        let headers = args.header.iter().map(|text| parse_header(text)).collect::<Result<_, _>>()?;
        let method = match &args.method {
            None if args.body.is_some() || args.body_file.is_some() => Method::POST,
            None => Method::GET,
            Some(name) => Method::from_bytes(name.to_uppercase().as_bytes())
                .map_err(|_| UsageError::Method(name.clone()))?,
        };
        let outputs = args.output.iter().map(|path| OutputFile::prepare(path)).collect::<Result<_, _>>()?;
        let format = format_of(args.format);
        Ok(Self { plan, target, method, headers, body, format, outputs, quiet: args.quiet, warnings })
    }

    /// The request method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The requests, to a target.
    pub fn workload(&self, target: &Target) -> Workload {
        Workload::single(target, self.method.clone(), &self.headers, self.body.clone(), self.plan.keepalive)
    }
}

impl ReportJob {
    /// Checks the arguments of `report`.
    ///
    /// # Errors
    /// [`UsageError`] when an output cannot be written.
    pub fn new(args: &ReportArgs) -> Result<Self, UsageError> {
        let outputs = args.output.iter().map(|path| OutputFile::prepare(path)).collect::<Result<_, _>>()?;
        Ok(Self { file: args.file.clone(), format: format_of(args.format), outputs })
    }
}

impl ServeJob {
    /// Checks the arguments of `serve`.
    ///
    /// # Errors
    /// [`UsageError`] when the service cannot be as described.
    pub fn new(args: &ServeArgs) -> Result<Self, UsageError> {
        Ok(Self { listen: args.listen, model: model_of(&args.service, args.seed)? })
    }
}

fn format_of(format: FormatArg) -> Format {
    match format {
        FormatArg::Text => Format::Text,
        FormatArg::Json => Format::Json,
        FormatArg::Csv => Format::Csv,
    }
}

fn target_of(args: &RunArgs, typed: &Typed, warnings: &mut Vec<String>) -> Result<TargetChoice, UsageError> {
    let text = match (&args.target, &args.url) {
        (Some(argument), Some(flag)) if typed.has("url") && argument != flag => {
            return Err(UsageError::TwoTargets);
        }
        (Some(argument), _) => argument,
        (None, Some(flag)) => flag,
        (None, None) => return Ok(TargetChoice::BuiltIn(model_of(&args.service, args.seed)?)),
    };
    if ["run", "report", "serve"].contains(&text.as_str()) {
        return Err(UsageError::CommandLast(text.clone()));
    }
    let of_the_service = ["workers", "service_time", "sigma", "queue_max", "freeze_at", "freeze_for"];
    if let Some(flag) = of_the_service.iter().find(|flag| typed.has(flag)) {
        let flag = flag.replace('_', "-");
        warnings.push(format!("--{flag} has no effect: requests go to the URL, not to the built-in service"));
    }
    Ok(TargetChoice::Url(text.parse()?))
}

fn model_of(args: &ServiceArgs, seed: u64) -> Result<ServiceModel, UsageError> {
    let model = ServiceModel {
        workers: args.workers,
        service_time_ns: args.service_time.0,
        sigma: args.sigma,
        seed,
        queue_max: args.queue_max,
        freeze: args
            .freeze_at
            .zip(args.freeze_for)
            .map(|(at, length)| Freeze { at_ns: at.0, for_ns: length.0 }),
    };
    model.validate()?;
    Ok(model)
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
    let arrivals = match args.arrivals {
        ArrivalsArg::Constant => Arrivals::Constant,
        ArrivalsArg::Poisson => Arrivals::Poisson,
    };
    Ok(schedule.with_arrivals(arrivals, args.seed).with_warmup(args.warmup.0)?)
}

fn cap_of(args: &RunArgs, connections: u64, warnings: &mut Vec<String>) -> u64 {
    let unbound = Plan::unbound_in_flight(args.rate, args.timeout.0);
    match args.max_in_flight {
        FewOrAuto::Auto => {
            if unbound > connections {
                warnings.push(format!(
                    "the cap is {connections} requests in flight, for want of file descriptors; a service that hangs \
                     could need {unbound} (rate x timeout); raise `ulimit -n`, or shorten --timeout"
                ));
            }
            unbound.min(connections)
        }
        FewOrAuto::Number(cap) => {
            if cap < unbound {
                warnings.push(format!(
                    "the cap of {cap} requests in flight can bind: a slow service could need {unbound} (rate x \
                     timeout); arrivals that find it full are counted as {}",
                    if args.overflow == OverflowArg::Drop { "overflow" } else { "slot wait" }
                ));
            }
            if cap > connections {
                warnings.push(format!(
                    "the cap of {cap} requests in flight is more than the {connections} connections that the file \
                     descriptors allow; raise `ulimit -n`"
                ));
            }
            cap
        }
    }
}

/// Every worker needs room for one request and one token of its own.
fn threads_of(args: &RunArgs, machine: Machine, max_in_flight: u64, burst: BurstDepth) -> u64 {
    let wanted = match args.threads {
        FewOrAuto::Number(threads) => threads.min(1_024),
        FewOrAuto::Auto => {
            ((args.rate.per_second() / RATE_PER_THREAD).ceil() as u64).clamp(1, machine.cores.max(1))
        }
    };
    let tokens = match burst {
        BurstDepth::All => u64::MAX,
        BurstDepth::Tokens(tokens) => u64::from(tokens),
    };
    wanted.min(max_in_flight).min(tokens)
}

/// How early to wake up: see docs/performance.md for the measurement. At a high rate the waits are too short for it to
/// cost nothing. On a machine with one core, yielding would take the time of whoever is waited for.
fn lead_for(rate_of_a_thread: f64, machine: Machine) -> u64 {
    if machine.cores_of_machine > 1 && rate_of_a_thread <= LEAD_UP_TO_RATE { DEFAULT_LEAD_NS } else { 0 }
}

fn body_of(args: &RunArgs, typed: &Typed) -> Result<Bytes, UsageError> {
    if typed.has("body") && typed.has("body_file") {
        return Err(UsageError::Exclusive("--body", "--body-file"));
    }
    let from_file = args.body_file.as_ref().filter(|_| !typed.has("body"));
    match (from_file, &args.body) {
        (Some(path), _) => {
            let fail = |cause: String| UsageError::BodyFile { path: path.clone(), cause };
            let mut body = Vec::new();
            let file = File::open(path).map_err(|error| fail(error.to_string()))?;
            file.take(MAX_BODY_BYTES + 1).read_to_end(&mut body).map_err(|error| fail(error.to_string()))?;
            if body.len() as u64 > MAX_BODY_BYTES {
                return Err(fail(format!("it is larger than {} MiB", MAX_BODY_BYTES >> 20)));
            }
            Ok(Bytes::from(body))
        }
        (None, Some(text)) => Ok(Bytes::from(text.clone())),
        (None, None) => Ok(Bytes::new()),
    }
}
