//! What a run leaves behind that is killed.

use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Running, assert_ledger_adds_up, ledger, program, run};
use crate::support::servers::{GOOD, Server, answer_always};

#[test]
fn a_run_that_is_killed_leaves_what_it_had() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().unwrap();
    let (output, partial) = (folder.path().join("run.json"), folder.path().join("run.json.partial"));
    let load = ["--rate", "100", "--duration", "120s", "--warmup", "1s", "--baseline", "0", "-q", "-o"];
    let mut running = Running::start(program().arg(server.url()).args(load).arg(&output));
    // Every 30 s; a busy machine has twice that.
    for _ in 0..600 {
        if partial.exists() {
            break;
        }
        #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
        std::thread::sleep(Duration::from_millis(100));
    }
    running.child().kill().unwrap();
    running.end();
    assert!(!output.exists(), "a result is there whole or not at all");
    let ended = run(&["report", partial.to_str().unwrap(), "--format", "json"]);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    assert_ledger_adds_up(&document);
    assert_eq!((document["interrupted"].as_bool(), ledger(&document, "planned")), (Some(true), 12_000));
    let ok = ledger(&document, "ok");
    assert!((2_000..6_000).contains(&ok), "about 29 s of 100/s: {ok}");
    assert!(document["latency"]["response"]["p99_ms"].is_number(), "{}", document["latency"]);
    assert!(document["series"].as_array().is_some_and(|rows| rows.len() >= 20));
    // What another run left is not taken away by one that never had one.
    let short = ["--rate", "50", "--duration", "1s", "--baseline", "0", "-q", "-o"];
    let ended = Running::start(program().arg(server.url()).args(short).arg(&output)).end();
    assert!(ended.is_measured() && output.exists() && partial.exists(), "{ended:?}");
}

#[test]
fn repeats_and_sweeps_that_are_killed_leave_the_runs_that_ended() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    let commands: [(&str, &[&str]); 2] = [
        ("repeats", &["--rate", "50", "--duration", "4s", "--repeat", "40"]),
        ("sweep", &["sweep", "--rates", "50..900:10", "--step-duration", "3s"]),
    ];
    let mut running = commands.map(|(name, flags)| {
        let output = of(&format!("{name}.json"));
        Running::start(
            program().args(flags).arg(server.url()).args(["--baseline", "0", "-q", "-o"]).arg(output),
        )
    });
    // After 30 s, when the run under way has ended; a busy machine has twice that.
    for _ in 0..700 {
        if commands.iter().all(|(name, _)| of(&format!("{name}.json.partial")).exists()) {
            break;
        }
        #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
        std::thread::sleep(Duration::from_millis(100));
    }
    running.iter_mut().for_each(|running| running.child().kill().unwrap());
    running.into_iter().for_each(|running| drop(running.end()));
    for (name, inner) in [("repeats", "runs"), ("sweep", "rungs")] {
        assert!(!of(&format!("{name}.json")).exists(), "a result is there whole or not at all");
        let partial = of(&format!("{name}.json.partial"));
        let ended = run(&["report", partial.to_str().unwrap(), "--format", "json"]);
        let document: Value =
            serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{name}: {ended:?}"));
        let parts = document[inner].as_array().unwrap_or_else(|| panic!("{name}: {document}"));
        assert!(document["interrupted"] == true && parts.len() >= 3, "{name}: {} parts", parts.len());
        for part in parts {
            assert_ledger_adds_up(&part["result"]);
            assert_eq!(part["result"]["interrupted"], false, "{name}: each of them came to its end");
        }
        // A page can be made of it too.
        let page = of(&format!("{name}.html")).display().to_string();
        assert_eq!(run(&["report", partial.to_str().unwrap(), "-o", &page]).code, 0, "{name}");
    }
}
