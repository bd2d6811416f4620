//! Each importer on the fixtures of `tests/fixtures/import`, whose README says how each was made. The figures were read off
//! the files by hand.

use proptest::prelude::*;

use super::*;
use crate::compare::{Clock, Figure, Mode};
use crate::measure::{GeneratorVerdict, Summary};
use crate::report::{fixture, json};

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../tests/fixtures/import/", $name)) as &[u8])),*]
    };
}

const FIXTURES: &[(&str, &[u8])] = fixtures![
    "bombardier.json",
    "bombardier.txt",
    "fortio.json",
    "h2load.txt",
    "h2load-duration.txt",
    "h2load-new.txt",
    "hey.txt",
    "hey-errors.txt",
    "k6-export.json",
    "k6-handle-summary.json",
    "oha.json",
    "oha-rate.json",
    "study.csv",
    "study.json",
    "vegeta.json",
    "vegeta.txt",
    "wrk.txt",
    "wrk-errors.txt",
    "wrk-latency.txt",
    "wrk2.txt",
];

fn bytes(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|(fixture, _)| *fixture == name).map(|(_, bytes)| *bytes).unwrap()
}

fn all(name: &str) -> Vec<Reading> {
    import(name, bytes(name)).unwrap()
}

fn one(name: &str) -> Reading {
    let mut readings = all(name);
    assert_eq!(readings.len(), 1, "{name}");
    readings.remove(0)
}

/// Asserts a reading's figures; those that are not named must be missing.
#[track_caller]
fn has(reading: &Reading, figures: &[(&str, f64)]) {
    for figure in Figure::ALL {
        let expected = figures.iter().find(|(name, _)| *name == figure.name()).map(|(_, value)| *value);
        match (reading.figure(figure), expected) {
            (None, None) => {}
            (Some(got), Some(expected)) => {
                let off = (got - expected).abs();
                assert!(
                    off <= 1e-6 * expected.max(1.0),
                    "{figure} of {}: {got}, not {expected}",
                    reading.name
                );
            }
            (got, expected) => panic!("{figure} of {}: {got:?}, not {expected:?}", reading.name),
        }
    }
}

fn facts(reading: &Reading) -> (&str, Mode, Clock, Option<u64>, Option<u64>, Option<u64>) {
    (&reading.tool, reading.mode, reading.clock, reading.concurrency, reading.requests, reading.ok)
}

#[test]
fn wrk_is_read_with_and_without_percentiles() {
    let plain = one("wrk.txt");
    assert_eq!(facts(&plain), ("wrk", Mode::Closed, Clock::Send, Some(8), Some(2_384), Some(2_384)));
    assert_eq!((plain.target.as_deref(), plain.duration_s), (Some("http://host-1/orders"), Some(3.0)));
    let rate = 2_384.0 / 3.0;
    has(
        &plain,
        &[("rps", rate), ("error_rate", 0.0), ("failure_rate", 0.0), ("mean", 10.09), ("max", 30.22)],
    );
    let latency = one("wrk-latency.txt");
    has(
        &latency,
        &[
            ("rps", 2_395.0 / 3.0),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("mean", 10.03),
            ("p50", 9.54),
            ("p75", 11.56),
            ("p90", 13.94),
            ("p99", 19.46),
            ("max", 28.37),
        ],
    );
}

#[test]
fn wrk_counts_errors_apart_from_failures() {
    let reading = one("wrk-errors.txt");
    // 103,281 answers, 102,082 of them errors, and 8 timeouts beside them.
    assert_eq!((reading.requests, reading.ok), (Some(103_289), Some(1_199)));
    has(
        &reading,
        &[
            ("rps", 103_281.0 / 3.01),
            ("error_rate", 102_082.0 / 103_289.0),
            ("failure_rate", 8.0 / 103_289.0),
            ("mean", 1.26),
            ("p50", 0.026),
            ("p75", 0.848),
            ("p90", 5.08),
            ("p99", 11.58),
            ("max", 27.11),
        ],
    );
}

#[test]
fn wrk2_measures_from_the_plan() {
    let reading = one("wrk2.txt");
    assert_eq!(
        facts(&reading),
        ("wrk2", Mode::Open, Clock::IntendedTime, Some(100), Some(60_018), Some(60_018))
    );
    has(
        &reading,
        &[
            ("rps", 2_000.6),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("mean", 6.6),
            ("p50", 6.67),
            ("p75", 7.78),
            ("p90", 9.14),
            ("p95", 10.015),
            ("p99", 11.18),
            ("p99.9", 12.3),
            ("p99.99", 12.45),
            ("max", 12.5),
        ],
    );
}

