//! bombardier's JSON (microseconds) and text: a closed loop of connections, latency from the send.

use serde_json::Value;

use super::Problem;
use super::fields::{Fields, Statuses, per_s, share};
use super::text::Report;
use crate::result::{Figure, Loop, Reading, target_label};

const BOMBARDIER: &str = "bombardier";

pub(super) fn knows_json(document: &Value) -> bool {
    document.pointer("/spec/numberOfConnections").is_some() && document.get("result").is_some()
}

pub(super) fn read_json(document: &Value) -> Result<Vec<Reading>, Problem> {
    const MS: f64 = 1e3;
    let fields = Fields::new(BOMBARDIER, document);
    let (spec, result) = (fields.object("spec"), fields.object("result"));
    let mut reading = Reading::of(BOMBARDIER, Loop::Closed);
    reading.concurrency = spec.count("numberOfConnections")?;
    reading.asked_per_s = spec.number("rate")?;
    reading.target = spec.text("url").map(target_label);
    let latency = result.object("latency");
    latency.latencies(&mut reading.latency, |us| us / MS)?;
    for (percent, _) in latency.object("percentiles").entries() {
        let ms = latency.object("percentiles").divided(percent, MS)?;
        if let Some(figure) = Figure::percentile(percent) {
            reading.latency.set(figure, ms);
        }
    }
    let mut statuses = Statuses::default();
    for (class, field) in (1..).zip(["req1xx", "req2xx", "req3xx", "req4xx", "req5xx"]) {
        statuses.add(class * 100, result.count(field)?.unwrap_or(0));
    }
    statuses.add(0, result.count("others")?.unwrap_or(0));
    let duration_s = Some(result.required("timeTakenSeconds")?);
    reading.completed_per_s = per_s(statuses.answered(), duration_s);
    finish(&mut reading, statuses, duration_s);
    Ok(vec![reading])
}

pub(super) fn knows_text(text: &str) -> bool {
    text.contains("Statistics") && text.contains("Reqs/sec") && text.contains("HTTP codes:")
}

pub(super) fn read_text(text: &str) -> Result<Vec<Reading>, Problem> {
    let report = Report { tool: BOMBARDIER, text };
    let mut reading = Reading::of(BOMBARDIER, Loop::Closed);
    // `Bombarding URL for 10s using 200 connection(s)`, or `with 1000 request(s) using ...`; -p leaves it out.
    let mut duration_s = None;
    if let Some(intro) = report.behind("Bombarding ") {
        let words: Vec<&str> = intro.split_whitespace().collect();
        reading.target = words.first().map(|url| target_label(url));
        for pair in words.windows(2) {
            match pair {
                ["using", count] => reading.concurrency = Some(report.count("number of connections", count)?),
                ["for", time] => duration_s = Some(report.millis("duration", time)? / 1e3),
                _ => {}
            }
        }
    }
    let rate = report.word("rate", report.required("Reqs/sec")?, 0)?;
    reading.completed_per_s = Some(report.number("rate", rate)?);
    let stats = report.required("Latency ")?;
    for (figure, what, place) in [(Figure::Mean, "mean latency", 0), (Figure::Max, "maximum latency", 2)] {
        reading.latency.set(figure, Some(report.millis(what, report.word(what, stats, place)?)?));
    }
    for line in text.lines().skip_while(|line| line.trim() != "Latency Distribution").skip(1) {
        let Some((percent, time)) = line.trim().split_once('%') else { break };
        let ms = report.millis("time of a percentile", time)?;
        if let Some(figure) = Figure::percentile(percent.trim()) {
            reading.latency.set(figure, Some(ms));
        }
    }
    let mut statuses = Statuses::default();
    let codes = report.required("1xx - ")?;
    for (class, part) in (1..).zip(codes.split(',')) {
        let count = part.rsplit(' ').next().unwrap_or_default();
        statuses.add(class * 100, report.count("count of a status", count)?);
    }
    statuses.add(0, report.count("count of others", report.required("others - ")?)?);
    finish(&mut reading, statuses, duration_s);
    Ok(vec![reading])
}

fn finish(reading: &mut Reading, statuses: Statuses, duration_s: Option<f64>) {
    reading.requests = Some(statuses.all());
    reading.ok = Some(statuses.good);
    reading.duration_s = duration_s;
    reading.error_rate = share(statuses.errors, statuses.all());
    reading.failure_rate = share(statuses.none, statuses.all());
}
