//! The result lines, provoked by real servers: nginx that refuses, limits or dies, and haproxy with a queue.

#![allow(clippy::disallowed_methods, reason = "a server dies while a run is under way, not before it")]

use std::thread::sleep;
use std::time::Duration;

use rpsbench::internals::{Service, ServiceModel};
use serde_json::Value;

use crate::support::haproxy::Haproxy;
use crate::support::nginx::Nginx;
use crate::support::program::{Ended, Running, assert_ledger_adds_up, program, run, run_json};

/// An nginx whose paths refuse, lead elsewhere, limit the rate, or answer.
fn nginx() -> Nginx {
    Nginx::start(|_, port| {
        format!(
            "limit_req_zone $server_port zone=all:1m rate=50r/s; limit_req_status 503;\n\
             server {{ listen 127.0.0.1:{port} backlog=1024;\n\
               location = /ok {{ return 200 'hello'; }}\n\
               location = /private {{ return 401; }}\n\
               location = /moved {{ return 302 /login; }}\n\
               location = /limited {{ limit_req zone=all burst=2 nodelay; try_files /none @hello; }}\n\
               location @hello {{ return 200 'hello'; }} }}"
        )
    })
}

fn result_line(ended: &Ended) -> String {
    let line = ended.stdout.lines().find(|line| line.starts_with("RESULT"));
    line.unwrap_or_else(|| panic!("no result line: {ended:?}")).to_owned()
}

const SHORT: [&str; 7] = ["--rate", "100", "--duration", "3s", "--warmup", "0", "--quiet"];

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn nginx_that_answers_refuses_leads_elsewhere_or_limits() {
    let nginx = nginx();
    for (path, code, words) in [
        ("/ok", 0, "KEEPING UP: 100.0 of 100.0/s answered"),
        ("/private", 98, "NOT TESTED: every answer was 401"),
        ("/moved", 98, "NOT TESTED: every answer was 302"),
        ("/limited", 0, "FAILING:"),
    ] {
        let url = format!("http://127.0.0.1:{}{path}", nginx.port);
        let ended = run(&[&[url.as_str()], &SHORT[..]].concat());
        // A busy machine may not trust itself; it says so by its own code.
        assert!(ended.code == code || ended.code == 3, "{path}: {ended:?}");
        assert!(result_line(&ended).contains(words), "{path}: {ended:?}");
    }
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn nginx_that_is_killed_died() {
    let nginx = nginx();
    let url = format!("http://127.0.0.1:{}/ok", nginx.port);
    let mut command = program();
    command.args([&url, "--rate", "100", "--duration", "5s", "--warmup", "0", "--baseline", "0", "--quiet"]);
    let running = Running::start(&mut command);
    sleep(Duration::from_millis(2_500));
    drop(nginx);
    let ended = running.end();
    assert_eq!(ended.code, 98, "{ended:?}");
    assert!(result_line(&ended).contains("DIED at"), "{ended:?}");
}

/// Four at a time and 20 ms each: 200 requests a second. What is beyond waits in haproxy's queue.
fn behind_a_queue(rate: &str, queue_ms: u64) -> (Ended, Value) {
    let model =
        ServiceModel { workers: 100, service_time_ns: 20_000_000, sigma: 0.0, ..ServiceModel::default() };
    let service = Service::start(&model, ([127, 0, 0, 1], 0).into()).expect("a service");
    let haproxy = Haproxy::start(service.addr().port(), 4, queue_ms);
    let url = format!("http://127.0.0.1:{}/", haproxy.port);
    let (ended, document) =
        run_json(&[&url, "--rate", rate, "--duration", "6s", "--warmup", "500ms", "--drain", "2s"]);
    assert_ledger_adds_up(&document);
    (ended, document)
}

#[test]
#[ignore = "needs haproxy: run `bash tests/run.sh`"]
fn a_gateway_with_a_queue_keeps_up_falls_behind_or_turns_requests_away() {
    for (rate, queue_ms, code, result) in
        [("100", 10_000, 0, "keeping_up"), ("300", 10_000, 0, "too_much"), ("300", 200, 0, "failing")]
    {
        let (ended, document) = behind_a_queue(rate, queue_ms);
        assert!(ended.code == code || ended.code == 3, "{rate} {queue_ms}: {ended:?}");
        assert_eq!(document["verdict"]["result"], result, "{rate} {queue_ms}: {}", document["verdict"]);
    }
}

/// The amplification is that of the queue: the idle service takes 20 ms, and those that wait 200 ms at most.
#[test]
#[ignore = "needs haproxy: run `bash tests/run.sh`"]
fn queueing_in_a_gateway_is_measured_against_the_idle_service() {
    let (_, document) = behind_a_queue("190", 10_000);
    let queueing = &document["queueing"];
    let idle_ms = queueing["idle"]["p50_ms"].as_f64().expect("an idle baseline");
    assert!((20.0..40.0).contains(&idle_ms), "{queueing}");
    let (_, document) = behind_a_queue("300", 10_000);
    let queued_ms = document["queueing"]["in_service_mean_ms"].as_f64().expect("measured");
    assert!(queued_ms > 200.0, "{}", document["queueing"]);
}
