//! What a service of known behaviour must look like from outside (the known answers of the design).

use std::cell::Cell;

use super::harness::{MS, S, VirtualClock, plan, run, run_in_turn, within};
use crate::measure::{ErrorKind, Measured};
use crate::plan::{OverflowPolicy, Plan};
use crate::result::{Conclusion, Figure, ServiceVerdict};
use crate::schedule::{Arrivals, ClosedLoop, LoopEnd, NANOS_PER_S, Source};
use crate::transport::scripted::{Scripted, Step};

/// Answers at once, but stands still from `at_ns` for `for_ns`.
fn freezing(clock: VirtualClock, at_ns: u64, for_ns: u64) -> Scripted<VirtualClock> {
    Scripted::new(clock, move |now| {
        let frozen = (at_ns..at_ns + for_ns).contains(&now);
        Step::Answer { after_ns: if frozen { at_ns + for_ns - now } else { 0 }, status: 200 }
    })
}

/// A FIFO queue with `workers` workers, each taking the time that `service_ns` says.
fn queue(
    clock: VirtualClock,
    workers: usize,
    mut service_ns: impl FnMut() -> u64 + 'static,
) -> Scripted<VirtualClock> {
    let mut free_at = vec![0_u64; workers];
    Scripted::new(clock, move |now| {
        let soonest = free_at.iter_mut().min().unwrap();
        *soonest = now.max(*soonest) + service_ns();
        Step::Answer { after_ns: *soonest - now, status: 200 }
    })
}

/// One request at a time, as many as support a p99: the idle baseline of the run that comes after it.
fn alone() -> Plan {
    let one = ClosedLoop::new(1, LoopEnd::Requests(600)).unwrap();
    Plan { source: Source::Users(one), ..plan("1", 1) }
}

#[tokio::test(start_paused = true)]
async fn one_freeze_of_a_second_in_a_minute() {
    let outcome = run(&plan("300", 60), |clock| freezing(clock, 20 * S, S)).await;
    let summary = &outcome.summary;
    assert_eq!((summary.ledger.planned, summary.ledger.sent, summary.ledger.ok), (18_000, 18_000, 18_000));
    // The fraction slower than x is (1 s - x) / 60 s.
    let response = &summary.latency.response;
    assert!(within(response.exact(Figure::P99).unwrap(), 400.0, 0.03), "{response:?}");
    assert!(within(response.exact(Figure::P99_9).unwrap(), 940.0, 0.03), "{response:?}");
    assert!(response.exact(Figure::P50).unwrap() <= 1.1, "{response:?}");
    assert_eq!(summary.verdict.service, ServiceVerdict::KeepingUp, "a stall is no lack of capacity");
}

#[tokio::test(start_paused = true)]
async fn one_freeze_of_a_second_in_four() {
    let summary = run(&plan("1000", 4), |clock| freezing(clock, 2 * S, S)).await.summary;
    assert_eq!(summary.ledger.ok, 4_000);
    assert!(
        within(summary.latency.response.exact(Figure::P90).unwrap(), 600.0, 0.03),
        "{:?}",
        summary.latency.response
    );
}

#[tokio::test(start_paused = true)]
async fn a_fixed_delay_is_the_service_time_and_nothing_is_amplified() {
    let outcomes = run_in_turn(&[alone(), plan("200", 10)], |clock| Scripted::fixed(clock, 50 * MS)).await;
    let summary = &outcomes[1].summary;
    let service = &summary.latency.service;
    assert_eq!(
        (service.count, service.exact(Figure::Min), service.exact(Figure::Max)),
        (2_000, Some(50.0), Some(50.0))
    );
    let queueing = &summary.queueing;
    let amplifications =
        [queueing.amplification_mean, queueing.amplification_p50, queueing.amplification_p99];
    assert!(amplifications.iter().all(|times| within(times.exact().unwrap(), 1.0, 0.001)), "{queueing:?}");
    assert_eq!(summary.verdict.service, ServiceVerdict::KeepingUp);
    assert_eq!(summary.verdict.result, Some(Conclusion::KeepingUp));
    // Little's law: 200/s x 50 ms.
    assert!((10..=11).contains(&summary.queueing.in_flight_peak));
}

