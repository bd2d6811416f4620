//! fortio's JSON: a closed loop of threads, each with its part of a rate (`-qps`) or none; times in seconds, from the send. A
//! thread that is late catches up, but what its requests waited is in no figure.

use serde_json::Value;

use super::Problem;
use super::fields::{Fields, per_s, share};
use crate::result::{Figure, Loop, Reading, target_label};

const FORTIO: &str = "fortio";

pub(super) fn knows(document: &Value) -> bool {
    document.get("DurationHistogram").is_some() && document.get("ActualQPS").is_some()
}

pub(super) fn read(document: &Value) -> Result<Vec<Reading>, Problem> {
    let fields = Fields::new(FORTIO, document);
    let times = fields.object("DurationHistogram");
    let mut reading = Reading::of(FORTIO, Loop::Closed);
    reading.version = fields.text("Version").filter(|version| version.len() < 40).map(str::to_owned);
    reading.concurrency = fields.count("NumThreads")?;
    // "max" where there is no rate.
    reading.asked_per_s =
        fields.text("RequestedQPS").and_then(|rate| rate.parse().ok()).filter(|rate| *rate > 0.0);
    reading.target = fields.text("URL").map(target_label);
    reading.duration_s = fields.divided("ActualDuration", 1e9)?;
    let latency = &mut reading.latency;
    latency.set(Figure::Min, times.scaled("Min", 1e3)?);
    latency.set(Figure::Mean, times.scaled("Avg", 1e3)?);
    latency.set(Figure::Max, times.scaled("Max", 1e3)?);
    let percentiles = document.pointer("/DurationHistogram/Percentiles").and_then(Value::as_array);
    for entry in percentiles.into_iter().flatten() {
        let entry = Fields::new(FORTIO, entry);
        let (percent, ms) = (entry.required("Percentile")?, entry.required("Value")? * 1e3);
        if let Some(figure) = Figure::percentile(&percent.to_string()) {
            latency.set(figure, Some(ms));
        }
    }
    let statuses = fields.object("RetCodes").statuses()?;
    reading.requests = times.count("Count")?;
    reading.completed_per_s = per_s(statuses.answered(), reading.duration_s).or(fields.number("ActualQPS")?);
    if statuses.all() > 0 {
        reading.ok = Some(statuses.good);
        reading.error_rate = share(statuses.errors, statuses.all());
        reading.failure_rate = share(statuses.none, statuses.all());
    }
    Ok(vec![reading])
}
