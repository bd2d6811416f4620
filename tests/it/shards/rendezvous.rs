//! Shards that meet: they start together, and shard 0 prints the one report.

use std::sync::atomic::Ordering;

use rustix::process::Signal;

use super::{PLANNED, WARMUP, counting, document, meeting_place, start_for, wait};
use crate::support::program::{Running, assert_ledger_adds_up, ledger};

fn start(index: u64, count: u64, url: &str, place: &str, more: &[&str]) -> Running {
    start_for("2s", index, count, url, place, more)
}

#[test]
fn four_shards_start_together_and_shard_0_prints_the_one_report() {
    let ((server, seen), place) = (counting(), meeting_place());
    // The others may come first.
    let mut running: Vec<Running> =
        [3, 1, 0, 2].map(|index| start(index, 4, &server.url(), &place, &[])).into_iter().collect();
    let host = running.remove(2).end();
    for guest in running {
        let ended = guest.end();
        assert!(ended.code == 0 && ended.stdout.is_empty(), "{ended:?}");
    }
    assert_eq!(host.code, 0, "{host:?}");
    let merged = document(&host);
    assert_ledger_adds_up(&merged);
    assert_eq!(["planned", "sent", "ok"].map(|column| ledger(&merged, column)), [PLANNED; 3]);
    assert_eq!(seen.load(Ordering::SeqCst), PLANNED + WARMUP);
    let parts = &merged["merged"];
    assert_eq!((&parts["count"], parts["missing"].as_array().map(Vec::len)), (&4.into(), Some(0)));
    // One clock: what was found out about it must be next to nothing, and the starts as near as that.
    for shard in parts["shards"].as_array().expect("the shards") {
        let (offset, error) =
            (shard["clock_offset_us"].as_f64().unwrap(), shard["clock_error_us"].as_f64().unwrap());
        assert!(offset.abs() <= error + 1.0, "{shard}");
    }
    assert!(parts["start_spread_ms"].as_f64().unwrap() < 50.0, "{parts}");
}

#[test]
fn strangers_and_those_who_were_told_something_else_are_turned_away() {
    let ((server, _), place) = (counting(), meeting_place());
    let url = server.url();
    let secret = ["--rendezvous-token", "s3cret", "--rendezvous-timeout", "20s"];
    let host = start(0, 2, &url, &place, &secret);
    let stranger = start(1, 2, &url, &place, &["--rendezvous-token", "guess"]).end();
    assert!(stranger.code == 1 && stranger.stderr.contains("RPSBENCH_RENDEZVOUS_TOKEN"), "{stranger:?}");
    assert!(!stranger.stderr.contains("guess") && !stranger.stderr.contains("s3cret"), "{stranger:?}");
    let other = start(1, 2, &url, &place, &[&secret[..], &["--timeout", "3s"]].concat()).end();
    assert!(other.code == 1 && other.stderr.contains("drain_s is 10.0 and 3.0"), "{other:?}");
    let guest = start(1, 2, &url, &place, &secret);
    wait(600);
    let twice = start(1, 2, &url, &place, &secret).end();
    // It came while both waited for the start, or when the run had begun.
    assert!([1, 5].contains(&twice.code), "{twice:?}");
    assert_eq!((host.end().code, guest.end().code), (0, 0));
    let nobody = start(1, 2, &url, &meeting_place(), &["--rendezvous-timeout", "300ms"]).end();
    assert!(nobody.code == 1 && nobody.stderr.contains("is shard 0 running"), "{nobody:?}");
}

#[test]
fn a_shard_that_never_comes_means_no_run_unless_fewer_are_enough() {
    let ((server, seen), place) = (counting(), meeting_place());
    let impatient = ["--rendezvous-timeout", "700ms"];
    let (host, guest) =
        (start(0, 3, &server.url(), &place, &impatient), start(1, 3, &server.url(), &place, &impatient));
    let (host, guest) = (host.end(), guest.end());
    assert!(host.code == 1 && host.stderr.contains("did not come within 1 s: 2"), "{host:?}");
    assert!(guest.code == 1 && guest.stderr.contains("shards 2 did not come"), "{guest:?}");
    assert_eq!(seen.load(Ordering::SeqCst), 0);
    let (place, enough) = (meeting_place(), [&impatient[..], &["--min-shards", "2"]].concat());
    let (host, guest) =
        (start(0, 3, &server.url(), &place, &enough), start(2, 3, &server.url(), &place, &enough));
    let (host, guest) = (host.end(), guest.end());
    assert_eq!((host.code, guest.code), (0, 0), "{host:?}");
    let merged = document(&host);
    assert_eq!(merged["merged"]["missing"], serde_json::json!([1]));
    assert_eq!(
        seen.load(Ordering::SeqCst),
        ledger(&merged, "sent") + merged["warmup"]["ledger"]["sent"].as_u64().unwrap()
    );
}

#[test]
fn a_shard_that_is_killed_is_named_and_the_others_finish() {
    let ((server, _), place) = (counting(), meeting_place());
    let running = [0, 1, 2].map(|index| start_for("7s", index, 3, &server.url(), &place, &[]));
    let [host, mut killed, guest] = running;
    wait(4_500);
    killed.signal(Signal::KILL);
    let (host, guest) = (host.end(), guest.end());
    assert_eq!((host.code, guest.code), (4, 0), "{host:?}");
    let merged = document(&host);
    assert_eq!(merged["merged"]["missing"], serde_json::json!([1]));
    assert_eq!((ledger(&merged, "planned"), ledger(&merged, "ok")), (934, 934));
}

#[test]
fn an_interrupt_of_one_ends_all_and_each_still_reports() {
    for interrupted in [0, 1] {
        let ((server, _), place) = (counting(), meeting_place());
        let running = [0, 1].map(|index| start_for("60s", index, 2, &server.url(), &place, &[]));
        wait(4_500);
        let mut running = running;
        running[interrupted].signal(Signal::INT);
        let [host, guest] = running.map(Running::end);
        assert_eq!((host.code, guest.code), (130, 130), "{host:?}");
        let merged = document(&host);
        assert_ledger_adds_up(&merged);
        assert_eq!((&merged["interrupted"], ledger(&merged, "planned")), (&true.into(), 12_000));
        assert!(ledger(&merged, "ok") > 0, "{}", merged["ledger"]);
    }
}
