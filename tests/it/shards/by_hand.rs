//! Shards that a shell starts: each writes its result, and `merge` adds them up.

use std::fs;
use std::sync::atomic::Ordering;

use serde_json::Value;

use super::{LOAD, PLANNED, WARMUP, counting};
use crate::support::program::{
    Ended, Running, assert_ledger_adds_up, end_of, file, ledger, program, run, run_json,
};
use crate::support::servers::{GOOD, Server, answer_always};

/// Runs so many shards side by side, which start together, and writes their results to a folder.
fn shards(count: u64, url: &str, folder: &tempfile::TempDir, more: &[&str]) -> Vec<Ended> {
    let output = folder.path().join("result.{shard}.json").display().to_string();
    let running: Vec<Running> = (0..count)
        .map(|index| {
            let shard = format!("{index}/{count}");
            let own = [url, "--shard", &shard, "--start-at", "+3s", "--duration", "2s", "-o", &output, "-q"];
            Running::start(program().args(own).args(LOAD).args(more))
        })
        .collect();
    running.into_iter().map(Running::end).collect()
}

fn folder_of(folder: &tempfile::TempDir) -> &str {
    folder.path().to_str().expect("a name in UTF-8")
}

#[test]
fn what_the_shards_sent_is_what_one_machine_would_have_sent() {
    let ((server, seen), folder) = (counting(), tempfile::tempdir().expect("a folder"));
    for ended in shards(3, &server.url(), &folder, &["--slo", "error_rate<1%", "--max-in-flight", "7"]) {
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stdout.contains("of 3 by --shard"), "{}", ended.stdout);
    }
    assert_eq!(seen.load(Ordering::SeqCst), PLANNED + WARMUP);
    let (ended, merged) = run_json_merge(folder_of(&folder));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_ledger_adds_up(&merged);
    let counts = ["planned", "sent", "ok"].map(|column| ledger(&merged, column));
    assert_eq!(counts, [PLANNED; 3]);
    assert_eq!(merged["warmup"]["ledger"]["sent"], WARMUP);
    // 400 on three: 134 (of the warm-up the shards have 17, 17 and 16), 133 and 133.
    let parts = merged["merged"]["shards"].as_array().expect("the shards");
    let mut planned: Vec<u64> =
        parts.iter().map(|shard| shard["ledger"]["planned"].as_u64().unwrap()).collect();
    planned.sort_unstable();
    assert_eq!(planned, [133, 133, 134]);
    assert_eq!((&merged["plan"]["rate_per_s"], &merged["plan"]["max_in_flight"]), (&200.0.into(), &7.into()));
    assert_eq!(merged["slos"][0]["passed"], true);
    // Each second of all of them: 200 arrivals.
    let offered: Vec<u64> =
        merged["series"].as_array().unwrap().iter().map(|row| row["offered"].as_u64().unwrap()).collect();
    assert_eq!(offered, [200, 200]);
    // A merged result is a result: it is read and printed like any other.
    let saved = file(&folder, "merged.txt", "");
    fs::write(&saved, merged.to_string()).expect("written");
    let text = run(&["report", &saved, "--details"]);
    assert!(text.code == 0 && text.stdout.contains("merged from 3 shards"), "{text:?}");
}

fn run_json_merge(folder: &str) -> (Ended, Value) {
    let ended = run(&["merge", folder, "--format", "json"]);
    let document = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended, document)
}

