//! Runs for the reporters' tests: synthetic arrivals through the real recorder and the real summary, so that
//! a report is tested on what a run can produce and not on figures that contradict each other.

use crate::measure::{
    Accounting, Backlog, BurstDepth, ConnectionLog, ErrorKind, HttpFault, IntervalLog, Mode, Outcome,
    PlanFacts, Recorder, RunFacts, Sample, Series, Summary, Timeline,
};
use crate::schedule::{Arrivals, NANOS_PER_S, Phase, Slot};

const MS: u64 = 1_000_000;

/// Every fixture.
pub fn all() -> [Summary; 3] {
    [freeze(), overload(), few()]
}

/// 300/s for 10 s with a cap of 8 and a wait queue; the service answers in 2 ms and freezes once for 1 s.
/// Only the 8 requests in flight see the freeze as service time; 300 arrivals wait for it.
pub fn freeze() -> Summary {
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
            end_ns,
        };
        sample(slot, Outcome::Ok { status: 200 }, Some(timeline))
    });
    let samples: Vec<Sample> = samples.collect();
    let plan =
        PlanFacts { max_in_flight: 8, overflow: "queue".to_owned(), queue: 1_000, ..plan(300.0, 10.0) };
    let slos = vec!["p50<5ms", "p99<250ms", "error_rate<1%", "achieved>99%"];
    let connections = ConnectionLog { opened, peak: opened, ..ConnectionLog::default() };
    summary(plan, slos, &samples, connections, |_| {})
}

/// Everything that can go wrong at once: random arrivals at 1000/s, more than the service answers, a full cap,
/// a late client, failures of several kinds, a warm-up, and a signal after 8 of 20 seconds.
pub fn overload() -> Summary {
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
                end_ns: due_ns + service_ns,
            };
            sample(slot, outcome, Some(timeline))
        })
        .collect();
    let plan = PlanFacts {
        arrivals: Arrivals::Poisson,
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
    summary(plan, vec!["p99<250ms", "failure_rate<0.1%"], &samples, connections, |recorder| {
        for index in 0..1_000 {
            let slot = Slot { phase: Phase::Warmup, ..slot(index, index * MS) };
            let at = |after_ns| slot.intended_ns + after_ns;
            let timeline = Timeline {
                due_ns: at(0),
                admitted_ns: at(0),
                ready_ns: at(0),
                sent_ns: at(0),
                first_byte_ns: at(MS),
                end_ns: at(5 * MS),
            };
            recorder.record(&sample(slot, Outcome::Ok { status: 200 }, Some(timeline)));
        }
        recorder.warmup.ledger.planned = 1_000;
    })
}

/// Two requests that nobody answered: no figure but the counts is supported.
pub fn few() -> Summary {
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
                end_ns: at(250_000),
            };
            sample(slot, Outcome::ConnectionError(ErrorKind::ConnectRefused), Some(timeline))
        })
        .collect();
    summary(plan(0.5, 4.0), vec!["p50<1s"], &samples, ConnectionLog::default(), |_| {})
}

fn plan(rate_per_s: f64, duration_s: f64) -> PlanFacts {
    PlanFacts {
        mode: Mode::Open,
        rate_per_s,
        duration_s,
        arrivals: Arrivals::Constant,
        seed: 42,
        burst: BurstDepth::All,
        max_in_flight: 10_000,
        overflow: "drop".to_owned(),
        queue: 0,
        threads: 1,
        warmup_s: 0.0,
        timeout_s: 10.0,
        deadline_s: None,
        drain_s: 10.0,
        keepalive: true,
        connect_rate_per_s: None,
        method: "GET".to_owned(),
        target: "/orders".to_owned(),
        series_interval_s: 1.0,
    }
}

/// What the worker, the merge and the runner do, on one thread and without time.
fn summary(
    plan: PlanFacts,
    slos: Vec<&str>,
    samples: &[Sample],
    connections: ConnectionLog,
    prepare: impl FnOnce(&mut Recorder),
) -> Summary {
    let duration_ns = (plan.duration_s * 1e9) as u64;
    let interrupted = samples.iter().any(|sample| sample.outcome == Outcome::Cancelled);
    let offered = || samples.iter().filter(|sample| sample.outcome != Outcome::Cancelled);
    let window_ns =
        if interrupted { offered().next_back().map_or(0, |last| last.slot.intended_ns) } else { duration_ns };
    let interval_ns = Series::interval_ns(duration_ns);
    let intervals = IntervalLog::new(0, interval_ns, Series::interval_count(window_ns));
    let mut recorder = Recorder::new(
        intervals,
        Accounting { deadline_ns: plan.deadline_s.map(|s| (s * 1e9) as u64), ..Accounting::default() },
    );
    prepare(&mut recorder);
    // Admission order, not order of the ends: a recorder does not care.
    let sent: Vec<(u64, Timeline)> =
        samples.iter().filter_map(|s| s.timeline.map(|timeline| (s.slot.intended_ns, timeline))).collect();
    let backlog = |now_ns: u64| {
        let due = sent.iter().filter(|(intended_ns, _)| *intended_ns < now_ns);
        let (mut in_flight, mut queued) = (0, 0);
        for (_, timeline) in due {
            in_flight += u64::from(timeline.admitted_ns <= now_ns && now_ns < timeline.end_ns);
            queued += u64::from(now_ns < timeline.admitted_ns);
        }
        (in_flight, queued)
    };
    let mut boundary_ns = 0;
    let (mut now, mut peak) = ((0, 0), 0);
    for sample in offered() {
        if sample.slot.intended_ns >= boundary_ns {
            now = backlog(sample.slot.intended_ns);
            peak = peak.max(now.0);
            boundary_ns += interval_ns / 10;
        }
        recorder.offer(sample.slot, now.0, now.1);
    }
    let end = backlog(window_ns);
    recorder.intervals.finish_offering(end.0, end.1);
    for sample in samples {
        recorder.record(sample);
        if let Outcome::ConnectionError(kind) = sample.outcome {
            recorder.note_error(kind, || format!("{kind} (os error 104)"));
        } else if sample.outcome == Outcome::Timeout {
            recorder.note_error(ErrorKind::Timeout, || "no answer after 2 s".to_owned());
        }
    }
    recorder.ledger.planned = samples.len() as u64;
    let ends_in_window = |s: &&Sample| {
        matches!(s.outcome, Outcome::Ok { .. } | Outcome::HttpError { .. })
            && s.timeline.is_some_and(|timeline| timeline.end_ns <= window_ns)
    };
    recorder.completed_in_window = samples.iter().filter(ends_in_window).count() as u64;
    let is_ok = |s: &&Sample| {
        let response_s = s.timeline.map_or(0.0, |timeline| timeline.response_ns(s.slot) as f64 / 1e9);
        matches!(s.outcome, Outcome::Ok { .. })
            && plan.deadline_s.is_none_or(|deadline_s| response_s <= deadline_s)
    };
    recorder.ok_in_window = samples.iter().filter(ends_in_window).filter(is_ok).count() as u64;
    let mut series = Series::new(1, duration_ns);
    recorder.intervals.close_all(end.0, end.1).into_iter().for_each(|interval| series.add(interval));
    let facts = RunFacts {
        plan,
        slos: slos.iter().map(|slo| slo.parse().unwrap()).collect(),
        started_at: "2026-01-02T03:04:05Z".to_owned(),
        interrupted,
        window_ns,
        backlog: Backlog { in_flight_peak: peak.max(end.0), in_flight_end: end.0, queued_end: end.1 },
        connections,
        series: series.finish(),
    };
    Summary::new(facts, &recorder).unwrap()
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
