//! How often the verdict is wrong where the rate changes: the table of docs/method.md, from simulated queues of several
//! capacities. The plain numbers are judged by the detector of the program; that whole runs are judged alike is a test.
//!
//! The full table: `RUNS=100 cargo test --release --test it judgement::error_rates_of_ramps -- --ignored --nocapture`

use rpsbench::internals::{
    Arrivals, Conclusion, Departure, NANOS_PER_S, Observed, Overload, Profile, Queue, Rate, Schedule,
    ServiceModel, Stretch,
};

use super::error_rates::judge_schedule;
use crate::support::turn::side_by_side;

/// A service, and what it can answer in a second.
#[derive(Debug, Clone, Copy)]
struct Service {
    name: &'static str,
    workers: u32,
    service_time_ns: u64,
    sigma: f64,
}

const SERVICES: [Service; 4] = [
    Service { name: "1 worker of 33 ms, sigma 1", workers: 1, service_time_ns: 33_333_333, sigma: 1.0 },
    Service { name: "4 workers of 40 ms, sigma 0.62", workers: 4, service_time_ns: 40_000_000, sigma: 0.62 },
    Service {
        name: "22 workers of 74 ms, sigma 0.62",
        workers: 22,
        service_time_ns: 74_000_000,
        sigma: 0.62,
    },
    Service { name: "30 workers of 20 ms, sigma 0.3", workers: 30, service_time_ns: 20_000_000, sigma: 0.3 },
];

impl Service {
    fn model(self, seed: u64) -> ServiceModel {
        let Self { workers, service_time_ns, sigma, .. } = self;
        ServiceModel { workers, service_time_ns, sigma, seed, ..ServiceModel::default() }
    }

    fn capacity_per_s(self) -> f64 {
        f64::from(self.workers) * 1e9 / self.service_time_ns as f64
    }

    /// A rate that is so many percent of its capacity, to a thousandth.
    fn share(self, percent: u64) -> Option<Rate> {
        Rate::new((self.capacity_per_s() * percent as f64 * 10.0).round() as u64, 1_000).ok()
    }
}

/// Over the whole length the rate goes from so many percent of the capacity to so many, or up to the second and down again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Ramp(u64, u64),
    Hill(u64, u64),
}

fn schedule(service: Service, shape: Shape, seconds: u64, arrivals: Arrivals, seed: u64) -> Schedule {
    let stretch =
        |from, to, duration_ns| Stretch { from: service.share(from), to: service.share(to), duration_ns };
    let length_ns = seconds * NANOS_PER_S;
    let stretches = match shape {
        Shape::Ramp(from, to) => vec![stretch(from, to, length_ns)],
        Shape::Hill(from, to) => vec![stretch(from, to, length_ns / 2), stretch(to, from, length_ns / 2)],
    };
    let profile = Profile::new(&[("all".to_owned(), stretches)]).expect("a profile");
    Schedule::for_profile(profile).expect("a schedule").with_arrivals(arrivals, seed)
}

/// The plain numbers of a run, in intervals of a second, as the program sees them.
fn observed(schedule: &Schedule, model: &ServiceModel) -> Observed {
    let seconds = (schedule.duration_ns() / NANOS_PER_S) as usize;
    let mut queue = Queue::new(model).expect("a model");
    let mut times_s: Vec<Vec<f64>> = vec![Vec::new(); seconds];
    let (mut departures, mut fastest_s) = (Vec::new(), f64::INFINITY);
    for slot in schedule.stripe(0, 1) {
        let (Departure::Answered { at_ns, .. } | Departure::Rejected { at_ns }) =
            queue.arrive(slot.intended_ns);
        let time_s = (at_ns - slot.intended_ns) as f64 / 1e9;
        fastest_s = fastest_s.min(time_s);
        times_s[((slot.intended_ns / NANOS_PER_S) as usize).min(seconds - 1)].push(time_s);
        departures.push(at_ns);
    }
    let count = departures.len() as u64;
    departures.sort_unstable();
    let mut arrived = 0;
    let backlog = times_s.iter().zip(1_u64..).map(|(times, second)| {
        arrived += times.len();
        (arrived - departures.partition_point(|at_ns| *at_ns <= second * NANOS_PER_S)) as f64
    });
    let backlog = backlog.collect();
    let per_s = times_s.iter().map(|times| times.len() as f64).collect();
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(times.len().saturating_sub(1) / 2).copied()
    };
    Observed {
        offered: count,
        sent: count,
        answered: count,
        offered_per_s: count as f64 / seconds as f64,
        fastest_s,
        backlog,
        median_s: times_s.iter_mut().map(median).collect(),
        is_steady: false,
        per_s,
        ..Observed::default()
    }
}

