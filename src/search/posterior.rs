//! What all trials at all rates together say of the knee.
//!
//! Every service that a [`QueueModel`] can be is weighed by how well it explains every trial: a knee, a capacity above it,
//! with or without a memory, and trials that differ by more than chance. What is left, summed over all but the knee, is the
//! posterior of the knee (Bayes). Nothing is fitted, so few trials give a wide answer rather than a wrong one.

use super::likelihood::Finding;
use super::queue_model::QueueModel;
use super::{History, Purpose, Settings};

/// Points of the knee in each pass; each pass looks closer than the one before.
const POINTS: usize = 48;
const PASSES: usize = 3;
/// A pass keeps all but this much at either end.
const CUT: f64 = 0.000_5;
/// How far the capacity may lie above the knee, as parts of it, in equal steps of the logarithm.
const GAPS: (f64, f64, usize) = (0.002, 1.0, 9);
/// By how much trials may differ besides, as relative variances, with their prior weights: most machines are quiet.
const DIFFER: [(f64, f64); 5] = [(0.000_5, 1.0), (0.03, 1.0), (0.1, 1.0), (0.3, 0.6), (1.0, 0.3)];
/// Prior probability that it is a queue that fails.
const IS_QUEUE: f64 = 0.7;
/// The first guess is a throughput, and so within a factor of three of the knee more often than not (Cauchy, of the logarithm):
/// without that, all the rates far above would together outweigh one bad trial.
const GUESS_WITHIN: f64 = 3.0;
/// How far beyond the rates that may be tried the knee may lie: far enough to say so.
const BEYOND: f64 = 2.0;
/// What is left out at each end of the interval. By the posterior alone it would be 2.5 %; but no real queue is the model,
/// and a search stops where the answer looks narrow. With this much, the intervals of simulated searches hold the knee in
/// at least 95 of 100: docs/knee.md has the table.
const TAIL: f64 = 0.01;

/// Between which rates the knee lies, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KneeInterval {
    /// Lower end, requests per second.
    pub low_per_s: f64,
    /// As likely too high as too low.
    pub likely_per_s: f64,
    /// Upper end.
    pub high_per_s: f64,
}

impl KneeInterval {
    /// Its width as a share of its upper end.
    pub fn width(&self) -> f64 {
        (self.high_per_s - self.low_per_s) / self.high_per_s
    }
}

/// How likely each rate is the knee.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Posterior {
    grid: Grid,
    /// Of 1 in all.
    weights: Vec<f64>,
}

/// Rates in equal steps of the logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grid {
    from: f64,
    to: f64,
}

/// A trial that counts.
struct Seen {
    rate_per_s: f64,
    seconds: f64,
    finding: Finding,
}

impl Posterior {
    /// After all trials but the baseline, which asks for the service at rest.
    pub(super) fn of(settings: &Settings, history: &History) -> Self {
        let seen: Vec<Seen> = history
            .trials()
            .filter(|trial| trial.purpose != Purpose::Baseline)
            .filter_map(|trial| {
                let (rate_per_s, seconds) = (trial.rate_per_s, trial.duration_s);
                Finding::of(trial, settings.trial_s).map(|finding| Seen { rate_per_s, seconds, finding })
            })
            .collect();
        let whole = Grid { from: settings.lowest_per_s / BEYOND, to: settings.limit_per_s() * BEYOND };
        (1..PASSES).fold(Self::on(whole, settings, &seen), |coarse, _| {
            let step = coarse.grid.step();
            let closer = Grid { from: coarse.quantile(CUT) / step, to: coarse.quantile(1.0 - CUT) * step };
            Self::on(closer, settings, &seen)
        })
    }

    fn on(grid: Grid, settings: &Settings, seen: &[Seen]) -> Self {
        let logs: Vec<Vec<f64>> = grid.rates().map(|knee| explanations(settings, seen, knee)).collect();
        let best = logs.iter().flatten().copied().fold(f64::MIN, f64::max);
        let mut weights: Vec<f64> =
            logs.iter().map(|logs| logs.iter().map(|log| (log - best).exp()).sum()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Self { grid, weights }
    }

    /// The rate that the knee lies below with this probability.
    pub(super) fn quantile(&self, probability: f64) -> f64 {
        let mut below = 0.0;
        for (index, weight) in self.weights.iter().enumerate() {
            if below + weight >= probability {
                let part = ((probability - below) / weight).clamp(0.0, 1.0);
                return self.grid.at(index as f64 + part);
            }
            below += weight;
        }
        self.grid.to
    }

    /// The probability that the knee lies above a rate.
    pub(super) fn above(&self, rate_per_s: f64) -> f64 {
        self.grid
            .rates()
            .zip(&self.weights)
            .filter(|(rate, _)| *rate > rate_per_s)
            .map(|(_, weight)| weight)
            .sum()
    }

    /// The interval of the knee.
    pub(super) fn interval(&self) -> KneeInterval {
        KneeInterval {
            low_per_s: self.quantile(TAIL),
            likely_per_s: self.quantile(0.5),
            high_per_s: self.quantile(1.0 - TAIL),
        }
    }
}

/// For one knee: the logarithms of prior times likelihood, of each service that has it.
fn explanations(settings: &Settings, seen: &[Seen], knee_per_s: f64) -> Vec<f64> {
    let (from, to, steps) = GAPS;
    let gaps = (0..steps).map(|i| from * (to / from).powf(i as f64 / (steps - 1) as f64));
    let mut logs = Vec::with_capacity(steps * 2 * DIFFER.len());
    let from_the_guess =
        settings.guess_per_s.map_or(0.0, |guess| (knee_per_s / guess).ln() / GUESS_WITHIN.ln());
    let near_the_guess = -(1.0 + from_the_guess * from_the_guess).ln();
    for gap in gaps {
        for (remembers, prior) in [(true, IS_QUEUE), (false, 1.0 - IS_QUEUE)] {
            let model = QueueModel::new(&settings.objective, knee_per_s, gap, remembers);
            let expected = |seen: &Seen| model.expected(seen.rate_per_s, seen.seconds, settings.warmup_s);
            let expected: Vec<_> = seen.iter().map(expected).collect();
            logs.extend(DIFFER.iter().map(|(more_variance, weight)| {
                let fits = seen.iter().zip(&expected);
                let fits =
                    fits.map(|(seen, expected)| seen.finding.likelihood(*expected, *more_variance).ln());
                (prior * weight).ln() + near_the_guess + fits.sum::<f64>()
            }));
        }
    }
    logs
}

impl Grid {
    /// The rate that so many points lie below.
    fn at(self, points: f64) -> f64 {
        self.from * (self.to / self.from).powf(points / POINTS as f64)
    }

    fn rates(self) -> impl Iterator<Item = f64> {
        (0..POINTS).map(move |index| self.at(index as f64 + 0.5))
    }

    fn step(self) -> f64 {
        self.at(1.0) / self.from
    }
}
