//! A run whose rate changes, phase by phase, as documents have it.

use serde::{Deserialize, Serialize};

use super::phase_facts::PhaseFacts;
use super::stats::LatencyStats;
use super::verdict::Conclusion;

/// What became of a phase: of the arrivals that were due in it, told from the intervals of the series that have their middle
/// in it, so that times are to 1 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseSummary {
    /// As it was planned; its fields stand beside the others.
    #[serde(flatten)]
    pub plan: PhaseFacts,
    /// Arrivals due.
    pub offered: u64,
    /// Of those, sent.
    pub sent: u64,
    /// Of those, completely answered, then or later.
    pub completed: u64,
    /// Of those, well answered.
    pub ok: u64,
    /// Of those, not sent because the cap was full.
    pub overflow: u64,
    /// Arrivals due, per second.
    pub offered_per_s: f64,
    /// Requests that ended while it lasted, per second: those due, less those not sent, less the growth of what was under way.
    pub ended_per_s: f64,
    /// Requests in flight and arrivals waiting for the cap at its end.
    pub backlog_end: u64,
    /// Response times over all arrivals due.
    pub response: LatencyStats,
    /// What it amounts to; null where nothing was due in it.
    pub result: Option<Conclusion>,
    /// The evidence for that.
    #[serde(default)]
    pub evidence: String,
}
