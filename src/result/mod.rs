//! The documents: what is saved, read back and reported.
//!
//! ```text
//! Recorder -> Summary            rpsbench.result/1     one run
//!             Runs               rpsbench.runs/1       stages, repeats
//!             Sweep              rpsbench.sweep/1      rates, and where they bend
//!             Comparison         rpsbench.compare/1    readings side by side
//! bytes    -> Document::read     any of them
//! ```
//!
//! A document is data. What it means is decided above: by [`judge`](crate::judge) for a run, by
//! [`ladder`](crate::ladder) and [`search`](crate::search) for a sweep, by [`compare`](crate::compare) for a comparison.

mod client;
mod comparison;
mod connections;
mod counted_by;
mod difference;
mod document;
mod endpoint;
mod figure;
mod histograms;
mod interval;
mod phase_facts;
mod phase_run;
mod phases;
mod plan_facts;
mod queueing;
mod rates;
mod read;
mod reading;
mod runs;
mod sample_record;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod schema_values;
mod seconds;
mod series;
mod server_timing;
mod shards;
mod sizes;
mod slo_result;
mod stats;
mod step;
mod summary;
mod sweep;
mod times;
mod unit;
mod verdict;

pub use client::ClientLoad;
#[cfg(test)]
pub(crate) use comparison::COMPARE_UNCODED;
pub(crate) use comparison::{COMPARE_SCHEMA, Comparison, Remark, letter};
pub(crate) use connections::ConnectionKind;
pub(crate) use difference::{Bound, Difference, FigureDifference, Judgement, Noise, NoiseVerdict};
pub(crate) use document::{Document, DocumentRef, Kind};
pub(crate) use endpoint::{EndpointFacts, EndpointSummary, SummaryError};
pub(crate) use figure::{Better, Counted, Figure};
pub(crate) use interval::ResponseInterval;
pub(crate) use phase_facts::PhaseFacts;
pub(crate) use phase_run::PhaseRun;
pub(crate) use phases::PhaseSummary;
pub use plan_facts::BurstDepth;
pub(crate) use plan_facts::{Mode, PlanFacts, TrafficFacts};
pub use queueing::Backlog;
pub(crate) use rates::Rates;
pub(crate) use read::{ReadError, read_result};
pub(crate) use reading::{Loop, Reading, TimedFrom, target_label};
pub(crate) use runs::{NamedRun, RUNS_SCHEMA, Runs, Spread, name_of};
pub(crate) use sample_record::SampleRecord;
pub(crate) use seconds::Seconds;
pub use series::Series;
pub(crate) use series::SeriesRow;
pub(crate) use step::{StepFacts, StepSummary};

pub(crate) use shards::{MergedShards, PART_MARK, ShardAccount, ShardRecord, ShardSummary, part_checksum};
pub(crate) use sizes::{AnswerSizes, SizeStats};
pub(crate) use slo_result::{Loss, SloResult};
pub(crate) use stats::Latency;
pub use stats::LatencyStats;
#[cfg(test)]
pub(crate) use summary::ErrorCount;
pub use summary::RunFacts;
pub(crate) use summary::{SESSION, Summary, Tool};
pub(crate) use sweep::{
    Knee, KneeEstimate, Knees, LoadVotes, Recovery, Rung, SearchReport, SpikeRecovery, Sweep,
};
pub(crate) use times::Times;
pub(crate) use unit::{Unit, quantity};
pub use verdict::Conclusion;
pub use verdict::ServiceVerdict;
#[cfg(test)]
pub(crate) use verdict::{GENERATOR_UNCODED, SERVICE_UNCODED};
pub(crate) use verdict::{GeneratorVerdict, Reason, Subject, Verdict};
