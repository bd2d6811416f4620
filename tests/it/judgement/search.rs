//! The search on simulated services whose knee is known: how often its interval holds the knee, and how it ends where
//! there is none to be found.
//!
//! The table of docs/knee.md: `SEEDS=200 cargo test --release --test it judgement::search -- --nocapture --include-ignored`

use rpsbench::internals::{Reason, Settings, Vote};

use crate::support::queues::{Arrivals, Queue, Random, Times};
use crate::support::searches::{Service, WithSlo, patient, search, six_minutes};

/// The service that rpsbench has built in: 22 workers of 74 ms.
const BUILT_IN_PER_S: f64 = 22.0 / 0.074;

pub(super) const BUILT_IN: Queue = Queue {
    arrivals: Arrivals::Constant,
    times: Times::LogNormal,
    workers: 22,
    capacity_per_s: BUILT_IN_PER_S,
};

/// The same with Poisson arrivals.
pub(super) const M_G_22: Queue = Queue { arrivals: Arrivals::Poisson, ..BUILT_IN };

/// A single server.
pub(super) const fn single(times: Times, capacity_per_s: f64) -> Queue {
    Queue { arrivals: Arrivals::Poisson, times, workers: 1, capacity_per_s }
}

/// Highest rates with p99 < 500 ms, each from 10 runs of 20,000 s at every step of a bisection;
/// `table_of_knees_found_by_long_runs` repeats it.
pub(super) const BUILT_IN_KNEE_PER_S: f64 = 294.7;
pub(super) const M_G_22_KNEE_PER_S: f64 = 289.5;

/// The share of seeds, and what the searches cost.
#[derive(Debug, Default)]
struct Coverage {
    found: u64,
    holds: u64,
    too_high: u64,
    most_trials: u32,
    mean_trials: f64,
    mean_s: f64,
}

/// Searches with every seed. The first guess is 10 % off either way, so that every seed asks other rates.
fn coverage<S: Service>(
    seeds: u64,
    knee_per_s: f64,
    settings: impl Fn(f64) -> Settings,
    service: impl Fn(Random) -> S,
) -> Coverage {
    let mut coverage = Coverage::default();
    for seed in 0..seeds {
        let mut random = Random::new(1_000 + seed);
        let settings = settings(knee_per_s * (0.1 * random.normal()).exp());
        let (answer, _) = search(&settings, &mut service(random));
        coverage.most_trials = coverage.most_trials.max(answer.trials);
        coverage.mean_trials += f64::from(answer.trials) / seeds as f64;
        coverage.mean_s += answer.time_s / seeds as f64;
        if let (Reason::Found, Some(lower), Some(upper)) = (answer.reason, answer.lower, answer.upper) {
            let (lower, upper) = (lower.rate_per_s, upper.rate_per_s);
            assert!((upper - lower) / upper <= settings.width, "{answer:?}");
            coverage.found += 1;
            coverage.holds += u64::from((lower..=upper).contains(&knee_per_s));
            coverage.too_high += u64::from(lower > knee_per_s);
        }
    }
    coverage
}

fn queue(queue: Queue, p99_below_s: f64) -> impl Fn(Random) -> WithSlo {
    move |random| WithSlo { queue, p99_below_s, random }
}

/// Searches with trials of this length and this width, and no budget.
fn with(trial_s: f64, width: f64) -> impl Fn(f64) -> Settings {
    move |guess| Settings { width, ..patient(guess, trial_s) }
}

/// M/M/1: the response time is exponential with rate `capacity - rate`, so that p99 = ln(100) / (capacity - rate).
pub(super) fn m_m_1_knee_per_s(capacity_per_s: f64, p99_s: f64) -> f64 {
    capacity_per_s - 100_f64.ln() / p99_s
}

/// M/D/1: P(wait > t) tends to C exp(-theta t), where theta solves `rate (exp(theta D) - 1) = theta` and
/// `C = (1 - rho) / (rho exp(theta D) - 1)` (Cramér and Lundberg; the error is far below 1 % from a few service times on).
/// The highest rate with P(wait + D > p99) <= 1 %, by bisection.
pub(super) fn m_d_1_knee_per_s(capacity_per_s: f64, p99_s: f64) -> f64 {
    let bisect = |mut low: f64, mut high: f64, below: &dyn Fn(f64) -> bool| {
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if below(middle) { low = middle } else { high = middle }
        }
        low
    };
    let waits = p99_s * capacity_per_s - 1.0;
    let slow = |rho: f64| {
        // exp(theta) - 1 = theta / rho: below the root the left side is less.
        let theta = bisect(1e-9, 50.0, &|theta| theta.exp_m1() * rho < theta);
        (1.0 - rho) / (rho * theta.exp() - 1.0) * (-theta * waits).exp()
    };
    capacity_per_s * bisect(0.3, 0.999, &|rho| slow(rho) < 0.01)
}

