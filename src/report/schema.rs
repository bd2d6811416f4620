//! The published schema (`docs/result.schema.json`), held against what is really written.

use jsonschema::{Registry, Validator, draft202012};
use serde_json::{Value, json};

use super::json as document;
use crate::fixture;
use crate::measure::ErrorKind;
use crate::result::Unit;

const SCHEMA: &str = include_str!("../../docs/result.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    draft202012::new(&schema()).unwrap()
}

/// The validator of documents that hold whole results, which have a schema of their own.
pub(super) fn validator_of(schema: &Value) -> Validator {
    let registry = Registry::new().add("urn:rpsbench:result:1", self::schema()).unwrap().prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(schema).unwrap()
}

#[track_caller]
pub(super) fn assert_valid(validator: &Validator, document: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn rendered() -> impl Iterator<Item = Value> {
    fixture::all().into_iter().map(|summary| serde_json::from_str(&document::render(&summary)).unwrap())
}

/// Every object of a document with the pointer to it.
fn objects(value: &Value, at: String, found: &mut Vec<(String, Vec<String>)>) {
    match value {
        Value::Object(map) => {
            found.push((at.clone(), map.keys().cloned().collect()));
            map.iter().for_each(|(key, value)| objects(value, format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| objects(item, format!("{at}/{i}"), found));
        }
        _ => {}
    }
}

#[test]
fn the_schema_is_a_schema_with_a_description_for_every_field() {
    assert!(draft202012::meta::is_valid(&schema()));
    let mut found = Vec::new();
    objects(&schema(), String::new(), &mut found);
    for (at, keys) in found.iter().filter(|(at, _)| at.rsplit('/').nth(1) == Some("properties")) {
        // The condition on the mode repeats a field that is described above it.
        assert!(at.contains("/if/") || keys.iter().any(|key| key == "description" || key == "$ref"), "{at}");
    }
    // Descriptions are doc comments, but links into the code lead nowhere here.
    assert!(!SCHEMA.contains("crate::"));
}

#[test]
fn rendered_documents_are_valid() {
    let validator = validator();
    rendered().for_each(|document| assert_valid(&validator, &document));
}

#[test]
fn a_document_of_a_version_whose_reasons_were_sentences_is_valid() {
    let old = include_bytes!("../../tests/fixtures/documents/result-sentences.json");
    let old: Value = serde_json::from_slice(old).unwrap();
    assert!(old["verdict"]["reasons"][0].is_string());
    assert!(validator().is_valid(&old));
}

/// A field that is written but not described would be a promise that nobody can read.
#[test]
fn every_written_field_is_described() {
    let mut strict = schema();
    forbid_unknown_fields(&mut strict);
    let validator = draft202012::new(&strict).unwrap();
    for document in rendered() {
        let errors: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

pub(super) fn forbid_unknown_fields(schema: &mut Value) {
    if schema.get("type") == Some(&json!("object")) && schema.get("additionalProperties").is_none() {
        schema["additionalProperties"] = json!(false);
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(forbid_unknown_fields),
        Value::Array(items) => items.iter_mut().for_each(forbid_unknown_fields),
        _ => {}
    }
}

#[test]
fn a_document_without_any_of_its_fixed_names_is_invalid() {
    /// Names that were added later or have a default, so that a document may lack them.
    const OPTIONAL: [&str; 31] = [
        "sizes",
        "wire_size",
        "decoded",
        "loss",
        "intervals",
        "server_timing",
        "in_front_mean_ms",
        "result",
        "evidence",
        "next",
        "idle",
        "amplification_p50",
        "in_client_mean_ms",
        "in_service_mean_ms",
        "slos",
        "body_bytes",
        "warmup",
        "endpoints",
        "samples",
        "late",
        "throttled",
        "unexpected_body",
        "lower_bounds",
        "queued_end",
        "elapsed_s",
        "response_histogram",
        "receive_lag",
        "client",
        "cpu_throttled_share",
        "cpu_stolen_share",
        "is_cap_lowered",
    ];
    /// The same, of the plan and the connections alone: elsewhere these names are not optional.
    const OPTIONAL_THERE: [&str; 20] = [
        "body_coding",
        "follows_redirects",
        "name",
        "keepalive_idle_s",
        "max_requests_per_connection",
        "connections",
        "streams",
        "tls_verification",
        "proxy",
        "addresses",
        "tokens",
        "data_rows",
        "idle_closed",
        "used_up",
        "reuses",
        "reuse_rate",
        "tcp_handshake",
        "tls_handshake",
        "tls_resumed",
        "kinds",
    ];
    let validator = validator();
    for mut document in [fixture::overload(), fixture::mixed()].map(|s| serde_json::to_value(s).unwrap()) {
        // One of each is enough, and a document is checked once for each of its fields.
        for list in ["series", "endpoints", "samples"] {
            document[list].as_array_mut().unwrap().truncate(1);
        }
        let mut found = Vec::new();
        objects(&document, String::new(), &mut found);
        let mut removed = 0;
        for (at, keys) in found.iter().filter(|(at, _)| !at.ends_with("/status_codes")) {
            let may_lack = |key: &str| {
                let there = at == "/plan" || at == "/connections";
                OPTIONAL.contains(&key) || (there && OPTIONAL_THERE.contains(&key))
            };
            for key in keys.iter().filter(|key| !may_lack(key)) {
                let mut broken = document.clone();
                broken.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(key);
                assert!(!validator.is_valid(&broken), "{at}/{key}");
                removed += 1;
            }
        }
        assert!(removed > 150, "{removed}");
    }
}

#[test]
fn a_wrong_value_is_invalid() {
    let validator = validator();
    for (at, value) in [
        ("/schema", json!("rpsbench.result/2")),
        ("/interrupted", json!("no")),
        ("/ledger/sent", json!(-1)),
        ("/ledger/ok", json!(1.5)),
        ("/plan/mode", json!("ajar")),
        ("/plan/burst", json!(0)),
        ("/plan/overflow", json!("explode")),
        ("/rates/error_rate", json!(1.5)),
        ("/latency/response/p99_ms", json!(">10000")),
        ("/latency/response/lower_bounds", json!(["p98"])),
        ("/latency/response/count", json!(null)),
        ("/verdict/service", json!("tired")),
        ("/status_codes", json!({ "ok": 1 })),
        ("/errors/0/kind", json!("gremlin")),
        ("/warmup", json!({})),
        ("/series/0/in_flight", json!(null)),
        ("/series/0/response_histogram", json!("not base64!")),
        ("/histograms/service", json!("not base64!")),
        ("/plan/tls_verification", json!("no")),
        ("/connections/kinds/0/protocol", json!("HTTP/3")),
        ("/connections/reuse_rate", json!(2)),
        ("/endpoints/0/ledger/throttled", json!(-1)),
        ("/endpoints/0/latency/response/count", json!(null)),
        ("/samples/0/kind", json!("gremlin")),
        ("/samples/0/trace_id", json!("4bf9")),
        ("/samples/0/row", json!(0)),
        ("/samples/0/status", json!(99)),
        ("/slos/0/unit", json!("s")),
        ("/verdict/reasons/0", json!({ "code": "generator.held", "on": "generator" })),
        ("/verdict/reasons/0/on", json!("moon")),
        ("/client/cpu_share", json!(1.5)),
        ("/latency/receive_lag/count", json!(null)),
        ("/histograms/receive_lag", json!("not base64!")),
        ("/plan/rate_per_s", json!(null)),
        ("/plan/threads", json!(0)),
    ] {
        // The first has failures and a warm-up, the second endpoints and samples.
        let documents = [fixture::overload(), fixture::mixed()].map(|s| serde_json::to_value(s).unwrap());
        let mut places = 0;
        for mut broken in documents {
            if let Some(place) = broken.pointer_mut(at) {
                *place = value.clone();
                places += 1;
                assert!(!validator.is_valid(&broken), "{at}");
            }
        }
        assert!(places > 0, "{at}");
    }
}

#[test]
fn fields_may_be_added_and_unsupported_percentiles_are_null() {
    let mut document = serde_json::to_value(fixture::few()).unwrap();
    document["moon"] = json!("full");
    document["latency"]["response"]["p42_ms"] = json!(1.0);
    assert_eq!(document["latency"]["response"]["p99_ms"], Value::Null);
    assert!(validator().is_valid(&document));
}

#[test]
fn an_objective_on_any_figure_is_valid() {
    let mut document = serde_json::to_value(fixture::freeze()).unwrap();
    for unit in [Unit::Ms, Unit::Share, Unit::PerS] {
        document["slos"][0]["unit"] = json!(unit);
        assert!(validator().is_valid(&document), "{unit:?}");
    }
    document["slos"][0]["unit"] = json!("furlongs");
    assert!(!validator().is_valid(&document));
}

#[test]
fn every_kind_of_error_is_described() {
    let schema = schema();
    let kinds = schema["$defs"]["ErrorKind"]["oneOf"].as_array().unwrap();
    let kinds: Vec<&Value> = kinds.iter().map(|kind| &kind["const"]).collect();
    assert_eq!(json!(kinds), json!(ErrorKind::ALL));
}
