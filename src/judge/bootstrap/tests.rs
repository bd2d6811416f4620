use std::collections::BTreeMap;

use rand::Rng;
use rand_distr::{Distribution, Exp1};

use super::*;

/// Response times of a single server with exponential service times and Poisson arrivals (M/M/1), second by second: busy
/// seconds follow busy ones. `scale` stretches every time.
fn single_server(random: &mut impl Rng, seconds: usize, per_s: f64, load: f64, scale: f64) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::new(); seconds];
    let (mut now, mut wait) = (0.0, 0.0_f64);
    // The first 20 s only fill the queue.
    loop {
        let gap = <Exp1 as Distribution<f64>>::sample(&Exp1, random) / per_s;
        now += gap;
        wait = (wait - gap).max(0.0);
        let service: f64 = <Exp1 as Distribution<f64>>::sample(&Exp1, random) * load / per_s;
        wait += service;
        let second = now - 20.0;
        if second >= seconds as f64 {
            return rows;
        }
        if second >= 0.0 {
            rows[second as usize].push(wait * scale);
        }
    }
}

/// Rows as a series keeps them: in buckets 1/128 wide.
pub(super) fn seconds_of(rows: &[Vec<f64>]) -> Seconds {
    let rows: Vec<_> = rows
        .iter()
        .map(|times| {
            let mut counts: BTreeMap<(u64, u64), u64> = BTreeMap::new();
            for time in times {
                let nanos = (time * 1e9) as u64;
                let width = (nanos.next_power_of_two() / 256).max(1);
                let low = nanos / width * width;
                *counts.entry((low, low + width - 1)).or_default() += 1;
            }
            (times.len() as u64, counts.into_iter().collect())
        })
        .collect();
    Seconds::new(&rows).unwrap()
}

/// Of so many pairs of runs, how many differ by more than the noise, and how many cannot be told.
fn trials(
    seed: u64,
    count: usize,
    load: f64,
    scale: f64,
    length: usize,
    quantile: Quantile,
) -> (usize, usize) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (mut found, mut unknown) = (0, 0);
    for trial in 0..count {
        let first = single_server(&mut random, length, 300.0, load, 1.0);
        let other = single_server(&mut random, length, 300.0, load, scale);
        match ratio_interval(&seconds_of(&first), &seconds_of(&other), quantile, trial as u64) {
            Ok(interval) => found += usize::from(interval.excludes_one()),
            Err(_) => unknown += 1,
        }
    }
    (found, unknown)
}

/// How often two runs of the same service differ by more than the noise, and how often a shift of 20 % is found:
/// `cargo test --release --lib table_of_the_bootstraps_errors -- --ignored --nocapture`.
#[test]
#[ignore = "prints a table; takes minutes"]
fn table_of_the_bootstraps_errors() {
    for length in [10, 30, 60, 300] {
        for load in [0.5, 0.7, 0.9] {
            for quantile in [Quantile::P50, Quantile::P90, Quantile::P99] {
                let (same, unknown) = trials(1, 200, load, 1.0, length, quantile);
                let (shifted, _) = trials(2, 200, load, 1.2, length, quantile);
                println!(
                    "{length:>4} s, load {load}, {quantile}: same {same}, 20 % {shifted}, cannot tell {unknown} of 200"
                );
            }
        }
    }
}

/// What a gate such as `--fail-if 'p99>+10%'` does with pairs of runs, of which the second is `scale` times as slow: how many
/// fail, because they differ by more than 10 % and by more than the noise, and how many are inconclusive.
fn gate(seed: u64, count: usize, load: f64, scale: f64, length: usize, quantile: Quantile) -> (usize, usize) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (mut failed, mut inconclusive) = (0, 0);
    for trial in 0..count {
        let first = single_server(&mut random, length, 300.0, load, 1.0);
        let other = single_server(&mut random, length, 300.0, load, scale);
        let exact = |rows: &[Vec<f64>]| {
            let mut times: Vec<f64> = rows.iter().flatten().copied().collect();
            times.sort_by(f64::total_cmp);
            times[quantile.rank(times.len() as u64) as usize - 1]
        };
        let is_beyond = exact(&other) > 1.1 * exact(&first);
        match ratio_interval(&seconds_of(&first), &seconds_of(&other), quantile, trial as u64) {
            Ok(interval) => failed += usize::from(is_beyond && interval.excludes_one()),
            Err(_) => inconclusive += 1,
        }
    }
    (failed, inconclusive)
}

/// The table of docs/method.md:
/// `cargo test --release --lib table_of_the_gates_errors -- --ignored --nocapture`.
#[test]
#[ignore = "prints a table; takes minutes"]
fn table_of_the_gates_errors() {
    let count = std::env::var("PAIRS").ok().and_then(|pairs| pairs.parse().ok()).unwrap_or(100);
    for length in [6, 10, 30, 60, 120] {
        for load in [0.5, 0.8, 0.9] {
            for quantile in [Quantile::P50, Quantile::P99] {
                let (same, unknown) = gate(1, count, load, 1.0, length, quantile);
                let (slower, unknown_slower) = gate(2, count, load, 1.2, length, quantile);
                println!(
                    "{length:>4} s, load {load}, {quantile}: same {same} failed, {unknown} inconclusive; 20 % slower {slower} failed, \
                     {unknown_slower} inconclusive, of {count}"
                );
            }
        }
    }
}