#[test]
fn the_closed_forms_agree_with_long_runs() {
    for (times, knee_per_s) in [
        (Times::Exponential, m_m_1_knee_per_s(1_000.0, 0.046)),
        (Times::Constant, m_d_1_knee_per_s(1_000.0, 0.0235)),
    ] {
        let limit_s = if times == Times::Exponential { 0.046 } else { 0.0235 };
        let slow =
            single(times, 1_000.0).run(knee_per_s, 800.0, 10.0, &mut Random::new(5)).slower_than(limit_s);
        assert!((0.008..0.012).contains(&slow), "{times:?} at {knee_per_s}/s: {slow}");
    }
}

#[test]
fn the_knee_of_m_m_1_is_held() {
    let got = coverage(
        100,
        m_m_1_knee_per_s(1_000.0, 0.046),
        with(120.0, 0.1),
        queue(single(Times::Exponential, 1_000.0), 0.046),
    );
    assert!(got.holds >= 95, "{got:?}");
}

#[test]
fn the_knee_of_m_d_1_is_held() {
    let got = coverage(
        100,
        m_d_1_knee_per_s(1_000.0, 0.0235),
        with(60.0, 0.1),
        queue(single(Times::Constant, 1_000.0), 0.0235),
    );
    assert!(got.holds >= 95, "{got:?}");
}

#[test]
fn the_knee_of_m_g_22_is_held() {
    let got = coverage(100, M_G_22_KNEE_PER_S, with(120.0, 0.1), queue(M_G_22, 0.5));
    assert!(got.holds >= 95, "{got:?}");
}

#[test]
fn the_knee_of_the_built_in_service_is_held_within_5_percent() {
    let got = coverage(100, BUILT_IN_KNEE_PER_S, with(120.0, 0.05), queue(BUILT_IN, 0.5));
    assert!(got.holds >= 95, "{got:?}");
}

/// Six minutes are short: half a minute at 298/s, just above capacity, keeps the objective more often than not. So the
/// interval is asked only to meet the range in which the study's table puts the knee: held at 290/s, not at 300/s.
#[test]
fn six_minutes_at_the_built_in_service_are_enough_for_an_answer_near_290_per_s() {
    let mut near = 0;
    let mut in_15_trials = 0;
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let settings = six_minutes(BUILT_IN_PER_S * (0.05 * random.normal()).exp());
        let (answer, _) = search(&settings, &mut queue(BUILT_IN, 0.5)(random));
        assert!(answer.time_s <= 360.0, "{answer:?}");
        in_15_trials += u32::from(answer.trials <= 15);
        let (Some(lower), Some(upper)) = (answer.lower, answer.upper) else { panic!("{answer:?}") };
        near += u32::from(
            answer.reason == Reason::Found && lower.rate_per_s <= 300.0 && upper.rate_per_s >= 290.0,
        );
    }
    assert!(near >= 95 && in_15_trials >= 95, "{near} near, {in_15_trials} in 15 trials");
}

/// Requests fail at random, the more the higher the rate, and some trials are worse than others: log-normal with sigma
/// 0.3. At the knee a trial loses 1 % in the median, so that it is good half of the time. Longer trials do not help
/// against such a noise, only a greater width (89 of 100 at 5 %) or more votes.
#[test]
fn the_knee_of_a_noisy_lossy_service_is_held() {
    let lossy = |mut random: Random| {
        move |rate_per_s: f64, duration_s: f64| {
            let arrivals = rate_per_s * duration_s;
            let ratio = (0.01 * (rate_per_s / 400.0).powi(20) * (0.3 * random.normal()).exp()).min(1.0);
            // The count of independent losses: binomial, which is nearly normal.
            let lost = arrivals * ratio + (arrivals * ratio * (1.0 - ratio)).sqrt() * random.normal();
            if lost > 0.01 * arrivals { Vote::Bad } else { Vote::Good }
        }
    };
    let got = coverage(100, 400.0, with(30.0, 0.1), lossy);
    assert!(got.holds >= 95, "{got:?}");
}

#[test]
fn a_cliff_is_found_every_time() {
    let cliff = |_| |rate_per_s: f64, _: f64| if rate_per_s <= 400.0 { Vote::Good } else { Vote::Bad };
    let got = coverage(100, 400.0, with(30.0, 0.05), cliff);
    assert_eq!((got.holds, got.found), (100, 100));
    assert!(got.most_trials <= 15, "{got:?}");
}

/// Bad between 180/s and 220/s (a cache that no longer fits, until a second instance is started), and above 400/s: there
/// are two knees, and whichever is announced, no load known to be bad lies below the one that is said to hold.
#[test]
fn where_loss_is_not_monotone_the_interval_holds_a_real_knee_and_no_bad_load_lies_below_it() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let settings = patient(400.0 * (0.5 * random.normal()).exp(), 30.0);
        let bad = |rate: f64| (180.0..220.0).contains(&rate) || rate > 400.0;
        let mut service = |rate: f64, _: f64| if bad(rate) { Vote::Bad } else { Vote::Good };
        let (answer, history) = search(&settings, &mut service);
        assert_eq!(answer.reason, Reason::Found);
        let (lower, upper) = (answer.lower.unwrap().rate_per_s, answer.upper.unwrap().rate_per_s);
        let holds = |knee: f64| (lower..=upper).contains(&knee);
        assert!(holds(180.0) || holds(400.0), "{answer:?}");
        assert!(
            history.trials().all(|trial| trial.rate_per_s > lower || !bad(trial.rate_per_s)),
            "{answer:?}"
        );
    }
}

