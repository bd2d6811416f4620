//! A record of each request.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::support::program::{ledger, run};
use crate::support::servers::{GOOD, Server, answer_always};

const LOAD: [&str; 10] =
    ["--rate", "200", "--duration", "1s", "--warmup", "500ms", "--baseline", "0", "--format", "json"];

/// The rows of a log by their columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn the_log_adds_up_to_the_ledger_and_its_parts_to_the_response() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.csv");
    let ended = run(&[
        &[server.url().as_str()],
        &LOAD[..],
        &["--log", path.to_str().unwrap(), "-q", "--repeat", "2"],
    ]
    .concat());
    assert!(ended.is_measured(), "{ended:?}");
    let rows = rows(&std::fs::read_to_string(&path).unwrap());
    let of = |run: &str, phase: &str| {
        rows.iter().filter(|row| row["run"] == run && row["phase"] == phase).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("1", "measured").len(), of("2", "measured").len(), of("1", "warmup").len()),
        (200, 200, 50)
    );
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let ok: u64 = document["runs"].as_array().unwrap().iter().map(|run| ledger(&run["result"], "ok")).sum();
    let logged = rows.iter().filter(|row| row["phase"] == "measured" && row["outcome"] == "ok").count();
    assert_eq!(logged as u64, ok);
    let number = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    for row in rows.iter().filter(|row| row["outcome"] == "ok") {
        let parts = ["service_ms", "send_lag_ms", "slot_wait_ms", "connect_ms"];
        let sum: f64 = parts.iter().map(|part| number(row, part)).sum();
        assert!((sum - number(row, "response_ms")).abs() < 1e-5, "{row:?}");
        let response_s = number(row, "end_s") - number(row, "intended_s");
        assert!((response_s * 1e3 - number(row, "response_ms")).abs() < 1e-3, "{row:?}");
    }
    // The schedule itself: 5 ms apart.
    let mut intended: Vec<f64> = of("1", "measured").iter().map(|row| number(row, "intended_s")).collect();
    intended.sort_by(f64::total_cmp);
    assert!(intended.iter().zip(0..).all(|(at, index)| (at - f64::from(index) * 0.005).abs() < 1e-6));
    let unix = number(of("1", "measured")[0], "unix_s");
    assert!(unix > 1.7e9, "{unix}");
}

#[test]
fn a_log_may_be_compressed_or_be_one_of_vegeta() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().unwrap();
    let log = |name: &str| {
        let path = folder.path().join(name);
        let flags = ["--log", path.to_str().unwrap(), "-q", "-n", "100", "--rate", "500", "--format", "json"];
        let ended = run(&[&[server.url().as_str()], &flags[..]].concat());
        assert!(ended.is_measured(), "{ended:?}");
        std::fs::read(&path).unwrap()
    };
    let text = String::from_utf8(zstd::decode_all(&log("a.csv.zst")[..]).unwrap()).unwrap();
    assert_eq!(rows(&text).len(), 100);
    let mut text = String::new();
    flate2::read::GzDecoder::new(&log("a.csv.gz")[..]).read_to_string(&mut text).unwrap();
    assert_eq!(rows(&text).len(), 100);
    let hits = String::from_utf8(log("a.vegeta.json")).unwrap();
    let hits: Vec<Value> = hits.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(hits.len(), 100);
    assert!(hits.iter().all(|hit| hit["code"] == 200 && hit["latency"].as_u64().is_some_and(|ns| ns > 0)));
    assert!(!hits[0]["url"].as_str().unwrap().contains("127.0.0.1"), "the host is hidden: {}", hits[0]);
}

/// How many requests each connection carried, by its number.
fn carried(path: &Path) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for row in rows(&std::fs::read_to_string(path).expect("a log")) {
        *counts.entry(row["connection"].parse().expect("a number")).or_default() += 1;
    }
    counts
}

#[test]
fn requests_of_one_connection_have_its_number_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.csv");
    let service = ["--workers", "4", "--service-time", "20ms", "--baseline", "0"];
    let log = ["-q", "--log", path.to_str().unwrap()];
    let open = ["-n", "60", "--rate", "300", "--warmup", "0"];
    let counts_of = |more: &[&str]| {
        let ended = run(&[more, &service, &log].concat());
        assert!(ended.is_measured(), "{ended:?}");
        let counts = carried(&path);
        assert_eq!(counts.values().sum::<usize>(), 60, "{more:?}: {counts:?}");
        counts.len()
    };
    assert_eq!(counts_of(&[&open[..], &["--connections", "3"]].concat()), 3);
    // Each request has a connection of its own; threads do not give the same number.
    for threads in ["1", "2"] {
        assert_eq!(counts_of(&[&open[..], &["--no-keepalive", "--threads", threads]].concat()), 60);
    }
    // So has each user of a closed loop.
    assert_eq!(counts_of(&["closed", "--stages", "3x60"]), 3);
}

/// The run goes on, and what is missing is said although it is quiet.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_the_log_and_never_the_run() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.csv");
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let ended =
        run(&[&[server.url().as_str()], &LOAD[..], &["--log", path.to_str().unwrap(), "-q"]].concat());
    let document: Value = serde_json::from_str(&ended.stdout).expect("the report");
    assert!(ended.is_measured() && ledger(&document, "ok") == 200, "{ended:?}");
    assert!(ended.stderr.contains("the log is not complete"), "{ended:?}");
    let ended = run(&[&server.url(), "--rate", "5", "--log", "run.txt"]);
    assert!(ended.code == 2 && ended.stderr.contains(".csv.zst"), "{ended:?}");
}
