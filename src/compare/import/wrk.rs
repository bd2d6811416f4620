//! wrk's and wrk2's text.
//!
//! wrk is a closed loop of connections, its latency counts from the send. wrk2 prints the same report, but sends to a plan and
//! counts from it; its percentiles have three decimals, and it says `Recorded Latency`. With `--u_latency` it prints those
//! from the send too, below; they are not read.

use super::Problem;
use super::fields::{per_s, share};
use super::text::{Report, number};
use crate::result::{Figure, Loop, Reading, TimedFrom, Times, target_label};

const WRK: &str = "wrk";
const WRK2: &str = "wrk2";
/// Wrk2's plain report, without `--latency`, has only this to tell it by.
const CALIBRATION: &str = "Thread calibration:";

pub(super) fn knows(text: &str) -> bool {
    text.contains(" test @ ") && text.contains("Thread Stats")
}

pub(super) fn read(text: &str) -> Result<Vec<Reading>, Problem> {
    let planned = text.contains("Recorded Latency") || text.contains(CALIBRATION);
    let report = Report { tool: if planned { WRK2 } else { WRK }, text };
    let mut reading = if planned {
        Reading {
            clock: TimedFrom::IntendedTime,
            clock_words: "from the intended time".to_owned(),
            ..Reading::of(WRK2, Loop::Open)
        }
    } else {
        Reading::of(WRK, Loop::Closed)
    };
    let url = text.lines().find_map(|line| line.split_once(" test @ ")).map(|(_, url)| url.trim());
    reading.target = url.map(target_label);
    let connections = text.lines().find_map(|line| line.trim().strip_suffix(" connections"));
    let connections = connections.and_then(|line| line.split_whitespace().last());
    reading.concurrency = connections.map(|count| report.count("connections", count)).transpose()?;

    let stats = report.required("Latency ")?;
    for (figure, what, place) in [(Figure::Mean, "mean latency", 0), (Figure::Max, "maximum latency", 2)] {
        reading.latency.set(figure, Some(report.millis(what, report.word(what, stats, place)?)?));
    }
    percentiles(&report, &mut reading.latency)?;
    counts(&report, &mut reading)?;
    if text.contains("Requests/sec:") {
        Ok(vec![reading])
    } else {
        Err(Problem::missing(report.tool, "line `Requests/sec:`"))
    }
}

/// The lines of `--latency`: `50%    9.54ms`, wrk2's `50.000%    6.67ms`; of wrk2's spectrum, p95 only.
fn percentiles(report: &Report<'_>, times: &mut Times) -> Result<(), Problem> {
    let distribution = report.text.lines().skip_while(|line| !line.contains("Latency Distribution"));
    for line in distribution.skip(1) {
        let mut words = line.split_whitespace();
        let Some(percent) = words.next().and_then(|word| word.strip_suffix('%')) else { break };
        let percent = report.number("percentile", percent)?;
        let time = words.next().ok_or_else(|| Problem::missing(report.tool, "time of a percentile"))?;
        let ms = report.millis("time of a percentile", time)?;
        if let Some(figure) = Figure::percentile(&percent.to_string()) {
            times.set(figure, Some(ms));
        }
    }
    let spectrum = report.text.lines().skip_while(|line| !line.contains("Detailed Percentile spectrum"));
    for line in spectrum.skip(1).take_while(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ([value, "0.950000", ..], None) = (words.as_slice(), times.exact(Figure::P95)) {
            times.set(Figure::P95, number(value));
        }
    }
    Ok(())
}

/// `2384 requests in 3.00s, 325.94KB read`, and the two lines that only a run with errors has.
fn counts(report: &Report<'_>, reading: &mut Reading) -> Result<(), Problem> {
    let line = report.text.lines().map(str::trim).find(|line| line.contains(" requests in "));
    let line = line.ok_or_else(|| Problem::missing(report.tool, "line `N requests in T`"))?;
    let (answered, rest) = line.split_once(" requests in ").unwrap_or_default();
    let answered = report.count("number of requests", answered)?;
    let duration = report.millis("duration", rest.split(',').next().unwrap_or_default())? / 1e3;
    let bad = report.behind("Non-2xx or 3xx responses:");
    let bad = bad.map_or(Ok(0), |count| report.count("number of errors", count))?;
    let mut failed = 0_u64;
    if let Some(sockets) = report.behind("Socket errors:") {
        for part in sockets.split(',') {
            let count = report.word("count of socket errors", part, 1)?;
            failed = failed.saturating_add(report.count("count of socket errors", count)?);
        }
    }
    let all = answered.saturating_add(failed);
    reading.requests = Some(all);
    reading.ok = Some(answered.saturating_sub(bad));
    reading.duration_s = Some(duration);
    reading.completed_per_s = per_s(answered, Some(duration));
    (reading.error_rate, reading.failure_rate) = (share(bad, all), share(failed, all));
    Ok(())
}