/// A service that never recovers from its first overload (Bronson et al., HotOS 2021).
#[test]
fn a_service_that_does_not_recover_ends_the_search_with_the_bounds_so_far() {
    struct Metastable(bool);
    impl Service for Metastable {
        fn trial(&mut self, rate_per_s: f64, _: f64) -> (Vote, Option<f64>) {
            self.0 |= rate_per_s > 300.0;
            (if self.0 { Vote::Bad } else { Vote::Good }, None)
        }
        fn did_not_recover(&self) -> Option<f64> {
            self.0.then_some(30.0)
        }
    }
    let (answer, _) = search(&patient(400.0, 30.0), &mut Metastable(false));
    assert_eq!(answer.reason, Reason::DidNotRecover { waited_s: 30.0 });
    let (lower, upper) = (answer.lower.unwrap(), answer.upper.unwrap());
    assert_eq!((lower.rate_per_s, upper.rate_per_s), (200.0, 400.0));
    assert!(!lower.decided && !upper.decided, "one short trial each is no vote");
}

#[test]
fn a_generator_that_gives_out_below_the_service_is_named() {
    let mut asked = Vec::new();
    let mut weak = |rate_per_s: f64, _: f64| {
        asked.push(rate_per_s);
        if rate_per_s > 350.0 { Vote::Void } else { Vote::Good }
    };
    let (answer, _) = search(&patient(400.0, 30.0), &mut weak);
    assert_eq!(answer.reason, Reason::LimitedByGenerator { at_per_s: 400.0 });
    assert_eq!((answer.void_trials, answer.trials), (3, 2), "a void trial is repeated and never counted");
    assert_eq!(answer.lower.unwrap().rate_per_s, 200.0);
    assert!(answer.upper.is_none(), "nothing is said against the service");
    assert_eq!(asked, [10.0, 200.0, 400.0, 400.0, 400.0]);
}

/// The table of docs/knee.md: how often the interval holds the knee, by width and length of a trial.
#[test]
#[ignore = "takes minutes, and prints rather than checks"]
fn table_of_how_often_the_interval_holds_the_knee() {
    let seeds = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(20);
    let six = |width: f64| move |guess: f64| Settings { width, ..six_minutes(guess) };
    let (m_m_1, m_d_1) = (m_m_1_knee_per_s(1_000.0, 0.046), m_d_1_knee_per_s(1_000.0, 0.0235));
    for (name, served, p99_s, knee_per_s) in [
        ("built-in (D/G/22)", BUILT_IN, 0.5, BUILT_IN_KNEE_PER_S),
        ("M/M/1", single(Times::Exponential, 1_000.0), 0.046, m_m_1),
        ("M/D/1", single(Times::Constant, 1_000.0), 0.0235, m_d_1),
        ("M/G/22", M_G_22, 0.5, M_G_22_KNEE_PER_S),
    ] {
        for width in [0.05, 0.1] {
            let print = |trials: &str, got: Coverage| {
                let Coverage { found, holds, too_high, most_trials, mean_trials, mean_s } = got;
                println!(
                    "{name}, knee {knee_per_s:.1}/s, width {width}, {trials}: holds {holds} of {seeds} (found {found}, \
                     too high {too_high}), {mean_trials:.1} trials (most {most_trials}), {mean_s:.0} s"
                );
            };
            print("6 minutes", coverage(seeds, knee_per_s, six(width), queue(served, p99_s)));
            for trial_s in [30.0, 60.0, 120.0, 240.0] {
                let got = coverage(seeds, knee_per_s, with(trial_s, width), queue(served, p99_s));
                print(&format!("trials of {trial_s} s"), got);
            }
        }
    }
}

#[test]
#[ignore = "takes minutes, and prints rather than checks"]
fn table_of_knees_found_by_long_runs() {
    for (name, queue) in [("built-in", BUILT_IN), ("M/G/22", M_G_22)] {
        let (mut low, mut high) = (0.9 * BUILT_IN_PER_S, BUILT_IN_PER_S);
        for _ in 0..10 {
            let middle = f64::midpoint(low, high);
            let slow = |seed| queue.run(middle, 20_000.0, 300.0, &mut Random::new(seed)).slower_than(0.5);
            let mean = (0..10).map(slow).sum::<f64>() / 10.0;
            if mean <= 0.01 { low = middle } else { high = middle }
        }
        println!("{name}: {low:.2}/s to {high:.2}/s");
    }
}
