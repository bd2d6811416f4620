//! What a trial shows of a service whose knee is known: how many arrivals are bad, and how far that scatters.
//!
//! Near its capacity every queue is the same one: its backlog is a Brownian motion that is reflected at zero, whatever its
//! arrivals, service times and workers are (J. F. C. Kingman 1961, J. M. Harrison 1985). Two figures are left of it, and
//! both follow from the knee and the capacity. Far from the capacity, or where it is not a queue that fails (a rate
//! limiter, a pool that runs out), the same curve without a memory is the simplest that falls away below the knee.

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc;

use super::Objective;

/// Points and weights of Gauss and Legendre on 0 to 1 (Abramowitz and Stegun 25.4.30, n = 6).
const QUADRATURE: [(f64, f64); 6] = [
    (0.033_765_242_898, 0.085_662_246_190),
    (0.169_395_306_767, 0.180_380_786_524),
    (0.380_690_406_958, 0.233_956_967_286),
    (0.619_309_593_042, 0.233_956_967_286),
    (0.830_604_693_233, 0.180_380_786_524),
    (0.966_234_757_102, 0.085_662_246_190),
];
/// Bad arrivals come in clusters, one for each time that the backlog is too long. The heavy-traffic limit gives their mean
/// size; real ones scatter more than it says: with this factor, intervals hold the knees of simulated queues.
const CLUSTERS: f64 = 2.0;
/// A share below this is none.
const LEAST_SHARE: f64 = 1e-12;

/// A service, as far as a search cares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QueueModel {
    knee_per_s: f64,
    capacity_per_s: f64,
    allowed: f64,
    memory: Option<Memory>,
}

/// What makes one moment of a queue depend on those before it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Memory {
    /// Requests that may wait before the next one is too slow.
    longest: f64,
    /// Variance of arrivals less departures, in requests^2 per second.
    variance_per_s: f64,
}

/// What is expected of a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Expected {
    /// Share of the arrivals that are bad, as a part of what is allowed: 1 at the knee.
    pub severity: f64,
    /// Its relative variance: how far trials of this length scatter by themselves.
    pub variance: f64,
}

impl QueueModel {
    /// A service with this knee, whose capacity lies `gap` above it, as a part of it.
    ///
    /// A queue that is stable exceeds `longest` requests for `exp(-2 (capacity - rate) longest / variance)` of the time. At
    /// the knee that is what is allowed, so the variance is known; and requests that wait take `1 / capacity` each.
    pub(super) fn new(objective: &Objective, knee_per_s: f64, gap: f64, remembers: bool) -> Self {
        let capacity_per_s = knee_per_s * (1.0 + gap);
        let memory = objective.slack_s.filter(|_| remembers).map(|slack_s| {
            let longest = capacity_per_s * slack_s;
            let variance_per_s = 2.0 * (capacity_per_s - knee_per_s) * longest / -objective.allowed.ln();
            Memory { longest, variance_per_s }
        });
        Self { knee_per_s, capacity_per_s, allowed: objective.allowed, memory }
    }

    /// What a trial at a rate shows, that is measured for `seconds` after a warm-up from idle.
    pub(super) fn expected(&self, rate_per_s: f64, seconds: f64, warmup_s: f64) -> Expected {
        let room_per_s = self.capacity_per_s - rate_per_s;
        let arrivals = rate_per_s * seconds;
        let (share, cluster) = match self.memory {
            Some(memory) => {
                let exceeds = |(at, weight)| weight * memory.exceeds(room_per_s, warmup_s + seconds * at);
                let share: f64 = QUADRATURE.into_iter().map(exceeds).sum();
                // The time that a backlog takes to forget; no cluster is longer than half of the trial.
                let forgets_s = (memory.variance_per_s / (room_per_s * room_per_s)).min(seconds / 2.0);
                (share, CLUSTERS * (1.0 - share) * rate_per_s * forgets_s)
            }
            None => (self.without_memory(room_per_s), 0.0),
        };
        let share = share.clamp(LEAST_SHARE, 1.0);
        // A sum of clusters has the variance of its mean times their size.
        Expected { severity: share / self.allowed, variance: (1.0 + cluster) / (share * arrivals) }
    }

