//! How often the verdict on the service is wrong: the table of docs/method.md, from whole simulated runs on the queue of
//! the built-in service, judged by the code that judges real ones.
//!
//! The full table: `RUNS=100 cargo test --release --test it judgement::error_rates -- --nocapture`

use rpsbench::internals::{
    Accounting, Backlog, ClientLoad, Conclusion, ConnectionLog, Departure, Distribution, IntervalLog,
    LatencyStats, NANOS_PER_S, Outcome, Phase, Plan, Queue, Rate, Recorder, RunFacts, Sample, Schedule,
    Series, ServiceModel, Slot, Source, Timeline, Traffic, Withhold, sum_up,
};

use crate::support::turn::side_by_side;

/// What one run at `rate` for `seconds` amounts to, after a warm-up of a second, against a service with the given seed.
fn judge(rate: u64, seconds: u64, seed: u64) -> Conclusion {
    let rate = Rate::new(rate, 1).expect("a rate");
    let schedule =
        Schedule::for_duration(rate, seconds * NANOS_PER_S).and_then(|s| s.with_warmup(NANOS_PER_S));
    judge_schedule(&schedule.expect("a schedule"), &ServiceModel { seed, ..ServiceModel::default() })
}

/// What one run of a schedule of whole seconds amounts to.
pub(super) fn judge_schedule(schedule: &Schedule, model: &ServiceModel) -> Conclusion {
    let _turn = side_by_side();
    let (seconds, seed) = (schedule.duration_ns() / NANOS_PER_S, model.seed);
    let mut queue = Queue::new(model).expect("a model");
    let served: Vec<(Slot, u64)> = schedule
        .stripe(0, 1)
        .map(|slot| match queue.arrive(slot.intended_ns) {
            Departure::Answered { at_ns, .. } | Departure::Rejected { at_ns } => (slot, at_ns),
        })
        .collect();
    let mut departures: Vec<u64> = served.iter().map(|(_, at_ns)| *at_ns).collect();
    departures.sort_unstable();
    let measured_from_ns = schedule.warmup_ns();
    let mut recorder =
        Recorder::new(IntervalLog::new(measured_from_ns, NANOS_PER_S, seconds), Accounting::default());
    let in_flight =
        |arrived: usize, now_ns: u64| (arrived - departures.partition_point(|at| *at <= now_ns)) as u64;
    for (arrived, (slot, _)) in
        served.iter().enumerate().filter(|(_, (slot, _))| slot.phase == Phase::Measured)
    {
        recorder.offer(*slot, in_flight(arrived, slot.intended_ns), 0);
    }
    let end_ns = measured_from_ns + schedule.duration_ns();
    let in_flight_end = in_flight(served.len(), end_ns);
    recorder.intervals.finish_offering(in_flight_end, 0);
    // First what ended in the window, then what the drain brought.
    let measured = || served.iter().filter(|(slot, _)| slot.phase == Phase::Measured);
    let in_window = |(_, at_ns): &&(Slot, u64)| *at_ns <= end_ns;
    measured().filter(in_window).for_each(|arrival| recorder.record(&answered(*arrival)));
    recorder.end_window();
    measured().filter(|arrival| !in_window(arrival)).for_each(|arrival| recorder.record(&answered(*arrival)));
    recorder.plan(schedule.count(), 0);
    let mut series = Series::new(1, schedule.duration_ns());
    recorder.intervals.close_all(0, 0).into_iter().for_each(|interval| series.add(interval));
    let plan = Plan { max_in_flight: 10_000, seed, ..Plan::plain(Source::Schedule(schedule.clone())) };
    let facts = RunFacts {
        plan: plan.facts(&Traffic::default(), schedule.duration_ns()),
        started_at: String::new(),
        interrupted: false,
        aborted: None,
        window_ns: schedule.duration_ns(),
        elapsed_ns: None,
        idle: Some(idle(model)),
        backlog: Backlog { in_flight_end, ..Backlog::default() },
        client: ClientLoad::default(),
        connections: ConnectionLog::default(),
        endpoints: Vec::new(),
        steps: Vec::new(),
        series: series.finish(),
    };
    sum_up(facts, &[], &recorder, &Withhold)
        .expect("a ledger that adds up")
        .verdict
        .result
        .expect("a conclusion")
}

/// A good answer that was sent when it was due.
fn answered((slot, end_ns): (Slot, u64)) -> Sample {
    let sent_ns = slot.intended_ns;
    let timeline = Timeline {
        due_ns: sent_ns,
        admitted_ns: sent_ns,
        ready_ns: sent_ns,
        sent_ns,
        first_byte_ns: end_ns,
        receive_lag_ns: None,
        end_ns,
    };
    Sample {
        slot,
        endpoint: 0,
        outcome: Outcome::Ok { status: 200 },
        timeline: Some(timeline),
        body_bytes: 0,
    }
}

/// The idle baseline of the service: as many requests, one after the other, as fit in a second.
fn idle(model: &ServiceModel) -> LatencyStats {
    let mut queue = Queue::new(&ServiceModel { seed: model.seed + 1, ..model.clone() }).expect("a model");
    let (mut times, mut now_ns) = (Distribution::new(), 0);
    for _ in 0..20 {
        let (Departure::Answered { at_ns, .. } | Departure::Rejected { at_ns }) = queue.arrive(now_ns);
        times.record(at_ns - now_ns);
        now_ns = at_ns;
    }
    LatencyStats::of(&times)
}

/// The shares of runs that keep up, that cannot tell, and that are too much, in percent.
fn shares(rate: u64, seconds: u64, runs: u64) -> [f64; 3] {
    let conclusions: Vec<Conclusion> =
        (0..runs).map(|run| judge(rate, seconds, run * 7_919 + rate)).collect();
    [Conclusion::KeepingUp, Conclusion::AtTheLimit, Conclusion::TooMuch].map(|conclusion| {
        let these = conclusions.iter().filter(|found| **found == conclusion).count();
        100.0 * these as f64 / runs as f64
    })
}

#[test]
fn below_capacity_it_keeps_up_well_above_it_is_too_much_and_between_a_short_run_cannot_tell() {
    let runs: Option<u64> = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok());
    if let Some(runs) = runs {
        println!("keeping up, at the limit, too much, in percent of {runs} runs");
        for seconds in [10, 30, 60, 300] {
            for rate in [150, 200, 250, 270, 280, 290, 297, 300, 303, 310, 320] {
                let [keeping_up, at_the_limit, too_much] = shares(rate, seconds, runs);
                println!("{seconds} s at {rate}/s: {keeping_up:.0} {at_the_limit:.0} {too_much:.0}");
            }
        }
    }
    // The capacity is 297.3/s: at 280/s too much is a false alarm, and at 310/s keeping up is a blind eye.
    let runs = 40;
    let [keeping_up, _, too_much] = shares(250, 10, runs);
    assert!(keeping_up >= 90.0 && too_much <= 2.5, "250/s: {keeping_up} {too_much}");
    for rate in [270, 280] {
        let [.., too_much] = shares(rate, 10, runs);
        assert!(too_much <= 2.5, "{rate}/s: {too_much}");
    }
    for rate in [310, 320] {
        let [keeping_up, ..] = shares(rate, 10, runs);
        assert!(keeping_up <= 2.5, "{rate}/s: {keeping_up}");
    }
    let [_, _, too_much] = shares(320, 30, 20);
    assert!(too_much >= 95.0, "320/s: {too_much}");
}
