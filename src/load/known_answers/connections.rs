//! Connections: how many there are, how many requests each carries, and what waiting for them is called.

use std::cell::Cell;
use std::rc::Rc;

use super::harness::*;
use crate::measure::ErrorKind;
use crate::result::Figure;
use crate::schedule::{Schedule, Source};
use crate::transport::scripted::{Scripted, Step};

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_streams_wait_for_a_slot_and_never_in_the_service() {
    // One connection with 3 streams of 100 ms: capacity 30/s, offered 50/s. The last of 500 arrivals is due at 9.98 s
    // and served at 500/30 s.
    let plan = Plan { connections: Some(1), streams: vec![3], ..plan("50", 10) };
    let got = run(&plan, |clock| Scripted::fixed(clock, 100 * MS).with_streams(3)).await.summary;
    assert_eq!((got.ledger.ok, got.connections.opened), (500, 1));
    assert_eq!(
        (got.latency.service.exact(Figure::Min), got.latency.service.exact(Figure::Max)),
        (Some(100.0), Some(100.0))
    );
    let longest_ms = got.latency.slot_wait.exact(Figure::Max).unwrap();
    assert!(within(longest_ms, (500.0 / 30.0 - 0.1 - 9.98) * 1e3, 0.02), "{longest_ms}");
    assert_eq!(got.latency.send_lag.exact(Figure::Max), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn arrivals_wait_for_the_connection_that_opens_instead_of_opening_their_own() {
    // 100/s while the first connection takes 95 ms to open: ten arrivals wait for it, the others find it open.
    let plan = Plan { streams: vec![100], ..plan("100", 1) };
    let transport = |clock| {
        let mut service = Scripted::fixed(clock, 10 * MS).with_streams(100);
        service.connect_ns = 95 * MS;
        service
    };
    let got = run(&plan, transport).await.summary;
    assert_eq!((got.ledger.ok, got.connections.opened, got.latency.connect.count), (100, 1, 10));
    assert_eq!(
        (got.latency.connect.exact(Figure::Max), got.latency.slot_wait.exact(Figure::Max)),
        (Some(95.0), Some(0.0))
    );
}

#[tokio::test(start_paused = true)]
async fn arrivals_that_find_less_room_than_expected_do_not_wait_for_the_first_answer() {
    // Ten streams are expected, but a connection turns out to carry one request, of 100 ms, and takes 5 ms to open.
    // Three arrivals, at 0, 1 and 2 ms: as soon as a connection is open the next one opens, and not after an answer.
    let schedule = Schedule::for_count("1000".parse().unwrap(), 3).unwrap();
    let plan = Plan { streams: vec![10], source: Source::Schedule(schedule), ..plan("1000", 1) };
    let transport = |clock| {
        let mut service = Scripted::fixed(clock, 100 * MS);
        service.connect_ns = 5 * MS;
        service
    };
    let got = run(&plan, transport).await.summary;
    assert_eq!((got.ledger.ok, got.connections.opened), (3, 3));
    // Due at 0, 1 and 2 ms; the third connection is open at 15 ms.
    assert_eq!(got.latency.connect.exact(Figure::Max), Some(13.0));
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_opens_when_all_streams_are_busy() {
    let plan = Plan { streams: vec![3], ..plan("50", 2) };
    let got = run(&plan, |clock| Scripted::fixed(clock, 100 * MS).with_streams(3)).await.summary;
    // 50/s x 100 ms = 5 requests under way, 3 to a connection.
    assert_eq!((got.ledger.ok, got.connections.opened, got.connections.peak), (100, 2, 2));
    assert_eq!(got.latency.slot_wait.exact(Figure::Max), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_connections_is_a_queue_with_as_many_servers() {
    // D/D/2 with 100 ms: capacity 20/s, offered 25/s; also when each connection carries but one request.
    for keepalive in [true, false] {
        let plan = Plan { connections: Some(2), keepalive, ..plan("25", 10) };
        let got = run(&plan, |clock| Scripted::fixed(clock, 100 * MS)).await.summary;
        assert_eq!((got.ledger.ok, got.connections.peak), (250, 2), "keep-alive: {keepalive}");
        assert_eq!(got.connections.opened, if keepalive { 2 } else { 250 });
        let longest_ms = got.latency.slot_wait.exact(Figure::Max).unwrap();
        assert!(within(longest_ms, (250.0 / 20.0 - 0.1 - 9.96) * 1e3, 0.05), "{longest_ms}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_carries_as_many_requests_as_it_may() {
    for (streams, opened) in [(1, 100), (5, 100)] {
        let plan = Plan { max_requests: Some(10), streams: vec![streams], ..plan("100", 10) };
        let got = run(&plan, |clock| Scripted::fixed(clock, MS).with_streams(streams)).await;
        assert_eq!(got.summary.ledger.ok, 1_000);
        assert_eq!(got.summary.connections.opened, opened, "{streams} streams");
        assert_eq!((got.connections.used_up, got.connections.reuses), (100, 900), "{streams} streams");
        assert_eq!(got.summary.connections.retries, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nothing_uses_is_closed_after_the_keepalive_time() {
    for streams in [1, 4] {
        // A request every 10 s; the connection is kept for 5 s, or for 15 s.
        let lazy = |idle_s| Plan { idle_ns: Some(idle_s * S), streams: vec![streams], ..plan("0.1", 100) };
        let service = |clock| Scripted::fixed(clock, MS).with_streams(streams);
        let got = run(&lazy(5), service).await;
        assert_eq!(
            (got.summary.connections.opened, got.connections.idle_closed),
            (10, 10),
            "{streams} streams"
        );
        let got = run(&lazy(15), service).await;
        assert_eq!(
            (got.summary.connections.opened, got.connections.idle_closed),
            (1, 0),
            "{streams} streams"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_refused_unprocessed_is_sent_again_and_is_one_arrival() {
    // Every third request is refused the first time.
    let service = |clock| {
        let count = Rc::new(Cell::new(0_u64));
        Scripted::new(clock, move |_| {
            count.set(count.get() + 1);
            if count.get().is_multiple_of(3) {
                Step::Refuse
            } else {
                Step::Answer { after_ns: MS, status: 200 }
            }
        })
        .with_streams(10)
    };
    let got = run(&Plan { streams: vec![10], ..plan("100", 1) }, service).await.summary;
    assert_eq!((got.ledger.planned, got.ledger.ok, got.connections.opened), (100, 100, 1));
    assert_eq!((got.connections.retries, got.connections.dead_when_reused), (49, 0));
}

/// A server that takes its leave with a GOAWAY refuses in words; a dead connection says nothing.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_a_retry_and_no_dead_connection() {
    // The tenth request is refused, and its connection takes no more.
    let service = |clock| {
        let count = Rc::new(Cell::new(0_u64));
        let closes = Rc::new(Cell::new(false));
        let closing = Rc::clone(&closes);
        let mut service = Scripted::new(clock, move |_| {
            count.set(count.get() + 1);
            closing.set(count.get() == 10);
            if closing.get() { Step::Refuse } else { Step::Answer { after_ns: MS, status: 200 } }
        });
        service.closes = closes;
        service.with_streams(10)
    };
    let got = run(&Plan { streams: vec![10], ..plan("100", 1) }, service).await.summary;
    let connections = got.connections;
    assert_eq!((got.ledger.ok, connections.opened), (100, 2));
    assert_eq!((connections.retries, connections.dead_when_reused), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_everything_is_not_asked_for_ever() {
    let service = |clock| Scripted::new(clock, |_| Step::Refuse).with_streams(10);
    let got = run(&Plan { streams: vec![10], ..plan("100", 1) }, service).await.summary;
    assert_eq!((got.ledger.connection_error, got.connections.retries), (100, 300));
    assert_eq!(got.errors[0].kind, ErrorKind::StreamReset);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_costs_a_stream_and_not_the_connection() {
    let service = |clock| {
        let count = Rc::new(Cell::new(0_u64));
        Scripted::new(clock, move |_| {
            count.set(count.get() + 1);
            if count.get().is_multiple_of(10) {
                Step::Silence
            } else {
                Step::Answer { after_ns: MS, status: 200 }
            }
        })
        .with_streams(200)
    };
    let plan = Plan { streams: vec![200], timeout_ns: S, ..plan("100", 2) };
    let got = run(&plan, service).await.summary;
    assert_eq!((got.ledger.ok, got.ledger.timeout, got.connections.opened), (180, 20, 1));
}
