//! oha's JSON: a closed loop of workers, times in seconds. With `-q --latency-correction` its latency counts from the plan,
//! and nothing in the file says so.

use serde_json::Value;

use super::Problem;
use super::fields::{Fields, per_s, share};
use crate::result::{Figure, Loop, Reading, TimedFrom};

const OHA: &str = "oha";
/// Workers that were at work when the time was up: no failure of the server.
const CUT_OFF: &str = "aborted due to deadline";

pub(super) fn knows(document: &Value) -> bool {
    document.get("summary").is_some() && document.get("latencyPercentiles").is_some()
}

pub(super) fn read(document: &Value) -> Result<Vec<Reading>, Problem> {
    let fields = Fields::new(OHA, document);
    let (summary, percentiles) = (fields.object("summary"), fields.object("latencyPercentiles"));
    let mut reading = Reading {
        clock: TimedFrom::Unknown,
        clock_words: "from the send (or, with --latency-correction, from the plan: its file does not say)"
            .to_owned(),
        ..Reading::of(OHA, Loop::Closed)
    };
    reading.duration_s = Some(summary.required("total")?);
    let latency = &mut reading.latency;
    latency.set(Figure::Min, summary.scaled("fastest", 1e3)?);
    latency.set(Figure::Mean, summary.scaled("average", 1e3)?);
    latency.set(Figure::Max, summary.scaled("slowest", 1e3)?);
    percentiles.latencies(latency, |s| s * 1e3)?;
    let mut statuses = fields.object("statusCodeDistribution").statuses()?;
    let errors = fields.object("errorDistribution");
    for (text, _) in errors.entries().filter(|(text, _)| *text != CUT_OFF) {
        statuses.add(0, errors.count(text)?.unwrap_or(0));
    }
    reading.requests = Some(statuses.all());
    reading.ok = Some(statuses.good);
    reading.completed_per_s = per_s(statuses.answered(), reading.duration_s);
    reading.error_rate = share(statuses.errors, statuses.all());
    reading.failure_rate = share(statuses.none, statuses.all());
    Ok(vec![reading])
}
