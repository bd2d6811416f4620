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
fn seconds_of(rows: &[Vec<f64>]) -> Seconds {
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

#[test]
#[ignore = "prints the calibration of docs/method.md; takes minutes"]
fn calibration() {
    for length in [30, 10, 60, 20] {
        for load in [0.5, 0.7, 0.9] {
            for quantile in [Quantile::P99, Quantile::P90, Quantile::P50] {
                let (same, unknown) = trials(1, 200, load, 1.0, length, quantile);
                let (shifted, _) = trials(2, 200, load, 1.2, length, quantile);
                println!(
                    "{length:>4} s, load {load}, {quantile}: same {same}, 20 % {shifted}, cannot tell {unknown} of 200"
                );
            }
        }
    }
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
