//! How often the overload detector is wrong: the table of docs/knee.md, on simulated M/M/c and M/G/c queues.
//!
//! The full table: `RUNS=1000 cargo test --release --test it judgement::overload -- --nocapture`

use rpsbench::internals::Overload;

use crate::support::queues::{Arrivals, Queue, Random, Times};

/// The rate at which all are offered, in requests per second; the capacity follows from the utilisation.
const RATE_PER_S: f64 = 300.0;

/// The share of runs that are taken for overloaded.
fn alarms(times: Times, workers: usize, utilisation: f64, seconds: f64, runs: u64) -> f64 {
    let queue =
        Queue { arrivals: Arrivals::Poisson, times, workers, capacity_per_s: RATE_PER_S / utilisation };
    let alarmed = (0..runs).filter(|run| {
        let mut random = Random::new(run * 7_919 + workers as u64);
        Overload::detect(&queue.run(RATE_PER_S, seconds, 1.0, &mut random).observed).is_overloaded()
    });
    alarmed.count() as f64 / runs as f64
}

#[test]
fn at_four_fifths_alarms_are_rare_and_a_twentieth_above_capacity_they_are_sure_in_time() {
    let runs: Option<u64> = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok());
    if let Some(runs) = runs {
        for utilisation in [0.8, 0.9, 0.95, 1.0, 1.02, 1.05, 1.1] {
            for (times, name) in [(Times::Exponential, "M/M"), (Times::LogNormal, "M/G")] {
                for workers in [1, 4, 22] {
                    let figures = [10.0, 15.0, 30.0, 60.0]
                        .map(|seconds| 100.0 * alarms(times, workers, utilisation, seconds, runs));
                    println!("{utilisation} {name}/{workers}: {figures:.1?}");
                }
            }
        }
    }
    for times in [Times::Exponential, Times::LogNormal] {
        for workers in [1, 4, 22] {
            let name = format!("{times:?} times, {workers} workers");
            assert!(alarms(times, workers, 0.8, 10.0, 100) <= 0.02, "{name}");
            assert!(alarms(times, workers, 0.8, 30.0, 50) <= 0.02, "{name}");
            assert!(alarms(times, workers, 1.05, 30.0, 50) >= 0.95, "{name}");
        }
    }
}
