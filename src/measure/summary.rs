//! The result of a run: the document `rpsbench.result/1`, and all that a reporter sees.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::endpoint::{Window, status_codes};
use super::{
    Account, Backlog, Bad, ConnectionLog, Connections, EncodingError, EndpointFacts, EndpointSummary,
    ErrorKind, Histograms, Imbalance, LatencyStats, Ledger, PlanFacts, Queueing, Rates, Recorder, Redact,
    SampleRecord, SeriesRow, SloResult, Verdict,
};

/// The schema that this version writes and reads.
pub const SCHEMA: &str = "rpsbench.result/1";

/// One run's result. Units are in the names; a figure that the sample cannot support is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: String,
    /// What wrote the document.
    pub tool: Tool,
    /// When the schedule started, RFC 3339 in UTC.
    pub started_at: String,
    /// Whether the run was cut short by a signal.
    pub interrupted: bool,
    /// What was asked for.
    pub plan: PlanFacts,
    /// What became of every planned arrival.
    pub ledger: Ledger,
    /// Rates over the measured window.
    pub rates: Rates,
    /// Times.
    pub latency: Latency,
    /// What queueing added.
    pub queueing: Queueing,
    /// What it amounts to.
    pub verdict: Verdict,
    /// The objectives.
    #[serde(default)]
    pub slos: Vec<SloResult>,
    /// Answers by HTTP status.
    pub status_codes: BTreeMap<String, u64>,
    /// Failures by kind.
    pub errors: Vec<ErrorCount>,
    /// What the connections did.
    pub connections: Connections,
    /// Body bytes read in the measured phase.
    #[serde(default)]
    pub body_bytes: u64,
    /// The warm-up, which no other figure includes; null where there was none.
    #[serde(default)]
    pub warmup: Option<WarmupSummary>,
    /// Each endpoint's part, where there are several; all the figures above are over all of them.
    #[serde(default)]
    pub endpoints: Vec<EndpointSummary>,
    /// Single arrivals: the slowest good answers, and the first failures of each kind.
    #[serde(default)]
    pub samples: Vec<SampleRecord>,
    /// The run over time.
    pub series: Vec<SeriesRow>,
    /// The distributions themselves.
    pub histograms: Histograms,
}

/// What wrote a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `rpsbench`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// Times, each with its own population.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Response time over all planned arrivals that became due: one without a good answer ranks above every good one.
    pub response: LatencyStats,
    /// Response time over good answers alone.
    pub response_ok: LatencyStats,
    /// Service time over good answers.
    pub service: LatencyStats,
    /// Client lateness over all sent arrivals.
    pub send_lag: LatencyStats,
    /// Wait for the cap over all sent arrivals.
    pub slot_wait: LatencyStats,
    /// Wait for a new connection over the arrivals that had one.
    pub connect: LatencyStats,
    /// From the actual send to the answer's head, over good answers.
    pub first_byte: LatencyStats,
}

impl Latency {
    /// The times of an account, `bad` being its arrivals without a good answer.
    pub(super) fn new(account: &Account, bad: &Bad) -> Self {
        Self {
            response: LatencyStats::censored(&account.response_ok, bad),
            response_ok: LatencyStats::of(&account.response_ok),
            service: LatencyStats::of(&account.service),
            send_lag: LatencyStats::of(&account.send_lag),
            slot_wait: LatencyStats::of(&account.slot_wait),
            connect: LatencyStats::of(&account.connect),
            first_byte: LatencyStats::of(&account.first_byte),
        }
    }
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// The kind.
    pub kind: ErrorKind,
    /// How many measured arrivals failed so.
    pub count: u64,
    /// The first of them, in words.
    pub example: String,
}

/// The warm-up, apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarmupSummary {
    /// Its ledger.
    pub ledger: Ledger,
    /// Response time over its good answers.
    pub response_ok: LatencyStats,
}

/// What a summary needs besides the recorder.
#[derive(Debug, Clone)]
pub struct RunFacts {
    /// What was asked for.
    pub plan: PlanFacts,
    /// Start of the schedule, RFC 3339.
    pub started_at: String,
    /// Cut short by a signal.
    pub interrupted: bool,
    /// Length of the measured window in nanoseconds: less than the duration when interrupted.
    pub window_ns: u64,
    /// From the start of the measurement to the last answer, in nanoseconds, where that is known.
    pub elapsed_ns: Option<u64>,
    /// Requests outstanding.
    pub backlog: Backlog,
    /// The connections.
    pub connections: ConnectionLog,
    /// The endpoints, as the workload numbers them; one or none: the result does not tell them apart.
    pub endpoints: Vec<EndpointFacts>,
    /// The run over time.
    pub series: Vec<SeriesRow>,
}

/// Why there is no summary.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The ledger does not add up.
    #[error(transparent)]
    Imbalance(#[from] Imbalance),
    /// A histogram could not be written.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl Summary {
    /// What was counted, not judged yet: without verdict and objectives. `recorder` is the merged account of all workers;
    /// `redact` decides what may be shown of the answers that were kept.
    ///
    /// # Errors
    /// [`SummaryError`] when the ledger, or that of an endpoint, does not add up: then there is no result.
    pub fn unjudged(facts: RunFacts, recorder: &Recorder, redact: &dyn Redact) -> Result<Self, SummaryError> {
        let total = recorder.total();
        let ledger = total.ledger;
        ledger.check()?;
        recorder.warmup.ledger.check()?;
        let window = Window {
            duration_s: facts.plan.duration_s,
            window_s: facts.window_ns as f64 / 1e9,
            elapsed_s: facts.elapsed_ns.map(|nanos| nanos as f64 / 1e9),
            timeout_ns: (facts.plan.timeout_s * 1e9) as u64,
        };
        let bad = total.bad(window.timeout_ns);
        let latency = Latency::new(&total, &bad);
        let rates = Rates::new(&total, window);
        Ok(Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: facts.started_at,
            interrupted: facts.interrupted,
            rates,
            queueing: Queueing::new(&latency, facts.backlog, &facts.series),
            latency,
            verdict: Verdict::default(),
            slos: Vec::new(),
            status_codes: status_codes(&total),
            errors: recorder
                .errors
                .iter()
                .map(|(kind, (count, example))| ErrorCount {
                    kind: *kind,
                    count: *count,
                    example: example.clone(),
                })
                .collect(),
            connections: Connections::of(&facts.connections),
            body_bytes: total.body_bytes,
            warmup: (facts.plan.warmup_s > 0.0).then(|| WarmupSummary {
                ledger: recorder.warmup.ledger,
                response_ok: LatencyStats::of(&recorder.warmup.response_ok),
            }),
            endpoints: EndpointSummary::all(&facts.endpoints, recorder, &ledger, window)?,
            samples: SampleRecord::all(
                recorder.exemplars(),
                &facts.endpoints,
                recorder.intervals.origin_ns(),
                redact,
            ),
            plan: facts.plan,
            ledger,
            series: facts.series,
            histograms: Histograms::new(&total)?,
        })
    }
}
