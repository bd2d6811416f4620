//! What the client itself does: lateness, connections, interruption, stripes.

use std::time::Duration;

use super::harness::{MS, Oversleeper, S, VirtualClock, plan, run, run_with, within};
use crate::load::Stop;
use crate::measure::ErrorKind;
use crate::plan::OverflowPolicy;
use crate::result::{BurstDepth, Figure, GeneratorVerdict, ServiceVerdict};
use crate::schedule::Source;
use crate::time::TimerPacer;
use crate::transport::scripted::{Scripted, Step};

fn oversleeper(clock: VirtualClock) -> Oversleeper {
    Oversleeper { pacer: TimerPacer::new(clock), clock, freeze_at_ns: S, freeze_for_ns: 200 * MS }
}

#[tokio::test(start_paused = true)]
async fn a_frozen_client_with_all_tokens_sends_everything_late() {
    let mut plan = plan("1000", 4);
    plan.burst = BurstDepth::All;
    let outcome = run_with(&plan, |clock| Scripted::fixed(clock, MS), oversleeper, |_| {}).await;
    let summary = &outcome.summary;
    assert_eq!((summary.ledger.sent, summary.ledger.missed), (4_000, 0));
    // 200 of 4,000 arrivals were late, by 0 to 200 ms: the lateness is the client's, and so counted.
    let lag = &summary.latency.send_lag;
    assert!(within(lag.exact(Figure::Max).unwrap(), 200.0, 0.02), "{lag:?}");
    assert!(
        within(lag.exact(Figure::P99).unwrap(), 160.0, 0.03),
        "(0.2 s - x) / 4 s = 1 % at x = 160 ms: {lag:?}"
    );
    assert_eq!(summary.verdict.generator, GeneratorVerdict::Invalid);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_client_with_ten_tokens_releases_ten_and_misses_the_rest() {
    let mut plan = plan("1000", 4);
    plan.burst = BurstDepth::Tokens(10);
    let outcome = run_with(&plan, |clock| Scripted::fixed(clock, MS), oversleeper, |_| {}).await;
    let ledger = outcome.summary.ledger;
    // 200 ms are 200 arrivals, and the one that woke the client was due as well.
    assert!(ledger.missed.abs_diff(190) <= 1, "{ledger:?}");
    assert_eq!(ledger.sent + ledger.missed, 4_000);
    assert_eq!(
        outcome.summary.verdict.generator,
        GeneratorVerdict::Invalid,
        "5 % of the plan was not carried out"
    );
}

/// A service of 100/s behind a cap of 10. The client that was late once is in time again at once: what finds the cap full
/// overflows, and does not leave ever later.
#[tokio::test(start_paused = true)]
async fn a_client_that_was_late_once_does_not_stay_late_before_a_slow_service() {
    let mut plan = plan("1000", 4);
    plan.max_in_flight = 10;
    let frozen_first = |clock: VirtualClock| Oversleeper { freeze_at_ns: 0, ..oversleeper(clock) };
    let summary =
        run_with(&plan, |clock| Scripted::fixed(clock, 100 * MS), frozen_first, |_| {}).await.summary;
    let ledger = summary.ledger;
    assert_eq!((ledger.missed, ledger.sent + ledger.overflow), (0, 4_000));
    assert!(within(summary.rates.window_s, 4.0, 0.01), "{:?}", summary.rates);
}

#[tokio::test(start_paused = true)]
async fn one_token_is_enough_for_a_client_that_is_on_time() {
    let mut plan = plan("500", 20);
    plan.burst = BurstDepth::Tokens(1);
    let ledger = run(&plan, |clock| Scripted::fixed(clock, MS)).await.summary.ledger;
    assert_eq!((ledger.sent, ledger.missed), (10_000, 0));
}

#[tokio::test(start_paused = true)]
async fn stripes_recorded_apart_and_merged_are_the_unsplit_run() {
    let mut plan = plan("200", 10);
    plan.source = Source::Schedule(plan.source.schedule().unwrap().clone().with_warmup(S).unwrap());
    let whole = run(&plan, |clock| Scripted::fixed(clock, 30 * MS)).await;
    plan.threads = 3;
    let split = run(&plan, |clock| Scripted::fixed(clock, 30 * MS)).await;
    let (split_total, whole_total) = (split.recorder.total(), whole.recorder.total());
    assert_eq!(split_total.ledger, whole_total.ledger);
    assert_eq!(split.recorder.warmup.ledger, whole.recorder.warmup.ledger);
    assert_eq!(split_total.response_ok.histogram(), whole_total.response_ok.histogram());
    assert_eq!(split_total.service.histogram(), whole_total.service.histogram());
    assert_eq!(split_total.response_ok.sum_ns(), whole_total.response_ok.sum_ns());
    let rows = |outcome: &super::harness::Outcome| {
        outcome
            .summary
            .series
            .iter()
            .map(|row| (row.offered, row.ok, row.response_p50_ms))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&split), rows(&whole));
    assert_eq!(rows(&whole).len(), 10);
}

