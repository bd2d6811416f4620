//! Closed loops against closed forms, and runs one after another on the same connections.

use std::cell::Cell;
use std::rc::Rc;

use super::harness::{MS, S, VirtualClock, plan, run, run_in_turn, run_with, within};
use crate::load::Stop;
use crate::measure::ErrorKind;
use crate::plan::Plan;
use crate::result::{Figure, ServiceVerdict};
use crate::schedule::{ClosedLoop, LoopEnd, Source};
use crate::time::TimerPacer;
use crate::transport::scripted::{Scripted, Step};

fn closed(users: u64, end: LoopEnd) -> ClosedLoop {
    ClosedLoop::new(users, end).unwrap()
}

fn plan_of(closed: ClosedLoop) -> Plan {
    Plan { source: Source::Users(closed), ..plan("1", 1) }
}

fn queue(clock: VirtualClock, workers: usize, service_ns: u64) -> Scripted<VirtualClock> {
    let mut free_at = vec![0_u64; workers];
    Scripted::new(clock, move |now| {
        let soonest = free_at.iter_mut().min().unwrap();
        *soonest = now.max(*soonest) + service_ns;
        Step::Answer { after_ns: *soonest - now, status: 200 }
    })
}

#[tokio::test(start_paused = true)]
async fn throughput_is_users_over_the_response_time() {
    // Little's law, without and with time to think: N = X (R + Z).
    for (think_ns, rate) in [(0, 200.0), (50 * MS, 100.0)] {
        let plan = plan_of(closed(10, LoopEnd::Duration(10 * S)).with_think_time(think_ns));
        let got = run(&plan, |clock| Scripted::fixed(clock, 50 * MS)).await.summary;
        assert!(within(got.rates.completed_per_s, rate, 0.01), "{:?}", got.rates);
        assert_eq!(
            (got.latency.response.exact(Figure::Min), got.latency.response.exact(Figure::Max)),
            (Some(50.0), Some(50.0))
        );
        assert_eq!((got.queueing.in_flight_peak, got.connections.opened), (10, 10));
        assert_eq!(got.rates.window_s, 10.0);
        assert_eq!(got.verdict.service, ServiceVerdict::Unknown);
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_the_requests_that_were_asked_for_are_sent() {
    for threads in [1, 3] {
        let plan = Plan { threads, ..plan_of(closed(7, LoopEnd::Requests(1_000))) };
        let got = run(&plan, |clock| Scripted::fixed(clock, 20 * MS)).await.summary;
        assert_eq!((got.ledger.planned, got.ledger.sent, got.ledger.ok), (1_000, 1_000, 1_000));
        assert_eq!((got.plan.concurrency, got.plan.requests), (Some(7), Some(1_000)));
        // A user of seven sends 143 at most: 143 x 20 ms.
        let elapsed_s = got.rates.elapsed_s.unwrap();
        assert!((2.859..2.881).contains(&elapsed_s), "{elapsed_s}");
        assert_eq!(got.rates.window_s, elapsed_s);
        assert_eq!(got.series.iter().map(|row| row.ok).sum::<u64>(), 1_000);
        assert_eq!(got.series.len(), 3, "a run of less than three seconds");
    }
}

/// The reason for this project: the same service, asked by those who wait and by those who do not.
#[tokio::test(start_paused = true)]
async fn users_who_wait_see_one_slow_request_where_a_schedule_sees_a_second_of_them() {
    let freezing = |clock| {
        Scripted::new(clock, |now: u64| {
            let frozen = (20 * S..21 * S).contains(&now);
            Step::Answer { after_ns: MS + if frozen { 21 * S - now } else { 0 }, status: 200 }
        })
    };
    let alone = plan_of(closed(1, LoopEnd::Duration(60 * S)));
    let got = run(&alone, freezing).await.summary;
    assert!(within(got.latency.response.exact(Figure::Max).unwrap(), 1_001.0, 0.01));
    let p99_9_ms = got.latency.response.exact(Figure::P99_9).unwrap();
    assert!(within(p99_9_ms, 1.0, 0.01), "one of 59,000 requests was slow: {p99_9_ms}");
    let open = run(&plan("300", 60), freezing).await.summary;
    assert!(within(open.latency.response.exact(Figure::P99).unwrap(), 400.0, 0.03));
}

#[tokio::test(start_paused = true)]
async fn users_beyond_the_capacity_only_lengthen_the_queue() {
    // D/D/10 with 100 ms: capacity 100/s, whatever the number of users; the mean is users / capacity.
    for users in [10, 20, 40] {
        let plan = plan_of(closed(users, LoopEnd::Duration(20 * S)));
        let got = run(&plan, |clock| queue(clock, 10, 100 * MS)).await.summary;
        assert!(within(got.rates.completed_per_s, 100.0, 0.01), "{:?}", got.rates);
        let mean_ms = got.latency.response.exact(Figure::Mean).unwrap();
        assert!(within(mean_ms, users as f64 * 10.0, 0.02), "{users} users: {mean_ms}");
    }
}

#[tokio::test(start_paused = true)]
async fn users_begin_one_after_the_other_where_they_are_asked_to() {
    let plan = plan_of(closed(10, LoopEnd::Duration(2 * S)).with_ramp(S));
    let got = run(&plan, |clock| Scripted::fixed(clock, 100 * MS)).await.summary;
    // User k begins at k x 100 ms: 20 + 19 + ... + 11 requests.
    assert_eq!(got.ledger.ok, 155);
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_of_users_is_apart_and_leaves_its_connections() {
    for (end, ok) in [(LoopEnd::Requests(100), 100), (LoopEnd::Duration(S), 100)] {
        let plan = plan_of(closed(10, end).with_warmup(400 * MS).unwrap());
        let got = run(&plan, |clock| Scripted::fixed(clock, 100 * MS)).await.summary;
        assert_eq!((got.ledger.planned, got.ledger.ok, got.connections.opened), (ok, ok, 10));
        // User k begins at k x 30 ms, and nobody does from 300 ms on: 3 requests of the first four, 2 ... 1 of the last.
        assert_eq!((got.plan.warmup_s, got.warmup.unwrap().ledger.ok), (0.4, 3 + 3 * 3 + 3 * 2 + 3));
        // All ten at once, ten times.
        assert_eq!((got.rates.elapsed_s, got.latency.response.exact(Figure::Max)), (Some(1.0), Some(100.0)));
    }
}

#[tokio::test(start_paused = true)]
async fn failures_end_requests_too_and_the_loop_goes_on() {
    let refused = |clock| {
        let mut service = Scripted::fixed(clock, MS);
        service.refuse = Some(ErrorKind::ConnectRefused);
        service.connect_ns = 10 * MS;
        service
    };
    let got = run(&plan_of(closed(5, LoopEnd::Requests(100))), refused).await.summary;
    assert_eq!((got.ledger.connection_error, got.connections.failed), (100, 100));
    let mut silent = plan_of(closed(5, LoopEnd::Requests(100)));
    silent.timeout_ns = 30 * MS;
    let got = run(&silent, |clock| Scripted::new(clock, |_| Step::Silence)).await.summary;
    assert_eq!(got.ledger.timeout, 100);
    assert!(within(got.rates.elapsed_s.unwrap(), 0.6, 0.05), "{:?}", got.rates);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_loop_says_what_it_did_not_send() {
    let stop_after_1_s = |sender: tokio::sync::watch::Sender<Stop>| {
        tokio::spawn(async move {
            #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused in tests")]
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            let _ = sender.send(Stop::Drain);
        });
    };
    let plan = plan_of(closed(2, LoopEnd::Requests(1_000)));
    let fixed = |clock| Scripted::fixed(clock, 10 * MS);
    let got = run_with(&plan, fixed, TimerPacer::new, stop_after_1_s).await.summary;
    assert!(got.interrupted && got.ledger.planned == 1_000, "{:?}", got.ledger);
    assert!(got.ledger.sent.abs_diff(200) <= 4 && got.ledger.ok == got.ledger.sent, "{:?}", got.ledger);
}

#[tokio::test(start_paused = true)]
async fn a_run_finds_the_connections_of_the_run_before_and_nothing_else_of_it() {
    let stages = [closed(3, LoopEnd::Requests(30)), closed(5, LoopEnd::Requests(50))].map(plan_of);
    let got = run_in_turn(&stages, |clock| Scripted::fixed(clock, 20 * MS)).await;
    let figures: Vec<_> =
        got.iter().map(|outcome| (outcome.summary.ledger.ok, outcome.summary.connections.opened)).collect();
    assert_eq!(figures, [(30, 3), (50, 2)], "three of five users have a connection already");
    assert_eq!(got[1].summary.queueing.in_flight_peak, 5);
    // An open loop after a closed one, as the comparison of the two needs.
    let both = [plan_of(closed(10, LoopEnd::Requests(100))), plan("100", 2)];
    let got = run_in_turn(&both, |clock| Scripted::fixed(clock, 20 * MS)).await;
    assert_eq!((got[1].summary.ledger.ok, got[1].summary.connections.opened), (200, 0));
    assert_eq!(got[1].summary.queueing.in_flight_peak, 3, "the peak is the run's own");
}

#[tokio::test(start_paused = true)]
async fn what_a_run_leaves_unfinished_does_not_reach_into_the_next() {
    // Requests of the first second are never answered; the drain gives them up.
    let answered = Rc::new(Cell::new(0));
    let seen = Rc::clone(&answered);
    let service = move |clock| {
        let seen = Rc::clone(&seen);
        Scripted::new(clock, move |now| {
            if now < S {
                return Step::Silence;
            }
            seen.set(seen.get() + 1);
            Step::Answer { after_ns: MS, status: 200 }
        })
    };
    let mut plans = [plan("10", 1), plan("10", 1)];
    plans[0].drain_ns = 500 * MS;
    let got = run_in_turn(&plans, service).await;
    assert_eq!((got[0].summary.ledger.unfinished, got[0].summary.ledger.sent), (10, 10));
    let second = &got[1].summary;
    assert_eq!((second.ledger.ok, second.ledger.planned, answered.get()), (10, 10, 10));
    assert_eq!(second.connections.opened, 1, "the connections of what was given up are gone");
}