#[test]
fn hey_is_read() {
    let reading = one("hey.txt");
    assert_eq!(facts(&reading), ("hey", Mode::Closed, Clock::Send, None, Some(2_368), Some(2_368)));
    has(
        &reading,
        &[
            ("rps", 2_368.0 / 3.0062),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 3.5),
            ("mean", 10.1),
            ("p50", 9.7),
            ("p75", 11.7),
            ("p90", 14.1),
            ("p95", 15.8),
            ("p99", 20.0),
            ("max", 27.5),
        ],
    );
    let failing = one("hey-errors.txt");
    assert_eq!((failing.requests, failing.ok), (Some(91_660), Some(1_984)));
    assert_eq!(failing.error_rate, Some(89_660.0 / 91_660.0));
    assert_eq!(failing.failure_rate, Some(16.0 / 91_660.0));
    assert!((failing.completed_per_s.unwrap() - 91_644.0 / 5.0094).abs() < 1e-6);
}

#[test]
fn h2load_is_read_in_its_old_and_new_form() {
    let reading = one("h2load.txt");
    assert_eq!(facts(&reading), ("h2load", Mode::Closed, Clock::Send, Some(8), Some(1_200), Some(1_200)));
    has(
        &reading,
        &[
            ("rps", 801.16),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 1.99),
            ("mean", 9.82),
            ("max", 37.04),
        ],
    );
    let timed = one("h2load-duration.txt");
    assert_eq!((timed.duration_s, timed.ok), (Some(2.0), Some(1_593)), "the warm-up is not measured");
    has(
        &timed,
        &[
            ("rps", 41_346.5),
            ("error_rate", 81_100.0 / 82_693.0),
            ("failure_rate", 0.0),
            ("min", 0.011),
            ("mean", 0.193),
            ("max", 24.49),
        ],
    );
    let new = one("h2load-new.txt");
    assert_eq!((new.concurrency, new.duration_s), (Some(4), Some(2.0)));
    has(
        &new,
        &[
            ("rps", 308_330.0),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 0.007),
            ("mean", 0.011),
            ("p50", 0.010),
            ("p95", 0.015),
            ("p99", 0.020),
            ("max", 0.461),
        ],
    );
}

#[test]
fn oha_is_read_in_seconds() {
    let reading = one("oha.json");
    // Eight were cut off by the end of the run, which is no failure.
    assert_eq!(facts(&reading), ("oha", Mode::Closed, Clock::Unknown, None, Some(2_376), Some(2_376)));
    has(
        &reading,
        &[
            ("rps", 2_376.0 / 3.002_234_057),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 1.957_399),
            ("mean", 10.066_587_5),
            ("p50", 9.590_854),
            ("p75", 11.781_643),
            ("p90", 14.139_328),
            ("p95", 15.791_072),
            ("p99", 20.277_123),
            ("p99.9", 28.850_43),
            ("p99.99", 30.126_383),
            ("max", 30.126_383),
        ],
    );
    assert!(one("oha-rate.json").clock_words.contains("--latency-correction"));
}

#[test]
fn vegeta_is_read_in_nanoseconds_and_as_text() {
    let reading = one("vegeta.json");
    assert_eq!(facts(&reading), ("vegeta", Mode::Open, Clock::Send, None, Some(50), Some(20)));
    has(
        &reading,
        &[
            ("rps", 20.0 / 4.903_126_592),
            ("error_rate", 0.0),
            ("failure_rate", 0.6),
            ("min", 1.782_431),
            ("mean", 3.627_414),
            ("p50", 2.249_552),
            ("p90", 3.489_329),
            ("p95", 3.910_717),
            ("p99", 52.527_168),
            ("max", 52.527_168),
        ],
    );
    let text = one("vegeta.txt");
    assert_eq!((text.asked_per_s, text.requests, text.ok), (Some(76.05), Some(4_564), Some(4_547)));
    has(
        &text,
        &[
            ("rps", 4_564.0 / 60.0),
            ("error_rate", 17.0 / 4_564.0),
            ("failure_rate", 0.0),
            ("min", 9.86),
            ("mean", 660.113),
            ("p50", 665.943),
            ("p90", 931.831),
            ("p95", 1_036.0),
            ("p99", 1_544.0),
            ("max", 1_962.0),
        ],
    );
}

