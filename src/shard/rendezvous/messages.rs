//! What is said at the rendezvous.

use serde::{Deserialize, Serialize};

use crate::result::PlanFacts;

/// What a shard was told to do. All shards of a run were told the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The version of rpsbench.
    pub version: String,
    /// The plan of the whole.
    pub plan: PlanFacts,
    /// The objectives.
    pub slos: Vec<String>,
}

impl Told {
    /// In what another differs.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        if self.version != other.version {
            return Some(format!("rpsbench is {} and {}", self.version, other.version));
        }
        crate::shard::merge::difference(&self.plan, &other.plan).or_else(|| {
            (self.slos != other.slos).then(|| format!("objectives {:?} and {:?}", self.slos, other.slos))
        })
    }
}

/// `POST /join`
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Join {
    pub index: u64,
    pub count: u64,
    pub told: Told,
}

/// The answer to it: when to start, nanoseconds since 1970 by the host's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Agreed {
    pub start_ns: u64,
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
