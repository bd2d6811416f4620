//! How far the ratio of two percentiles could be off: a circular block bootstrap over the seconds of both runs.
//!
//! The requests of a second are no independent sample: they met the same queue, and the next second meets what is left of
//! it. So whole blocks of seconds are drawn (Politis and Romano, "A circular block-resampling procedure for stationary
//! data", 1992), long enough that what happens in one says little about the next, 1,000 times from each run. The spread of
//! the ratios is what chance alone would do.
//!
//! - **Block length.** What makes a percentile vary is how many arrivals of a second lie above it. With `r`, the correlation
//!   of that number from one second to the next (corrected for its bias in a short series), a block has
//!   `n^(1/3) (sqrt(6) r / (1 - r^2))^(2/3)` of `n` seconds, rounded, 1 at least: the length that estimates the variance best
//!   where the correlation dies out geometrically (Politis and White, "Automatic block-length selection for the dependent
//!   bootstrap", 2004). Fewer than 8 blocks say too little about their own spread: then nobody can tell.
//! - **Episodes.** When all that lies above a p99 is one slow episode, the quiet seconds beside it say nothing about how
//!   often such an episode comes. So blocks count by their part `a` of the arrivals above the percentile, as
//!   `(sum a)^2 / sum a^2`: n even ones are n, one that holds everything is 1. Of fewer than 2 nobody can tell.
//! - **Interval.** 95 % of the ratios, widened as Student's t is wider than the normal distribution for so few blocks (the
//!   expanded percentile interval: Hesterberg, "What teachers should know about the bootstrap", 2015), and by the 0.8 % that
//!   the histograms of the seconds do not tell apart, as an independent error.
//!
//! Arrivals without a good answer rank above all others in every resample.

use std::f64::consts::{PI, SQRT_2};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::measure::Quantile;
use crate::result::Seconds;

/// How many resamples are drawn from each run.
pub(super) const RESAMPLES: usize = 1_000;
/// Fewest blocks in a run that say something about their own spread.
const FEWEST_BLOCKS: usize = 8;
/// Fewest blocks with their part of what lies above the percentile.
const FEWEST_EPISODES: f64 = 2.0;
/// The same for the interval of one percentile, which no other run is held against: with fewer it held the true one too rarely.
const FEWEST_EPISODES_ALONE: f64 = 8.0;
/// Fewest intervals of a run whose percentiles have one: less says too little of how long its queue remembers.
const FEWEST_SECONDS: usize = 20;
/// Widest bucket of the histograms of a second, relative to its value.
const RESOLUTION: f64 = 1.0 / 128.0;
/// 97.5 % of a normal distribution lie below this.
const Z: f64 = 1.959_963_984_540_054;

/// Where the true ratio of two percentiles is, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RatioInterval {
    /// Its low end.
    pub low: f64,
    /// Its high end; infinite where the percentile of the second run could lie among arrivals without a good answer.
    pub high: f64,
}

impl RatioInterval {
    /// Whether the two percentiles differ by more than chance would make them differ.
    pub(crate) fn excludes_one(&self) -> bool {
        self.low > 1.0 || self.high < 1.0
    }
}

/// Where the true percentile of a run is, with 95 % confidence, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PercentileInterval {
    /// Its low end.
    pub low_ns: f64,
    /// Its high end; infinite where the percentile could as well lie among arrivals without a good answer.
    pub high_ns: f64,
}

/// Why nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CannotTell {
    /// The run is too short for how slowly its latency changes.
    #[error(
        "a run is too short: it has {seconds} intervals, and only 8 independent stretches of {block} would show its noise"
    )]
    TooShort {
        /// Intervals in the run.
        seconds: usize,
        /// Intervals in a block.
        block: usize,
    },
    /// The run is too short for an interval of its own.
    #[error(
        "the run is too short: it has {0} intervals, and 20 are the least that show how its queue varies"
    )]
    FewSeconds(usize),
    /// The percentile is among arrivals without a good answer.
    #[error("the percentile falls among requests without a good answer")]
    NotMeasured,
    /// One freeze, say: nobody knows how often there would have been another.
    #[error(
        "what lies above the percentile came in too few separate stretches of a run, as one freeze would make it"
    )]
    Concentrated,
}

/// The interval of `percentile of other / percentile of first`. The same seed gives the same interval.
///
/// # Errors
/// [`CannotTell`] why there is none.
pub(crate) fn ratio_interval(
    first: &Seconds,
    other: &Seconds,
    quantile: Quantile,
    seed: u64,
) -> Result<RatioInterval, CannotTell> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (first, first_blocks) = resampled(first, quantile, &mut random)?;
    let (other, other_blocks) = resampled(other, quantile, &mut random)?;
    let mut ratios: Vec<f64> = first.iter().zip(&other).map(|(first, other)| ratio(*first, *other)).collect();
    ratios.sort_by(f64::total_cmp);
    let tail = expanded_tail(first_blocks.min(other_blocks));
    let place = ((tail * ratios.len() as f64) as usize).min(ratios.len() / 2);
    let middle = ratios[ratios.len() / 2];
    if !middle.is_finite() || middle <= 0.0 {
        return Err(CannotTell::NotMeasured);
    }
    Ok(RatioInterval {
        low: middle / blurred(middle / ratios[place]),
        high: middle * blurred(ratios[ratios.len() - 1 - place] / middle),
    })
}

