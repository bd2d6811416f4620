//! Recorded arrivals, and a file that is slower than they are.

use super::harness::{MS, Outcome, Plan, S, VirtualClock, run_fed, within};
use crate::request::RecordedArrival;
use crate::result::{BurstDepth, Figure, GeneratorVerdict, ServiceVerdict};
use crate::schedule::{Recorded, Replay, Schedule, Source};
use crate::time::{Meanwhile, Pacer, TimerPacer};
use crate::transport::scripted::Scripted;

/// A recording of 1,000/s for 4 s, replayed as it was.
fn plan() -> Plan {
    let recorded = Recorded { count: 4_000, span_ns: 3_999 * MS, most_in_a_second: 1_000 };
    let schedule = Schedule::for_replay(Replay::new(recorded, "1x".parse().unwrap()).unwrap()).unwrap();
    Plan {
        timeout_ns: 100 * S,
        max_in_flight: 1_000_000,
        drain_ns: 100 * S,
        ..Plan::plain(Source::Schedule(schedule))
    }
}

fn arrivals(places: std::ops::Range<u64>) -> Vec<RecordedArrival> {
    places.map(|index| RecordedArrival { index, at_ns: index * MS, request: Box::default() }).collect()
}

/// What becomes of it where the reader stands still after the first second until `until_ns`, and then has read everything;
/// `None`: it never comes back.
async fn with_a_pause(until_ns: Option<u64>) -> Outcome {
    let service = |clock| Scripted::fixed(clock, MS);
    run_fed(&plan(), service, async |clock: VirtualClock, sender| {
        sender.send(arrivals(0..1_000)).await.unwrap();
        TimerPacer::new(clock).until(until_ns.unwrap_or(20 * S), Meanwhile::Attend).await;
        // Where nobody waited so long, nobody receives.
        let _ = sender.send(arrivals(1_000..4_000)).await;
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn what_is_read_in_time_is_sent_in_time() {
    let summary = with_a_pause(Some(900 * MS)).await.summary;
    assert_eq!((summary.ledger.sent, summary.ledger.ok), (4_000, 4_000));
    assert!(summary.latency.send_lag.exact(Figure::Max).unwrap() < 1.1, "{:?}", summary.latency.send_lag);
    assert_eq!(summary.verdict.generator, GeneratorVerdict::Valid, "{:?}", summary.verdict);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_read_late_makes_the_client_late_and_not_the_service() {
    let summary = with_a_pause(Some(1_200 * MS)).await.summary;
    assert_eq!((summary.ledger.sent, summary.ledger.missed), (4_000, 0));
    let lag = &summary.latency.send_lag;
    assert!(within(lag.exact(Figure::Max).unwrap(), 200.0, 0.02), "{lag:?}");
    assert!(summary.latency.service.exact(Figure::P99).unwrap() < 2.0, "{:?}", summary.latency.service);
    let verdict = &summary.verdict;
    assert_eq!((verdict.generator, verdict.service), (GeneratorVerdict::Invalid, ServiceVerdict::Unknown));
}

#[tokio::test(start_paused = true)]
async fn what_is_never_read_is_missed_and_the_run_ends() {
    let outcome = with_a_pause(None).await;
    let ledger = outcome.summary.ledger;
    assert_eq!((ledger.planned, ledger.sent, ledger.missed, ledger.cancelled), (4_000, 1_000, 3_000, 0));
    assert_eq!(outcome.summary.verdict.generator, GeneratorVerdict::Invalid);
    assert!(outcome.summary.rates.window_s < 5.0, "{:?}", outcome.summary.rates);
}

/// Five arrivals at once, every 5 ms, in batches of three: those of one instant lie in different batches, and each has its token.
#[tokio::test(start_paused = true)]
async fn a_bucket_of_a_few_tokens_is_enough_for_what_is_read_in_time() {
    let plan = Plan { burst: BurstDepth::Tokens(5), ..plan() };
    let summary = run_fed(
        &plan,
        |clock| Scripted::fixed(clock, MS),
        async |_, sender| {
            let times: Vec<RecordedArrival> = arrivals(0..4_000)
                .into_iter()
                .map(|arrival| RecordedArrival { at_ns: arrival.index / 5 * 5 * MS, ..arrival })
                .collect();
            let mut times = times.into_iter().peekable();
            while times.peek().is_some() {
                sender.send(times.by_ref().take(3).collect()).await.unwrap();
            }
        },
    )
    .await
    .summary;
    assert_eq!((summary.ledger.sent, summary.ledger.missed), (4_000, 0), "{:?}", summary.ledger);
}
