//! Our own results.

use serde_json::Value;

use super::Problem;
use crate::measure::{Quantile, decode_histogram, millis};
use crate::result;
use crate::result::{
    Figure, GeneratorVerdict, Loop, RUNS_SCHEMA, Reading, Seconds, ServiceVerdict, Summary, TimedFrom, Times,
    read_result, target_label,
};

/// The name of the tool in its results.
pub(super) const TOOL: &str = "rpsbench";

/// Reads a document of ours.
pub(super) fn read(text: &str, schema: &str) -> Result<Vec<Reading>, Problem> {
    match schema {
        _ if schema.starts_with("rpsbench.sweep/") => Err(Problem::Sweep(schema.to_owned())),
        _ if schema.starts_with("rpsbench.compare/") => Err(Problem::Comparison(schema.to_owned())),
        RUNS_SCHEMA => runs(text),
        _ => {
            let result = read_result(text.as_bytes())?;
            Ok(vec![reading(result.plan.name.as_deref().unwrap_or_default(), &result)])
        }
    }
}

/// Several results of ours in one document: stages, or repeats of one run.
fn runs(text: &str) -> Result<Vec<Reading>, Problem> {
    let document: Value = serde_json::from_str(text).map_err(|error| Problem::broken_json(&error))?;
    let runs = document.get("runs").and_then(Value::as_array).filter(|runs| !runs.is_empty());
    let read = |run: &Value| {
        let result = run.get("result").unwrap_or(&Value::Null).to_string();
        let name = run.get("name").and_then(Value::as_str).unwrap_or_default();
        let repeat = run.get("repeat").and_then(Value::as_u64).unwrap_or(1);
        Ok(reading(&format!("{name} #{repeat}"), &read_result(result.as_bytes())?))
    };
    runs.ok_or_else(|| Problem::missing("rpsbench", "list of runs"))?.iter().map(read).collect()
}

/// What a result of ours says. The latency is the response time over all planned arrivals: one without a good answer ranks
/// above every good one.
pub(crate) fn reading(name: &str, summary: &Summary) -> Reading {
    let (plan, ledger, rates) = (&summary.plan, &summary.ledger, &summary.rates);
    let (mode, clock, words) = match plan.mode {
        result::Mode::Open => (Loop::Open, TimedFrom::IntendedTime, "from the intended time"),
        // A user sends when it is ready: what is slow keeps it from being so.
        result::Mode::Closed => (Loop::Closed, TimedFrom::Send, "from when its user was ready to send"),
    };
    Reading {
        name: name.to_owned(),
        version: Some(summary.tool.version.clone()),
        clock,
        clock_words: words.to_owned(),
        concurrency: plan.concurrency,
        asked_per_s: plan.rate_per_s,
        completed_per_s: Some(rates.throughput_per_s(plan.mode, ledger)),
        requests: Some(ledger.offered()),
        ok: Some(ledger.ok),
        error_rate: rates.error_rate,
        failure_rate: rates.failure_rate,
        latency: times(summary),
        duration_s: Some(rates.window_s),
        target: Some(target_label(&plan.target)),
        notes: notes(summary),
        seconds: Seconds::of(summary),
        ..Reading::of(&summary.tool.name, mode)
    }
}

fn times(summary: &Summary) -> Times {
    let mut times = summary.latency.response.times().clone();
    times.set(Figure::P75, p75_ms(summary));
    times
}

/// The 75th percentile, which a result does not state, from its histogram; `None` where it is among arrivals without a good
/// answer.
fn p75_ms(summary: &Summary) -> Option<f64> {
    let count = summary.latency.response.count;
    let good = decode_histogram(&summary.histograms.response_ok).ok()?;
    let quantile = Quantile::P75;
    let rank = quantile.rank(count);
    if !quantile.is_supported_by(count) || rank > good.len() {
        return None;
    }
    Some(millis(good.value_at_quantile((rank as f64 - 0.5) / good.len() as f64).min(good.max())))
}

fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = Vec::new();
    if summary.interrupted {
        notes.push("it was interrupted, so its figures are over a part of the run".to_owned());
    }
    match summary.verdict.generator {
        GeneratorVerdict::Invalid => notes.push(
            "its generator could not hold the schedule (INVALID), so its figures say more about the client"
                .to_owned(),
        ),
        GeneratorVerdict::Suspect => {
            notes.push("its generator is SUSPECT: part of its figures may be the client's own".to_owned());
        }
        GeneratorVerdict::Valid => {}
    }
    if summary.verdict.service == ServiceVerdict::Saturated {
        notes.push(
            "its service was saturated: a backlog grew, so its latency also depends on how long the run was"
                .to_owned(),
        );
    }
    notes
}
