//! The figures that have bounds.

use super::super::args::{LoadArgs, NetworkArgs, ReportingArgs, RequestArgs};
use super::UsageError;
use crate::schedule::NANOS_PER_S;

/// Longest wait of any kind: a day.
const MAX_WAIT_NS: u64 = 86_400 * NANOS_PER_S;
/// Most streams of a connection: each has a task of its own.
const MOST_STREAMS: u64 = 10_000;
/// Most samples of a kind: each holds a part of a body.
const MOST_SAMPLES: usize = 10_000;

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
