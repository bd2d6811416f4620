//! Faults of the client and of the service, staged: the verdicts name the right one. `benches/faults.py` has more kinds and
//! counts how often.

#![allow(clippy::disallowed_methods, reason = "a fault lasts as long as it lasts")]

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rpsbench::internals::{Service, ServiceModel};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::program::{Running, assert_ledger_adds_up, ledger, program, run_json, shell};
use crate::support::servers::{GOOD, Server, answer_always};
use crate::support::turn::alone;

/// The verdicts on the generator and on the service, and the codes of their reasons.
fn verdicts(document: &Value) -> (&str, &str, Vec<&str>) {
    let verdict = &document["verdict"];
    let word = |name: &str| verdict[name].as_str().expect("a verdict");
    let reasons = verdict["reasons"].as_array().expect("reasons");
    let codes = reasons.iter().map(|reason| reason["code"].as_str().expect("a code")).collect();
    (word("generator"), word("service"), codes)
}

fn document_of(mut running: Running, meanwhile: impl FnOnce(&mut Running)) -> Value {
    meanwhile(&mut running);
    let ended = running.end();
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// No part of a response is negative, and no time is longer than the run.
fn assert_times_make_sense(document: &Value, run_s: f64) {
    for (name, times) in document["latency"].as_object().expect("times") {
        for figure in ["min_ms", "mean_ms", "max_ms"] {
            if let Some(ms) = times[figure].as_f64() {
                assert!((0.0..run_s * 1e3).contains(&ms), "{name} {figure}: {ms}");
            }
        }
    }
}

#[test]
fn a_client_that_is_stopped_for_three_seconds_loses_nothing_and_blames_nobody() {
    let _turn = alone();
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let mut command = program();
    command.args([
        &server.url(),
        "--rate",
        "200",
        "--duration",
        "5s",
        "--warmup",
        "0",
        "--max-in-flight",
        "16",
        "--baseline",
        "0",
    ]);
    command.args(["--format", "json", "--quiet"]);
    let document = document_of(Running::start(&mut command), |running| {
        sleep(Duration::from_millis(1_000));
        running.signal(Signal::STOP);
        sleep(Duration::from_millis(3_000));
        running.signal(Signal::CONT);
    });
    assert_ledger_adds_up(&document);
    assert_times_make_sense(&document, 20.0);
    assert_eq!((ledger(&document, "planned"), ledger(&document, "missed")), (1_000, 0));
    // What was due meanwhile is sent late; only what was due while it caught up may have found the cap of 16 full.
    assert!(ledger(&document, "ok") >= 900, "{}", document["ledger"]);
    let (generator, service, codes) = verdicts(&document);
    assert_eq!((generator, service), ("invalid", "unknown"), "{codes:?}");
    assert!(codes.contains(&"generator.stalled") && codes.contains(&"service.client_limit"), "{codes:?}");
}

/// Four threads and two others share one core: the client is out of CPU at any rate that it could otherwise send.
#[test]
fn a_client_without_cpu_says_so_and_does_not_blame_the_service() {
    let _turn = alone();
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let hogs = (0..2).map(|_| {
        Running::start(Command::new("taskset").args(["-c", "0", "sh", "-c", "while :; do :; done"]))
    });
    let _hogs: Vec<Running> = hogs.collect();
    let mut command = shell(&format!(
        "exec taskset -c 0 rpsbench {} --rate 100000 --duration 2s --warmup 0 --threads 4 --max-in-flight 64 --format json --quiet",
        server.url()
    ));
    let document = document_of(Running::start(&mut command), |_| {});
    assert_ledger_adds_up(&document);
    let (generator, service, codes) = verdicts(&document);
    assert_eq!((generator, service), ("invalid", "unknown"), "{codes:?} {}", document["client"]);
    assert!(codes.contains(&"generator.client_saturated"), "{codes:?} {}", document["client"]);
}

#[test]
fn a_cap_that_is_low_for_want_of_descriptors_is_the_clients_limit() {
    let _turn = alone();
    // 100 requests at once are needed, and 32 connections are allowed: 64 descriptors are for other things.
    let model = ServiceModel {
        workers: 1_000,
        service_time_ns: 100_000_000,
        sigma: 0.0,
        ..ServiceModel::immediate()
    };
    let service = Service::start(&model, ([127, 0, 0, 1], 0).into()).expect("a service");
    let mut command = shell(&format!(
        "ulimit -n 96; exec rpsbench http://{}/ --rate 1000 --duration 2s --warmup 0 --threads 1 --format json --quiet",
        service.addr()
    ));
    let document = document_of(Running::start(&mut command), |_| {});
    assert_ledger_adds_up(&document);
    let (generator, service, codes) = verdicts(&document);
    assert_eq!((generator, service), ("invalid", "unknown"), "{codes:?}");
    assert!(codes.contains(&"generator.cap_lowered"), "{codes:?}");
}

#[test]
fn a_service_that_falls_behind_is_called_saturated_and_the_client_valid() {
    let _turn = alone();
    // One worker and 20 ms: 50/s are its capacity.
    let model =
        ServiceModel { workers: 1, service_time_ns: 20_000_000, sigma: 0.0, ..ServiceModel::immediate() };
    let service = Service::start(&model, ([127, 0, 0, 1], 0).into()).expect("a service");
    let url = format!("http://{}/", service.addr());
    let (_, document) = run_json(&[
        &url,
        "--rate",
        "100",
        "--duration",
        "4s",
        "--warmup",
        "0",
        "--drain",
        "0s",
        "--threads",
        "1",
    ]);
    assert_ledger_adds_up(&document);
    let (generator, service, codes) = verdicts(&document);
    assert_eq!((generator, service), ("valid", "saturated"), "{codes:?} {}", document["client"]);
}

/// The same known answer by either clock: a service that takes 20 ms, always.
#[test]
fn times_are_right_with_the_kernels_stamps_and_without() {
    let _turn = alone();
    let model =
        ServiceModel { workers: 100, service_time_ns: 20_000_000, sigma: 0.0, ..ServiceModel::immediate() };
    let service = Service::start(&model, ([127, 0, 0, 1], 0).into()).expect("a service");
    let url = format!("http://{}/", service.addr());
    for (timestamps, has_lag) in [("kernel", true), ("user", false)] {
        let (_, document) = run_json(&[
            &url,
            "--rate",
            "100",
            "--duration",
            "2s",
            "--warmup",
            "0",
            "--threads",
            "1",
            "--timestamps",
            timestamps,
        ]);
        assert_ledger_adds_up(&document);
        assert_times_make_sense(&document, 10.0);
        let latency = &document["latency"];
        let p50_ms = latency["service"]["p50_ms"].as_f64().expect("a median");
        assert!((20.0..25.0).contains(&p50_ms), "{timestamps}: {p50_ms} ms");
        let lags = latency["receive_lag"]["count"].as_u64().expect("a count");
        // The first segment after a connection was opened may come without a stamp.
        let stamped = ledger(&document, "ok") / 2..=ledger(&document, "ok");
        assert!(if has_lag { stamped.contains(&lags) } else { lags == 0 }, "{timestamps}: {lags}");
    }
}
