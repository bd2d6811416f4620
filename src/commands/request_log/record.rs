//! A request as a row of CSV.

use std::io::{self, Write};

use super::Endpoint;
use crate::load::{Ended, Lot};
use crate::measure::{HttpFault, Outcome};
use crate::schedule::Phase;

/// The columns. Instants are in seconds since the start of the measurement, below 0 in the warm-up; spans in milliseconds.
const COLUMNS: [&str; 18] = [
    "run",
    "phase",
    "index",
    "endpoint",
    "unix_s",
    "intended_s",
    "sent_s",
    "end_s",
    "outcome",
    "status",
    "error",
    "body_bytes",
    "response_ms",
    "service_ms",
    "send_lag_ms",
    "slot_wait_ms",
    "connect_ms",
    "connection",
];

pub(super) fn write_header(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join(","))
}

/// Writes the rows of a lot.
pub(super) fn write(out: &mut impl Write, lot: &Lot, endpoints: &[Endpoint]) -> io::Result<()> {
    let mut rows = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    for ended in &lot.ended {
        rows.write_record(row(ended, lot, endpoints))?;
    }
    rows.flush()
}

fn row(ended: &Ended, lot: &Lot, endpoints: &[Endpoint]) -> [String; COLUMNS.len()] {
    let (run, sample) = (lot.run, ended.sample);
    let since_start = |at_ns: u64| seconds(i128::from(at_ns) - i128::from(run.measured_from_ns));
    let intended_ns = sample.slot.intended_ns;
    let unix_ns = i128::from(run.unix_ns) + i128::from(intended_ns) - i128::from(run.origin_ns);
    let (outcome, status, error) = words(sample.outcome);
    let timeline = sample.timeline;
    let instant = |of: fn(&crate::measure::Timeline) -> u64| {
        timeline.map_or_else(String::new, |timeline| since_start(of(&timeline)))
    };
    let span = |nanos: Option<u64>| nanos.map_or_else(String::new, millis);
    [
        run.number.to_string(),
        match sample.slot.phase {
            Phase::Warmup => "warmup",
            Phase::Measured => "measured",
        }
        .to_owned(),
        sample.slot.index.to_string(),
        endpoints.get(sample.endpoint as usize).map_or_else(String::new, |endpoint| endpoint.name.clone()),
        seconds(unix_ns),
        since_start(intended_ns),
        instant(|timeline| timeline.sent_ns),
        instant(|timeline| timeline.end_ns),
        outcome.to_owned(),
        status.map_or_else(String::new, |status| status.to_string()),
        error.to_owned(),
        if timeline.is_some() { sample.body_bytes.to_string() } else { String::new() },
        span(timeline.map(|timeline| timeline.response_ns(sample.slot))),
        span(timeline.map(|timeline| timeline.service_ns())),
        span(timeline.map(|timeline| timeline.send_lag_ns(sample.slot))),
        span(timeline.map(|timeline| timeline.slot_wait_ns())),
        span(timeline.map(|timeline| timeline.connect_ns())),
        ended.connection.map_or_else(String::new, |number| number.to_string()),
    ]
}

/// The column of the ledger, the status, and what went wrong.
pub(super) fn words(outcome: Outcome) -> (&'static str, Option<u16>, &'static str) {
    match outcome {
        Outcome::Ok { status } => ("ok", Some(status), ""),
        Outcome::HttpError { status, fault } => {
            let error = match fault {
                HttpFault::Status => "status",
                HttpFault::Throttled => "throttled",
                HttpFault::Body => "unexpected_body",
            };
            ("http_error", Some(status), error)
        }
        Outcome::Timeout => ("timeout", None, ""),
        Outcome::ConnectionError(kind) => ("connection_error", None, kind.name()),
        Outcome::Unfinished => ("unfinished", None, ""),
        Outcome::Overflow => ("overflow", None, ""),
        Outcome::Missed => ("missed", None, ""),
        Outcome::Cancelled => ("cancelled", None, ""),
    }
}

/// To the nanosecond.
fn seconds(nanos: i128) -> String {
    let (sign, nanos) = if nanos < 0 { ("-", nanos.unsigned_abs()) } else { ("", nanos.unsigned_abs()) };
    format!("{sign}{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

fn millis(nanos: u64) -> String {
    format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::RunStamp;
    use crate::measure::{ErrorKind, Sample, Timeline};
    use crate::schedule::Slot;

    #[test]
    fn a_row_has_the_instants_and_the_parts_of_the_response() {
        let run = RunStamp {
            number: 2,
            origin_ns: 1_000,
            measured_from_ns: 5_000_001_000,
            unix_ns: 1_700_000_000_000_000_000,
        };
        let at = |nanos: u64| 5_000_001_000 + nanos;
        let slot = Slot { index: 7, phase: Phase::Measured, intended_ns: at(250_000_000) };
        let timeline = Timeline {
            due_ns: at(250_100_000),
            admitted_ns: at(250_200_000),
            ready_ns: at(250_500_000),
            sent_ns: at(250_600_000),
            first_byte_ns: at(260_000_000),
            end_ns: at(261_600_000),
            receive_lag_ns: None,
        };
        let outcome = Outcome::HttpError { status: 503, fault: HttpFault::Throttled };
        let sample = Sample { slot, endpoint: 0, outcome, timeline: Some(timeline), body_bytes: 12 };
        let early = Slot { index: 0, phase: Phase::Warmup, intended_ns: 1_000 };
        let unsent = Sample::unsent(early, 9, Outcome::ConnectionError(ErrorKind::Dns));
        let endpoint = Endpoint { name: "a, b".to_owned(), method: "GET".to_owned(), target: "/".to_owned() };
        let mut text = Vec::new();
        write_header(&mut text).unwrap();
        let ended = vec![
            Ended { sample, connection: std::num::NonZeroU64::new(31) },
            Ended { sample: unsent, connection: None },
        ];
        write(&mut text, &Lot { run, ended }, &[endpoint]).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].split(',').count(), COLUMNS.len());
        assert_eq!(
            lines[1],
            "2,measured,7,\"a, b\",1700000005.250000000,0.250000000,0.250600000,0.261600000,http_error,503,throttled,12,\
             11.600000,11.000000,0.200000,0.100000,0.300000,31"
        );
        assert_eq!(lines[2], "2,warmup,0,,1700000000.000000000,-5.000000000,,,connection_error,,dns,,,,,,,");
    }
}
