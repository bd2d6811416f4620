//! What happened: pure accounting, no clock and no network.
//!
//! Each arrival ends as one [`Sample`]. A [`Recorder`] (one for each worker, nothing shared) counts it in the
//! [`Account`] of its endpoint: in the [`Ledger`] and in one [`Distribution`] for each part of its time. Recorders merge
//! when the run is over, and the accounts of the endpoints add up to the total. [`Exemplars`] are the few arrivals that
//! are kept whole.
//! [`Summary`] is what the merged recorder amounts to, with its [`Verdict`]: the result document
//! `rpsbench.result/1`, and all that a reporter sees.

mod account;
mod closed_loop;
mod connection_summary;
mod connections;
mod distribution;
mod encoding;
mod endpoint;
mod exemplar;
mod exemplars;
mod histograms;
mod interval;
mod judge_generator;
mod judge_service;
mod ledger;
mod modelled;
mod phrases;
mod plan_facts;
mod quantile;
mod queueing;
mod rates;
mod recorder;
mod recovery;
mod runs;
mod sample;
mod sample_record;
mod saturation;
mod series;
mod slo;
mod slo_result;
mod spike_recovery;
mod stats;
mod sum_up;
mod summary;
#[cfg(test)]
mod test_samples;
mod verdict;

pub use account::Account;
pub use closed_loop::{Saturation, Stage, Stages};
pub use connection_summary::{ConnectionKind, Connections};
pub use connections::{ConnectionLog, Opened, Protocol, TlsFacts, TlsOpened};
pub use distribution::{Distribution, HIGHEST_NS, LOWEST_NS};
pub use encoding::{EncodingError, decode_histogram, encode_histogram, encode_interval};
pub use endpoint::{EndpointFacts, EndpointSummary};
pub use exemplar::{Detail, MAX_KEPT_BYTES, Redact, Withhold};
pub use exemplars::{Exemplar, Exemplars, FailureKind};
pub use histograms::{EndpointHistograms, Histograms};
pub use interval::{Interval, IntervalLog};
pub use ledger::{Imbalance, Ledger};
pub use modelled::Modelled;
pub use plan_facts::{BurstDepth, Mode, PlanFacts, TrafficFacts};
pub use quantile::Quantile;
pub use queueing::{Backlog, Queueing};
pub use rates::Rates;
pub use recorder::{Accounting, Recorder, Warmup};
pub use recovery::spike_recovery;
pub use runs::{NamedRun, RUNS_SCHEMA, Runs, Spread, name_of};
pub use sample::{ErrorKind, HttpFault, Outcome, Sample, Timeline};
pub use sample_record::{HeaderRecord, SampleRecord};
pub use saturation::{Observed, Overload, Sign};
pub use series::{Series, SeriesRow};
pub use slo::{Slo, SloError};
pub use slo_result::SloResult;
pub use spike_recovery::SpikeRecovery;
pub use stats::{Bad, LatencyStats};
pub use sum_up::sum_up;
pub use summary::{ErrorCount, Latency, RunFacts, SCHEMA, Summary, SummaryError, Tool, WarmupSummary};
pub use verdict::{GeneratorVerdict, ServiceVerdict, Verdict};

/// Nanoseconds as milliseconds, for results; exact to the nanosecond.
pub fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}