/// The share of runs that are too much, in percent.
fn too_much(service: Service, shape: Shape, seconds: u64, arrivals: Arrivals, runs: u64) -> f64 {
    let _turn = side_by_side();
    let judged = (0..runs).filter(|run| {
        let seed = run * 7_919 + seconds;
        let schedule = schedule(service, shape, seconds, arrivals, seed);
        Overload::detect(&observed(&schedule, &service.model(seed))).is_overloaded()
    });
    100.0 * judged.count() as f64 / runs as f64
}

/// What is left at the end where everything flows, beside the root of the arrivals.
fn fluid_backlog(service: Service, shape: Shape, seconds: u64) -> f64 {
    let (Shape::Ramp(from, to) | Shape::Hill(from, to)) = shape;
    let per_s = |percent: u64| service.capacity_per_s() * percent as f64 / 100.0;
    let length_s = if matches!(shape, Shape::Hill(..)) { seconds as f64 / 2.0 } else { seconds as f64 };
    let over = (per_s(to) - service.capacity_per_s()).max(0.0);
    over * over / (per_s(to) - per_s(from)) * length_s / 2.0
}

/// Prints a row for each service and length, with a cell for each peak: constant / Poisson arrivals.
fn print_table(name: &str, shape: fn(u64) -> Shape, peaks: &[u64]) {
    let runs = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(100);
    println!(
        "{name}: too much, in percent of {runs} runs, constant / Poisson arrivals (what is left at the end of the rise)"
    );
    for service in SERVICES {
        for seconds in [10, 60, 300] {
            let cells: String = peaks
                .iter()
                .map(|peak| {
                    let of = |arrivals| too_much(service, shape(*peak), seconds, arrivals, runs);
                    let left = fluid_backlog(service, shape(*peak), seconds);
                    format!(
                        " | {peak}: {:.0}/{:.0} ({left:.0})",
                        of(Arrivals::Constant),
                        of(Arrivals::Poisson)
                    )
                })
                .collect();
            println!("{}, {seconds} s{cells}", service.name);
        }
    }
}

#[test]
#[ignore = "takes minutes, and prints rather than checks"]
fn table_of_ramps() {
    print_table(
        "from 10 % up to",
        |peak| Shape::Ramp(10, peak),
        &[70, 80, 90, 95, 100, 105, 110, 120, 150, 200],
    );
    print_table("from 80 % up to", |peak| Shape::Ramp(80, peak), &[95, 100, 110, 120, 150]);
}

#[test]
#[ignore = "takes minutes, and prints rather than checks"]
fn table_of_hills() {
    print_table(
        "from 10 % up to, and down again",
        |peak| Shape::Hill(10, peak),
        &[80, 90, 95, 100, 110, 150, 200],
    );
}

/// Of 20 runs each: below the capacity none is too much, and well above it all are, at the end of a ramp and in the middle.
#[test]
fn below_capacity_no_ramp_is_too_much_and_well_above_it_every_one_is() {
    for service in &SERVICES[1..3] {
        for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
            for (shape, expected) in [
                (Shape::Ramp(10, 95), 0.0),
                (Shape::Ramp(80, 95), 0.0),
                (Shape::Hill(10, 95), 0.0),
                (Shape::Ramp(10, 200), 100.0),
                (Shape::Ramp(80, 150), 100.0),
                (Shape::Hill(10, 200), 100.0),
            ] {
                let share = too_much(*service, shape, 30, arrivals, 20);
                assert_eq!(share, expected, "{} {shape:?} {arrivals:?}", service.name);
            }
        }
    }
}

/// A whole run of a changing rate amounts to what its plain numbers say.
#[test]
fn whole_runs_are_judged_by_these_numbers() {
    let mut agreed = [0, 0];
    for (seed, shape) in [
        Shape::Ramp(10, 80),
        Shape::Ramp(10, 110),
        Shape::Ramp(10, 150),
        Shape::Ramp(80, 120),
        Shape::Hill(10, 90),
        Shape::Ramp(10, 200),
    ]
    .into_iter()
    .enumerate()
    {
        let service = SERVICES[2];
        let schedule = schedule(service, shape, 60, Arrivals::Poisson, seed as u64);
        let model = service.model(seed as u64);
        let is_too_much = judge_schedule(&schedule, &model) == Conclusion::TooMuch;
        assert_eq!(is_too_much, Overload::detect(&observed(&schedule, &model)).is_overloaded(), "{shape:?}");
        agreed[usize::from(is_too_much)] += 1;
    }
    assert!(agreed[0] > 0 && agreed[1] > 0, "{agreed:?}");
}
