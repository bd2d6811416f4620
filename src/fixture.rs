//! Runs for the reporters' tests: synthetic arrivals through the real recorder and the real summary, so that
//! a report is tested on what a run can produce and not on figures that contradict each other.

use serde_json::Value;

use crate::measure::{ConnectionLog, Distribution, ErrorKind, HttpFault, Outcome, Sample, Timeline};
use crate::result::{BurstDepth, LatencyStats, Mode, PlanFacts, Summary, TrafficFacts};
use crate::schedule::{Arrivals, NANOS_PER_S, Phase, Slot};

mod mixed;
mod phases;
mod run;
mod shards;

pub(crate) use self::mixed::mixed;
pub(crate) use self::phases::{changing, phases};
use self::run::Run;
pub(crate) use self::shards::{merged, shard};

const MS: u64 = 1_000_000;

/// An idle baseline of so many service times, a fifth of the shortest apart.
fn idle(count: u64, shortest_ns: u64) -> Option<LatencyStats> {
    let mut times = Distribution::new();
    (0..count).for_each(|i| times.record(shortest_ns + i * shortest_ns / 5 / count));
    Some(LatencyStats::of(&times))
}

/// Every fixture.
pub(crate) fn all() -> [Summary; 6] {
    [freeze(), overload(), few(), mixed(), merged(), phases()]
}

/// 300/s for 10 s with a cap of 8 and a wait queue; the service answers in 2 ms and freezes once for 1 s.
/// Only the 8 requests in flight see the freeze as service time; 300 arrivals wait for it.
pub(crate) fn freeze() -> Summary {
    let (from_ns, to_ns) = (4 * NANOS_PER_S, 5 * NANOS_PER_S);
    let mut free_at = [0_u64; 8];
    let mut opened = 0;
    let samples = (0..3_000_u64).map(|index| {
        let slot = slot(index, index * NANOS_PER_S / 300);
        let due_ns = slot.intended_ns + 20_000 + noise(index) % 60_000;
        let place = (0..8).min_by_key(|place| (free_at[*place].max(due_ns), *place)).unwrap();
        let admitted_ns = due_ns.max(free_at[place]);
        let connect_ns = if free_at[place] == 0 { 400_000 } else { 0 };
        opened += u64::from(connect_ns > 0);
        let sent_ns = admitted_ns + connect_ns;
        let starts_ns = if (from_ns..to_ns).contains(&sent_ns) { to_ns } else { sent_ns };
        let end_ns = starts_ns + 2 * MS + noise(index + 7_777) % 500_000;
        free_at[place] = end_ns;
        let timeline = Timeline {
            due_ns,
            admitted_ns,
            ready_ns: sent_ns,
            sent_ns,
            first_byte_ns: end_ns - 100_000,
            receive_lag_ns: None,
            end_ns,
        };
        sample(slot, Outcome::Ok { status: 200 }, Some(timeline))
    });
    let samples: Vec<Sample> = samples.collect();
    let plan =
        PlanFacts { max_in_flight: 8, overflow: "queue".to_owned(), queue: 1_000, ..plan(300.0, 10.0) };
    let slos = vec!["p50<5ms", "p99<250ms", "error_rate<1%", "achieved>99%"];
    let connections =
        ConnectionLog { opened, peak: opened, reuses: 3_000 - opened, ..ConnectionLog::default() };
    Run { slos, connections, idle: idle(600, 2 * MS), ..Run::new(plan) }.summary(&samples, |_| {})
}

/// Everything that can go wrong at once: random arrivals at 1000/s, more than the service answers, a full cap,
/// a late client, failures of several kinds, a warm-up, and a signal after 8 of 20 seconds.
pub(crate) fn overload() -> Summary {
    let samples: Vec<Sample> = (0..20_000_u64)
        .map(|index| {
            let slot = slot(index, index * MS + noise(index) % MS);
            if slot.intended_ns >= 8 * NANOS_PER_S {
                return sample(slot, Outcome::Cancelled, None);
            }
            let outcome = match index % 100 {
                0..=4 => return sample(slot, Outcome::Overflow, None),
                5 if index < 1_000 => return sample(slot, Outcome::Missed, None),
                10 => Outcome::HttpError { status: 503, fault: HttpFault::Status },
                20 if index % 200 == 20 => Outcome::Timeout,
                30 if index % 400 == 30 => Outcome::ConnectionError(ErrorKind::Reset),
                _ if index >= 7_990 => Outcome::Unfinished,
                _ => Outcome::Ok { status: if index % 10 == 0 { 201 } else { 200 } },
            };
            let due_ns = slot.intended_ns + 30_000 + noise(index) % 200_000;
            let service_ns = match outcome {
                Outcome::Timeout => 2_000 * MS,
                _ => 12 * MS + index * 90_000 + noise(index + 99) % (20 * MS),
            };
            let timeline = Timeline {
                due_ns,
                admitted_ns: due_ns,
                ready_ns: due_ns,
                sent_ns: due_ns,
                first_byte_ns: due_ns + service_ns / 2,
                receive_lag_ns: None,
                end_ns: due_ns + service_ns,
            };
            sample(slot, outcome, Some(timeline))
        })
        .collect();
    let plan = PlanFacts {
        arrivals: Some(Arrivals::Poisson),
        burst: BurstDepth::Tokens(1),
        max_in_flight: 2_000,
        threads: 2,
        warmup_s: 2.5,
        timeout_s: 2.0,
        deadline_s: Some(0.5),
        ..plan(1_000.0, 20.0)
    };
    let connections = ConnectionLog {
        opened: 1_024,
        failed: 3,
        dead_when_reused: 20,
        retries: 19,
        peak: 1_000,
        ..ConnectionLog::default()
    };
    let slos = vec!["p99<250ms", "failure_rate<0.1%"];
    Run { slos, connections, idle: idle(40, 12 * MS), ..Run::new(plan) }.summary(&samples, |recorder| {
        for index in 0..1_000 {
            let slot = Slot { phase: Phase::Warmup, ..slot(index, index * MS) };
            let at = |after_ns| slot.intended_ns + after_ns;
            let timeline = Timeline {
                due_ns: at(0),
                admitted_ns: at(0),
                ready_ns: at(0),
                sent_ns: at(0),
                first_byte_ns: at(MS),
                receive_lag_ns: None,
                end_ns: at(5 * MS),
            };
            recorder.record(&sample(slot, Outcome::Ok { status: 200 }, Some(timeline)));
        }
        recorder.plan(0, 1_000);
    })
}

