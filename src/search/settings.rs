//! What a search is asked for.

use super::Goal;

/// Widest distance of the bounds (as a share of the upper one) at which trials are shortest.
const COARSE: f64 = 0.20;
/// The same at which they are of middle length.
const MIDDLE: f64 = 0.10;
/// Fewest and most trials that a load can be asked for.
const VOTES: std::ops::RangeInclusive<u32> = 1..=15;

/// How trials become an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// All of them together, weighed by a model of queues: the knee lies between two rates with 95 % confidence.
    #[default]
    Posterior,
    /// A majority at each rate (RFC 9971): two rates, each with its votes.
    Votes,
}

/// What the objectives allow, for the model of the queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Share of the arrivals that may be too slow or bad, between 0 and 1: 0.01 for a p99.
    pub allowed: f64,
    /// How long an arrival may wait before it is too slow, in seconds: the limit less the response time without load. `None`
    /// where no objective is about a percentile.
    pub slack_s: Option<f64>,
}

/// What a search is asked for. Rates are per second, times in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How trials become an answer.
    pub method: Method,
    /// What the objectives allow.
    pub objective: Objective,
    /// The rate of the baseline: next to no load, at most `lowest_per_s`.
    pub baseline_per_s: f64,
    /// The lowest rate of interest; the knee is not looked for below it.
    pub lowest_per_s: f64,
    /// The highest rate that the user allows; none: whatever the generator can do.
    pub highest_per_s: Option<f64>,
    /// The highest rate that the generator can be trusted with: 0.8 of its own ceiling.
    pub ceiling_per_s: f64,
    /// Where the knee may lie, from a probe; the search starts at half of it.
    pub guess_per_s: Option<f64>,
    /// How near the bounds must come, as a share of the upper one: 0.05 is 5 %.
    pub width: f64,
    /// Length of a trial of full length (T).
    pub trial_s: f64,
    /// How many of them are asked for at a load, as far as they differ: a majority of them decides.
    pub votes: u32,
    /// Time that the whole search may take.
    pub budget_s: f64,
    /// What a trial takes besides its length: warm-up, drain and probe.
    pub overhead_s: f64,
    /// Of that, the time at full rate before it counts.
    pub warmup_s: f64,
    /// Length of the trial that confirms the answer; none: it is not confirmed.
    pub confirm_s: Option<f64>,
}

/// Why [`Settings`] cannot be searched with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// A rate or a time that is zero, negative or not a number.
    #[error("{0} must be above 0")]
    NotPositive(&'static str),
    #[error("the highest rate {highest_per_s}/s is not above the lowest {lowest_per_s}/s")]
    EmptyRange {
        /// Lower end.
        lowest_per_s: f64,
        /// Upper end.
        highest_per_s: f64,
    },
    /// The baseline is above the lowest rate.
    #[error("the baseline of {0}/s is above the lowest rate")]
    Baseline(f64),
    /// Not between 0.1 % and 50 %.
    #[error("a width of {0} is out of range; choose 0.001 (0.1 %) to 0.5 (50 %)")]
    Width(f64),
    /// None, or more than is sensible.
    #[error("{0} votes are out of range; choose {min} to {max}", min = VOTES.start(), max = VOTES.end())]
    Votes(u32),
    /// Not even one trial of full length fits.
    #[error(
        "a budget of {budget_s} s is shorter than one trial of {trial_s} s with {overhead_s} s for drain and probe; \
             give it at least 12 times as much"
    )]
    BudgetTooShort {
        budget_s: f64,
        trial_s: f64,
        /// What it takes besides.
        overhead_s: f64,
    },
}

impl Settings {
    /// The length of a trial that makes the most of a budget, in seconds. By votes, simulated searches with a width of 5 %
    /// take the time of 8 trials of full length, in 13 trials; the rest is for votes that differ. The posterior takes what it
    /// is given, and is none the better for trials that are longer but fewer.
    pub fn trial_for_budget_s(method: Method, budget_s: f64, overhead_s: f64) -> f64 {
        match method {
            Method::Posterior => budget_s / 12.0,
            Method::Votes => ((budget_s - 13.0 * overhead_s) / 9.5).max(budget_s / 40.0),
        }
    }

