//! How long the work on one request takes.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Draws independent log-normal service times of a given mean.
///
/// Log-normal because times of real services are: a product of many small factors, never negative, with a long
/// tail to the right. The mean is the parameter, not the median, because capacity depends on the mean alone.
#[derive(Debug, Clone)]
pub(super) struct ServiceTimes {
    random: Xoshiro256PlusPlus,
    mean_ns: u64,
    mu: f64,
    sigma: f64,
}

impl ServiceTimes {
    pub(super) fn new(mean_ns: u64, sigma: f64, seed: u64) -> Self {
        // The mean of a log-normal is exp(mu + sigma^2 / 2).
        let mu = (mean_ns as f64).ln() - sigma * sigma / 2.0;
        Self { random: Xoshiro256PlusPlus::seed_from_u64(seed), mean_ns, mu, sigma }
    }

    /// The next service time in nanoseconds.
    pub(super) fn draw_ns(&mut self) -> u64 {
        if self.sigma == 0.0 || self.mean_ns == 0 {
            return self.mean_ns;
        }
        let normal: f64 = StandardNormal.sample(&mut self.random);
        // The cast saturates: a draw beyond 584 years is one that never ends.
        (self.mu + self.sigma * normal).exp().round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_mean_and_the_sigma_asked_for() {
        let mut times = ServiceTimes::new(74_000_000, 0.62, 1);
        let drawn: Vec<f64> = (0..200_000).map(|_| times.draw_ns() as f64).collect();
        let n = drawn.len() as f64;
        let mean = drawn.iter().sum::<f64>() / n;
        assert!((mean / 74e6 - 1.0).abs() < 0.01, "mean {mean}");
        let mean_log = drawn.iter().map(|t| t.ln()).sum::<f64>() / n;
        let variance = drawn.iter().map(|t| (t.ln() - mean_log).powi(2)).sum::<f64>() / n;
        assert!((variance.sqrt() - 0.62).abs() < 0.005, "sigma {}", variance.sqrt());
        // The median of a log-normal is exp(mu).
        let median = drawn.iter().filter(|t| **t < 74e6 * (-0.62_f64 * 0.62 / 2.0).exp()).count() as f64 / n;
        assert!((median - 0.5).abs() < 0.005, "{median}");
    }

    #[test]
    fn sigma_zero_is_the_mean_exactly_and_the_seed_decides_the_rest() {
        let mut constant = ServiceTimes::new(74_000_001, 0.0, 1);
        assert!((0..100).all(|_| constant.draw_ns() == 74_000_001));
        let first = |seed| ServiceTimes::new(74_000_000, 0.62, seed).draw_ns();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
        assert_eq!(ServiceTimes::new(0, 0.62, 1).draw_ns(), 0);
    }

    #[test]
    fn the_widest_distribution_does_not_overflow() {
        let mut times = ServiceTimes::new(3_600_000_000_000, 5.0, 1);
        assert!((0..100_000).all(|_| times.draw_ns() < u64::MAX));
    }
}
