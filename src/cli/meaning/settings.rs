//! The settings of a command's runs, translated from its flags.

use super::super::args::{LoadArgs, OpenRunArgs, OverflowArg, ReportingArgs, TrafficArgs};
use super::super::invocation::Typed;
use super::super::values::LimitOrAll;
use super::{Setup, TargetChoice, UsageError};
use crate::judge::Slo;
use crate::plan::{Auto, Machine, OverflowPolicy, Planner, Settings};
use crate::result::{BurstDepth, Series};
use crate::schedule::{NANOS_PER_S, NamedPhase};

/// What every command has that sends requests. `is_counted`: whether the number of requests was given.
pub(super) fn settings_of(
    traffic: &TrafficArgs,
    load: &LoadArgs,
    reporting: &ReportingArgs,
    setup: &Setup,
    is_counted: bool,
) -> Settings {
    let (request, network) = (&traffic.request, &traffic.network);
    let steps = setup.requests.most_steps();
    Settings {
        steps,
        check: load.is_checked(is_counted) && !matches!(setup.target, TargetChoice::BuiltIn(_)),
        baseline: load.baseline(is_counted),
        warmup_ns: load.warmup_ns(is_counted),
        seed: load.seed,
        threads: load.threads,
        drain_ns: load.drain.map_or_else(|| request.timeout.0.saturating_mul(steps), |drain| drain.0),
        timeout_ns: request.timeout.0,
        deadline_ns: request.deadline.map(|span| span.0),
        keepalive: !network.no_keepalive,
        idle_ns: Some(network.keepalive.0).filter(|idle_ns| *idle_ns > 0),
        max_requests: network.max_requests_per_connection,
        connections: network.connections,
        connect_rate: network.connect_rate,
        local_addresses: setup.wire.unix_socket.is_none().then_some(network.local_address.len() as u64),
        serves_itself: matches!(setup.target, TargetChoice::BuiltIn(_)),
        samples: reporting.samples,
        slos: reporting.slo.clone(),
        ..Settings::plain()
    }
}

/// Checks that objectives on phases are about phases of the run; commands without phases give none.
pub(super) fn check_phases(slos: &[Slo], phases: &[NamedPhase]) -> Result<(), UsageError> {
    let interval_ns = Series::interval_ns(phases.last().map_or(0, |last| last.end_ns));
    // A phase is told from the intervals of the series: it takes a whole one.
    let is_short =
        |phase: &NamedPhase| phase.end_ns < phase.start_ns.div_ceil(interval_ns) * interval_ns + interval_ns;
    let is_on_a_short_one = |slo: &&Slo| {
        slo.phase().is_some_and(|name| phases.iter().any(|phase| phase.name == name && is_short(phase)))
    };
    if let Some(slo) = slos.iter().find(is_on_a_short_one) {
        return Err(UsageError::ShortPhase { slo: slo.to_string(), interval_s: interval_ns / NANOS_PER_S });
    }
    let is_known = |name: &str| phases.iter().any(|phase| phase.name == name);
    let Some(slo) = slos.iter().find(|slo| slo.phase().is_some_and(|name| !is_known(name))) else {
        return Ok(());
    };
    let names: Vec<&str> = phases.iter().map(|phase| phase.name.as_str()).collect();
    let known = match names.as_slice() {
        [] => "there are none; they come with --profile".to_owned(),
        names => format!("there are these: {}", names.join(", ")),
    };
    Err(UsageError::NoSuchPhase { slo: slo.to_string(), known })
}

/// What every command has that makes runs of an open loop: where to send, and who makes the plans.
pub(super) fn open_loop_of(
    args: &OpenRunArgs,
    url: Option<&str>,
    typed: &Typed,
    machine: Machine,
    is_counted: bool,
) -> Result<(Setup, Planner), UsageError> {
    let OpenRunArgs { traffic, load, open, reporting } = args;
    if open.spin && open.lead.is_some() {
        return Err(UsageError::Exclusive("--spin", "--lead"));
    }
    let setup = Setup::new(url, traffic, load, reporting, typed)?;
    let settings = Settings {
        arrivals: open.arrivals,
        max_in_flight: open.max_in_flight,
        overflow: match open.overflow {
            OverflowArg::Drop => OverflowPolicy::Drop,
            OverflowArg::Queue => OverflowPolicy::Queue(open.queue),
        },
        burst: match open.burst {
            LimitOrAll::All => BurstDepth::All,
            LimitOrAll::Number(tokens) => BurstDepth::Tokens(tokens),
        },
        spin: open.spin,
        lead_ns: open.lead.map_or(Auto::Auto, |span| Auto::Given(span.0.min(NANOS_PER_S))),
        ..settings_of(traffic, load, reporting, &setup, is_counted)
    };
    Ok((setup, Planner::new(settings, machine)))
}
