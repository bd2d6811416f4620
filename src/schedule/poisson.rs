//! Poisson arrivals with an exact count.

use rand::SeedableRng;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The intended times of a Poisson process on `[0, duration)`, conditioned on its number of arrivals.
///
/// Given its count, a Poisson process is `count` independent uniform points in order; they are drawn one by
/// one, in order and without storing them: with `n` points left in an interval of length `L`, the first lies
/// at `L (1 - U^(1/n))` (Devroye, Non-Uniform Random Variate Generation, 1986, V.3). Fixing the count keeps
/// the ledger exact and removes the run-to-run noise of the rate itself; the gaps stay exponential.
///
/// The sequence depends only on the seed, the count and the duration, so every stripe draws the same one and
/// keeps its own part of it.
#[derive(Debug, Clone)]
pub(super) struct Poisson {
    random: Xoshiro256PlusPlus,
    left: u64,
    now_ns: f64,
    duration_ns: f64,
}

impl Poisson {
    pub(super) fn new(seed: u64, count: u64, duration_ns: u64) -> Self {
        Self {
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            left: count,
            now_ns: 0.0,
            duration_ns: duration_ns as f64,
        }
    }
}

impl Iterator for Poisson {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.left == 0 {
            return None;
        }
        // U^(1/n) = exp(-E/n) with E exponential, and expm1 keeps the small gaps exact.
        let exponential: f64 = Exp1.sample(&mut self.random);
        let share = -(-exponential / self.left as f64).exp_m1();
        self.now_ns += (self.duration_ns - self.now_ns) * share;
        self.left -= 1;
        Some(self.now_ns.min(self.duration_ns - 1.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_exponential_and_the_count_is_exact() {
        let times: Vec<u64> = Poisson::new(7, 100_000, 100_000_000_000).collect();
        assert_eq!(times.len(), 100_000);
        assert!(times.is_sorted() && *times.last().unwrap() < 100_000_000_000);
        let gaps: Vec<f64> = times.windows(2).map(|w| (w[1] - w[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean / 1e6 - 1.0).abs() < 0.001, "mean gap {mean} ns");
        // The coefficient of variation of an exponential is 1.
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02);
        // P(gap > mean) = 1/e.
        let longer = gaps.iter().filter(|g| **g > mean).count() as f64 / gaps.len() as f64;
        assert!((longer - (-1.0_f64).exp()).abs() < 0.01, "{longer}");
    }
}
