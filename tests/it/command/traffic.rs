//! Traffic like production's, as the server sees it: tokens, data rows, mixed endpoints, what counts as good.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::program::{assert_ledger_adds_up, file, ledger, run, run_json};
use crate::support::servers::{GOOD, Witness};

/// A short run without warm-up that must succeed.
fn run_against(url: &str, more: &[&str]) -> Value {
    let (ended, document) = run_json(&[&[url, "--rate", "500", "--warmup", "0"], more].concat());
    assert!([0, 3, 98].contains(&ended.code), "{ended:?}");
    assert_ledger_adds_up(&document);
    document
}

fn count<T: Ord>(values: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    counts
}

#[test]
fn each_token_is_sent_equally_often_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let tokens: Vec<String> = (0..120).map(|i| format!("token-{i:03}")).collect();
    let text = format!("user,Auth Token\n\n{}\n", tokens.join(",x\n  "));
    // The first column is the one that is used.
    let path = file(&folder, "tokens.csv", text.replace("user,Auth Token", "Auth Token,user"));
    for threads in ["1", "3"] {
        let witness = Witness::start(GOOD);
        let arguments =
            ["--rate", "1000", "-n", "1000", "--warmup", "200ms", "--threads", threads, "--tokens", &path];
        let (_, document) = run_json(&[&[witness.url().as_str()][..], &arguments].concat());
        assert_ledger_adds_up(&document);
        let seen = witness.seen();
        let used = count(seen.iter().map(|seen| seen.header("authorization").join("|")));
        assert_eq!(used.len(), 120, "{used:?}");
        let (least, most) = (used.values().min().unwrap(), used.values().max().unwrap());
        assert!(most - least <= 1, "{threads} threads: {used:?}");
        assert!(tokens.iter().all(|token| used.contains_key(token)));
    }
}

#[test]
fn a_token_takes_the_place_of_the_header_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "tokens.csv", "Bearer abc\n");
    let witness = Witness::start(GOOD);
    let more =
        ["-n", "3", "--tokens", &path, "--token-header", "X-Key", "-H", "x-key: other", "-H", "x-also: 1"];
    run_against(&witness.url(), &more);
    for seen in witness.seen() {
        assert_eq!((seen.header("x-key"), seen.header("x-also")), (vec!["Bearer abc"], vec!["1"]));
    }
}

#[test]
fn cells_stand_in_the_url_in_headers_and_in_the_body() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "data.csv", "id,name\n1,Ann Lee\n2,\"B&C=\u{fc}/\"\"q\"\"\"\n");
    let witness = Witness::start(GOOD);
    let url = format!("{}users/{{id}}?q={{name}}&i={{index}}", witness.url());
    let body = r#"{"id": {id}, "of": {"name": "{name}"}}"#;
    run_against(&url, &["-n", "4", "--data", &path, "-H", "X-Id: u-{id}", "-d", body]);
    let mut seen = witness.seen();
    seen.sort_by_key(|seen| seen.line().rsplit("i=").next().map(str::to_owned));
    let lines: Vec<&str> = seen.iter().map(|seen| seen.line()).collect();
    assert_eq!(
        lines,
        [
            "POST /users/1?q=Ann%20Lee&i=0 HTTP/1.1",
            "POST /users/2?q=B%26C%3D%C3%BC%2F%22q%22&i=1 HTTP/1.1",
            "POST /users/1?q=Ann%20Lee&i=2 HTTP/1.1",
            "POST /users/2?q=B%26C%3D%C3%BC%2F%22q%22&i=3 HTTP/1.1",
        ]
    );
    assert_eq!(seen[1].header("x-id"), ["u-2"]);
    assert_eq!(String::from_utf8_lossy(&seen[0].body), r#"{"id": 1, "of": {"name": "Ann Lee"}}"#);
    assert_eq!(seen[0].header("content-length"), [seen[0].body.len().to_string()]);
}

#[test]
fn random_rows_are_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..50).map(|i| format!("{i}\n")).collect();
    let path = file(&folder, "data.csv", format!("id\n{rows}"));
    let rows_of = |seed: &str, threads: &str| {
        let witness = Witness::start(GOOD);
        let url = format!("{}{{index}}/{{id}}", witness.url());
        let more =
            ["-n", "100", "--data", &path, "--data-order", "random", "--seed", seed, "--threads", threads];
        run_against(&url, &more);
        let mut lines: Vec<String> = witness.seen().iter().map(|seen| seen.line().to_owned()).collect();
        lines.sort();
        lines
    };
    let first = rows_of("7", "1");
    assert_eq!(first, rows_of("7", "2"));
    assert_ne!(first, rows_of("8", "1"));
}

const SCENARIO: &str = r#"
[[endpoint]]
name = "search"
weight = 5
path = "/search?q={index}"

