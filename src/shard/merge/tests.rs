use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::fixture;
use crate::result::{Document, GeneratorVerdict};
use crate::schedule::Shard;

/// The same arrivals, cut into the shards that would have sent them: as each would have saved its result.
fn shards(count: u64) -> Vec<Summary> {
    (0..count).map(|index| fixture::shard(Shard::new(index, count).unwrap())).collect()
}

fn merged(shards: Vec<Summary>) -> Result<Summary, MergeError> {
    let mut merge = Merge::default();
    for (number, shard) in shards.into_iter().enumerate() {
        // As a file has it.
        let text = serde_json::to_vec(&shard).unwrap();
        let Document::Result(read) = Document::read(&text).unwrap() else { panic!("a result") };
        assert_eq!(*read, shard);
        merge.add(&format!("{number}.json"), *read)?;
    }
    merge.finish(false)
}

#[test]
fn the_merged_result_is_that_of_one_machine_to_the_bit() {
    let whole = fixture::shard(Shard::WHOLE);
    for count in [1, 2, 3, 7] {
        let result = merged(shards(count)).unwrap();
        let parts = result.merged.clone().unwrap();
        assert_eq!((parts.count, parts.missing.len(), parts.shards.len() as u64), (count, 0, count));
        let sent: u64 = parts.shards.iter().map(|shard| shard.ledger.sent).sum();
        assert_eq!(sent, result.ledger.sent);
        // What each client has of its own, and what only a shard's result holds.
        let alike = |summary: &Summary| {
            let mut summary = summary.clone();
            (summary.merged, summary.shard, summary.plan.threads) = (None, None, 1);
            summary.series.iter_mut().for_each(|row| row.send_lag_histogram.clear());
            summary
        };
        let (result, whole) =
            [&result, &whole].map(|summary| serde_json::to_value(alike(summary)).unwrap()).into();
        assert_eq!(differences("", &result, &whole), Vec::<String>::new(), "{count} shards");
    }
}

/// Where two documents differ.
fn differences(at: &str, one: &Value, other: &Value) -> Vec<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => one
            .iter()
            .flat_map(|(key, value)| differences(&format!("{at}/{key}"), value, &other[key]))
            .collect(),
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.flat_map(|(i, (one, other))| differences(&format!("{at}/{i}"), one, other)).collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![format!("{at}: {one} and {other}")],
    }
}

#[test]
fn a_missing_shard_is_named_and_makes_the_result_invalid_unless_that_is_allowed() {
    let mut parts = shards(3);
    parts.remove(1);
    let result = merged(parts.clone()).unwrap();
    assert_eq!(result.verdict.generator, GeneratorVerdict::Invalid);
    assert_eq!(result.merged.unwrap().missing, [1]);
    assert!(result.verdict.reasons[0].text.contains("missing: 1"), "{:?}", result.verdict.reasons);
    let mut merge = Merge::default();
    parts.into_iter().for_each(|part| merge.add("x", part).unwrap());
    let result = merge.finish(true).unwrap();
    assert_ne!(result.verdict.generator, GeneratorVerdict::Invalid);
    assert_eq!(result.merged.unwrap().missing, [1]);
}

#[test]
fn a_shard_that_ran_twice_counts_once_and_that_is_said() {
    let mut parts = shards(2);
    parts.push(parts[1].clone());
    let result = merged(parts).unwrap();
    let notes = result.merged.unwrap().notes;
    assert!(
        notes.len() == 1 && notes[0].contains("shard 1: `1.json` counts, `2.json` does not"),
        "{notes:?}"
    );
    assert_eq!(result.ledger, fixture::shard(Shard::WHOLE).ledger);
}