    /// Checks every figure.
    ///
    /// # Errors
    /// The first one that cannot be searched with.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        for (name, value) in [
            ("the baseline rate", self.baseline_per_s),
            ("the lowest rate", self.lowest_per_s),
            ("the highest rate", self.highest_per_s.unwrap_or(1.0)),
            ("the generator's ceiling", self.ceiling_per_s),
            ("the first guess", self.guess_per_s.unwrap_or(1.0)),
            ("the length of a trial", self.trial_s),
            ("the budget", self.budget_s),
            ("the length of the confirmation", self.confirm_s.unwrap_or(1.0)),
        ] {
            if !positive(value) {
                return Err(SettingsError::NotPositive(name));
            }
        }
        if self.overhead_s < 0.0 || !self.overhead_s.is_finite() {
            return Err(SettingsError::NotPositive("what a trial takes besides"));
        }
        if self.limit_per_s() <= self.lowest_per_s {
            return Err(SettingsError::EmptyRange {
                lowest_per_s: self.lowest_per_s,
                highest_per_s: self.limit_per_s(),
            });
        }
        if self.baseline_per_s > self.lowest_per_s {
            return Err(SettingsError::Baseline(self.baseline_per_s));
        }
        if !(0.001..=0.5).contains(&self.width) {
            return Err(SettingsError::Width(self.width));
        }
        if !VOTES.contains(&self.votes) {
            return Err(SettingsError::Votes(self.votes));
        }
        if self.budget_s < self.trial_s + self.overhead_s {
            let (budget_s, trial_s, overhead_s) = (self.budget_s, self.trial_s, self.overhead_s);
            return Err(SettingsError::BudgetTooShort { budget_s, trial_s, overhead_s });
        }
        Ok(())
    }

    /// No trial is ever above this rate.
    pub fn limit_per_s(&self) -> f64 {
        self.highest_per_s.map_or(self.ceiling_per_s, |highest| highest.min(self.ceiling_per_s))
    }

    /// Whether the generator rather than the user sets the limit.
    pub(super) fn is_limited_by_generator(&self) -> bool {
        self.highest_per_s.is_none_or(|highest| highest > self.ceiling_per_s)
    }

    /// What a bound needs to be announced.
    pub fn target(&self) -> Goal {
        Goal { trial_s: self.trial_s, total_s: self.trial_s * f64::from(self.votes) }
    }

    /// What is enough to find the way: one trial of any length.
    pub(super) fn coarse(&self) -> Goal {
        Goal { trial_s: self.shortest_s(), total_s: self.shortest_s() }
    }

    /// How far apart the coarse bounds may be when the votes begin: half of the width, so that there is room on both
    /// sides of the estimate for its error.
    pub(super) fn centre_width(&self) -> f64 {
        self.width / 2.0
    }

    /// The length of a coarse trial between bounds that are so far apart: far from the knee a short one is clear.
    pub(super) fn coarse_trial_s(&self, distance: f64) -> f64 {
        if distance > COARSE {
            self.shortest_s()
        } else if distance > MIDDLE {
            self.trial_s / 2.0
        } else {
            self.trial_s
        }
    }

    fn shortest_s(&self) -> f64 {
        self.trial_s / 4.0
    }

    /// A rate as it is asked for: within the limits, and rounded to a small part of the width, so that it can be read.
    pub(super) fn ask(&self, rate_per_s: f64) -> f64 {
        let digits = (rate_per_s * self.width / 20.0).log10().floor();
        // Multiply or divide by a power of ten that is exact, so that 284.6 is 284.6.
        let scale = 10_f64.powi(digits.abs() as i32);
        let rounded = if digits < 0.0 {
            (rate_per_s * scale).round() / scale
        } else {
            (rate_per_s / scale).round() * scale
        };
        rounded.clamp(self.lowest_per_s, self.limit_per_s())
    }
}