[[endpoint]]
name = "order"
weight = 2
method = "PUT"
path = "/orders"
body = '{"n": {index}}'
expect_status = 201

[endpoint.headers]
Content-Type = "application/json"

[[endpoint]]
name = "home"
path = "/"
"#;

#[test]
fn endpoints_share_the_arrivals_in_exact_proportion_and_report_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "mix.toml", SCENARIO);
    for threads in ["1", "2"] {
        let witness = Witness::start(GOOD);
        let document = run_against(&witness.url(), &["-n", "400", "--scenario", &path, "--threads", threads]);
        let seen = witness.seen();
        let paths = count(seen.iter().map(|seen| seen.line().split(['?', ' ']).nth(1).unwrap().to_owned()));
        assert_eq!(
            paths,
            BTreeMap::from([("/".into(), 50), ("/orders".into(), 100), ("/search".into(), 250)])
        );
        assert!(
            seen.iter()
                .filter(|s| s.line().starts_with("PUT"))
                .all(|s| s.header("content-type") == ["application/json"])
        );
        let endpoints = document["endpoints"].as_array().unwrap();
        let of = |i: usize, column: &str| endpoints[i]["ledger"][column].as_u64().unwrap();
        assert_eq!((of(0, "planned"), of(0, "ok"), of(1, "planned"), of(2, "ok")), (250, 250, 100, 50));
        // The server answers 200 where 201 is expected.
        assert_eq!((of(1, "ok"), of(1, "http_error")), (0, 100));
        assert_eq!(ledger(&document, "http_error"), 100);
        assert_eq!(endpoints[1]["name"], "order");
    }
}