/// Two requests that nobody answered: no figure but the counts is supported.
pub(crate) fn few() -> Summary {
    let samples: Vec<Sample> = (0..2)
        .map(|index| {
            let slot = slot(index, index * 2 * NANOS_PER_S);
            let at = |after_ns| slot.intended_ns + after_ns;
            let timeline = Timeline {
                due_ns: at(50_000),
                admitted_ns: at(50_000),
                ready_ns: at(250_000),
                sent_ns: at(250_000),
                first_byte_ns: at(250_000),
                receive_lag_ns: None,
                end_ns: at(250_000),
            };
            sample(slot, Outcome::ConnectionError(ErrorKind::ConnectRefused), Some(timeline))
        })
        .collect();
    Run { slos: vec!["p50<1s"], ..Run::new(plan(0.5, 4.0)) }.summary(&samples, |_| {})
}

fn plan(rate_per_s: f64, duration_s: f64) -> PlanFacts {
    PlanFacts {
        phases: Vec::new(),
        config: None,
        mode: Mode::Open,
        rate_per_s: Some(rate_per_s),
        concurrency: None,
        requests: None,
        expected_rate_per_s: None,
        think_time_s: None,
        duration_s,
        arrivals: Some(Arrivals::Constant),
        speed: None,
        seed: 42,
        burst: BurstDepth::All,
        max_in_flight: 10_000,
        is_cap_lowered: false,
        overflow: "drop".to_owned(),
        queue: 0,
        threads: 1,
        warmup_s: 0.0,
        timeout_s: 10.0,
        deadline_s: None,
        drain_s: 10.0,
        keepalive: true,
        connect_rate_per_s: None,
        name: None,
        method: "GET".to_owned(),
        target: "/orders".to_owned(),
        series_interval_s: 1.0,
        traffic: TrafficFacts::default(),
    }
}

fn slot(index: u64, intended_ns: u64) -> Slot {
    Slot { index, phase: Phase::Measured, intended_ns }
}

fn sample(slot: Slot, outcome: Outcome, timeline: Option<Timeline>) -> Sample {
    let body_bytes = if matches!(outcome, Outcome::Ok { .. }) { 512 } else { 0 };
    Sample { slot, endpoint: 0, outcome, timeline, body_bytes }
}

/// A number that looks random and is always the same (splitmix64).
fn noise(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Asserts that a file of the repository holds this text. With `UPDATE=1` in the environment it is written instead.
#[track_caller]
pub(crate) fn assert_committed(path: &str, text: &str) {
    let whole = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&whole, text).unwrap();
    }
    let committed = std::fs::read_to_string(&whole).unwrap_or_default();
    let differs = committed.lines().zip(text.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or(committed.lines().count().min(text.lines().count())) + 1;
    assert!(
        committed == text,
        "{path} is stale from line {line} on; `UPDATE=1 cargo test --lib` writes it anew, then look at the difference"
    );
}

/// Puts a value in the place that the picks lead to.
pub(crate) fn replace(document: &mut Value, picks: &[proptest::sample::Index], value: Value) {
    let mut place = document;
    for pick in picks {
        let size = place.as_object().map(|map| map.len()).or(place.as_array().map(Vec::len)).unwrap_or(0);
        if size == 0 {
            break;
        }
        let at = pick.index(size);
        place = match place {
            Value::Object(map) => map.values_mut().nth(at).unwrap(),
            Value::Array(items) => &mut items[at],
            _ => unreachable!("only objects and arrays have a size"),
        };
    }
    *place = value;
}
