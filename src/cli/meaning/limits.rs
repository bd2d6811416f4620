//! How much at once: the cap, the threads, and how early to wake.

use super::super::args::{LoadArgs, NetworkArgs, ReportingArgs, RequestArgs};
use super::super::values::FewOrAuto;
use super::{Machine, UsageError};
use crate::plan::Plan;
use crate::result::BurstDepth;
use crate::schedule::{NANOS_PER_S, Rate};

/// Longest wait of any kind: a day.
const MAX_WAIT_NS: u64 = 86_400 * NANOS_PER_S;
/// Most streams of a connection: each has a task of its own.
const MOST_STREAMS: u64 = 10_000;
/// Most samples of a kind: each holds a part of a body.
const MOST_SAMPLES: usize = 10_000;
/// One worker thread paces best up to about this rate.
const RATE_PER_THREAD: f64 = 40_000.0;
/// What a wake-up costs anyway: beyond it, waking early takes CPU time in proportion.
const DEFAULT_LEAD_NS: u64 = 20_000;
/// The rate of a thread above which waking early costs more than it gives.
const LEAD_UP_TO_RATE: f64 = 5_000.0;

/// Checks the figures that have bounds.
pub(super) fn check(
    request: &RequestArgs,
    network: &NetworkArgs,
    load: &LoadArgs,
    reporting: &ReportingArgs,
) -> Result<(), UsageError> {
    for (name, span, may_be_zero) in [
        ("--timeout", Some(request.timeout), false),
        ("--deadline", request.deadline, false),
        ("--drain", load.drain, true),
        ("--keepalive", Some(network.keepalive), true),
        ("--dns-ttl", Some(network.dns_ttl), true),
    ] {
        match span {
            Some(span) if span.0 == 0 && !may_be_zero => return Err(UsageError::Zero(name)),
            Some(span) if span.0 > MAX_WAIT_NS => return Err(UsageError::TooLong(name)),
            _ => {}
        }
    }
    for (name, number, most) in [
        ("--connections", network.connections, u64::MAX),
        ("--streams", Some(network.streams), MOST_STREAMS),
        ("--max-requests-per-connection", network.max_requests_per_connection, u64::MAX),
    ] {
        match number {
            Some(0) => return Err(UsageError::Zero(name)),
            Some(number) if number > most => return Err(UsageError::TooMany(name, most)),
            _ => {}
        }
    }
    if reporting.samples > MOST_SAMPLES {
        return Err(UsageError::TooMany("--samples", MOST_SAMPLES as u64));
    }
    Ok(())
}

/// The cap: what was asked for, or what cannot bind within the connections that the file descriptors allow.
pub(super) fn cap_for(asked: FewOrAuto, rate: Rate, timeout_ns: u64, connections: u64) -> u64 {
    match asked {
        FewOrAuto::Auto => Plan::unbound_in_flight(rate, timeout_ns).min(connections),
        FewOrAuto::Number(cap) => cap,
    }
}

/// What the user should know about the cap: that it can bind, or that there is no room for it. `overflows`: what finds it
/// full is not sent.
pub(super) fn warn_of_cap(
    asked: FewOrAuto,
    overflows: bool,
    rate: Rate,
    timeout_ns: u64,
    connections: u64,
) -> Option<String> {
    let unbound = Plan::unbound_in_flight(rate, timeout_ns);
    match asked {
        FewOrAuto::Auto => (unbound > connections).then(|| {
            format!(
                "the cap is {connections} requests in flight, for want of file descriptors; a service that hangs \
                 could need {unbound} (rate x timeout); raise `ulimit -n`, or shorten --timeout"
            )
        }),
        FewOrAuto::Number(cap) if cap > connections => Some(format!(
            "the cap of {cap} requests in flight is more than the {connections} connections that the file \
             descriptors allow; raise `ulimit -n`"
        )),
        FewOrAuto::Number(cap) => (cap < unbound).then(|| {
            format!(
                "the cap of {cap} requests in flight can bind: a slow service could need {unbound} (rate x \
                 timeout); arrivals that find it full are counted as {}",
                if overflows { "overflow" } else { "slot wait" }
            )
        }),
    }
}

/// Every worker needs room for one request and one token of its own.
pub(super) fn threads_of(
    threads: FewOrAuto,
    rate: Rate,
    machine: Machine,
    max_in_flight: u64,
    burst: BurstDepth,
) -> u64 {
    let wanted = match threads {
        FewOrAuto::Number(threads) => threads.min(1_024),
        FewOrAuto::Auto => {
            ((rate.per_second() / RATE_PER_THREAD).ceil() as u64).clamp(1, machine.cores.max(1))
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
pub(super) fn lead_for(rate_of_a_thread: f64, machine: Machine) -> u64 {
    if machine.cores_of_machine > 1 && rate_of_a_thread <= LEAD_UP_TO_RATE { DEFAULT_LEAD_NS } else { 0 }
}
