//! What differs between the first reading and another, and whether it is more than noise.

use super::Condition;
use super::warnings::warnings;
use crate::judge::ratio_interval;
use crate::result::{
    Bound, COMPARE_SCHEMA, Comparison, Difference, Figure, FigureDifference, Noise, NoiseVerdict, Reading,
    Remark, Tool,
};

/// There is nothing to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is only one result, so there is nothing to compare it with; give two files or more")]
pub(crate) struct TooFew;

/// Compares readings with the first of them.
///
/// # Errors
/// [`TooFew`] for less than two.
pub(crate) fn compare(results: Vec<Reading>, conditions: &[Condition]) -> Result<Comparison, TooFew> {
    let (first, others) = results.split_first().filter(|(_, others)| !others.is_empty()).ok_or(TooFew)?;
    let numbered = others.iter().enumerate();
    let differences: Vec<Difference> =
        numbered.map(|(i, other)| difference_of(first, other, i + 1)).collect();
    let judged = conditions
        .iter()
        .flat_map(|condition| differences.iter().map(|difference| condition.judge(difference)))
        .collect();
    Ok(Comparison {
        schema: COMPARE_SCHEMA.to_owned(),
        tool: Tool::this(),
        warnings: warnings(&results).into_iter().map(Remark::from).collect(),
        conditions: judged,
        runs: Vec::new(),
        findings: Vec::new(),
        differences,
        results,
    })
}

/// Seed of the resampling: fixed, so that the same files always give the same verdicts.
const SEED: u64 = 1;

/// The differences of `other`, which is the `result`th reading, to the first.
pub(crate) fn difference_of(first: &Reading, other: &Reading, result: usize) -> Difference {
    let figures = Figure::COMPARED.into_iter().filter_map(|figure| of_figure(figure, first, other));
    Difference { result, name: other.name.clone(), figures: figures.collect() }
}

fn of_figure(figure: Figure, a: &Reading, b: &Reading) -> Option<FigureDifference> {
    let figures = (a.figure(figure), b.figure(figure));
    let (first, other) = (figures.0.least()?, figures.1.least()?);
    let bound = match (figures.0.is_bound(), figures.1.is_bound()) {
        (false, false) => Bound::Exact,
        (false, true) => Bound::AtLeast,
        (true, false) => Bound::AtMost,
        (true, true) => Bound::Unknown,
    };
    let (absolute, ratio) = (other - first, (first > 0.0).then(|| other / first));
    Some(FigureDifference { figure, first, other, absolute, ratio, bound, noise: noise(figure, a, b) })
}

fn noise(figure: Figure, first: &Reading, other: &Reading) -> Noise {
    let cannot_tell = |reason: String| Noise {
        verdict: NoiseVerdict::CannotTell,
        ratio_low: None,
        ratio_high: None,
        reason,
    };
    let Some(quantile) = figure.quantile() else {
        return cannot_tell("only percentiles are resampled".to_owned());
    };
    let lacking = |reading: &Reading| {
        format!(
            "{} has no response times for each second, or its rate changes",
            if reading.name.is_empty() { "one" } else { &reading.name }
        )
    };
    let (Some(a), Some(b)) = (&first.seconds, &other.seconds) else {
        return cannot_tell(lacking(if first.seconds.is_none() { first } else { other }));
    };
    match ratio_interval(a, b, quantile, SEED) {
        Ok(interval) => Noise {
            verdict: if interval.excludes_one() { NoiseVerdict::Exceeds } else { NoiseVerdict::Within },
            ratio_low: Some(interval.low),
            ratio_high: Some(interval.high).filter(|high| high.is_finite()),
            reason: String::new(),
        },
        Err(reason) => cannot_tell(reason.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measured;
    use crate::result::{Loop, Seconds, Times};

    fn reading(name: &str, p99_ms: f64, lower_bound: bool) -> Reading {
        let mut latency = Times::default();
        latency.set(Figure::P99, Measured::from_parts(Some(p99_ms), lower_bound));
        Reading { name: name.to_owned(), error_rate: Some(0.0), latency, ..Reading::of("x", Loop::Open) }
    }

    #[test]
    fn a_difference_is_a_ratio_and_a_distance() {
        let difference = difference_of(&reading("a", 200.0, false), &reading("b", 250.0, false), 1);
        let p99 = difference.figure(Figure::P99).unwrap();
        assert_eq!((p99.first, p99.other, p99.absolute, p99.ratio), (200.0, 250.0, 50.0, Some(1.25)));
        assert_eq!((p99.bound, p99.noise.verdict), (Bound::Exact, NoiseVerdict::CannotTell));
        assert!(p99.noise.reason.contains("a has no response times"), "{}", p99.noise.reason);
        let errors = difference.figure(Figure::ErrorRate).unwrap();
        assert_eq!((errors.absolute, errors.ratio), (0.0, None), "nothing is a multiple of nothing");
        assert_eq!(difference.figure(Figure::P50), None, "what one lacks is no difference");
    }

    #[test]
    fn a_bound_is_said_to_be_one() {
        let bound = |first, other| {
            let difference = difference_of(&reading("a", 1.0, first), &reading("b", 2.0, other), 1);
            difference.figure(Figure::P99).unwrap().bound
        };
        assert_eq!(bound(false, true), Bound::AtLeast);
        assert_eq!(bound(true, false), Bound::AtMost);
        assert_eq!(bound(true, true), Bound::Unknown);
    }

    #[test]
    fn seconds_decide_between_noise_and_difference() {
        // 60 seconds of 100 arrivals from 1 to 100 ms; every third one is slower by `wobble` per cent.
        let with = |name: &str, factor: u64, wobble: u64| {
            let row = |second: u64| {
                let factor = factor * if second.is_multiple_of(3) { 100 + wobble } else { 100 };
                let counts = (1..=100).map(|ms| ((ms * factor * 100, ms * factor * 100 + 99), 1)).collect();
                (100, counts)
            };
            let seconds = Seconds::new(&(0..60).map(row).collect::<Vec<_>>());
            Reading { seconds, ..reading(name, 99.0 * factor as f64 / 100.0, false) }
        };
        let verdict =
            |a: &Reading, b: &Reading| difference_of(a, b, 1).figure(Figure::P99).unwrap().noise.clone();
        let (a, same, slower) = (with("a", 100, 20), with("b", 100, 20), with("c", 150, 20));
        let within = verdict(&a, &same);
        assert_eq!(within.verdict, NoiseVerdict::Within, "{within:?}");
        let exceeds = verdict(&a, &slower);
        assert_eq!(exceeds.verdict, NoiseVerdict::Exceeds, "{exceeds:?}");
        assert!(exceeds.ratio_low.unwrap() > 1.2 && exceeds.ratio_high.unwrap() < 1.9, "{exceeds:?}");
        assert_eq!(verdict(&a, &slower), exceeds, "the same files give the same verdict");
    }
}
