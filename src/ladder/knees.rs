//! Four knees, which people call by the same name.

use crate::result::{Conclusion, Figure, Knee, Knees, Rung, ServiceVerdict, Summary, Sweep};

/// The runs of one rate that are not void, with a majority vote.
struct Level<'a> {
    rate_per_s: f64,
    runs: Vec<&'a Summary>,
}

impl Level<'_> {
    fn most(&self, holds: impl Fn(&Summary) -> bool) -> bool {
        self.runs.iter().filter(|run| holds(run)).count() * 2 > self.runs.len()
    }

    /// The middle one of a figure of the repeats.
    fn median(&self, figure: impl Fn(&Summary) -> Option<f64>) -> Option<f64> {
        let mut values = self.runs.iter().map(|run| figure(run)).collect::<Option<Vec<f64>>>()?;
        values.sort_by(f64::total_cmp);
        values.get((values.len().max(1) - 1) / 2).copied()
    }
}

/// The knees of some runs. Those that the generator spoiled are left out.
pub(super) fn knees_of(rungs: &[Rung], baseline_factor: f64) -> Knees {
    let mut levels: Vec<Level<'_>> = Vec::new();
    for rung in rungs.iter().filter(|rung| !rung.is_void()) {
        match levels.iter_mut().find(|level| level.rate_per_s == rung.rate_per_s) {
            Some(level) => level.runs.push(&rung.result),
            None => levels.push(Level { rate_per_s: rung.rate_per_s, runs: vec![&rung.result] }),
        }
    }
    levels.sort_by(|a, b| a.rate_per_s.total_cmp(&b.rate_per_s));
    if levels.is_empty() {
        return Knees::default();
    }
    let has_slos = levels.iter().any(|level| level.runs.iter().any(|run| !run.slos.is_empty()));
    // Objectives that are met while the service falls behind are met for the length of a rung.
    let meets = |run: &Summary| run.slos.iter().all(|slo| slo.passed) && keeps_up(run);
    let (baseline, baseline_figure) = baseline(&levels, baseline_factor).unzip();
    Knees {
        slo: has_slos.then(|| first_beyond(&levels, |level| !level.most(meets))),
        saturation: Some(first_beyond(&levels, |level| !level.most(keeps_up))),
        power: power(&levels),
        baseline,
        baseline_figure,
    }
}

/// Whether the service does not fall behind, as far as the run can tell.
fn keeps_up(run: &Summary) -> bool {
    run.verdict.service != ServiceVerdict::Saturated || is_undecided(run)
}

/// Whether the run was too short to tell whether the service falls behind.
fn is_undecided(run: &Summary) -> bool {
    run.verdict.result == Some(Conclusion::AtTheLimit)
}

/// The knee below the first level that is beyond it. A level above that which is not is no reason to look further: a good
/// result above a bad one does not count (RFC 9971). Levels whose runs cannot tell are on neither side, so that the knee is
/// wider by them.
fn first_beyond(levels: &[Level<'_>], is_beyond: impl Fn(&Level<'_>) -> bool) -> Knee {
    let first = levels.iter().position(&is_beyond);
    let unclear = levels.iter().position(|level| is_beyond(level) || level.most(is_undecided));
    let near = unclear.map_or(levels.len(), |unclear| unclear).checked_sub(1);
    Knee {
        holds_per_s: near.and_then(|near| levels.get(near)).map(|level| level.rate_per_s),
        fails_per_s: first.and_then(|first| levels.get(first)).map(|level| level.rate_per_s),
    }
}