#[test]
fn k6_is_read_as_exported_and_as_handled() {
    let export = one("k6-export.json");
    assert_eq!(facts(&export), ("k6", Mode::Unknown, Clock::Send, Some(2), Some(901), Some(901)));
    has(
        &export,
        &[
            ("rps", 299.774_885_098),
            ("error_rate", 0.0),
            ("min", 1.186_34),
            ("mean", 5.230_067_065),
            ("p50", 4.711_712),
            ("p90", 8.650_447),
            ("p95", 10.333_182),
            ("p99", 13.670_835),
            ("p99.9", 17.722_680_4),
            ("max", 18.759_961),
        ],
    );
    let handled = one("k6-handle-summary.json");
    assert_eq!((handled.concurrency, handled.requests), (Some(8), Some(2_414)));
    assert!((handled.duration_s.unwrap() - 3.011_123_806).abs() < 1e-9);
    has(
        &handled,
        &[
            ("rps", 801.694_037_02),
            ("error_rate", 0.0),
            ("min", 2.776_291),
            ("mean", 9.937_991_681),
            ("p50", 9.537_980_5),
            ("p90", 13.795_824_2),
            ("p95", 15.619_156_95),
            ("max", 31.982_462),
        ],
    );
}

#[test]
fn dropped_iterations_show_that_k6_ran_an_open_loop() {
    let mut document: Value = serde_json::from_slice(bytes("k6-export.json")).unwrap();
    document["metrics"]["dropped_iterations"] = serde_json::json!({ "count": 12, "rate": 4.0 });
    let reading = import("k6.json", document.to_string().as_bytes()).unwrap().remove(0);
    assert_eq!(reading.mode, Mode::Open);
    assert!(reading.notes[0].contains("dropped 12 iterations"), "{:?}", reading.notes);
}

#[test]
fn bombardier_is_read_in_microseconds_and_as_text() {
    let reading = one("bombardier.json");
    assert_eq!(facts(&reading), ("bombardier", Mode::Closed, Clock::Send, Some(1), Some(1), Some(1)));
    let ms = 71.221;
    has(
        &reading,
        &[
            ("rps", 1.0 / 0.071_811_825),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("mean", ms),
            ("p50", ms),
            ("p75", ms),
            ("p90", ms),
            ("p95", ms),
            ("p99", ms),
            ("max", ms),
        ],
    );
    let text = one("bombardier.txt");
    assert_eq!(
        facts(&text),
        ("bombardier", Mode::Closed, Clock::Send, Some(200), Some(66_566), Some(66_561))
    );
    assert_eq!(text.duration_s, Some(10.0));
    has(
        &text,
        &[
            ("rps", 6_607.0),
            ("error_rate", 0.0),
            ("failure_rate", 5.0 / 66_566.0),
            ("mean", 29.86),
            ("p50", 28.0),
            ("p75", 32.0),
            ("p90", 34.0),
            ("p99", 48.0),
            ("max", 305.02),
        ],
    );
    // Behind the progress that it shows on the same output.
    let progress =
        [b"Bombarding http://h/ for 1s using 1 connection(s)\nDone!\n", bytes("bombardier.json")].concat();
    assert_eq!(import("bombardier.json", &progress).unwrap(), [reading]);
}

#[test]
fn fortio_is_read_in_seconds() {
    let reading = one("fortio.json");
    assert_eq!(facts(&reading), ("fortio", Mode::Closed, Clock::Send, Some(4), Some(100), Some(100)));
    assert_eq!((reading.version.as_deref(), reading.asked_per_s), (Some("1.57.3"), Some(8.0)));
    has(
        &reading,
        &[
            ("rps", 100.0 / 12.538_231_589),
            ("error_rate", 0.0),
            ("failure_rate", 0.0),
            ("min", 4.223_875),
            ("mean", 15.977_100_85),
            ("p50", 14.571_428_571),
            ("p75", 20.454_545_454),
            ("p90", 28.125),
            ("p95", 32.0),
            ("p99", 40.0),
            ("p99.9", 40.441_037_8),
            ("max", 40.490_042),
        ],
    );
}

