//! k6's summary, of `--summary-export` or as `handleSummary` receives it; times in milliseconds, from the send.
//!
//! It does not say which executor ran. Only executors with arrivals of their own can drop iterations, so where those are
//! counted it was an open loop. HTTP errors and lost connections are counted together, as `http_req_failed`.

use serde_json::Value;

use super::Problem;
use super::fields::Fields;
use crate::result::{Loop, Reading};

const K6: &str = "k6";

pub(super) fn knows(document: &Value) -> bool {
    document.pointer("/metrics/http_req_duration").is_some()
}

pub(super) fn read(document: &Value) -> Result<Vec<Reading>, Problem> {
    let metrics = Fields::new(K6, document).object("metrics");
    let metric = |name: &str| {
        let metric = metrics.object(name);
        // handleSummary has the figures one level deeper.
        if metric.entries().any(|(field, _)| field == "values") { metric.object("values") } else { metric }
    };
    let dropped = metric("dropped_iterations").count("count")?;
    let mode = if dropped.is_some() { Loop::Open } else { Loop::Unknown };
    let mut reading = Reading::of(K6, mode);
    metric("http_req_duration").latencies(&mut reading.latency, |ms| ms)?;
    let requests = metric("http_reqs");
    let (count, rate) = (requests.required("count")?, requests.required("rate")?);
    reading.requests = requests.count("count")?;
    reading.completed_per_s = Some(rate);
    let whole_s = Fields::new(K6, document).object("state").divided("testRunDurationMs", 1e3)?;
    reading.duration_s = whole_s.or((rate > 0.0).then(|| count / rate));
    let failed = metric("http_req_failed");
    // The share is `value` in an export and `rate` in handleSummary.
    reading.error_rate = failed.share("value")?.or(failed.share("rate")?);
    reading.ok = reading.error_rate.map(|rate| (count * (1.0 - rate)).round() as u64);
    reading.concurrency = metric("vus").count("max")?.or(metric("vus_max").count("max")?);
    if reading.error_rate.is_some_and(|rate| rate > 0.0) {
        reading.notes.push("k6 counts lost connections as errors: they are all in its error_rate".to_owned());
    }
    if let Some(dropped) = dropped.filter(|dropped| *dropped > 0) {
        reading
            .notes
            .push(format!("k6 dropped {dropped} iterations for want of users: they are in no figure"));
    }
    Ok(vec![reading])
}