#[test]
fn targets_of_vegeta_are_taken_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::start(GOOD);
    let url = witness.url();
    file(&folder, "body.json", r#"{"a": "{index}"}"#);
    let text = format!(
        "# mine\nGET {url}a\nX-A: 1\n\nPOST {url}b\n@{}\n",
        folder.path().join("body.json").display()
    );
    let path = file(&folder, "targets.txt", text);
    let (ended, document) = run_json(&["--rate", "500", "-n", "10", "--warmup", "0", "--targets", &path]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let lines = count(witness.seen().iter().map(|seen| seen.line().to_owned()));
    assert_eq!(lines, BTreeMap::from([("GET /a HTTP/1.1".into(), 5), ("POST /b HTTP/1.1".into(), 5)]));
    assert!(witness.seen().iter().any(|seen| seen.body == br#"{"a": "{index}"}"#), "braces are not touched");
    assert_eq!(document["endpoints"][1]["name"], "POST /b");
}

#[test]
fn what_counts_as_good_is_what_was_asked_for() {
    let created = Witness::start(b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nhello");
    let ok = |more: &[&str]| ledger(&run_against(&created.url(), &[&["-n", "20"], more].concat()), "ok");
    assert_eq!(ok(&[]), 20);
    assert_eq!(ok(&["--expect-status", "200"]), 0);
    assert_eq!(ok(&["--expect-status", "200,201"]), 20);
    assert_eq!(ok(&["--expect-body", "ell"]), 20);
    let document = run_against(&created.url(), &["-n", "20", "--expect-body", "help"]);
    assert_eq!((ledger(&document, "http_error"), ledger(&document, "unexpected_body")), (20, 20));

    let moved = Witness::start(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n");
    let document = run_against(&moved.url(), &["-n", "20"]);
    assert_eq!((ledger(&document, "http_error"), moved.seen().len()), (20, 20), "not followed");

    for (answer, throttled) in [
        (&b"HTTP/1.1 429 Too Many\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"[..], 20),
        (b"HTTP/1.1 503 Busy\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n", 20),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", 0),
    ] {
        let limited = Witness::start(answer);
        let document = run_against(&limited.url(), &["-n", "20"]);
        assert_eq!((ledger(&document, "http_error"), ledger(&document, "throttled")), (20, throttled));
    }
}

#[test]
fn a_sample_is_found_by_the_trace_id_that_was_sent() {
    let witness = Witness::start(b"HTTP/1.1 500 Oh\r\nx-request-id: abc-1\r\ncontent-length: 4\r\n\r\nboom");
    let document = run_against(&witness.url(), &["-n", "30", "--traceparent", "--samples", "4"]);
    let sent = count(witness.seen().iter().map(|seen| seen.header("traceparent").join("|")));
    assert_eq!(sent.len(), 30, "each its own");
    let samples = document["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 4, "{samples:?}");
    for sample in samples {
        let trace_id = sample["trace_id"].as_str().unwrap();
        assert!(sent.keys().any(|header| header.starts_with(&format!("00-{trace_id}-"))), "{trace_id}");
        assert_eq!(
            (&sample["kind"], &sample["status"], &sample["body"]),
            (&"http_500".into(), &500.into(), &"boom".into())
        );
        assert!(
            sample["headers"]
                .as_array()
                .unwrap()
                .iter()
                .any(|h| h["name"] == "x-request-id" && h["value"] == "abc-1")
        );
    }
}

#[test]
fn connections_live_as_long_as_they_may() {
    let witness = Witness::start(GOOD);
    let document = run_against(&witness.url(), &["-n", "100", "--max-requests-per-connection", "10"]);
    let connections = witness.server.connections.load(std::sync::atomic::Ordering::SeqCst);
    // One more: the probe before the run.
    assert_eq!(Some(connections - 1), document["connections"]["opened"].as_u64());
    assert!(connections > 10, "{connections}");
    assert_eq!(ledger(&document, "ok"), 100);

    // A request every half second: each finds that the connection before it has been closed, and so does the end.
    let slow = ["-n", "3", "--rate", "2", "--keepalive", "100ms"];
    let document = run_json(&[&[witness.url().as_str(), "--warmup", "0"], &slow[..]].concat()).1;
    assert_eq!(document["connections"]["opened"], 3);
    assert_eq!(document["connections"]["idle_closed"], 3);
}

#[test]
fn bad_input_is_an_error_with_the_file_and_the_line_before_the_first_request() {
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::start(GOOD);
    let url = witness.url();
    let mut number = 0;
    let mut fails = |flag: &str, content: &[u8], more: &[&str], words: &[&str]| {
        number += 1;
        let path = file(&folder, &format!("input-{number}"), content);
        let ended = run(&[&[url.as_str(), "--rate", "10", "-n", "1", flag, &path], more].concat());
        assert_eq!(ended.code, 2, "{flag} {content:?}: {ended:?}");
        for word in words {
            assert!(ended.stderr.contains(word), "{flag}: no `{word}` in {}", ended.stderr);
        }
    };
    fails("--data", b"a,b\n1,2\n3\n", &[], &["input-1", "line 3"]);
    fails("--data", b"a,b\n1,\xff\n", &[], &["input-2", "line 2", "UTF-8"]);
    fails("--data", b"", &[], &["input-3", "empty"]);
    fails("--data", b"a,b\n", &[], &["input-4"]);
    fails("--data", b"id,name\n1,x\n", &["-d", "{nmae}"], &["nmae", "id", "name"]);
    fails("--tokens", b"token\n\n", &[], &["input-6"]);
    fails("--tokens", b"token\nok\nb\x01ad\n", &[], &["input-7", "line 3"]);
    fails("--scenario", b"[[endpoint]]\nname='a'\nweight=0\npath='/'\n", &[], &["input-8", "weight"]);
    fails(
        "--scenario",
        b"[[endpoint]]\nname='a'\npath='/'\ncolour='blue'\n",
        &[],
        &["input-9", "line 4", "expect_status"],
    );
    fails(
        "--scenario",
        b"[[endpoint]]\nname='a'\npath='/'\n[[endpoint]]\nname='a'\npath='/b'\n",
        &[],
        &["input-10", "`a`"],
    );
    fails("--targets", b"GET nowhere\n", &[], &["input-11", "line 1"]);
    fails("--cacert", b"not a certificate", &[], &["input-12", "PEM"]);
    let ended = run(&["http://no-such-host.invalid/", "--rate", "10", "-n", "1"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("did not resolve") && !ended.stderr.contains("no-such-host"), "{ended:?}");
    let ended = run(&["http://::1:80/", "--rate", "10", "-n", "1"]);
    assert!(ended.code == 2 && ended.stderr.contains("brackets"), "{ended:?}");
    assert!(witness.seen().is_empty());
}

#[test]
fn what_the_service_says_of_its_time_splits_the_services_part() {
    let answer = b"HTTP/1.1 200 OK\r\nserver-timing: db;dur=2.5, total;dur=4;desc=\"a, b\"\r\ncontent-length: 0\r\n\r\n";
    let witness = Witness::start(answer);
    let document = run_against(&witness.url(), &["-n", "50"]);
    let metrics = document["server_timing"].as_array().expect("metrics");
    let of = |name: &str| {
        metrics.iter().find(|metric| metric["name"] == name).expect("a metric")["durations"].clone()
    };
    for (name, ms) in [("db", 2.5), ("total", 4.0)] {
        assert_eq!((&of(name)["count"], of(name)["mean_ms"].as_f64()), (&50.into(), Some(ms)), "{name}");
    }
    // The service says that it needed 4 ms, and it did not: what is left in front of it is the rest, also where that is none.
    let service_ms = document["latency"]["service"]["mean_ms"].as_f64().expect("a mean");
    let in_front_ms = document["queueing"]["in_front_mean_ms"].as_f64().expect("a mean");
    assert!((service_ms - 4.0 - in_front_ms).abs() < 1e-6, "{service_ms} {in_front_ms}");
}
