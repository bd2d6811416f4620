//! Several results that belong together: the stages of a closed loop, or one run again and again.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::plan_facts::Mode;
use super::summary::{Summary, Tool};

/// The schema of a document of several results.
pub(crate) const RUNS_SCHEMA: &str = "rpsbench.runs/1";

/// Several results that belong together: the stages of a closed loop, or repeats of one run. Fields may be added within
/// this version; the names here stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Runs {
    /// This schema and its version.
    #[cfg_attr(test, schemars(extend("const" = RUNS_SCHEMA)))]
    pub schema: String,
    /// What wrote the document.
    pub tool: Tool,
    /// When the first run started, RFC 3339 in UTC.
    pub started_at: String,
    /// Whether the last run was cut short by a signal, or others that were asked for were not made.
    pub interrupted: bool,
    /// The results, in the order in which they were made.
    pub runs: Vec<NamedRun>,
    /// How much the repeats of a run differ; empty without repeats.
    #[serde(default)]
    pub spread: Vec<Spread>,
}

/// One of several results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NamedRun {
    /// The same for all repeats of a run, and another for every other run.
    pub name: String,
    /// Which repeat, from 1.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub repeat: u64,
    /// Its result: a complete `rpsbench.result/1`.
    pub result: Summary,
}

/// How one figure differs between the repeats of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Spread {
    /// The run.
    pub name: String,
    /// The figure, with its unit in the name.
    pub figure: String,
    /// How many repeats have it.
    #[cfg_attr(test, schemars(range(min = 2)))]
    pub repeats: u64,
    /// Smallest.
    pub min: f64,
    /// In the middle; the mean of the two in the middle of an even number.
    pub median: f64,
    /// Largest.
    pub max: f64,
    /// The median of all such runs lies from here, with 95 % confidence, whatever their distribution is; null below 6 repeats.
    #[serde(default)]
    pub median_low: Option<f64>,
    /// To here.
    #[serde(default)]
    pub median_high: Option<f64>,
}

/// Names a run, as tables do.
pub(crate) fn name_of(summary: &Summary) -> String {
    let plan = &summary.plan;
    match plan.mode {
        Mode::Open => format!("open-{}/s", plan.rate_per_s.unwrap_or_default()),
        Mode::Closed => format!("closed-{}", plan.concurrency.unwrap_or_default()),
    }
}

/// Names a run whose plain name another one has, by its length too: `closed-20x1250`, `closed-20x30s`.
fn longer_name_of(summary: &Summary) -> String {
    let length = match summary.plan.requests {
        Some(requests) => requests.to_string(),
        None => format!("{}s", summary.plan.duration_s),
    };
    format!("{}x{length}", name_of(summary))
}

/// Whether two results were made of the same plan: then one is a repeat of the other. A warm-up is no part of the
/// measurement, and what a loop of so many requests took was not planned.
fn are_repeats(one: &Summary, other: &Summary) -> bool {
    let planned = |summary: &Summary| {
        let mut plan = summary.plan.clone();
        plan.warmup_s = 0.0;
        if plan.requests.is_some() {
            plan.duration_s = 0.0;
        }
        plan
    };
    planned(one) == planned(other)
}

impl NamedRun {
    /// The run of a result that comes after others: the one place where runs get names and repeats are numbered.
    pub(crate) fn after(earlier: &[Self], result: Summary) -> Self {
        let mut same = earlier.iter().filter(|run| are_repeats(&run.result, &result));
        if let Some(first) = same.next() {
            return Self { name: first.name.clone(), repeat: same.count() as u64 + 2, result };
        }
        let is_free = |name: &String| earlier.iter().all(|run| run.name != *name);
        let longer = longer_name_of(&result);
        let numbered = (2..).map(|number| format!("{longer}-{number}"));
        let mut names = [name_of(&result), longer.clone()].into_iter().chain(numbered);
        Self { name: names.find(is_free).unwrap_or_default(), repeat: 1, result }
    }
}

impl Runs {
    /// Puts results together. Those that were made of the same plan are repeats of it.
    pub(crate) fn new(results: Vec<Summary>, interrupted: bool) -> Self {
        let mut runs = Vec::new();
        for result in results {
            runs.push(NamedRun::after(&runs, result));
        }
        Self::of(runs, interrupted)
    }

    /// Runs that have their names, with the spread of those that are repeated.
    pub(crate) fn of(runs: Vec<NamedRun>, interrupted: bool) -> Self {
        let spread = spread_of(&runs);
        Self {
            schema: RUNS_SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: runs.first().map_or_else(String::new, |run| run.result.started_at.clone()),
            interrupted,
            runs,
            spread,
        }
    }

    /// The results alone.
    pub(crate) fn results(&self) -> impl Iterator<Item = &Summary> {
        self.runs.iter().map(|run| &run.result)
    }
}

/// The figures whose spread is shown.
const FIGURES: [Figure; 6] =
    [Figure::CompletedPerS, Figure::Mean, Figure::P50, Figure::P90, Figure::P99, Figure::Max];

/// A figure of a result, unless it is only a lower bound.
fn measured(summary: &Summary, figure: Figure) -> Option<f64> {
    match figure {
        Figure::CompletedPerS => Some(summary.rates.completed_per_s),
        _ => summary.latency.response.exact(figure),
    }
}

