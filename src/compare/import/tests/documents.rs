//! JSON of other tools, and their printed reports where they have both.

use super::*;

#[test]
fn oha_is_read_in_seconds() {
    let reading = one("oha.json");
    // Eight were cut off by the end of the run, which is no failure.
    assert_eq!(facts(&reading), ("oha", Loop::Closed, TimedFrom::Unknown, None, Some(2_376), Some(2_376)));
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
    assert_eq!(facts(&reading), ("vegeta", Loop::Open, TimedFrom::Send, None, Some(50), Some(20)));
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
    assert_eq!(facts(&export), ("k6", Loop::Unknown, TimedFrom::Send, Some(2), Some(901), Some(901)));
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
    assert_eq!(reading.mode, Loop::Open);
    assert!(reading.notes[0].contains("dropped 12 iterations"), "{:?}", reading.notes);
}

#[test]
fn bombardier_is_read_in_microseconds_and_as_text() {
    let reading = one("bombardier.json");
    assert_eq!(facts(&reading), ("bombardier", Loop::Closed, TimedFrom::Send, Some(1), Some(1), Some(1)));
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
        ("bombardier", Loop::Closed, TimedFrom::Send, Some(200), Some(66_566), Some(66_561))
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
    assert_eq!(facts(&reading), ("fortio", Loop::Closed, TimedFrom::Send, Some(4), Some(100), Some(100)));
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
    assert_eq!(
        (rows[2].figure(Figure::P95).exact(), rows[2].figure(Figure::P50).exact()),
        (Some(503.42), None)
    );
    // One stage alone has the name of its file.
    let single =
        serde_json::to_vec(&serde_json::from_slice::<Value>(bytes("study.json")).unwrap()[0]).unwrap();
    assert_eq!(import("alone.json", &single).unwrap()[0].name, "alone.json");
}
