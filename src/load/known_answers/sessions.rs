//! Sessions: one arrival, several requests, each after the answer to the one before.

use super::harness::{MS, Outcome, S, VirtualClock, plan, run_scenario, within};
use crate::measure::{Account, ErrorKind};
use crate::plan::Plan;
use crate::result::{Figure, GeneratorVerdict, ServiceVerdict};
use crate::schedule::{ClosedLoop, LoopEnd, Source};
use crate::transport::scripted::{Scripted, Step};

const THREE: &str = r#"
[[session]]
name = "buy"
[[session.step]]
name = "one"
path = "/1"
[[session.step]]
name = "two"
path = "/2"
[[session.step]]
name = "three"
path = "/3"
"#;

/// Answers the nth request, from 0, as `answer` says.
fn by_turn(clock: VirtualClock, mut answer: impl FnMut(u64) -> Step + 'static) -> Scripted<VirtualClock> {
    let mut turn = 0;
    Scripted::new(clock, move |_| {
        turn += 1;
        answer(turn - 1)
    })
}

fn steps(outcome: &Outcome) -> &[Account] {
    outcome.recorder.steps()
}

fn answers(outcome: &Outcome) -> Vec<(u64, u64)> {
    steps(outcome).iter().map(|step| (step.ledger.sent, step.ledger.ok)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_session_takes_as_long_as_its_steps_and_is_one_arrival() {
    // Of 10, 20 and 30 ms at 10/s, so that no two are under way at once.
    let service =
        |clock| by_turn(clock, |turn| Step::Answer { after_ns: (turn % 3 + 1) * 10 * MS, status: 200 });
    let outcome = run_scenario(&plan("10", 20), THREE, service).await;
    let summary = &outcome.summary;
    assert_eq!((summary.ledger.planned, summary.ledger.sent, summary.ledger.ok), (200, 200, 200));
    let response = &summary.latency.response;
    assert_eq!((response.exact(Figure::Min), response.exact(Figure::Max)), (Some(60.0), Some(60.0)));
    assert_eq!(summary.latency.service.exact(Figure::Max), Some(60.0));
    let each: Vec<_> =
        steps(&outcome).iter().map(|step| (step.response_ok.min_ns(), step.response_ok.max_ns())).collect();
    assert_eq!(each, [10, 20, 30].map(|ms| (Some(ms * MS), Some(ms * MS))));
    assert_eq!(answers(&outcome), [(200, 200); 3]);
    // All on one connection, which nobody else wanted.
    assert_eq!((outcome.connections.opened, outcome.connections.reuses), (1, 599));
    assert_eq!((summary.queueing.in_flight_peak, summary.verdict.generator), (1, GeneratorVerdict::Valid));
}

#[tokio::test(start_paused = true)]
async fn the_schedule_of_sessions_does_not_wait_for_their_steps() {
    // 300/s for 60 s through one freeze of a second: what a single request would show, sessions show too.
    let freezing = |clock| {
        Scripted::new(clock, move |now| {
            let frozen = (20 * S..21 * S).contains(&now);
            Step::Answer { after_ns: if frozen { 21 * S - now } else { 0 }, status: 200 }
        })
    };
    let outcome = run_scenario(&plan("300", 60), THREE, freezing).await;
    let response = &outcome.summary.latency.response;
    assert_eq!((outcome.summary.ledger.planned, outcome.summary.ledger.ok), (18_000, 18_000));
    assert!(within(response.exact(Figure::P99).unwrap(), 400.0, 0.03), "{response:?}");
    assert!(within(response.exact(Figure::P99_9).unwrap(), 940.0, 0.03), "{response:?}");
    // Each waited in its first step: the later ones come at once.
    assert!(steps(&outcome)[1].response_ok.max_ns().unwrap() < MS);
}

#[tokio::test(start_paused = true)]
async fn a_session_keeps_its_place_under_the_cap() {
    // K / d with d = 3 x 32 ms and K = 10: 104/s can leave, of 200/s; an arrival comes every 5 ms, so 10 in every 100 ms.
    let mut plan = plan("200", 20);
    plan.max_in_flight = 10;
    let summary = run_scenario(&plan, THREE, |clock| Scripted::fixed(clock, 32 * MS)).await.summary;
    assert!(within(summary.rates.sent_per_s, 100.0, 0.02), "{:?}", summary.rates);
    assert!(within(summary.ledger.overflow as f64 / 20.0, 100.0, 0.02));
    assert_eq!(summary.queueing.in_flight_peak, 10);
    assert_eq!(summary.verdict.service, ServiceVerdict::Saturated);
}

#[tokio::test(start_paused = true)]
async fn the_first_bad_answer_ends_a_session() {
    // Every second session fails in its second step; then the third is not sent.
    let service = |clock| {
        by_turn(clock, |turn| Step::Answer {
            after_ns: 10 * MS,
            status: if turn % 5 == 4 { 500 } else { 200 },
        })
    };
    let outcome = run_scenario(&plan("10", 20), THREE, service).await;
    let ledger = outcome.summary.ledger;
    assert_eq!((ledger.sent, ledger.ok, ledger.http_error), (200, 100, 100));
    assert_eq!(answers(&outcome), [(200, 200), (200, 100), (100, 100)]);
    assert_eq!(outcome.summary.latency.response_ok.exact(Figure::Max), Some(30.0));
}

#[tokio::test(start_paused = true)]
async fn a_step_without_an_answer_is_a_session_without_one() {
    // The last step of every session answers after 5 s: beyond the timeout, or beyond the drain.
    let slow = |clock| {
        by_turn(clock, |turn| Step::Answer {
            after_ns: if turn % 3 == 2 { 5 * S } else { 10 * MS },
            status: 200,
        })
    };
    let one = |plan: Plan| Plan {
        source: Source::Users(ClosedLoop::new(1, LoopEnd::Requests(4)).unwrap()),
        ..plan
    };
    let timed_out = run_scenario(&one(Plan { timeout_ns: S, ..plan("1", 1) }), THREE, slow).await;
    assert_eq!((timed_out.summary.ledger.timeout, timed_out.summary.ledger.sent), (4, 4));
    assert_eq!(answers(&timed_out), [(4, 4), (4, 4), (4, 0)]);
    // Told from the beginning of the session.
    let unfinished = run_scenario(&Plan { drain_ns: S, ..plan("1", 3) }, THREE, slow).await;
    let ledger = unfinished.summary.ledger;
    assert_eq!((ledger.sent, ledger.unfinished), (3, 3));
    assert_eq!(steps(&unfinished)[2].ledger.unfinished, 3);
    let waited_ns = unfinished.recorder.total().unanswered(100 * S).unfinished_ns;
    assert!(
        within(waited_ns as f64, 2e9, 0.001),
        "the last began at 2 s and was given up at 4 s: {waited_ns}"
    );
}

#[tokio::test(start_paused = true)]
async fn stripes_of_sessions_partition_the_schedule() {
    for threads in [1, 2, 3] {
        let outcome =
            run_scenario(&Plan { threads, ..plan("90", 10) }, THREE, |clock| Scripted::fixed(clock, 10 * MS))
                .await;
        assert_eq!(answers(&outcome), [(900, 900); 3], "{threads} threads");
        assert_eq!(outcome.summary.ledger.ok, 900);
    }
}

#[tokio::test(start_paused = true)]
async fn users_of_a_closed_loop_go_through_sessions_one_after_another() {
    let two = ClosedLoop::new(2, LoopEnd::Requests(100)).unwrap();
    let plan = Plan { source: Source::Users(two), ..plan("1", 1) };
    let outcome = run_scenario(&plan, THREE, |clock| Scripted::fixed(clock, 10 * MS)).await;
    assert_eq!((outcome.summary.ledger.ok, answers(&outcome)), (100, vec![(100, 100); 3]));
    assert!(within(outcome.summary.rates.elapsed_s.unwrap(), 1.5, 0.01), "{:?}", outcome.summary.rates);
}

const ELSEWHERE: &str = r#"
[[session]]
name = "buy"
[[session.step]]
name = "here"
path = "/1"
[[session.step]]
name = "there"
url = "http://there.example/2"
"#;

#[tokio::test(start_paused = true)]
async fn sessions_go_on_in_the_order_in_which_they_came_to_it() {
    // The second step takes 20 ms on the one connection there is to its origin: D/D/1 with 50/s, of 60/s for 5 s. Session k waits
    // k (1/50 - 1/60) s for its turn, and nobody overtakes.
    let service = |clock| {
        Scripted::by_origin(clock, |origin, _| Step::Answer {
            after_ns: u64::from(origin) * 20 * MS,
            status: 200,
        })
    };
    let outcome = run_scenario(&Plan { connections: Some(1), ..plan("60", 5) }, ELSEWHERE, service).await;
    let (response, service) = (&outcome.summary.latency.response, &outcome.summary.latency.service);
    assert_eq!(outcome.summary.ledger.ok, 300);
    assert!(within(response.exact(Figure::P50).unwrap(), 517.0, 0.02), "{response:?}");
    assert!(within(response.exact(Figure::Max).unwrap(), 1_016.7, 0.01), "{response:?}");
    // The wait for the client's own limit is no time of the service.
    assert_eq!((service.exact(Figure::Min), service.exact(Figure::Max)), (Some(20.0), Some(20.0)));
    let waited = &outcome.summary.latency.slot_wait;
    assert!(within(waited.exact(Figure::Max).unwrap(), 996.7, 0.01), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_finds_nobody_fails_its_session_and_is_named() {
    let nobody_there = |clock| {
        let mut service = Scripted::fixed(clock, 10 * MS);
        (service.refuse, service.refuse_from) = (Some(ErrorKind::ConnectRefused), 1);
        service
    };
    let outcome = run_scenario(&Plan { samples: 1, ..plan("10", 5) }, ELSEWHERE, nobody_there).await;
    assert_eq!((outcome.summary.ledger.sent, outcome.summary.ledger.connection_error), (50, 50));
    assert_eq!(answers(&outcome), [(50, 50), (50, 0)]);
    let (_, failures) = outcome.recorder.exemplars().failures().next().unwrap();
    assert_eq!(failures[0].detail.step, Some(1));
}

#[tokio::test(start_paused = true)]
async fn sessions_of_a_warm_up_are_no_measurement() {
    let plan = plan("10", 5);
    let Source::Schedule(schedule) = plan.source else { panic!("an open loop") };
    let plan = Plan { source: Source::Schedule(schedule.with_warmup(2 * S).unwrap()), ..plan };
    let outcome = run_scenario(&plan, THREE, |clock| Scripted::fixed(clock, 10 * MS)).await;
    assert!(outcome.recorder.warmup.ledger.ok > 0);
    assert_eq!((outcome.summary.ledger.ok, answers(&outcome)), (50, vec![(50, 50); 3]));
}