/// The interval of a percentile of one run: what it would be in other runs of the same length, of a service that goes on as it
/// did. The same seed gives the same interval.
///
/// # Errors
/// [`CannotTell`] why there is none.
pub(crate) fn percentile_interval(
    seconds: &Seconds,
    quantile: Quantile,
    seed: u64,
) -> Result<PercentileInterval, CannotTell> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    if seconds.count() < FEWEST_SECONDS {
        return Err(CannotTell::FewSeconds(seconds.count()));
    }
    let (mut values, blocks) = resampled(seconds, quantile, &mut random)?;
    if blocks < FEWEST_EPISODES_ALONE {
        return Err(CannotTell::Concentrated);
    }
    values.sort_by(f64::total_cmp);
    let place = ((expanded_tail(blocks) * values.len() as f64) as usize).min(values.len() / 2);
    let middle = values[values.len() / 2];
    if !middle.is_finite() || middle <= 0.0 {
        return Err(CannotTell::NotMeasured);
    }
    Ok(PercentileInterval {
        // Within a bucket nobody knows where the value is.
        low_ns: values[place] / (1.0 + RESOLUTION),
        high_ns: values[values.len() - 1 - place] * (1.0 + RESOLUTION),
    })
}

/// A distance from the middle, as a factor, with the width of a bucket added as an independent error.
fn blurred(factor: f64) -> f64 {
    factor.ln().hypot(RESOLUTION).exp()
}

/// Two resamples that both fall among arrivals without a good answer say nothing for either run.
fn ratio(first: f64, other: f64) -> f64 {
    if first.is_infinite() && other.is_infinite() { 1.0 } else { other / first.max(1.0) }
}

/// The percentile of each resample, and how many blocks have their part of what lies above it.
fn resampled(
    seconds: &Seconds,
    quantile: Quantile,
    random: &mut Xoshiro256PlusPlus,
) -> Result<(Vec<f64>, f64), CannotTell> {
    if !seconds.percentile(quantile, &seconds.whole()).is_some_and(f64::is_finite) {
        return Err(CannotTell::NotMeasured);
    }
    let count = seconds.count();
    let above = seconds.above(quantile);
    let block = block_length(&above.iter().map(|above| above.excess).collect::<Vec<_>>());
    if count / block < FEWEST_BLOCKS {
        return Err(CannotTell::TooShort { seconds: count, block });
    }
    let episodes =
        episodes(above.chunks(block).map(|block| block.iter().map(|above| above.count).sum::<f64>()));
    if episodes < FEWEST_EPISODES {
        return Err(CannotTell::Concentrated);
    }
    let mut stretches = Vec::with_capacity(2 * count.div_ceil(block));
    let percentiles = (0..RESAMPLES).map(|_| {
        stretches.clear();
        let mut missing = count;
        while missing > 0 {
            // The last block is cut, so that a resample is as long as the run; a block that reaches beyond the end of the
            // run goes on at its start, so that every second is drawn as often as any other.
            let (from, length) = (random.random_range(0..count), block.min(missing));
            let to = from + length;
            stretches.push((from, to.min(count)));
            if to > count {
                stretches.push((0, to - count));
            }
            missing -= length;
        }
        seconds.percentile(quantile, &stretches).unwrap_or(f64::INFINITY)
    });
    Ok((percentiles.collect(), episodes))
}

/// How many equal parts would be as uneven as these: of a single one that holds everything 1, of n equal ones n.
fn episodes(parts: impl Iterator<Item = f64>) -> f64 {
    let (sum, squares) = parts.fold((0.0, 0.0), |(sum, squares), part| (sum + part, squares + part * part));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// The length of a block, in seconds, for a series that varies like this.
fn block_length(series: &[f64]) -> usize {
    let count = series.len() as f64;
    let mean = series.iter().sum::<f64>() / count;
    let variance: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
    if variance <= 0.0 {
        return 1;
    }
    let covariance: f64 = series.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let measured = covariance / variance;
    // A short series looks less correlated than it is (Kendall 1954).
    let correlation = (measured + (1.0 + 3.0 * measured) / count).clamp(0.0, 0.97);
    let factor = (6.0_f64.sqrt() * correlation / (1.0 - correlation * correlation)).powf(2.0 / 3.0);
    ((count.cbrt() * factor).round() as usize).max(1)
}

/// The share of resamples to leave out at each end: below 2.5 % for few blocks.
fn expanded_tail(blocks: f64) -> f64 {
    let freedom = blocks - 1.0;
    normal_below(-student_975(freedom) * (blocks / freedom).sqrt())
}

/// 97.5 % of Student's t lie below this: Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5), exact to 0.1 % for 7
/// degrees of freedom or more, and 4 % too low for 3.
pub(super) fn student_975(freedom: f64) -> f64 {
    let z = Z;
    let terms = [
        (z.powi(3) + z) / 4.0,
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom) + z
}

/// The share of a normal distribution below a negative value: the complementary error function as a continued fraction,
/// good for `x < -1`.
fn normal_below(x: f64) -> f64 {
    let z = -x / SQRT_2;
    let fraction = (1..=60).rev().fold(z, |tail, k| z + f64::from(k) / 2.0 / tail);
    (-z * z).exp() / (PI.sqrt() * fraction) / 2.0
}

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod tests;
