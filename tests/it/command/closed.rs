//! The closed loop as a user meets it: users who wait, in stages, again and again, and beside an open loop.
#![allow(clippy::disallowed_methods, reason = "a test waits for a process, or is a slow server")]

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::program::{assert_ledger_adds_up, end_of, ledger, program, run, run_json};
use crate::support::servers::{Server, read_request};

/// A server that knows how many requests it worked on at once, at most. Each takes 20 ms.
fn counting_server(most_at_once: &Arc<AtomicU64>) -> Server {
    let (now, most) = (Arc::new(AtomicU64::new(0)), Arc::clone(most_at_once));
    Server::start(move |mut stream| {
        while read_request(&mut stream).is_some() {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            now.fetch_sub(1, Ordering::SeqCst);
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
    })
}

#[test]
fn users_send_exactly_what_was_asked_for_and_never_more_at_once_than_they_are() {
    let most = Arc::default();
    let server = counting_server(&most);
    let (ended, document) = run_json(&["closed", &server.url(), "-c", "7", "-n", "100", "--warmup", "100ms"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (100, 100));
    assert_ledger_adds_up(&document);
    assert_eq!(most.load(Ordering::SeqCst), 7);
    let plan = &document["plan"];
    assert_eq!(
        (&plan["mode"], &plan["concurrency"], &plan["requests"]),
        (&"closed".into(), &7.into(), &100.into())
    );
    assert_eq!(plan["rate_per_s"], Value::Null);
    assert_eq!(document["verdict"]["service"], "unknown");
    assert!(document["warmup"]["ledger"]["ok"].as_u64().unwrap() >= 7, "{}", document["warmup"]);
    // Little's law: 7 users / 20 ms = 350/s at most.
    let per_s = document["rates"]["completed_per_s"].as_f64().unwrap();
    assert!((150.0..=351.0).contains(&per_s), "{per_s}");
}

#[test]
fn think_time_is_not_part_of_the_response() {
    let server = counting_server(&Arc::default());
    let arguments =
        ["closed", &server.url(), "-c", "2", "--duration", "1s", "--think-time", "80ms", "--warmup", "0"];
    let (_, document) = run_json(&arguments);
    let sent = ledger(&document, "sent");
    assert!((14..=20).contains(&sent), "2 users x 1 s / 100 ms: {sent}");
    assert!(document["latency"]["response"]["p50_ms"].as_f64().unwrap() < 60.0);
}

#[test]
fn stages_keep_their_connections_and_each_has_a_row() {
    let server = counting_server(&Arc::default());
    let ended = run(&[
        "closed",
        &server.url(),
        "--stages",
        "2x20,5x50",
        "--warmup",
        "0",
        "--quiet",
        "--format",
        "csv",
    ]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let mut reader = csv::Reader::from_reader(ended.stdout.as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().take(12).map(str::to_owned).collect();
    let study = "scenario,concurrency,total_requests,rps,error_rate,failure_rate,avg_ms,min_ms,max_ms,p90_ms,p95_ms,p99_ms";
    assert_eq!(head.join(","), study, "the columns of the study, in its order");
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let figures: Vec<(&str, &str)> = rows.iter().map(|row| (&row[1], &row[2])).collect();
    assert_eq!(figures, [("2", "20"), ("5", "50")]);
    // One more: the connection before the run, to know that somebody listens.
    assert_eq!(server.connections.load(Ordering::SeqCst), 5 + 1);
}

#[test]
fn every_setting_is_an_environment_variable_too() {
    let server = counting_server(&Arc::default());
    let mut command = program();
    command
        .args(["closed", "--format", "csv"])
        .env("RPSBENCH_URL", server.url())
        .env("RPSBENCH_RAMP_START", "1")
        .env("RPSBENCH_RAMP_STEPS", "3")
        .env("RPSBENCH_RAMP_INC", "2")
        .env("RPSBENCH_STEP_DURATION", "200ms")
        .env("RPSBENCH_WARMUP", "0")
        .env("RPSBENCH_QUIET", "1");
    let text = end_of(&mut command).stdout;
    let users: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(users, ["1", "3", "5"], "{text}");
}

#[test]
fn a_report_says_what_it_cannot_tell_and_a_model_is_not_called_a_measurement() {
    let server = counting_server(&Arc::default());
    let arguments = [
        "closed",
        &server.url(),
        "-c",
        "4",
        "-n",
        "100",
        "--warmup",
        "0",
        "-q",
        "--expected-rate",
        "400",
        "--details",
    ];
    let ended = run(&arguments);
    for words in
        ["what this report cannot tell", "Little's law: 4 users /", "rpsbench run --rate", "NOT measured"]
    {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
}

#[test]
fn repeats_are_shown_with_their_spread_and_printed_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.json");
    let server = counting_server(&Arc::default());
    let output = file.to_str().unwrap();
    let ended = run(&[
        &server.url(),
        "--rate",
        "50",
        "--duration",
        "1s",
        "--warmup",
        "0",
        "--repeat",
        "3",
        "-q",
        "-o",
        output,
    ]);
    assert!(ended.is_measured(), "{ended:?}");
    let names = ended.stdout.matches("open-50/s").count();
    assert_eq!(names, 3 + 5, "three rows, and the spread of five figures: {}", ended.stdout);
    let again = run(&["report", output]);
    // On the screen a row does not know yet that others follow; printed again the repeats are numbered.
    assert!(
        again.stdout.contains("open-50/s #3") && again.stdout.contains("Spread between repeats"),
        "{again:?}"
    );
    let compared = run(&["compare", output, "--format", "csv", "-q"]);
    assert_eq!(compared.code, 0, "{compared:?}");
}

/// A service that stands still for a second: four users see four slow requests, a schedule sees all that were due.
#[test]
fn a_live_comparison_shows_what_a_freeze_hides_from_users_who_wait() {
    let (ended, document) = run_json(&[
        "compare",
        "-c",
        "4",
        "--duration",
        "4s",
        "--warmup",
        "0",
        "--workers",
        "200",
        "--service-time",
        "10ms",
        "--sigma",
        "0",
        "--freeze-at",
        "1s",
        "--freeze-for",
        "1s",
    ]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let run = |i: usize| &document["runs"][i]["result"];
    assert_eq!(document["runs"].as_array().unwrap().len(), 4);
    for i in 0..4 {
        assert_ledger_adds_up(run(i));
    }
    // 4 users at 10 ms: 400/s, 300/s of them in four seconds. One in 300 waited; of a schedule's requests one in four.
    let p90 = |i: usize| run(i)["latency"]["response"]["p90_ms"].as_f64().unwrap();
    assert!(p90(0) < 50.0, "closed: {}", p90(0));
    assert!((500.0..700.0).contains(&p90(1)), "open: (S - x) / D = 0.1 at 600 ms: {}", p90(1));
    let rate = |i: usize| run(i)["plan"]["rate_per_s"].as_f64().unwrap();
    assert!((rate(2) / rate(1) - 0.9).abs() < 0.01 && (rate(3) / rate(1) - 1.05).abs() < 0.01);
    let findings = document["findings"].to_string();
    assert!(findings.contains("coordinated omission"), "{findings}");
}