#[tokio::test(start_paused = true)]
async fn a_long_fixed_delay_is_not_taken_for_a_growing_backlog() {
    let summary = run(&plan("100", 10), |clock| Scripted::fixed(clock, 5 * S)).await.summary;
    assert_eq!(summary.verdict.service, ServiceVerdict::KeepingUp, "{:?}", summary.verdict);
}

#[tokio::test(start_paused = true)]
async fn a_queue_below_its_capacity_amplifies_nothing() {
    let summary = run(&plan("90", 20), |clock| queue(clock, 10, || 100 * MS)).await.summary;
    assert!(within(summary.latency.service.exact(Figure::Max).unwrap(), 100.0, 0.02));
    assert_eq!(summary.verdict.service, ServiceVerdict::KeepingUp);
}

#[tokio::test(start_paused = true)]
async fn a_queue_above_its_capacity_grows_by_the_difference() {
    // D/D/c with capacity 100/s, offered 150/s for 20 s.
    let summary = run(&plan("150", 20), |clock| queue(clock, 10, || 100 * MS)).await.summary;
    assert_eq!((summary.ledger.ok, summary.ledger.planned), (3_000, 3_000));
    // The last arrival waits D (R - C) / C = 10 s, and then 0.1 s for its own answer.
    assert!(
        within(summary.latency.response.exact(Figure::Max).unwrap(), 10_100.0, 0.02),
        "{:?}",
        summary.latency.response
    );
    assert!(within(summary.rates.completed_per_s, 100.0, 0.02), "{:?}", summary.rates);
    assert!(within(summary.queueing.backlog_growth_per_s.unwrap(), 50.0, 0.02), "{:?}", summary.queueing);
    assert_eq!(summary.verdict.service, ServiceVerdict::Saturated);
    assert!(
        summary.verdict.reasons.iter().any(|reason| reason.text.contains("grew by 50")),
        "{:?}",
        summary.verdict
    );
}

#[tokio::test(start_paused = true)]
async fn a_cap_turns_the_excess_into_overflow() {
    // Cap 10, delay d = 98 ms: K / d = 102/s can leave, of 200/s. An arrival every 5 ms can only take a id that is
    // free by then, so it is 10 in every 100 ms.
    let mut plan = plan("200", 20);
    plan.max_in_flight = 10;
    let summary = run(&plan, |clock| Scripted::fixed(clock, 98 * MS)).await.summary;
    assert!(within(summary.rates.sent_per_s, 100.0, 0.02), "{:?}", summary.rates);
    assert!(within(summary.ledger.overflow as f64 / 20.0, 100.0, 0.02));
    assert_eq!(summary.queueing.in_flight_peak, 10);
    assert_eq!(summary.verdict.service, ServiceVerdict::Saturated);
    // Half of the planned arrivals have no answer: p90 is unknown, and not the 100 ms of the survivors.
    let response = &summary.latency.response;
    assert!(matches!(response.figure(Figure::P90), Measured::AtLeast(ms) if ms >= 100_000.0), "{response:?}");
    assert_eq!(summary.latency.response_ok.exact(Figure::Max), summary.latency.service.exact(Figure::Max));
}

#[tokio::test(start_paused = true)]
async fn a_wait_queue_turns_the_excess_into_slot_wait() {
    let mut plan = plan("150", 20);
    plan.max_in_flight = 10;
    plan.overflow = OverflowPolicy::Queue(10_000);
    let outcomes = run_in_turn(&[alone(), plan], |clock| Scripted::fixed(clock, 100 * MS)).await;
    let summary = &outcomes[1].summary;
    assert_eq!((summary.ledger.ok, summary.ledger.overflow), (3_000, 0));
    // The client's queue is the service's queue of the test above: the same response, but the wait is visible.
    assert!(
        within(summary.latency.response.exact(Figure::Max).unwrap(), 10_100.0, 0.02),
        "{:?}",
        summary.latency.response
    );
    assert!(
        within(summary.latency.slot_wait.exact(Figure::Max).unwrap(), 10_000.0, 0.02),
        "{:?}",
        summary.latency.slot_wait
    );
    assert_eq!(summary.latency.service.exact(Figure::Max), Some(100.0));
    // D/D/c: the service time is known, so the amplification is the response over it, and all of it is the client's.
    let queueing = &summary.queueing;
    for (figure, amplification) in [
        (Figure::Mean, queueing.amplification_mean),
        (Figure::P50, queueing.amplification_p50),
        (Figure::P99, queueing.amplification_p99),
    ] {
        let expected = summary.latency.response.exact(figure).unwrap() / 100.0;
        assert!(within(amplification.exact().unwrap(), expected, 0.001), "{figure}: {queueing:?}");
    }
    assert!(within(queueing.in_client_mean_ms.unwrap(), 5_000.0, 0.02), "{queueing:?}");
    assert!(queueing.in_service_mean_ms.unwrap().abs() < 0.1, "{queueing:?}");
    assert_eq!(summary.verdict.service, ServiceVerdict::Saturated);
    assert_eq!(summary.verdict.result, Some(Conclusion::TooMuch));
}