#[tokio::test(start_paused = true)]
async fn what_workers_tell_now_and_then_is_the_run_so_far() {
    let mut plan = plan("200", 40);
    plan.threads = 3;
    let outcome = run(&plan, |clock| Scripted::fixed(clock, 30 * MS)).await;
    let so_far = outcome.so_far.expect("a run of 40 s tells once");
    let account = so_far.recorder.total();
    // What was due in 30 s, less the 6 that are under way.
    assert!(account.ledger.ok.abs_diff(5_994) <= 6, "{:?}", account.ledger);
    assert_eq!(account.response_ok.count(), account.ledger.ok);
    assert_eq!(outcome.summary.ledger.ok, 8_000, "and the run is none the worse for it");
}

#[tokio::test(start_paused = true)]
async fn the_warm_up_is_apart() {
    let mut plan = plan("100", 5);
    plan.source = Source::Schedule(plan.source.schedule().unwrap().clone().with_warmup(2 * S).unwrap());
    let summary = run(&plan, |clock| Scripted::fixed(clock, MS)).await.summary;
    assert_eq!((summary.ledger.planned, summary.ledger.ok), (500, 500));
    assert_eq!(summary.warmup.unwrap().ledger.ok, 100);
    assert_eq!(summary.series.iter().map(|row| row.offered).collect::<Vec<_>>(), [100; 5]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_died_while_idle_costs_one_retry_and_no_error() {
    let outcome = run(&plan("10", 10), |clock| {
        let mut scripted = Scripted::fixed(clock, MS);
        let generation = scripted.generation.clone();
        let mut sent = 0;
        let inner = scripted.clone();
        scripted = Scripted::new(clock, move |_| {
            sent += 1;
            // After every tenth answer the server drops its idle connections.
            if sent % 10 == 0 {
                generation.set(generation.get() + 1);
            }
            Step::Answer { after_ns: MS, status: 200 }
        });
        scripted.generation = inner.generation;
        scripted
    })
    .await;
    let summary = outcome.summary;
    assert_eq!((summary.ledger.ok, summary.ledger.sent), (100, 100));
    // The last drop is after the last request.
    assert_eq!((summary.connections.retries, summary.connections.opened), (9, 10));
    assert_eq!(summary.connections.dead_when_reused, 9);
}

#[tokio::test(start_paused = true)]
async fn refused_connections_are_counted_and_the_schedule_goes_on() {
    let summary = run(&plan("100", 10), |clock| {
        let mut scripted = Scripted::fixed(clock, MS);
        scripted.refuse = Some(ErrorKind::ConnectRefused);
        scripted
    })
    .await
    .summary;
    assert_eq!((summary.ledger.sent, summary.ledger.connection_error), (1_000, 1_000));
    assert_eq!((summary.errors[0].kind, summary.errors[0].count), (ErrorKind::ConnectRefused, 1_000));
    assert_eq!(summary.connections.failed, 1_000);
}

#[tokio::test(start_paused = true)]
async fn exhausted_ports_are_the_clients_fault() {
    let summary = run(&plan("100", 10), |clock| {
        let mut scripted = Scripted::fixed(clock, MS);
        scripted.refuse = Some(ErrorKind::PortsExhausted);
        scripted
    })
    .await
    .summary;
    assert_eq!(summary.verdict.generator, GeneratorVerdict::Invalid);
}

#[tokio::test(start_paused = true)]
async fn new_connections_are_no_faster_than_allowed() {
    let mut plan = plan("100", 10);
    plan.keepalive = false;
    plan.connect_rate = Some("20".parse().unwrap());
    plan.drain_ns = 0;
    let summary = run(&plan, |clock| Scripted::fixed(clock, MS)).await.summary;
    assert!(summary.connections.opened.abs_diff(200) <= 1, "20/s for 10 s: {:?}", summary.connections);
    assert_eq!(summary.ledger.ok + summary.ledger.unfinished, 1_000);
    // The wait for the permit is a wait for a connection, and the arrivals are in flight meanwhile.
    assert!(summary.latency.connect.exact(Figure::Max).unwrap() > 7_000.0, "{:?}", summary.latency.connect);
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_refused_between_arrivals_is_not_forgotten() {
    // One at a time, a connection for each, 20 connections a second: 200 arrivals take 10 s, of which 6 s are drain.
    let mut plan = plan("50", 4);
    plan.keepalive = false;
    plan.max_in_flight = 1;
    plan.overflow = OverflowPolicy::Queue(1_000);
    plan.connect_rate = Some("20".parse().unwrap());
    let summary = run(&plan, |clock| Scripted::fixed(clock, MS)).await.summary;
    assert_eq!((summary.ledger.ok, summary.connections.opened), (200, 200));
    assert!(
        within(summary.latency.response.exact(Figure::Max).unwrap(), 6_000.0, 0.03),
        "{:?}",
        summary.latency.response
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_overruns_the_schedule_says_so() {
    // Frozen from 3.5 s to 5.5 s of a run of 4 s: everything leaves, but the last of it 1.5 s after the end.
    let freeze_late = |clock: VirtualClock| Oversleeper {
        freeze_at_ns: 7 * S / 2,
        freeze_for_ns: 2 * S,
        ..oversleeper(clock)
    };
    let mut plan = plan("100", 4);
    plan.slos = vec!["achieved>99%".parse().unwrap()];
    let summary = run_with(&plan, |clock| Scripted::fixed(clock, 3 * S), freeze_late, |_| {}).await.summary;
    assert_eq!(summary.ledger.sent, 400);
    assert!(
        within(summary.rates.offered_per_s, 100.0, 0.001)
            && within(summary.rates.sent_per_s, 400.0 / 5.5, 0.01)
    );
    assert_eq!(summary.verdict.generator, GeneratorVerdict::Invalid, "{:?}", summary.verdict);
    assert!(!summary.slos[0].passed);
}

#[tokio::test(start_paused = true)]
async fn a_late_client_is_not_excused_by_the_lack_of_good_answers() {
    let answer_503 = |clock| Scripted::new(clock, |_| Step::Answer { after_ns: MS, status: 503 });
    let summary = run_with(&plan("1000", 4), answer_503, oversleeper, |_| {}).await.summary;
    assert_eq!(summary.ledger.http_error, 4_000);
    assert_eq!(summary.verdict.generator, GeneratorVerdict::Invalid, "{:?}", summary.verdict);
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_long_run_is_cancelled_at_once_and_its_last_second_is_whole() {
    // A day at 50,000/s: four thousand million arrivals that nobody may walk through.
    let mut plan = plan("50000", 86_400);
    plan.drain_ns = S;
    let stop_after_100_ms = |sender: tokio::sync::watch::Sender<Stop>| {
        tokio::spawn(async move {
            #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused in tests")]
            tokio::time::sleep(Duration::from_millis(100)).await;
            let _ = sender.send(Stop::Drain);
        });
    };
    let service = |clock| Scripted::fixed(clock, 500 * MS);
    let summary = run_with(&plan, service, TimerPacer::new, stop_after_100_ms).await.summary;
    assert_eq!(summary.ledger.planned, 50_000 * 86_400);
    assert!(within(summary.ledger.ok as f64, 5_000.0, 0.02), "{:?}", summary.ledger);
    assert_eq!(summary.series.iter().map(|row| row.ok).sum::<u64>(), summary.ledger.ok);
}

#[tokio::test(start_paused = true)]
async fn connecting_is_a_part_of_the_response_and_of_its_own() {
    let summary = run(&plan("10", 100), |clock| {
        let mut scripted = Scripted::fixed(clock, 20 * MS);
        scripted.connect_ns = 30 * MS;
        scripted.close_after_answer = true;
        scripted
    })
    .await
    .summary;
    let (connect, service) = (&summary.latency.connect, &summary.latency.service);
    assert_eq!(
        (connect.count, connect.exact(Figure::Min), connect.exact(Figure::Max)),
        (1_000, Some(30.0), Some(30.0))
    );
    assert_eq!((service.exact(Figure::Min), service.exact(Figure::Max)), (Some(20.0), Some(20.0)));
    assert!(within(summary.latency.response.exact(Figure::Mean).unwrap(), 50.0, 0.03));
    assert_eq!(summary.connections.opened, 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_good_and_late() {
    let mut plan = plan("100", 10);
    plan.deadline_ns = Some(40 * MS);
    let summary = run(&plan, |clock| Scripted::fixed(clock, 50 * MS)).await.summary;
    assert_eq!((summary.ledger.ok, summary.ledger.late), (1_000, 1_000));
    assert_eq!(summary.rates.ok_per_s, 0.0);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_accounts_for_what_never_left() {
    let mut plan = plan("100", 60);
    plan.source = Source::Schedule(plan.source.schedule().unwrap().clone().with_warmup(S).unwrap());
    let stop_after_5_s = |sender: tokio::sync::watch::Sender<Stop>| {
        tokio::spawn(async move {
            #[expect(clippy::disallowed_methods, reason = "tokio's clock is paused in tests")]
            tokio::time::sleep(Duration::from_secs(5)).await;
            let _ = sender.send(Stop::Drain);
        });
    };
    let outcome =
        run_with(&plan, |clock| Scripted::fixed(clock, 3 * S), TimerPacer::new, stop_after_5_s).await;
    let (summary, ledger) = (&outcome.summary, outcome.summary.ledger);
    assert!(summary.interrupted);
    assert_eq!(
        summary.verdict.service,
        ServiceVerdict::KeepingUp,
        "an interrupt is not the service's failure"
    );
    // Four measured seconds of sixty; what was sent in the last two has no answer within the second of drain.
    assert!(ledger.sent.abs_diff(400) <= 1 && ledger.sent + ledger.cancelled == 6_000, "{ledger:?}");
    assert!(ledger.unfinished.abs_diff(200) <= 2, "{ledger:?}");
    assert!(within(summary.rates.window_s, 4.0, 0.01) && within(summary.rates.offered_per_s, 100.0, 0.01));
    assert_eq!(summary.series.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_run_interrupted_in_its_warm_up_has_a_report_of_nothing() {
    let mut plan = plan("100", 60);
    plan.source = Source::Schedule(plan.source.schedule().unwrap().clone().with_warmup(10 * S).unwrap());
    let stop_at_once = |sender: tokio::sync::watch::Sender<Stop>| {
        let _ = sender.send(Stop::Drain);
    };
    let summary =
        run_with(&plan, |clock| Scripted::fixed(clock, MS), TimerPacer::new, stop_at_once).await.summary;
    assert_eq!((summary.ledger.cancelled, summary.ledger.planned), (6_000, 6_000));
    assert!(summary.warmup.unwrap().ledger.cancelled >= 499);
}