#[test]
fn a_missing_shard_is_named_and_ends_with_4_unless_that_is_allowed() {
    let (server, folder) =
        (Server::start(|stream| answer_always(stream, GOOD)), tempfile::tempdir().unwrap());
    shards(2, &server.url(), &folder, &[]);
    let first = folder.path().join("result.0.json").display().to_string();
    let ended = run(&["merge", &first]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stdout.contains("the results of shard 1 are missing"), "{}", ended.stdout);
    let ended = run(&["merge", &first, "--allow-missing"]);
    assert!(ended.code == 0 && ended.stdout.contains("1 of 2 shards"), "{ended:?}");
    // The same twice, and what is none.
    let ended = run(&["merge", &first, &first, "--allow-missing", "--details"]);
    assert!(ended.code == 0 && ended.stdout.contains("two results of shard 0"), "{ended:?}");
    let cut = fs::read(&first).unwrap();
    let cut = file(&folder, "cut.json", &cut[..cut.len() / 2]);
    let ended = run(&["merge", &first, &cut]);
    assert!(ended.code == 1 && ended.stderr.contains("cut off"), "{ended:?}");
    // A log that lost lines of one of them, in both copies.
    let second = folder.path().join("result.1.json").display().to_string();
    let lines = run(&["report", &second, "--format", "lines"]).stdout;
    let lines: Vec<&str> = lines.lines().filter(|line| !line.contains(" 2/")).collect();
    let damaged = file(&folder, "damaged.log", lines.join("\n"));
    let ended = run(&["merge", &first, &damaged]);
    assert!(ended.code == 4 && ended.stdout.contains("the results of shard 1 are missing"), "{ended:?}");
    assert!(ended.stderr.contains("1of2") && ended.stderr.contains("lines are missing"), "{ended:?}");
    let ended = run(&["merge", &first, &damaged, "--allow-missing", "--details"]);
    assert!(ended.code == 0 && ended.stdout.contains("left out"), "{ended:?}");
    let ended = run(&["merge", &damaged]);
    assert!(ended.code == 1 && ended.stderr.contains("lines are missing"), "{ended:?}");
    let (_, whole) = run_json(&[&server.url(), "--rate", "50", "--duration", "1s", "--warmup", "0"]);
    let whole = file(&folder, "whole.json", whole.to_string());
    let ended = run(&["merge", &first, &whole]);
    assert!(ended.code == 1 && ended.stderr.contains("whole schedule"), "{ended:?}");
}

#[test]
fn a_shard_that_is_not_ready_when_all_start_does_not_join_in_the_middle() {
    let (server, seen) = counting();
    let late = ["--rate", "50", "--duration", "1s", "--shard", "1/2", "--start-at", "2026-01-01T00:00:00Z"];
    let ended = run(&[&[server.url().as_str()], &late[..]].concat());
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.stderr.contains("too late"), "{}", ended.stderr);
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[test]
fn what_is_no_shard_says_how_it_is_written() {
    let refused = |arguments: &[&str], words: &str| {
        let load = ["http://127.0.0.1:9/", "--rate", "50"];
        let ended = run(&[&load[..], arguments].concat());
        assert_eq!(ended.code, 2, "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(words), "{arguments:?}: {}", ended.stderr);
    };
    refused(&["--shard", "4/4"], "counted from 0");
    refused(&["--shard", "0/0"], "no shards of nothing");
    refused(&["--shard", "one"], "0/4");
    refused(&["--shard", "2"], "of how many");
    refused(&["--shards", "2"], "which this one is");
    refused(&["--shard", "0/2", "--shards", "3"], "leave one out");
    refused(&["--shard", "auto"], "which of several processes");
    refused(&["--shard", "0/2", "--repeat", "2"], "one run");
    refused(&["--shard", "0/8", "--max-in-flight", "7"], "share a limit of 7");
    refused(&["--shard", "0/2", "-o", "result.json"], "result.{shard}.json");
    refused(&["--rendezvous", "http://127.0.0.1:9"], "--shard");
    let of_none = ["--shard", "0/2", "--rendezvous", "http://127.0.0.1:9", "--min-shards", "0"];
    refused(&of_none, "--min-shards must be above 0");
    refused(&["--shard", "0/2", "--rendezvous", "127.0.0.1"], "http://HOST:PORT");
    refused(&["--shard", "0/2", "--start-at", "noon"], "2026-01-31T12:00:00Z");
    let ended = run(&["--rate", "50", "--shard", "0/2"]);
    assert!(ended.code == 2 && ended.stderr.contains("built-in service"), "{ended:?}");
    let mut of_two = program();
    of_two.args(["http://127.0.0.1:9/", "--rate", "50", "--shard", "auto"]);
    of_two.envs([("PMI_RANK", "0"), ("PMI_SIZE", "2"), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")]);
    let ended = end_of(&mut of_two);
    assert!(
        ended.code == 2 && ended.stderr.contains("PMI_RANK=0") && ended.stderr.contains("CI_NODE_INDEX=2"),
        "{ended:?}"
    );
}

#[test]
fn users_of_a_closed_loop_and_their_requests_are_divided() {
    let ((server, seen), folder) = (counting(), tempfile::tempdir().expect("a folder"));
    let output = folder.path().join("result.{shard}.json").display().to_string();
    for shard in ["0/2", "1/2"] {
        let own = ["closed", &server.url(), "-c", "5", "-n", "101", "--shard", shard, "-o", &output, "-q"];
        assert_eq!(run(&own).code, 0);
    }
    assert_eq!(seen.load(Ordering::SeqCst), 101);
    // One ran after the other.
    let ended = run(&["merge", folder_of(&folder)]);
    assert!(ended.code == 1 && ended.stderr.contains("did not run at the same time"), "{ended:?}");
}
