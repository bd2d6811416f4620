//! A shard whose process is stopped: its connections stay open, and it says nothing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{
    LONG_LADDER, counting, document, meeting_place, rungs, start_for, start_of, time_to_end, until_written,
};
use crate::support::program::ledger;

#[test]
fn an_interrupt_ends_all_others_within_seconds_and_the_frozen_one_prints_its_own() {
    let ((server, seen), place) = (counting(), meeting_place());
    let [mut host, mut frozen, mut guest] =
        [0, 1, 2].map(|index| start_of("sweep", index, 3, &server.url(), &place, &LONG_LADDER));
    until_written(|| seen.load(Ordering::SeqCst) > 400);
    frozen.signal(Signal::STOP);
    host.signal(Signal::INT);
    let took = time_to_end(&mut host);
    assert!(took < Duration::from_millis(3_500), "two seconds for an answer: {took:?}");
    assert!(time_to_end(&mut guest) < Duration::from_secs(1));
    let (host, guest) = (host.end(), guest.end());
    frozen.signal(Signal::CONT);
    // The one was interrupted; the other's last rung lacks a shard.
    assert_eq!((host.code, guest.code), (4, 130), "{host:?} {guest:?}");
    assert_eq!(rungs(&document(&host))[1]["result"]["merged"]["missing"], json!([1]));
    let frozen = frozen.end();
    // What it has been asked for too late it prints itself.
    assert!(frozen.code == 4 && rungs(&document(&frozen)).len() == 2, "{frozen:?}");
}

#[test]
fn after_a_run_nobody_waits_long_for_a_frozen_one_and_a_slow_one_is_waited_for() {
    let ((server, seen), place) = (counting(), meeting_place());
    let [mut host, mut frozen, slow] =
        [0, 1, 2].map(|index| start_for("4s", index, 3, &server.url(), &place, &["--timeout", "30s"]));
    until_written(|| seen.load(Ordering::SeqCst) > 200);
    frozen.signal(Signal::STOP);
    // 3 s of the run are left, and five for an answer. Before, it was 30 s for the last answers and 15 s more.
    let took = time_to_end(&mut host);
    assert!(took < Duration::from_secs(14), "{took:?}");
    let (host, slow) = (host.end(), slow.end());
    assert!(host.code == 4 && slow.is_measured(), "{host:?} {slow:?}");
    let merged = document(&host);
    assert_eq!((&merged["merged"]["missing"], ledger(&merged, "planned")), (&json!([1]), 534));
    frozen.signal(Signal::KILL);
}