fn power(levels: &[Level<'_>]) -> Option<Knee> {
    let power_of = |level: &Level<'_>| {
        let throughput = level.median(|run| Some(run.rates.completed_per_s))?;
        // As it stands where some arrivals got no good answer: leaving such levels out would hide the knee behind them.
        let mean_ms = level.median(|run| run.latency.response.figure(Figure::Mean).least())?;
        (mean_ms > 0.0).then_some(throughput / mean_ms)
    };
    let powers: Vec<f64> = levels.iter().map(|level| power_of(level).unwrap_or(0.0)).collect();
    let best = (0..powers.len()).max_by(|a, b| powers[*a].total_cmp(&powers[*b]))?;
    (powers[best] > 0.0).then(|| Knee {
        holds_per_s: Some(levels[best].rate_per_s),
        fails_per_s: levels.get(best + 1).map(|level| level.rate_per_s),
    })
}

fn baseline(levels: &[Level<'_>], factor: f64) -> Option<(Knee, Figure)> {
    // The highest of the two that all levels have, so that like is compared with like. One that falls among arrivals
    // without a good answer is beyond every factor.
    let (figure, values) = [Figure::P99, Figure::P50].into_iter().find_map(|figure| {
        let ranked = |run: &Summary| run.latency.response.figure(figure).ranked();
        let of_levels = levels.iter().map(|level| level.median(ranked));
        Some((figure, of_levels.collect::<Option<Vec<f64>>>()?))
    })?;
    // Without a measured figure on the lowest rung there is nothing to compare with.
    let limit = values.first().filter(|lowest| lowest.is_finite())? * factor;
    let first = values.iter().position(|value| *value > limit);
    let knee = Knee {
        holds_per_s: first
            .map_or(levels.last(), |first| levels.get(first.checked_sub(1)?))
            .map(|level| level.rate_per_s),
        fails_per_s: first.map(|first| levels[first].rate_per_s),
    };
    Some((knee, figure))
}

/// The document of some runs, with the knees that they show.
pub(crate) fn sweep_of(rungs: Vec<Rung>, baseline_factor: f64, interrupted: bool) -> Sweep {
    let knees = knees_of(&rungs, baseline_factor);
    Sweep::new(rungs, knees, baseline_factor, interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::measure::Measured;
    use crate::result::{GeneratorVerdict, SloResult, Unit};

    /// A run at a rate, with a throughput, a mean and a p99.
    fn rung(rate_per_s: f64, completed_per_s: f64, mean_ms: f64, p99_ms: f64) -> Rung {
        let mut result = fixture::freeze();
        result.rates.completed_per_s = completed_per_s;
        result.latency.response.set(Figure::Mean, Some(mean_ms));
        result.latency.response.set(Figure::P99, Some(p99_ms));
        result.verdict.generator = GeneratorVerdict::Valid;
        result.verdict.service = ServiceVerdict::KeepingUp;
        result.slos = Vec::new();
        Rung { rate_per_s, repeat: 1, recovery: None, result }
    }

    fn with_slo(mut rung: Rung, passed: bool) -> Rung {
        let slo = SloResult {
            slo: "p99<500ms".to_owned(),
            passed,
            measured: Measured::Exact(1.0),
            loss: None,
            unit: Unit::Ms,
        };
        rung.result.slos = vec![slo];
        rung
    }

    fn knee(holds: f64, fails: f64) -> Option<Knee> {
        Some(Knee { holds_per_s: Some(holds), fails_per_s: Some(fails) })
    }

    /// M/M/1 with 100/s: mean 1 / (C - R), p99 4.6 times that. Power R (C - R) is highest at half of the capacity
    /// (Kleinrock), and the p99 at R is (C - 10) / (C - R) times
    /// that at 10/s: 3 times at 70/s, 4.5 times at 80/s.
    #[test]
    fn the_knees_of_a_single_server_are_where_theory_has_them() {
        let queue = |rate: f64| {
            let mean_ms = 1e3 / (100.0 - rate).max(0.1);
            let mut rung = rung(rate, rate.min(100.0), mean_ms, 4.6 * mean_ms);
            if rate >= 100.0 {
                rung.result.verdict.service = ServiceVerdict::Saturated;
            }
            with_slo(rung, 4.6 * mean_ms < 200.0)
        };
        let rungs: Vec<Rung> = (1..=12).map(|step| queue(f64::from(step) * 10.0)).collect();
        let knees = knees_of(&rungs, 3.1);
        assert_eq!(knees.power, knee(50.0, 60.0));
        assert_eq!(knees.baseline, knee(70.0, 80.0));
        assert_eq!(knees.saturation, knee(90.0, 100.0));
        // 4.6 / (C - R) < 200 ms: up to 77/s.
        assert_eq!(knees.slo, knee(70.0, 80.0));
    }

    #[test]
    fn a_good_rung_above_a_bad_one_does_not_count() {
        let passed = [(100.0, true), (200.0, false), (300.0, true), (400.0, false)];
        let rungs: Vec<Rung> = passed.map(|(rate, ok)| with_slo(rung(rate, rate, 10.0, 20.0), ok)).to_vec();
        assert_eq!(knees_of(&rungs, 3.0).slo, knee(100.0, 200.0));
        assert_eq!(
            knees_of(&rungs[1..], 3.0).slo,
            Some(Knee { holds_per_s: None, fails_per_s: Some(200.0) })
        );
        let good = &rungs[..1];
        assert_eq!(knees_of(good, 3.0).slo, Some(Knee { holds_per_s: Some(100.0), fails_per_s: None }));
    }

    #[test]
    fn repeats_vote_and_what_the_generator_spoiled_does_not() {
        let bad = || with_slo(rung(200.0, 200.0, 10.0, 20.0), false);
        let good = || with_slo(rung(200.0, 200.0, 10.0, 20.0), true);
        let void = || {
            let mut void = bad();
            void.result.verdict.generator = GeneratorVerdict::Invalid;
            void
        };
        let lowest = with_slo(rung(100.0, 100.0, 10.0, 20.0), true);
        let holds = |rungs: Vec<Rung>| knees_of(&rungs, 3.0).slo.unwrap().holds_per_s;
        assert_eq!(holds(vec![lowest.clone(), good(), bad(), good()]), Some(200.0));
        assert_eq!(holds(vec![lowest.clone(), good(), bad(), bad()]), Some(100.0));
        assert_eq!(holds(vec![lowest, good(), void(), void()]), Some(200.0));
        assert_eq!(knees_of(&[void()], 3.0), Knees::default());
    }

    #[test]
    fn without_objectives_there_is_no_slo_knee_and_few_requests_fall_back_to_the_median() {
        let mut rungs = [rung(10.0, 10.0, 10.0, 20.0), rung(20.0, 20.0, 10.0, 20.0)];
        rungs[0].result.latency.response.set(Figure::P99, None);
        rungs[0].result.latency.response.set(Figure::P50, Some(5.0));
        rungs[1].result.latency.response.set(Figure::P50, Some(50.0));
        let knees = knees_of(&rungs, 3.0);
        assert_eq!((knees.slo, knees.baseline), (None, knee(10.0, 20.0)));
        assert_eq!(knees.baseline_figure, Some(Figure::P50));
    }

    /// Refused at once: the bound is only the longest good answer, but the true p99 ranks above every good one.
    #[test]
    fn a_p99_among_arrivals_without_a_good_answer_is_beyond_the_baseline() {
        let refused = |mut rung: Rung| {
            rung.result.latency.response.set(Figure::P99, Measured::AtLeast(20.0));
            rung
        };
        let rungs = [rung(100.0, 100.0, 10.0, 20.0), refused(rung(200.0, 150.0, 10.0, 20.0))];
        assert_eq!(knees_of(&rungs, 3.0).baseline, knee(100.0, 200.0));
        // Nothing to compare with.
        let rungs = [refused(rung(100.0, 100.0, 10.0, 20.0)), rung(200.0, 150.0, 10.0, 20.0)];
        assert_eq!(knees_of(&rungs, 3.0).baseline, None);
    }
}
