//! The document `rpsbench.sweep/1`.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::summary::{Summary, Tool};
use super::verdict::GeneratorVerdict;

/// The schema that this version writes and reads.
pub(crate) const SWEEP_SCHEMA: &str = "rpsbench.sweep/1";

/// Runs at several rates, the knees that they show, and the search that chose the rates. Units are in the names. Fields may be
/// added within this version; the names here stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Sweep {
    /// This schema and its version.
    #[cfg_attr(test, schemars(extend("const" = SWEEP_SCHEMA)))]
    pub schema: String,
    /// What wrote the document.
    pub tool: Tool,
    /// When the first run started, RFC 3339 in UTC.
    pub started_at: String,
    /// Whether a signal ended it early.
    pub interrupted: bool,
    /// The baseline knee is where the response time is this many times that of the lowest rung.
    pub baseline_factor: f64,
    /// The runs, in the order in which they were made.
    pub rungs: Vec<Rung>,
    /// Where the ladder bends.
    pub knees: Knees,
    /// The search that chose the rates; null for a ladder.
    #[serde(default)]
    pub search: Option<SearchReport>,
    /// What a spike did; null without one.
    #[serde(default)]
    pub spike: Option<SpikeRecovery>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Rung {
    /// Its rate, requests per second.
    pub rate_per_s: f64,
    /// Which repeat, from 1.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub repeat: u64,
    /// What came between this run and the next; null after the last.
    #[serde(default)]
    pub recovery: Option<Recovery>,
    /// Its result: a complete `rpsbench.result/1`.
    pub result: Summary,
}

/// How long the service took to be as fast as at the lowest rate again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Recovery {
    /// Whether it was, within the time allowed.
    pub recovered: bool,
    /// How long that was waited for, in seconds.
    pub waited_s: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SearchReport {
    /// The highest rate that was held, or the lower end of the interval of the knee; null where there is none.
    pub lower_per_s: Option<f64>,
    /// The lowest rate above it that was not, or the upper end of the interval of the knee; null where there is none.
    pub upper_per_s: Option<f64>,
    /// The knee, as all trials together show it; null by votes, and where no good and no bad trial were seen.
    #[serde(default)]
    pub knee: Option<KneeEstimate>,
    /// A longer trial at the lower end was good.
    #[serde(default)]
    pub confirmed: bool,
    /// Trials that voted.
    pub trials: u64,
    /// Trials that the generator spoiled.
    pub void_trials: u64,
    /// How long it took, in seconds.
    pub time_s: f64,
    /// Why it ended, as a stable name such as `search.found`; empty where the document is older than such names.
    #[serde(default)]
    pub code: String,
    /// Why it ended, in words.
    pub reason: String,
    /// The answer with its evidence, in words.
    pub words: String,
    /// The votes on each rate, from low to high.
    pub loads: Vec<LoadVotes>,
}

/// Where the knee lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct KneeEstimate {
    /// Lower end of the interval, requests per second.
    pub low_per_s: f64,
    /// The rate that the knee lies above as likely as below.
    pub likely_per_s: f64,
    /// Upper end of the interval.
    pub high_per_s: f64,
    /// How often such an interval holds the knee, of 1.
    pub confidence: f64,
}

/// The votes on one rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LoadVotes {
    /// The rate.
    pub rate_per_s: f64,
    /// Trials that met the objectives.
    pub good: u64,
    /// Trials that did not.
    pub bad: u64,
    /// Trials that the generator spoiled.
    pub void: u64,
}

impl Rung {
    /// Whether the generator spoiled it, so that it says nothing of the service.
    pub(crate) fn is_void(&self) -> bool {
        self.result.verdict.generator == GeneratorVerdict::Invalid
    }
}

impl Sweep {
    /// The same with the search that chose the rates: its bounds are the knee of the objectives.
    #[must_use]
    pub(crate) fn with_search(mut self, search: SearchReport) -> Self {
        self.knees.slo = Some(Knee { holds_per_s: search.lower_per_s, fails_per_s: search.upper_per_s });
        self.search = Some(search);
        self
    }

    /// Runs and what they show.
    pub(crate) fn new(rungs: Vec<Rung>, knees: Knees, baseline_factor: f64, interrupted: bool) -> Self {
        Self {
            schema: SWEEP_SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: rungs.first().map_or_else(String::new, |rung| rung.result.started_at.clone()),
            interrupted,
            baseline_factor,
            knees,
            rungs,
            search: None,
            spike: None,
        }
    }
}

/// Where a ladder bends: the highest rung that is still on the near side, and the lowest on the far side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Knee {
    /// The highest rung on the near side; null where already the lowest rung is beyond the knee.
    pub holds_per_s: Option<f64>,
    /// The lowest rung on the far side; null where no rung is beyond the knee.
    pub fails_per_s: Option<f64>,
}

/// The knees of a ladder. None is an exact rate: each lies between two rungs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Knees {
    /// The highest rate at which all objectives are met; null without objectives.
    pub slo: Option<Knee>,
    /// The first rate at which the service falls behind.
    pub saturation: Option<Knee>,
    /// The rate at which throughput / response time is highest (L. Kleinrock's power, 1979).
    pub power: Option<Knee>,
    /// The first rate at which the response time is so many times that of the lowest rung.
    pub baseline: Option<Knee>,
    /// Which percentile of the response time the baseline knee compares: p50 where a rung has too few requests for a p99;
    /// null without a baseline knee.
    #[serde(default, with = "by_name")]
    #[cfg_attr(test, schemars(with = "Option<String>", extend("enum" = super::schema_values::baselines())))]
    pub baseline_figure: Option<Figure>,
}

/// What a spike did to the response time. Percentiles are over all arrivals due, as everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SpikeRecovery {
    /// p99 (or the percentile named in `figure`) while the first rate was held, in milliseconds.
    pub before_ms: f64,
    /// The highest in any window from the spike on; null where arrivals without a good answer reach into it.
    pub worst_ms: Option<f64>,
    /// From the end of the spike to the end of the first window in which it is within 10 % of before; null: not until the
    /// end of the run.
    pub recovered_after_s: Option<f64>,
    /// How long the service was watched after the spike.
    pub watched_s: f64,
    /// Length of a window: as many seconds as the percentile needs arrivals.
    pub window_s: f64,
    /// Which percentile: `p99`, or a lower one where there are too few arrivals for it.
    pub figure: String,
}

/// Figures that documents call by their name alone: `p99`.
pub(crate) mod by_name {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::Figure;

    pub(crate) fn serialize<S: Serializer>(figure: &Option<Figure>, to: S) -> Result<S::Ok, S::Error> {
        match figure {
            Some(figure) => to.collect_str(figure),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Figure>, D::Error> {
        let name = Option::<String>::deserialize(from)?;
        name.map(|name| name.parse().map_err(de::Error::custom)).transpose()
    }
}
