//! Four knees, which people call by the same name, as a sweep tells of them.

use serde::{Deserialize, Serialize};

use super::figure::{Figure, by_name};

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
    #[cfg_attr(test, schemars(with = "Option<String>", extend("enum" = super::schema::baselines())))]
    pub baseline_figure: Option<Figure>,
}