/// A queue at 0.9 of its capacity remembers for seconds: two halves of one run are two samples of the same thing, and a
/// resampling that took every second for itself would call them different far too often.
#[test]
fn two_halves_of_one_run_differ_in_about_a_twentieth_of_the_cases() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
    let quantiles = [Quantile::P50, Quantile::P90, Quantile::P99];
    let mut differ = [0; 3];
    for trial in 0..100 {
        let run = single_server(&mut random, 120, 300.0, 0.9, 1.0);
        let halves = [seconds_of(&run[..60]), seconds_of(&run[60..])];
        for (count, quantile) in differ.iter_mut().zip(quantiles) {
            let interval = ratio_interval(&halves[0], &halves[1], quantile, trial);
            *count += usize::from(interval.is_ok_and(|interval| interval.excludes_one()));
        }
    }
    // 5 are expected of each; 10 or more would come in 3 % of such tests.
    assert!(differ.iter().all(|count| *count < 10), "{differ:?} of 100");
    assert!(differ.iter().sum::<usize>() > 3, "{differ:?}: so careful that nothing would ever differ");
}

#[test]
fn a_true_shift_of_a_fifth_is_found() {
    for (quantile, expected) in [(Quantile::P50, 38), (Quantile::P90, 38), (Quantile::P99, 20)] {
        let (found, unknown) = trials(3, 40, 0.5, 1.2, 60, quantile);
        assert!(found >= expected && unknown <= 2, "{quantile}: {found} of 40, {unknown} unknown");
    }
}

#[test]
fn arrivals_without_a_good_answer_rank_above_all_others() {
    // 60 seconds of 1,000 arrivals from 1 to 1,000 us, of which `bad` in each second got no good answer.
    let with = |bad: u64| {
        let good = (1..=1_000 - bad).map(|us| ((us * 1_000, us * 1_000), 1)).collect::<Vec<_>>();
        let slow = (1..=1_000 - bad).map(|us| ((us * 1_040, us * 1_040), 1)).collect::<Vec<_>>();
        let row = |second: u64| (1_000, if second % 7 == 3 { slow.clone() } else { good.clone() });
        Seconds::new(&(0..60).map(row).collect::<Vec<_>>()).unwrap()
    };
    // Counted as fastest, the bad ones would lower the median by 20 %; left out, by 10 %.
    let interval = ratio_interval(&with(0), &with(200), Quantile::P50, 1).unwrap();
    assert!(!interval.excludes_one() && interval.low > 0.95, "{interval:?}");
    assert_eq!(ratio_interval(&with(0), &with(20), Quantile::P99, 1), Err(CannotTell::NotMeasured));
    assert!(ratio_interval(&with(0), &with(5), Quantile::P99, 1).is_ok());
}

#[test]
fn one_freeze_is_no_distribution_of_freezes() {
    let calm = (100, (1..=100).map(|us| ((us, us), 1)).collect::<Vec<_>>());
    let frozen = (100, vec![((1_000_000, 1_000_000), 100)]);
    let mut rows = vec![calm; 60];
    let quiet = Seconds::new(&rows).unwrap();
    rows[30] = frozen;
    let freeze = Seconds::new(&rows).unwrap();
    assert_eq!(ratio_interval(&quiet, &freeze, Quantile::P99, 1), Err(CannotTell::Concentrated));
    assert!(ratio_interval(&quiet, &freeze, Quantile::P50, 1).is_ok(), "its median says enough");
}

#[test]
fn a_short_run_says_nothing_about_itself() {
    let calm = (100, (1..=100).map(|us| ((us, us), 1)).collect::<Vec<_>>());
    let short = Seconds::new(&vec![calm; 7]).unwrap();
    let expected = CannotTell::TooShort { seconds: 7, block: 1 };
    assert_eq!(ratio_interval(&short, &short, Quantile::P50, 1), Err(expected));
}

#[test]
fn the_same_seed_gives_the_same_interval() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(9);
    let runs = [0, 1].map(|_| seconds_of(&single_server(&mut random, 30, 100.0, 0.5, 1.0)));
    let interval = |seed| ratio_interval(&runs[0], &runs[1], Quantile::P90, seed).unwrap();
    assert_eq!(interval(1), interval(1));
    assert_ne!(interval(1), interval(2));
}

#[test]
fn block_lengths_follow_the_correlation() {
    let alternating: Vec<f64> = (0..60).map(|i| f64::from(i % 2)).collect();
    assert_eq!(block_length(&alternating), 1);
    assert_eq!(block_length(&[3.0; 60]), 1);
    let waves: Vec<f64> = (0..60).map(|i| (f64::from(i) / 10.0).sin()).collect();
    assert!(block_length(&waves) > 10, "{}", block_length(&waves));
}

#[test]
fn student_and_normal_are_those_of_the_tables() {
    for (freedom, expected) in [(7.0, 2.3646), (9.0, 2.2622), (19.0, 2.0930), (59.0, 2.0010), (1e9, Z)] {
        assert!((student_975(freedom) - expected).abs() < 0.002, "{freedom}");
    }
    for (x, expected) in [(-1.96, 0.024_997_9), (-2.3646, 0.009_025), (-3.0, 0.001_349_9)] {
        assert!((normal_below(x) / expected - 1.0).abs() < 0.001, "{x}: {}", normal_below(x));
    }
}
