//! What is read back, and what is refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fixture;
use crate::report::{Format, Style, json};
use crate::result::{GENERATOR_UNCODED, SERVICE_UNCODED, Subject};

fn document() -> Value {
    serde_json::to_value(fixture::freeze()).unwrap()
}

fn read_changed(change: impl FnOnce(&mut Value)) -> ReadError {
    let mut document = document();
    change(&mut document);
    read_result(document.to_string().as_bytes()).unwrap_err()
}

#[test]
fn what_is_not_a_result_says_why_and_what_to_do() {
    let text = json::render(&fixture::freeze());
    for (bytes, words) in [
        ("", "empty"),
        (" \n", "empty"),
        (&text[..text.len() / 2], "cut off"),
        ("<html>", "not JSON (line 1, column 1"),
        ("{} {}", "not JSON"),
        ("[]", "no `schema` field"),
        ("{\"schema\": 1}", "no `schema` field"),
        ("{\"schema\": \"rpsbench.result/2\"}", "written by a newer rpsbench; upgrade"),
        ("{\"schema\": \"rpsbench.sweep/1\"}", "not the result of one run"),
        ("{\"schema\": \"rpsbench.result/1\"}", "no field `tool` (line 1, column 31)"),
    ] {
        let error = read_result(bytes.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(matches!(read_result(b"\xff\xfe"), Err(ReadError::NotJson { .. })));
}

#[test]
fn a_changed_result_is_refused() {
    let error = read_changed(|d| {
        d["ledger"].as_object_mut().unwrap().remove("overflow");
    });
    assert!(matches!(&error, ReadError::MissingField { field, .. } if field == "overflow"), "{error}");
    let error = read_changed(|d| d["ledger"]["ok"] = json!(1));
    assert!(matches!(error, ReadError::Imbalance(ledger) if ledger.ok == 1));
    let error = read_changed(|d| d["ledger"]["overflow"] = json!(u64::MAX));
    assert!(matches!(error, ReadError::Imbalance(_)));
    let error = read_changed(|d| d["plan"]["mode"] = json!("ajar"));
    assert!(matches!(error, ReadError::WrongValue { .. }) && error.to_string().contains("ajar"), "{error}");
}

#[test]
fn a_result_of_a_version_without_endpoints_and_samples_still_reads() {
    let mut document = serde_json::to_value(fixture::mixed()).unwrap();
    let mut remove = |at: &str, fields: &[&str]| {
        let object = document.pointer_mut(at).unwrap().as_object_mut().unwrap();
        fields.iter().for_each(|field| assert!(object.remove(*field).is_some(), "{field}"));
    };
    remove("", &["endpoints", "samples"]);
    remove("/ledger", &["throttled", "unexpected_body"]);
    remove(
        "/plan",
        &[
            "keepalive_idle_s",
            "max_requests_per_connection",
            "connections",
            "streams",
            "tls_verification",
            "addresses",
            "tokens",
            "data_rows",
        ],
    );
    remove(
        "/connections",
        &[
            "idle_closed",
            "used_up",
            "reuses",
            "reuse_rate",
            "tcp_handshake",
            "tls_handshake",
            "tls_resumed",
            "kinds",
        ],
    );
    let old = read_result(document.to_string().as_bytes()).unwrap();
    assert_eq!(old.ledger.http_error, fixture::mixed().ledger.http_error);
    assert!(old.endpoints.is_empty() && old.samples.is_empty());
    for format in Format::ALL {
        assert!(!crate::report::render(&old, *format, &Style::default()).unwrap().is_empty());
    }
}

/// A document as it was written before reasons had codes.
#[test]
fn a_result_whose_reasons_are_sentences_still_reads() {
    let old = read_result(include_bytes!("../../../tests/fixtures/documents/result-sentences.json")).unwrap();
    let reasons: Vec<_> = old.verdict.reasons.iter().map(|reason| (&*reason.code, reason.on)).collect();
    assert_eq!(reasons[0], (GENERATOR_UNCODED, Subject::Generator));
    assert_eq!(reasons[1], (SERVICE_UNCODED, Subject::Service));
    let text = old.verdict.texts_on(Subject::Service).next().unwrap();
    assert_eq!(text, "83 % of the arrivals found the cap of 4 in flight full");
    // Written again it is a document of today.
    assert_eq!(read_result(json::render(&old).as_bytes()), Ok(old));
}

#[test]
fn reasons_with_codes_that_this_version_does_not_know_are_kept() {
    let mut document = document();
    let later = json!({ "code": "service.bored", "on": "service", "text": "it yawned" });
    document["verdict"]["reasons"] = json!([later]);
    let read = read_result(document.to_string().as_bytes()).unwrap();
    assert!(read.verdict.has("service.bored"));
    assert_eq!(serde_json::to_value(&read).unwrap()["verdict"]["reasons"][0], later);
    let error = read_changed(|d| d["verdict"]["reasons"] = json!([{ "code": 1 }]));
    assert!(matches!(error, ReadError::WrongValue { .. }), "{error}");
}

#[test]
fn the_ledger_of_an_endpoint_is_checked_too() {
    let mut document = serde_json::to_value(fixture::mixed()).unwrap();
    document["endpoints"][1]["ledger"]["ok"] = json!(1);
    let error = read_result(document.to_string().as_bytes()).unwrap_err();
    assert!(matches!(error, ReadError::Imbalance(ledger) if ledger.ok == 1));
}

#[test]
fn fields_of_later_versions_are_ignored() {
    let mut document = document();
    document["colour"] = json!("blue");
    document["plan"]["moon"] = json!({ "phase": 0.5 });
    assert_eq!(read_result(document.to_string().as_bytes()), Ok(fixture::freeze()));
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let text = format!("\u{feff}{}", json::render(&fixture::freeze()));
    assert_eq!(read_result(text.as_bytes()), Ok(fixture::freeze()));
}

/// Values that a damaged or hostile document may hold anywhere.
fn odd_value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(-1e-308),
        json!(""),
        json!("\u{1b}[2J\n"),
        json!([]),
        json!({}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damaged_bytes_never_panic(
        cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = json::render(&fixture::freeze()).into_bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let _ = read_result(&bytes);
        let cut = cut.index(bytes.len() - 1);
        prop_assert!(read_result(&bytes[..cut]).is_err());
    }

    #[test]
    fn odd_figures_are_refused_or_printed_but_never_panic(
        changes in prop::collection::vec(
            (prop::collection::vec(any::<prop::sample::Index>(), 1..5), odd_value()), 1..4,
        ),
    ) {
        let mut document = serde_json::to_value(fixture::mixed()).unwrap();
        for (picks, value) in changes {
            fixture::replace(&mut document, &picks, value);
        }
        if let Ok(mut summary) = read_result(document.to_string().as_bytes()) {
            // As it was concluded, and as one of an earlier version, which is concluded now.
            for result in [summary.verdict.result, None] {
                summary.verdict.result = result;
                for format in Format::ALL {
                    let report = crate::report::render(&summary, *format, &Style::default()).unwrap();
                    prop_assert!(!report.contains('\u{1b}'), "{}", report);
                }
            }
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_result(&bytes).is_err());
    }
}
