//! Several results that belong together: the stages of a closed loop, or one run again and again.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::plan_facts::Mode;
use super::summary::{Summary, Tool};

/// The schema of a document of several results.
pub(crate) const RUNS_SCHEMA: &str = "rpsbench.runs/1";

/// Results in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Runs {
    /// [`RUNS_SCHEMA`].
    pub schema: String,
    /// What wrote the document.
    pub tool: Tool,
    /// When the first run started, RFC 3339 in UTC.
    pub started_at: String,
    /// Whether the last run was cut short by a signal, or others that were asked for were not made.
    pub interrupted: bool,
    /// The results.
    pub runs: Vec<NamedRun>,
    /// How much the repeats of a run differ; empty without repeats.
    #[serde(default)]
    pub spread: Vec<Spread>,
}

/// One of several results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NamedRun {
    /// The same for all repeats of a run.
    pub name: String,
    /// Which repeat, from 1.
    pub repeat: u64,
    /// Its result: a complete `rpsbench.result/1`.
    pub result: Summary,
}

/// How one figure differs between the repeats of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// The run.
    pub name: String,
    /// The figure, with its unit in the name.
    pub figure: String,
    /// How many repeats have it.
    pub repeats: u64,
    /// Smallest.
    pub min: f64,
    /// In the middle; the mean of the two in the middle of an even number.
    pub median: f64,
    /// Largest.
    pub max: f64,
}

/// Names a run, as tables do.
pub(crate) fn name_of(summary: &Summary) -> String {
    let plan = &summary.plan;
    match plan.mode {
        Mode::Open => format!("open-{}/s", plan.rate_per_s.unwrap_or_default()),
        Mode::Closed => format!("closed-{}", plan.concurrency.unwrap_or_default()),
    }
}

impl Runs {
    /// Puts results together. Those that were made of the same plan are repeats of it.
    pub(crate) fn new(results: Vec<Summary>, interrupted: bool) -> Self {
        let mut runs: Vec<NamedRun> = Vec::new();
        for result in results {
            let name = name_of(&result);
            let earlier = runs
                .iter()
                .filter(|run| run.name == name && run.result.plan.requests == result.plan.requests);
            let repeat = earlier.count() as u64 + 1;
            runs.push(NamedRun { name, repeat, result });
        }
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
        (repeats > 1).then(|| Spread {
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
