//! What is said to shard 0, and its answers to questions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::result::PlanFacts;

/// What a shard was told to do. All shards of a run were told the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The version of rpsbench.
    pub version: String,
    /// The command and the settings that decide which runs there are, each by the name of its flag. Of an earlier version:
    /// none.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// The plan of the whole; where there are several runs, of one of them.
    pub plan: PlanFacts,
    /// The objectives.
    pub slos: Vec<String>,
    /// Whether a run without one of the shards is worth nothing: then a lost one ends all.
    #[serde(default)]
    pub needs_all: bool,
}

impl Told {
    /// In what another differs.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        if self.version != other.version {
            return Some(format!("rpsbench is {} and {}", self.version, other.version));
        }
        self.different_setting(other)
            .or_else(|| crate::shard::merge::difference(&self.plan, &other.plan))
            .or_else(|| {
                (self.slos != other.slos).then(|| format!("objectives {:?} and {:?}", self.slos, other.slos))
            })
    }

    fn different_setting(&self, other: &Self) -> Option<String> {
        let value =
            |told: &Self, name: &str| told.settings.get(name).map_or("not given", |text| text).to_owned();
        // Of two commands all settings differ, and what matters is that they are two.
        std::iter::once("command")
            .chain(self.settings.keys().chain(other.settings.keys()).map(String::as_str))
            .map(|name| (name, value(self, name), value(other, name)))
            .find(|(_, one, other)| one != other)
            .map(|(name, one, other)| format!("{name} is {one} and {other}"))
    }
}

/// `POST /join`
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Join {
    pub index: u64,
    pub count: u64,
    pub told: Told,
    /// The highest rate that this machine holds its schedule at, requests per second, where that was found out.
    #[serde(default)]
    pub ceiling_per_s: Option<f64>,
}

/// `GET /clock`: nanoseconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ClockReading {
    pub now_ns: u64,
}

/// Any answer that is no good news.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub error: String,
}
