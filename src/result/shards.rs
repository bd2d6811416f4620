//! Results of several machines: what a shard's result has besides, and what a merged result says of its shards.

use serde::{Deserialize, Serialize};

use super::endpoint::EndpointFacts;
use super::stats::LatencyStats;
use super::step::StepFacts;
use super::summary::RunFacts;
use super::verdict::GeneratorVerdict;
use crate::measure::{ConnectionLog, Ledger, Recorder, Redact, SavedRecorder};

/// What a line begins with that holds a part of a result.
pub(crate) const PART_MARK: &str = "rpsbench-part ";

/// CRC-32 of a piece, by which a line is known that was cut or mixed with another.
pub(crate) fn part_checksum(piece: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(piece.as_bytes());
    crc.sum()
}

/// Which part of a schedule a result is of. Its plan is that of the whole schedule, all its other figures are the shard's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShardRecord {
    /// Its number, from 0.
    pub index: u64,
    /// How many shards there are.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub count: u64,
    /// Where index and count came from: `--shard`, or the variables of an engine.
    pub from: String,
    /// When its schedule started, microseconds since 1970 by its own clock.
    pub started_at_us: u64,
    /// How far the clock of shard 0 was ahead of this one's, in microseconds; null where they were not compared.
    #[serde(default)]
    pub clock_offset_us: Option<f64>,
    /// By how much that may be wrong: half the round trip, in microseconds.
    #[serde(default)]
    pub clock_error_us: Option<f64>,
    /// What the shard counted, so that `rpsbench merge` can add it up without loss. Its form may change.
    #[cfg_attr(test, schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub account: Box<ShardAccount>,
}

/// What a shard counted, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShardAccount {
    pub(crate) recorder: SavedRecorder,
    pub(crate) connections: ConnectionLog,
    pub(crate) window_ns: u64,
    pub(crate) elapsed_ns: Option<u64>,
    pub(crate) endpoints: Vec<EndpointFacts>,
    /// The steps of sessions, as the workload numbers them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<StepFacts>,
}

impl ShardAccount {
    /// Of a run that is over.
    pub(crate) fn of(facts: &RunFacts, recorder: &Recorder, redact: &dyn Redact) -> Self {
        Self {
            recorder: recorder.saved(redact),
            connections: facts.connections.clone(),
            window_ns: facts.window_ns,
            elapsed_ns: facts.elapsed_ns,
            endpoints: facts.endpoints.clone(),
            steps: facts.steps.clone(),
        }
    }
}

/// The shards that a result was merged from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MergedShards {
    /// How many shards the schedule had.
    pub count: u64,
    /// Those whose results are not in it.
    pub missing: Vec<u64>,
    /// Whether the result counts without them.
    pub is_allowed_to_miss: bool,
    /// How far apart the first and the last of them started, in milliseconds, by the clocks as they were compared.
    pub start_spread_ms: f64,
    /// What else is to be known of the merge, in words.
    pub notes: Vec<String>,
    /// Each shard by itself, so that one bad client is seen.
    pub shards: Vec<ShardSummary>,
}

/// One shard of a merged result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShardSummary {
    /// Its number, from 0.
    pub index: u64,
    /// Where that came from.
    pub from: String,
    /// What became of its arrivals.
    pub ledger: Ledger,
    /// Response times over its planned arrivals that became due.
    pub response: LatencyStats,
    /// Send lags of its sent arrivals.
    pub send_lag: LatencyStats,
    /// Whether it did its part.
    pub generator: GeneratorVerdict,
    /// What speaks for that, or against it.
    pub evidence: String,
    /// How long after the first shard it started, in milliseconds.
    pub start_offset_ms: f64,
    /// How far the clock of shard 0 was ahead of its own, in microseconds; null where they were not compared.
    pub clock_offset_us: Option<f64>,
    /// By how much that may be wrong, in microseconds.
    pub clock_error_us: Option<f64>,
}