/// How unlikely it may be that the median lies outside its interval, on one side.
const ONE_SIDE: f64 = 0.025;

/// Order statistics (H. A. David, "Order Statistics", 7.1): each of n independent values is below the median with
/// probability 1/2, so it lies below the (rank + 1)-th smallest with probability P(Binomial(n, 1/2) <= rank). The largest
/// such rank, from 0, for which that is at most 2.5 %: it is as far from the other end. `None` for fewer than 6.
fn median_ranks(values: usize) -> Option<usize> {
    let mut probability = 0.5_f64.powi(i32::try_from(values).ok()?);
    let mut below = 0.0;
    for rank in 0..values {
        below += probability;
        if below > ONE_SIDE {
            return rank.checked_sub(1);
        }
        probability *= (values - rank) as f64 / (rank + 1) as f64;
    }
    None
}

fn spread_of(runs: &[NamedRun]) -> Vec<Spread> {
    let mut names: Vec<&str> = Vec::new();
    for run in runs.iter().filter(|run| run.repeat > 1) {
        if !names.contains(&run.name.as_str()) {
            names.push(&run.name);
        }
    }
    let spread = |name: &str, figure: Figure| {
        let same = runs.iter().filter(|run| run.name == name);
        let mut values: Vec<f64> = same.filter_map(|run| measured(&run.result, figure)).collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        let repeats = values.len() as u64;
        let ranks = median_ranks(values.len());
        let at = |rank: Option<usize>| values.get(rank?).copied();
        (repeats > 1).then(|| Spread {
            median_low: at(ranks),
            median_high: at(ranks.map(|rank| values.len() - 1 - rank)),
            name: name.to_owned(),
            figure: figure.key(),
            repeats,
            min,
            median,
            max,
        })
    };
    names.iter().flat_map(|name| FIGURES.into_iter().filter_map(|figure| spread(name, figure))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    /// The ranks of the tables (order statistics for a 95 % interval of the median, counted from 1 there).
    #[test]
    fn the_ranks_around_the_median_are_those_of_the_tables() {
        for (values, rank) in [
            (1, None),
            (5, None),
            (6, Some(1)),
            (8, Some(1)),
            (9, Some(2)),
            (12, Some(3)),
            (20, Some(6)),
            (50, Some(18)),
            (100, Some(40)),
        ] {
            assert_eq!(median_ranks(values).map(|rank| rank + 1), rank, "{values}");
        }
        // Beyond what a double can hold as a probability there is no rank, rather than a wrong one.
        assert_eq!(median_ranks(0), None);
        assert!(median_ranks(1_000).is_some_and(|rank| (465..=470).contains(&(rank + 1))));
    }

    /// A stage of 20 users: of so many requests, which took so long, or by time.
    fn stage(requests: Option<u64>, duration_s: f64, warmup_s: f64) -> Summary {
        let mut summary = fixture::freeze();
        summary.plan.mode = Mode::Closed;
        summary.plan.concurrency = Some(20);
        summary.plan.rate_per_s = None;
        summary.plan.requests = requests;
        summary.plan.duration_s = duration_s;
        summary.plan.warmup_s = warmup_s;
        summary
    }

    fn names(runs: &Runs) -> Vec<(&str, u64)> {
        runs.runs.iter().map(|run| (run.name.as_str(), run.repeat)).collect()
    }

    #[test]
    fn stages_of_as_many_users_are_not_repeats_of_each_other() {
        // --stages 20x400,20x1250 --repeat 2: what a stage took differs, and only the first has a warm-up.
        let short = |took_s, rate| {
            let mut summary = stage(Some(400), took_s, 1.0);
            summary.rates.completed_per_s = rate;
            summary
        };
        let long = |took_s| stage(Some(1_250), took_s, 0.0);
        let runs = Runs::new(vec![short(1.5, 100.0), long(4.4), short(1.6, 110.0), long(4.3)], false);
        assert_eq!(
            names(&runs),
            [("closed-20", 1), ("closed-20x1250", 1), ("closed-20", 2), ("closed-20x1250", 2)]
        );
        let of_short = runs.spread.iter().find(|spread| spread.name == "closed-20").unwrap();
        assert_eq!((of_short.repeats, of_short.min, of_short.median, of_short.max), (2, 100.0, 105.0, 110.0));
        assert!(runs.spread.iter().all(|spread| spread.repeats == 2));
    }

    #[test]
    fn a_name_says_what_tells_a_stage_from_the_others() {
        let by_time = |seconds| stage(None, seconds, 0.0);
        let runs = Runs::new(vec![by_time(30.0), by_time(60.0), by_time(30.0)], false);
        assert_eq!(names(&runs), [("closed-20", 1), ("closed-20x60s", 1), ("closed-20", 2)]);
        let thinking = |think_time_s| {
            let mut summary = by_time(30.0);
            summary.plan.think_time_s = Some(think_time_s);
            summary
        };
        let runs = Runs::new(vec![by_time(30.0), thinking(1.0), thinking(2.0), thinking(2.0)], false);
        assert_eq!(
            names(&runs),
            [("closed-20", 1), ("closed-20x30s", 1), ("closed-20x30s-2", 1), ("closed-20x30s-2", 2)]
        );
    }
}