#[tokio::test(start_paused = true)]
async fn poisson_arrivals_at_an_exponential_server_wait_as_the_formula_says() {
    // M/M/1 at utilisation 0.8: the response is exponential with mean 1 / (1 - 0.8) = 5 service times, p99 4.6 times
    // that. 120,000 arrivals are enough for 5 %.
    let mut plan = plan("8", 15_000);
    plan.source =
        Source::Schedule(plan.source.schedule().unwrap().clone().with_arrivals(Arrivals::Poisson, 3));
    plan.timeout_ns = 1_000 * S;
    let summary = run(&plan, |clock| {
        use rand::SeedableRng;
        use rand_distr::{Distribution, Exp1};
        let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(5);
        queue(clock, 1, move || {
            let drawn: f64 = Exp1.sample(&mut random);
            (drawn * 0.1 * NANOS_PER_S as f64) as u64
        })
    })
    .await
    .summary;
    let response = &summary.latency.response;
    assert!(within(response.exact(Figure::Mean).unwrap(), 500.0, 0.05), "{response:?}");
    assert!(within(response.exact(Figure::P99).unwrap(), 4.6 * 500.0, 0.07), "{response:?}");
    assert_eq!(summary.verdict.service, ServiceVerdict::KeepingUp);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answers_costs_timeouts_and_keeps_the_schedule() {
    let mut plan = plan("100", 10);
    plan.timeout_ns = S;
    plan.drain_ns = S / 2;
    let summary = run(&plan, |clock| Scripted::new(clock, |_| Step::Silence)).await.summary;
    let ledger = summary.ledger;
    assert_eq!((ledger.planned, ledger.sent, ledger.ok), (1_000, 1_000, 0));
    // Of the last second's arrivals, half are still within their timeout when the drain ends.
    assert!(ledger.unfinished.abs_diff(50) <= 1 && ledger.timeout + ledger.unfinished == 1_000, "{ledger:?}");
    assert!(summary.latency.response.figure(Figure::P50).is_bound());
    assert_eq!(summary.errors[0].kind, ErrorKind::Timeout);
    assert_eq!(summary.verdict.service, ServiceVerdict::Saturated);
}

#[tokio::test(start_paused = true)]
async fn every_way_to_fail_has_its_place_in_the_ledger() {
    let summary = run(&plan("100", 10), |clock| {
        let turn = Cell::new(0);
        Scripted::new(clock, move |_| {
            turn.set(turn.get() + 1);
            let fail = |kind| Step::Fail { after_ns: MS, kind, before_answer: false };
            match turn.get() % 5 {
                0 => Step::Answer { after_ns: MS, status: 503 },
                1 => fail(ErrorKind::Reset),
                2 => fail(ErrorKind::Protocol),
                3 => fail(ErrorKind::Closed),
                _ => Step::Answer { after_ns: MS, status: 200 },
            }
        })
    })
    .await
    .summary;
    let ledger = summary.ledger;
    assert_eq!((ledger.ok, ledger.http_error, ledger.connection_error), (200, 200, 600));
    assert_eq!(summary.status_codes["503"], 200);
    assert_eq!(summary.errors.iter().map(|error| error.count).collect::<Vec<_>>(), [200, 200, 200]);
    assert_eq!((summary.rates.error_rate, summary.rates.failure_rate), (Some(0.2), Some(0.6)));
}
