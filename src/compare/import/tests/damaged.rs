//! Files that are no results, of other versions, or damaged.

use proptest::prelude::*;

use super::*;
use crate::measure::Measured;

#[test]
fn what_is_no_result_says_what_is_wrong_and_what_helps() {
    let sweep = br#"{"schema": "rpsbench.sweep/1", "rungs": []}"#;
    let seconds = String::from_utf8_lossy(bytes("study.json")).replace("793.78", "0.79378");
    let negative = String::from_utf8_lossy(bytes("vegeta.json")).replace("2249552", "-2249552");
    let no_unit = String::from_utf8_lossy(bytes("wrk-latency.txt")).replace("9.54ms", "9.54");
    let cut = bytes("wrk-latency.txt").split_at(180).0;
    let cut_json = bytes("oha.json").split_at(300).0;
    let files: [(&[u8], &[&str]); 16] = [
        (b"", &["empty", "run it again"]),
        (b" \n ", &["empty"]),
        (b"\xff\xfe\x00w", &["not UTF-8", "saved as UTF-8"]),
        (b"hello", &["no result that is known", "wrk and wrk2 (text)"]),
        (b"{}", &["no result that is known"]),
        (b"[1, 2]", &["no result that is known"]),
        (b"{\"a\": ", &["breaks at line 1", "copy it again"]),
        (cut_json, &["breaks at line"]),
        (sweep, &["sweep over several rates", "only single runs"]),
        (br#"{"schema": "rpsbench.compare/1"}"#, &["comparison already"]),
        (br#"{"schema": "rpsbench.result/9"}"#, &["newer rpsbench"]),
        (br#"{"schema": "rpsbench.result/1"}"#, &["has no field"]),
        (seconds.as_bytes(), &["p95 is above its p99", "different units were mixed"]),
        (negative.as_bytes(), &["vegeta", "50th", "-2249552", "a number of 0 or more"]),
        (no_unit.as_bytes(), &["wrk", "`9.54`", "a time with its unit"]),
        (cut, &["wrk", "missing", "cut off"]),
    ];
    for (content, words) in files {
        let error = import("some.file", content).unwrap_err().to_string();
        for word in words {
            assert!(
                error.contains(word),
                "{:?} does not say {word:?}: {error}",
                String::from_utf8_lossy(content)
            );
        }
        assert!(error.starts_with("`some.file"), "{error}");
    }
}

#[test]
fn no_reading_shows_a_host() {
    for (name, bytes) in FIXTURES {
        for reading in import(name, bytes).unwrap() {
            let text = serde_json::to_string(&reading).unwrap();
            assert!(!text.contains("127.0.0.1") && !text.contains("service.example"), "{text}");
        }
    }
}

#[test]
fn later_fields_are_passed_over_and_older_versions_lack_some() {
    for name in ["oha.json", "vegeta.json", "fortio.json", "bombardier.json", "k6-export.json"] {
        let mut document: Value = serde_json::from_slice(bytes(name)).unwrap();
        document["moon"] = "full".into();
        assert_eq!(import(name, document.to_string().as_bytes()).unwrap(), all(name), "{name}");
    }
    let mut old: Value = serde_json::from_slice(bytes("vegeta.json")).unwrap();
    old["latencies"].as_object_mut().unwrap().remove("90th");
    old["latencies"].as_object_mut().unwrap().remove("min");
    let reading = import("old.json", old.to_string().as_bytes()).unwrap().remove(0);
    assert_eq!([Figure::P90, Figure::Min].map(|figure| reading.figure(figure)), [Measured::Unknown; 2]);
    assert_eq!(reading.latency.exact(Figure::P99), Some(52.527_168));
}

/// A file with some of its bytes cut out, doubled or replaced.
fn mutated(content: &[u8], changes: &[(usize, usize, u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    for (at, length, kind, with) in changes {
        let at = at % (bytes.len() + 1);
        let to = (at + length).min(bytes.len());
        match kind % 3 {
            0 => drop(bytes.drain(at..to)),
            1 => bytes.splice(at..at, with.iter().copied()).for_each(drop),
            _ => {
                let copy = bytes[at..to].to_vec();
                bytes.splice(at..at, copy).for_each(drop);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_importer_panics_on_a_damaged_file(
        place in any::<prop::sample::Index>(),
        changes in prop::collection::vec((
            any::<usize>(), 0_usize..60, any::<u8>(),
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..6),
                prop::sample::select(vec![
                    "-1", "NaN", "1e400", "99999999999999999999", "null", "{}", "[", "\u{b5}s", "%", ":", ",", "\n", ">", "s", "",
                ]).prop_map(|text| text.as_bytes().to_vec()),
            ],
        ), 1..4),
    ) {
        let (name, content) = FIXTURES[place.index(FIXTURES.len())];
        if let Ok(readings) = import(name, &mutated(content, &changes)) {
            // What is accepted is fit to be compared.
            for reading in readings {
                for figure in Figure::COMPARED {
                    prop_assert!(reading.figure(figure).least().is_none_or(|value| value.is_finite() && value >= 0.0), "{reading:?}");
                }
            }
        }
    }

    #[test]
    fn no_importer_panics_on_any_text(text in "\\PC{0,200}") {
        let _ = import("any", text.as_bytes());
    }
}
