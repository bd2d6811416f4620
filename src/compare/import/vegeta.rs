//! vegeta's reports, JSON (nanoseconds) and text: an open loop, but its latency counts from the send. It may wait for a worker
//! before that (`-max-workers`), which is in no figure.

use serde_json::Value;

use super::Problem;
use super::fields::{Fields, Statuses, per_s, share};
use super::text::Report;
use crate::result::{Figure, Loop, Reading};

const VEGETA: &str = "vegeta";

pub(super) fn knows_json(document: &Value) -> bool {
    document.get("latencies").is_some() && document.get("status_codes").is_some()
}

pub(super) fn read_json(document: &Value) -> Result<Vec<Reading>, Problem> {
    const MS: f64 = 1e6;
    let fields = Fields::new(VEGETA, document);
    let latencies = fields.object("latencies");
    let mut reading = Reading::of(VEGETA, Loop::Open);
    let latency = &mut reading.latency;
    for (name, _) in latencies.entries() {
        if let Some(figure) = figure(name) {
            latency.set(figure, latencies.divided(name, MS)?);
        }
    }
    reading.asked_per_s = fields.number("rate")?;
    let (attack, wait) = (fields.divided("duration", 1e9)?, fields.divided("wait", 1e9)?);
    let statuses = fields.object("status_codes").statuses()?;
    fields.required("requests")?;
    finish(&mut reading, statuses, attack.map(|attack| attack + wait.unwrap_or(0.0)));
    Ok(vec![reading])
}

/// `mean`, and percentiles written `99th` in JSON and `99` in text.
fn figure(name: &str) -> Option<Figure> {
    name.parse().ok().or_else(|| Figure::percentile(name.strip_suffix("th").unwrap_or(name)))
}

pub(super) fn knows_text(text: &str) -> bool {
    text.contains("[total, rate") && text.contains("[code:count]")
}

pub(super) fn read_text(text: &str) -> Result<Vec<Reading>, Problem> {
    let report = Report { tool: VEGETA, text };
    let mut reading = Reading::of(VEGETA, Loop::Open);
    for (name, value) in line(&report, "Requests")? {
        if name == "rate" {
            reading.asked_per_s = Some(report.number("rate", value)?);
        }
    }
    let mut duration = None;
    for (name, value) in line(&report, "Duration")? {
        if name == "total" {
            duration = Some(report.millis("duration", value)? / 1e3);
        }
    }
    let latency = &mut reading.latency;
    for (name, value) in line(&report, "Latencies")? {
        if let Some(figure) = figure(name) {
            latency.set(figure, Some(report.millis(name, value)?));
        }
    }
    let codes = report.required("Status Codes")?;
    let mut statuses = Statuses::default();
    for pair in codes.split_whitespace().filter(|word| !word.starts_with('[')) {
        let (code, count) =
            pair.split_once(':').ok_or_else(|| Problem::missing(VEGETA, "count of a status"))?;
        let code = i64::try_from(report.count("status", code)?).unwrap_or(i64::MAX);
        statuses.add(code, report.count("count of a status", count)?);
    }
    finish(&mut reading, statuses, duration);
    Ok(vec![reading])
}

/// `Latencies     [min, mean, max]  1ms, 2ms, 3ms` as pairs of names and values: versions have different ones.
fn line<'a>(report: &Report<'a>, title: &str) -> Result<Vec<(&'a str, &'a str)>, Problem> {
    let rest = report.required(title)?;
    let parts = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (names, values) =
        parts.ok_or_else(|| Problem::missing(VEGETA, &format!("names of the line `{title}`")))?;
    let pairs: Vec<(&str, &str)> =
        names.split(',').map(str::trim).zip(values.split(',').map(str::trim)).collect();
    if names.split(',').count() == values.split(',').count() {
        Ok(pairs)
    } else {
        Err(Problem::missing(VEGETA, &format!("part of the line `{title}`")))
    }
}

fn finish(reading: &mut Reading, statuses: Statuses, duration_s: Option<f64>) {
    reading.requests = Some(statuses.all());
    reading.ok = Some(statuses.good);
    reading.duration_s = duration_s;
    reading.completed_per_s = per_s(statuses.answered(), duration_s);
    reading.error_rate = share(statuses.errors, statuses.all());
    reading.failure_rate = share(statuses.none, statuses.all());
}