    /// The same curve as that of the queue when it is stable.
    fn without_memory(&self, room_per_s: f64) -> f64 {
        if room_per_s <= 0.0 {
            return 1.0;
        }
        (self.allowed.ln() * room_per_s / (self.capacity_per_s - self.knee_per_s)).exp()
    }
}

impl Memory {
    /// The chance that more than `longest` requests wait, `time_s` after the queue was empty. Of Brownian motion with drift
    /// `-room`, reflected at zero (Harrison, Brownian Motion and Stochastic Flow Systems, section 3.6).
    fn exceeds(&self, room_per_s: f64, time_s: f64) -> f64 {
        let spread = (self.variance_per_s * time_s).sqrt();
        let direct = normal_below((-self.longest - room_per_s * time_s) / spread);
        let mirrored = normal_below((-self.longest + room_per_s * time_s) / spread);
        // Above the capacity the exponential is huge and its partner tiny: only their product means something.
        let exponent = -2.0 * room_per_s * self.longest / self.variance_per_s;
        let reflected = if mirrored > 0.0 { (exponent + mirrored.ln()).exp() } else { 0.0 };
        (direct + reflected).clamp(0.0, 1.0)
    }
}

/// The share of a normal distribution below a value.
fn normal_below(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P99_500MS: Objective = Objective { allowed: 0.01, slack_s: Some(0.43) };

    fn severity(gap: f64, rate_per_s: f64, seconds: f64) -> f64 {
        QueueModel::new(&P99_500MS, 290.0, gap, true).expected(rate_per_s, seconds, 0.0).severity
    }

    #[test]
    fn at_the_knee_a_long_trial_loses_what_is_allowed() {
        for gap in [0.01, 0.1, 0.5] {
            let got = severity(gap, 290.0, 100_000.0);
            assert!((got - 1.0).abs() < 0.01, "{gap}: {got}");
        }
    }

    /// M/M/1: the share of responses above x is exp(-(capacity - rate) x), so that the variance of arrivals less departures
    /// is twice the capacity. The model is to find that from the knee alone.
    #[test]
    fn the_variance_of_m_m_1_follows_from_its_knee() {
        let slack_s = 0.046;
        let knee = 1_000.0 - 100_f64.ln() / slack_s;
        let objective = Objective { allowed: 0.01, slack_s: Some(slack_s) };
        let model = QueueModel::new(&objective, knee, 1_000.0 / knee - 1.0, true);
        let variance = model.memory.unwrap().variance_per_s;
        assert!((variance - 2_000.0).abs() < 1.0, "{variance}");
    }

    #[test]
    fn a_short_trial_near_the_capacity_is_better_than_the_service_and_far_above_it_is_not() {
        assert!(severity(0.01, 290.0, 10.0) < 0.1);
        assert!(severity(0.01, 290.0, 10.0) < severity(0.01, 290.0, 60.0));
        assert!(severity(0.01, 580.0, 10.0) > 90.0);
        // With much room a queue settles at once.
        assert!((severity(0.5, 290.0, 60.0) - 1.0).abs() < 0.05);
    }

    #[test]
    fn more_load_is_never_better() {
        for gap in [0.002, 0.05, 1.0] {
            for remembers in [true, false] {
                let model = QueueModel::new(&P99_500MS, 290.0, gap, remembers);
                let mut last = 0.0;
                for rate in (10..1_000).step_by(5) {
                    let expected = model.expected(f64::from(rate), 20.0, 1.0);
                    assert!(expected.severity >= last * 0.999_999, "{gap} {remembers} {rate}");
                    assert!(expected.variance.is_finite() && expected.variance > 0.0);
                    last = expected.severity;
                }
            }
        }
    }

    #[test]
    fn without_a_memory_trials_differ_by_chance_alone() {
        let model = QueueModel::new(&P99_500MS, 290.0, 0.2, false);
        let expected = model.expected(290.0, 100.0, 1.0);
        assert!((expected.severity - 1.0).abs() < 1e-9);
        // 290 bad ones are expected: as many as a Poisson count scatters.
        assert!((expected.variance - 1.0 / 290.0).abs() < 1e-9);
        assert!((model.expected(400.0, 100.0, 1.0).severity - 100.0).abs() < 1e-9);
    }
}