#[test]
fn the_study_has_a_reading_for_each_stage() {
    let stages = all("study.json");
    assert_eq!(
        stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>(),
        ["study.json ramp-2", "study.json high"]
    );
    assert_eq!(stages[1].concurrency, Some(500));
    has(
        &stages[1],
        &[
            ("rps", 262.87),
            ("error_rate", 0.0),
            ("failure_rate", 0.011_133),
            ("mean", 1_871.58),
            ("min", 15.16),
            ("p50", 1_702.9),
            ("p90", 1_854.54),
            ("p95", 2_877.7),
            ("p99", 10_143.01),
            ("max", 10_930.84),
        ],
    );
    let rows = all("study.csv");
    assert_eq!(
        (rows.len(), rows[7].name.as_str(), rows[7].concurrency),
        (8, "study.csv high-rerun-2", Some(800))
    );
    assert_eq!((rows[2].figure(Figure::P95), rows[2].figure(Figure::P50)), (Some(503.42), None));
    // One stage alone has the name of its file.
    let single =
        serde_json::to_vec(&serde_json::from_slice::<Value>(bytes("study.json")).unwrap()[0]).unwrap();
    assert_eq!(import("alone.json", &single).unwrap()[0].name, "alone.json");
}

#[test]
fn our_own_results_are_read_with_their_bounds_and_their_seconds() {
    let reading = |summary: &Summary| import("own.json", json::render(summary).as_bytes()).unwrap().remove(0);
    let freeze = fixture::freeze();
    let own = reading(&freeze);
    assert_eq!(facts(&own), ("rpsbench", Mode::Open, Clock::IntendedTime, None, Some(3_000), Some(3_000)));
    assert_eq!((own.asked_per_s, own.latency.p99_ms), (Some(300.0), freeze.latency.response.p99_ms));
    assert_eq!(own.seconds.as_ref().map(crate::compare::Seconds::count), Some(10));
    assert!(own.latency.p50_ms <= own.latency.p75_ms && own.latency.p75_ms <= own.latency.p90_ms);
    let overload = reading(&fixture::overload());
    assert!(overload.is_lower_bound(Figure::Max), "{overload:?}");
    assert!(overload.notes.iter().any(|note| note.contains("interrupted")), "{:?}", overload.notes);
    // A result of an earlier version has no response times for each second.
    let mut old = fixture::freeze();
    old.series.iter_mut().for_each(|row| row.response_histogram.clear());
    old.verdict.generator = GeneratorVerdict::Invalid;
    let old = reading(&old);
    assert_eq!(old.seconds, None);
    assert!(old.notes.iter().any(|note| note.contains("INVALID")));
}

#[test]
fn several_results_of_ours_in_one_document_are_several_readings() {
    let runs = crate::measure::Runs::new(vec![fixture::freeze(), fixture::freeze(), fixture::few()], false);
    let document = serde_json::to_string(&runs).unwrap();
    let readings = import("runs.json", document.as_bytes()).unwrap();
    let names: Vec<&str> = readings.iter().map(|reading| reading.name.as_str()).collect();
    assert_eq!(names, ["runs.json open-300/s #1", "runs.json open-300/s #2", "runs.json open-0.5/s #1"]);
    assert!(readings[1].seconds.is_some());
    let broken = document.replace("\"queueing\"", "\"quiet\"");
    assert!(
        import("runs.json", broken.as_bytes()).unwrap_err().to_string().contains("has no field `queueing`")
    );
    let none = br#"{"schema": "rpsbench.runs/1", "runs": []}"#;
    assert!(import("runs.json", none).unwrap_err().to_string().contains("list of runs is missing"));
}

#[test]
fn our_own_csv_is_read_with_its_bounds() {
    let table = crate::report::csv::render(&fixture::overload());
    let row = import("own.csv", table.as_bytes()).unwrap().remove(0);
    let document = import("own.json", json::render(&fixture::overload()).as_bytes()).unwrap().remove(0);
    assert_eq!((row.tool.as_str(), row.mode, row.clock), ("rpsbench", document.mode, document.clock));
    assert!(row.is_lower_bound(Figure::Max));
    let close = |figure| (row.figure(figure).unwrap() - document.figure(figure).unwrap()).abs() < 0.001;
    assert!([Figure::Mean, Figure::P50, Figure::P90, Figure::Max].into_iter().all(close), "{row:?}");
    let endpoints = import("mixed.csv", crate::report::csv::render(&fixture::mixed()).as_bytes()).unwrap();
    assert_eq!(endpoints.len(), 1, "the rows of endpoints are parts of the run");
}

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
    assert_eq!((reading.latency.p90_ms, reading.latency.min_ms), (None, None));
    assert_eq!(reading.latency.p99_ms, Some(52.527_168));
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
                for figure in Figure::ALL {
                    prop_assert!(reading.figure(figure).is_none_or(|value| value.is_finite() && value >= 0.0), "{reading:?}");
                }
            }
        }
    }

    #[test]
    fn no_importer_panics_on_any_text(text in "\\PC{0,200}") {
        let _ = import("any", text.as_bytes());
    }
}
