//! Ctrl-C and SIGTERM: nothing is lost on the first, nothing is waited for on the second.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::program::{Running, assert_ledger_adds_up, ledger, program};
use crate::support::servers::{GOOD, Server, answer_always};

fn start(server: &Server) -> Running {
    let load = ["--rate", "100", "--duration", "60s", "--warmup", "0", "--baseline", "0", "--format", "json"];
    Running::start(program().arg(server.url()).args(load))
}

#[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
fn wait(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

#[test]
fn the_first_signal_ends_the_schedule_and_writes_the_whole_report() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Server::start(|stream| answer_always(stream, GOOD));
        let mut running = start(&server);
        wait(1_500);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, 130, "{ended:?}");
        let document: Value = serde_json::from_str(&ended.stdout).expect("a whole report");
        assert_ledger_adds_up(&document);
        assert_eq!((&document["interrupted"], ledger(&document, "planned")), (&true.into(), 6_000));
        assert!((50..=200).contains(&ledger(&document, "ok")), "{}", document["ledger"]);
        assert_eq!(ledger(&document, "unfinished"), 0);
    }
}

#[test]
fn answers_under_way_are_waited_for_at_most_a_second() {
    let server = Server::start(|mut stream| {
        let _ = std::io::Read::read_to_end(&mut stream, &mut Vec::new());
    });
    let mut running = start(&server);
    wait(1_000);
    running.signal(Signal::INT);
    let ended = running.end();
    let document: Value = serde_json::from_str(&ended.stdout).expect("a whole report");
    assert_ledger_adds_up(&document);
    assert!(
        ledger(&document, "unfinished") > 0 && ledger(&document, "timeout") == 0,
        "{}",
        document["ledger"]
    );
    assert!(ended.stderr.contains("again to leave at once"), "{}", ended.stderr);
}

#[test]
fn the_second_signal_leaves_at_once() {
    let server = Server::start(|mut stream| {
        let _ = std::io::Read::read_to_end(&mut stream, &mut Vec::new());
    });
    let mut running = start(&server);
    wait(1_000);
    running.signal(Signal::INT);
    wait(200);
    running.signal(Signal::INT);
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{}", ended.stderr);
}
