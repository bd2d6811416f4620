//! Shards that meet in a folder: what they do there is what they do at an address.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::Ordering;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use super::{
    LOAD, LONG_LADDER, PLANNED, WARMUP, counting, document, rungs, start_for, start_of, time_to_end,
    until_written, wait,
};
use crate::support::program::{Running, assert_ledger_adds_up, ledger, program};

/// A folder to meet in, and how it is given.
pub(super) fn meeting_folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = format!("dir:{}", folder.path().display());
    (folder, place)
}

fn start(index: u64, count: u64, url: &str, place: &str, more: &[&str]) -> Running {
    start_for("2s", index, count, url, place, more)
}

/// What there is in it, by name.
fn files(folder: &TempDir) -> Vec<String> {
    let names = fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn three_shards_start_together_and_leave_the_folder_as_it_was() {
    let ((server, seen), (folder, place)) = (counting(), meeting_folder());
    let running = [2, 0, 1].map(|index| start(index, 3, &server.url(), &place, &[]));
    let [one, host, other] = running.map(Running::end);
    for guest in [one, other] {
        assert!(guest.is_measured() && guest.stdout.is_empty(), "{guest:?}");
    }
    assert!(host.is_measured(), "{host:?}");
    let merged = document(&host);
    assert_ledger_adds_up(&merged);
    assert_eq!(["planned", "sent", "ok"].map(|column| ledger(&merged, column)), [PLANNED; 3]);
    assert_eq!(seen.load(Ordering::SeqCst), PLANNED + WARMUP);
    let parts = &merged["merged"];
    assert_eq!((&parts["count"], &parts["missing"]), (&json!(3), &json!([])));
    // One clock: whatever its files take, it is not ahead of itself by more than is said.
    for shard in parts["shards"].as_array().expect("the shards") {
        let [offset, error] = ["clock_offset_us", "clock_error_us"].map(|name| shard[name].as_f64().unwrap());
        assert!(offset.abs() <= error + 1.0 && error < 50_000.0, "{shard}");
    }
    assert!(parts["start_spread_ms"].as_f64().unwrap() < 100.0, "{parts}");
    assert_eq!(files(&folder), [""; 0]);
}

#[test]
fn strangers_and_those_who_were_told_something_else_are_turned_away() {
    let ((server, _), (folder, place)) = (counting(), meeting_folder());
    let url = server.url();
    let secret = ["--rendezvous-token", "s3cret", "--rendezvous-timeout", "60s"];
    let host = start(0, 2, &url, &place, &secret);
    let stranger = start(1, 2, &url, &place, &["--rendezvous-token", "guess"]).end();
    assert!(stranger.code == 1 && stranger.stderr.contains("RPSBENCH_RENDEZVOUS_TOKEN"), "{stranger:?}");
    let other = start(1, 2, &url, &place, &[&secret[..], &["--timeout", "3s"]].concat()).end();
    assert!(other.code == 1 && other.stderr.contains("drain_s is 10.0 and 3.0"), "{other:?}");
    let run = files(&folder).into_iter().find(|name| name.starts_with("run-")).expect("its folder");
    let mode = fs::metadata(folder.path().join(&run)).expect("its folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "it is for this user alone");
    let guest = start(1, 2, &url, &place, &secret);
    let (host, guest) = (host.end(), guest.end());
    assert!(host.is_measured() && guest.is_measured(), "{host:?} {guest:?}");
}

#[test]
fn what_an_earlier_run_left_is_cleared_and_said_and_a_late_shard_does_not_join() {
    let ((server, seen), (folder, place)) = (counting(), meeting_folder());
    let url = server.url();
    let mut killed = start(0, 2, &url, &place, &[]);
    until_written(|| files(&folder).contains(&"rendezvous.json".to_owned()));
    killed.signal(Signal::KILL);
    assert_eq!(killed.end().code, -1);
    // It comes first, and finds what was left.
    let guest = start(1, 2, &url, &place, &[]);
    wait(500);
    let host = start_for("7s", 0, 2, &url, &place, &[]);
    let guest = guest.end();
    assert!(guest.code == 1 && guest.stderr.contains("duration_s is"), "it meets the new shard 0: {guest:?}");
    let guest = start_for("7s", 1, 2, &url, &place, &[]);
    until_written(|| seen.load(Ordering::SeqCst) > 0);
    // Another start of the same shard, and another shard 0.
    let late = start_for("7s", 1, 2, &url, &place, &[]).end();
    assert!(late.code == 5 && late.stderr.contains("nothing joins in its middle"), "{late:?}");
    let second = start(0, 2, &url, &place, &[]).end();
    assert!(second.code == 1 && second.stderr.contains("another shard 0 is at work"), "{second:?}");
    let (host, guest) = (host.end(), guest.end());
    assert!(host.is_measured() && guest.is_measured(), "{host:?} {guest:?}");
    assert!(host.stderr.contains("an earlier run had left its files"), "{host:?}");
    assert_eq!(ledger(&document(&host), "ok"), 1_400);
    assert_eq!(files(&folder), [""; 0]);
}

#[test]
fn a_folder_that_is_missing_or_closed_is_named_with_what_helps() {
    let ((server, seen), (folder, _)) = (counting(), meeting_folder());
    let url = server.url();
    let missing = format!("dir:{}", folder.path().join("none").display());
    let host = start(0, 2, &url, &missing, &[]).end();
    assert!(host.code == 1 && host.stderr.contains("must be there before the command starts"), "{host:?}");
    let guest = start(1, 2, &url, &missing, &["--rendezvous-timeout", "500ms"]).end();
    assert!(guest.code == 1 && guest.stderr.contains("that folder does not exist"), "{guest:?}");
    // Root may write anywhere but where nobody can.
    let host = start(0, 2, &url, "dir:/proc", &[]).end();
    assert!(host.code == 1 && host.stderr.contains("must be able to write to it"), "{host:?}");
    let host = start(0, 2, &url, "dir:/dev/null", &[]).end();
    assert!(host.code == 1 && host.stderr.contains("not a directory"), "{host:?}");
    let alone =
        start(0, 2, &url, &format!("dir:{}", folder.path().display()), &["--rendezvous-timeout", "500ms"]);
    let alone = alone.end();
    assert!(alone.code == 1 && alone.stderr.contains("did not come within"), "{alone:?}");
    assert_eq!((seen.load(Ordering::SeqCst), files(&folder)), (0, Vec::new()));
}

#[test]
fn a_shard_that_is_killed_is_named_and_the_others_finish() {
    let ((server, _), (_folder, place)) = (counting(), meeting_folder());
    let running = [0, 1, 2].map(|index| start_for("7s", index, 3, &server.url(), &place, &[]));
    let [host, mut killed, guest] = running;
    wait(5_000);
    killed.signal(Signal::KILL);
    let (host, guest) = (host.end(), guest.end());
    assert!(host.code == 4 && guest.is_measured(), "{host:?} {guest:?}");
    let merged = document(&host);
    assert_eq!(merged["merged"]["missing"], json!([1]));
    assert_eq!((ledger(&merged, "planned"), ledger(&merged, "ok")), (934, 934));
}

/// Its connection does not break, as one to an address does.
#[test]
fn a_shard_that_is_killed_ends_a_ladder_after_ten_seconds_without_a_sign() {
    let ((server, seen), (_folder, place)) = (counting(), meeting_folder());
    let long = ["--rates", "100,200", "--step-duration", "40s", "--warmup", "0"];
    let [mut host, mut killed, guest] =
        [0, 1, 2].map(|index| start_of("sweep", index, 3, &server.url(), &place, &long));
    until_written(|| seen.load(Ordering::SeqCst) > 200);
    killed.signal(Signal::KILL);
    let took = time_to_end(&mut host);
    assert!((8..16).contains(&took.as_secs()), "{took:?}");
    let (host, guest) = (host.end(), guest.end());
    assert_eq!((host.code, guest.code), (4, 4), "{host:?} {guest:?}");
    assert_eq!(rungs(&document(&host))[0]["result"]["merged"]["missing"], json!([1]));
}

#[test]
fn the_others_print_their_own_where_shard_0_has_gone() {
    let ((server, seen), (_folder, place)) = (counting(), meeting_folder());
    let [mut host, guest] = [0, 1].map(|index| start_for("3s", index, 2, &server.url(), &place, &[]));
    until_written(|| seen.load(Ordering::SeqCst) > 200);
    host.signal(Signal::KILL);
    let guest = guest.end();
    assert!(guest.stderr.contains("own result follows"), "{guest:?}");
    let own = document(&guest);
    assert_eq!((&own["shard"]["index"], ledger(&own, "planned"), ledger(&own, "ok")), (&json!(1), 300, 300));
}

#[test]
fn an_interrupt_of_one_ends_all_and_each_still_reports() {
    for interrupted in [0, 1] {
        let ((server, seen), (folder, place)) = (counting(), meeting_folder());
        let mut running = [0, 1].map(|index| start_for("60s", index, 2, &server.url(), &place, &[]));
        until_written(|| seen.load(Ordering::SeqCst) > 200);
        running[interrupted].signal(Signal::INT);
        let [host, guest] = running.map(Running::end);
        assert_eq!((host.code, guest.code), (130, 130), "{host:?}");
        let merged = document(&host);
        assert_ledger_adds_up(&merged);
        assert_eq!((&merged["interrupted"], ledger(&merged, "planned")), (&true.into(), 12_000));
        assert!(
            ledger(&merged, "ok") > 0 && merged["merged"]["missing"] == json!([]),
            "{}",
            merged["ledger"]
        );
        assert_eq!(files(&folder), [""; 0]);
    }
}

#[test]
fn a_ladder_is_climbed_through_a_folder_and_an_interrupt_ends_it() {
    let ((server, seen), (_folder, place)) = (counting(), meeting_folder());
    let ladder = ["--rates", "100,200,300", "--step-duration", "1s", "--warmup", "200ms"];
    let running = [2, 0, 1].map(|index| start_of("sweep", index, 3, &server.url(), &place, &ladder));
    let [one, host, other] = running.map(Running::end);
    assert!(one.code == 0 && other.code == 0 && host.is_measured(), "{host:?} {one:?} {other:?}");
    let whole = document(&host);
    let results: Vec<_> = rungs(&whole).iter().map(|rung| &rung["result"]).collect();
    results.iter().for_each(|result| assert_ledger_adds_up(result));
    let planned: Vec<u64> = results.iter().map(|result| ledger(result, "planned")).collect();
    assert_eq!(planned, [100, 200, 300]);
    assert!(results.iter().all(|result| result["merged"]["missing"] == json!([])));
    let sent: u64 = results
        .iter()
        .map(|result| ledger(result, "sent") + result["warmup"]["ledger"]["sent"].as_u64().unwrap())
        .sum();
    assert_eq!((sent, seen.load(Ordering::SeqCst) >= sent), (660, true));

    let (_folder, place) = meeting_folder();
    let mut running = [0, 1, 2].map(|index| start_of("sweep", index, 3, &server.url(), &place, &LONG_LADDER));
    let before = seen.load(Ordering::SeqCst);
    until_written(|| seen.load(Ordering::SeqCst) > before + 400);
    running[2].signal(Signal::INT);
    let [host, one, other] = running.map(Running::end);
    assert_eq!([host.code, one.code, other.code], [130; 3], "{host:?}");
    assert!(rungs(&document(&host)).len() >= 2 && one.stdout.is_empty(), "{one:?}");
}

#[test]
fn what_no_shell_replaces_and_what_is_no_folder_is_refused_as_typed() {
    for (place, words) in [("dir:~/meet", "dir:$HOME/meet"), ("dir:", "dir:PATH"), ("/tmp", "dir:PATH")] {
        let ended = Running::start(
            program().args(["http://127.0.0.1:9/", "--shard", "0/2", "--rendezvous", place]).args(LOAD),
        );
        let ended = ended.end();
        assert!(ended.code == 2 && ended.stderr.contains(words), "{place}: {ended:?}");
    }
}