#[test]
fn what_is_no_shard_of_the_same_run_is_refused_with_the_difference() {
    let refusal = |change: fn(&mut Summary)| {
        let mut parts = shards(2);
        change(&mut parts[1]);
        merged(parts).unwrap_err().to_string()
    };
    let told = refusal(|summary| summary.shard = None);
    assert!(told.contains("`1.json`") && told.contains("whole schedule"), "{told}");
    let told = refusal(|summary| summary.plan.rate_per_s = Some(400.0));
    assert!(told.contains("rate_per_s is 100.0 and 400.0"), "{told}");
    let told = refusal(|summary| summary.shard.as_mut().unwrap().count = 3);
    assert!(told.contains("of 2 shards, and of 3"), "{told}");
    let told = refusal(|summary| summary.slos.clear());
    assert!(told.contains("objectives"), "{told}");
    let told = refusal(|summary| summary.shard.as_mut().unwrap().started_at_us += 3_600_000_000);
    assert!(told.contains("3600.0 s apart"), "{told}");
    // Where the clocks were compared, an hour between them is no matter.
    let mut parts = shards(2);
    let shard = parts[1].shard.as_mut().unwrap();
    shard.started_at_us += 3_600_000_000;
    shard.clock_offset_us = Some(-3_600_000_000.0);
    assert_eq!(merged(parts).unwrap().merged.unwrap().start_spread_ms, 0.0);
    assert!(matches!(merged(Vec::new()), Err(MergeError::Nothing)));
}

#[test]
fn one_bad_client_among_many_is_seen() {
    let mut parts = shards(4);
    parts[2].verdict.generator = GeneratorVerdict::Invalid;
    let result = merged(parts).unwrap();
    assert_eq!(result.verdict.generator, GeneratorVerdict::Invalid);
    assert!(result.verdict.reasons[0].text.starts_with("shard 2 of 4"), "{:?}", result.verdict.reasons);
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(0),
        json!(-1),
        json!(1),
        json!(u64::MAX),
        json!(1_u64 << 46),
        json!(1e308),
        json!(""),
        json!("AAAA"),
        json!([]),
        json!({}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever a file holds, it is refused or added up.
    #[test]
    fn odd_figures_are_refused_or_added_up_but_never_panic(
        changes in prop::collection::vec(
            (prop::collection::vec(any::<prop::sample::Index>(), 1..6), odd_value()), 1..4,
        ),
    ) {
        let [first, second] = [0, 1].map(|index| fixture::shard(Shard::new(index, 2).unwrap()));
        let mut document = serde_json::to_value(&second).unwrap();
        for (picks, value) in changes {
            // The parts that only a shard has, as often as all others together.
            let place = if picks.len() % 2 == 0 { document.get_mut("shard").filter(|shard| shard.is_object()) } else { None };
            match place {
                Some(shard) => fixture::replace(shard, &picks, value),
                None => fixture::replace(&mut document, &picks, value),
            }
        }
        if let Ok(Document::Result(read)) = Document::read(document.to_string().as_bytes()) {
            for order in [[first.clone(), *read.clone()], [*read, first]] {
                let mut merge = Merge::default();
                if order.into_iter().all(|shard| merge.add("x", shard).is_ok()) {
                    let _ = merge.finish(false);
                }
            }
        }
    }
}

#[test]
fn a_result_that_contradicts_itself_is_refused() {
    let refusal = |change: fn(&mut Value)| {
        let mut document = serde_json::to_value(fixture::shard(Shard::new(0, 2).unwrap())).unwrap();
        change(&mut document);
        let shard: Summary = serde_json::from_value(document).unwrap();
        Merge::default().add("a.json", shard).unwrap_err().to_string()
    };
    let told = refusal(|document| document["shard"]["account"]["recorder"]["planned"] = json!(7));
    assert!(told.contains("`a.json`") && told.contains("contradict"), "{told}");
    let told = refusal(|document| document["shard"]["index"] = json!(2));
    assert!(told.contains("no shard 2 of 2"), "{told}");
    let told = refusal(|document| document["series"][0]["offered"] = json!(u64::MAX));
    assert!(told.contains("no run comes to"), "{told}");
}
