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

mod comparison;
mod connections;
mod difference;
mod document;
mod endpoint;
mod error;
mod figure;
mod histograms;
mod knee;
mod latency;
mod plan_facts;
mod queueing;
mod rates;
mod read;
mod reading;
mod runs;
mod sample_record;
mod seconds;
mod series;
mod slo_result;
mod spike;
mod stats;
mod summary;
mod sweep;
mod verdict;

pub use comparison::{COMPARE_SCHEMA, Comparison, letter};
pub use connections::{ConnectionKind, Connections};
pub use difference::{Bound, Difference, FigureDifference, Judgement, Noise, NoiseVerdict};
pub use document::Document;
pub use endpoint::{EndpointFacts, EndpointSummary};
pub use error::SummaryError;
pub use figure::{Figure, Unit};
pub use histograms::{EndpointHistograms, Histograms};
pub use knee::{BaselineFigure, Knee, Knees};
pub use latency::Latency;
pub use plan_facts::{BurstDepth, Mode, PlanFacts, TrafficFacts};
pub use queueing::{Backlog, Queueing};
pub use rates::Rates;
pub use read::{ReadError, read_result};
pub use reading::{Loop, Reading, TimedFrom, Times, target_label};
pub use runs::{NamedRun, RUNS_SCHEMA, Runs, Spread, name_of};
pub use sample_record::{HeaderRecord, SampleRecord};
pub use seconds::Seconds;
pub use series::{Series, SeriesRow};
pub use slo_result::SloResult;
pub use spike::SpikeRecovery;
pub use stats::LatencyStats;
pub use summary::{ErrorCount, RunFacts, SCHEMA, Summary, Tool, WarmupSummary};
pub use sweep::{LoadVotes, Recovery, Rung, SWEEP_SCHEMA, SearchReport, Sweep};
pub use verdict::{GeneratorVerdict, ServiceVerdict, Verdict};
