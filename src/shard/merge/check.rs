//! Whether a result can be added to others: whether it agrees with itself, and is of the same run.

use serde_json::{Map, Value};

use crate::measure::Recorder;
use crate::result::{Mode, PlanFacts, ShardRecord, Summary};
use crate::schedule::Shard;

/// The largest count of a shard: a hundred thousand such shards still add up within 64 bits.
const MOST: u64 = 1 << 46;
/// The longest run, in seconds: a year and its leap day.
const LONGEST_S: f64 = 366.0 * 86_400.0;
/// The most rows that a series has, and some.
const MOST_ROWS: usize = 1_000;

/// What is wrong with a shard's result that was changed after it was written, or is no shard at all.
pub(super) fn contradiction(summary: &Summary, shard: &ShardRecord) -> Option<String> {
    if let Err(error) = Shard::new(shard.index, shard.count) {
        return Some(error.to_string());
    }
    let numbers =
        serde_json::to_value((&shard.account, &summary.series, &summary.queueing, &summary.plan.threads));
    if !numbers.is_ok_and(|numbers| is_plausible("", &numbers)) || summary.series.len() > MOST_ROWS {
        return Some("it holds counts that no run comes to".to_owned());
    }
    if summary.series.iter().any(|row| !(0.0..=LONGEST_S).contains(&row.t_s)) {
        return Some("its series has times that no run comes to".to_owned());
    }
    let total = Recorder::restored(shard.account.recorder.clone()).total();
    let agrees = total.ledger == summary.ledger
        && total.response_ok.count() == summary.ledger.ok
        && total.send_lag.count() == summary.ledger.sent;
    (!agrees).then(|| "its account and its ledger contradict each other".to_owned())
}

/// Times in nanoseconds are not added up where they are numbers, so only counts are bounded.
fn is_plausible(name: &str, value: &Value) -> bool {
    match value {
        Value::Number(number) => name.ends_with("_ns") || number.as_u64().is_none_or(|count| count <= MOST),
        Value::Array(items) => items.iter().all(|item| is_plausible(name, item)),
        Value::Object(fields) => fields.iter().all(|(name, value)| is_plausible(name, value)),
        _ => true,
    }
}

/// What shards of one schedule may differ in: what each machine finds out for itself, and what was only measured.
const OF_EACH_SHARD: [&str; 5] = ["name", "config", "is_cap_lowered", "addresses", "streams"];

/// The first setting in which two plans differ, with both values.
pub(in crate::shard) fn difference(plan: &PlanFacts, other: &PlanFacts) -> Option<String> {
    let settings = |plan: &PlanFacts| {
        let mut flat = Map::new();
        if let Ok(Value::Object(settings)) = serde_json::to_value(plan) {
            flatten(settings, &mut flat);
        }
        OF_EACH_SHARD.iter().for_each(|name| drop(flat.remove(*name)));
        if plan.mode == Mode::Open {
            // Users are divided over all workers, arrivals over the shards first.
            flat.remove("threads");
        }
        if plan.requests.is_some() {
            // What they took.
            flat.remove("duration_s");
        }
        flat
    };
    let (plan, other) = (settings(plan), settings(other));
    let names = plan.keys().chain(other.keys().filter(|name| !plan.contains_key(*name)));
    let value =
        |settings: &Map<String, Value>, name: &str| settings.get(name).unwrap_or(&Value::Null).clone();
    names
        .map(|name| (name, value(&plan, name), value(&other, name)))
        .find(|(_, one, other)| one != other)
        .map(|(name, one, other)| format!("{name} is {one} and {other}"))
}

fn flatten(settings: Map<String, Value>, flat: &mut Map<String, Value>) {
    for (name, value) in settings {
        match value {
            Value::Object(nested) => flatten(nested, flat),
            value => drop(flat.insert(name, value)),
        }
    }
}

/// How far two runs were apart that had no moment in common. Starts are in microseconds, lengths in seconds.
pub(super) fn apart(start_us: f64, length_s: f64, other_us: f64, other_length_s: f64) -> Option<String> {
    let later_s = (other_us - start_us) / 1e6;
    let earlier_lasted_s = if later_s >= 0.0 { length_s } else { other_length_s };
    (later_s.abs() > earlier_lasted_s).then(|| {
        format!("they started {:.1} s apart, and the first lasted {earlier_lasted_s:.1} s", later_s.abs())
    })
}
