//! The result of a run: the document `rpsbench.result/1`, and all that a reporter sees.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Backlog, ConnectionLog, Distribution, EncodingError, ErrorKind, Imbalance, LatencyStats, Ledger,
    PlanFacts, Queueing, Rates, Recorder, SeriesRow, Slo, SloResult, Verdict, encode_histogram,
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

/// What the connections did, warm-up included: they outlive it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// Connections opened.
    pub opened: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Connections that were gone when they were to be used again.
    pub dead_when_reused: u64,
    /// Requests sent a second time because of that. Each is one arrival still.
    pub retries: u64,
    /// Most connections open at once; with several threads the sum of each thread's peak.
    pub peak: u64,
}

impl Connections {
    fn of(log: &ConnectionLog) -> Self {
        Self {
            opened: log.opened,
            failed: log.failed,
            dead_when_reused: log.dead_when_reused,
            retries: log.retries,
            peak: log.peak,
        }
    }
}

/// The warm-up, apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarmupSummary {
    /// Its ledger.
    pub ledger: Ledger,
    /// Response time over its good answers.
    pub response_ok: LatencyStats,
}

/// HdrHistogram V2 with DEFLATE in base64; values in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histograms {
    /// All arrivals due; those without a good answer stand at the highest value, one hour.
    pub response: String,
    /// Good answers.
    pub response_ok: String,
    /// Good answers.
    pub service: String,
    /// Sent arrivals.
    pub send_lag: String,
    /// Sent arrivals.
    pub slot_wait: String,
    /// Arrivals that waited for a new connection.
    pub connect: String,
    /// Good answers.
    pub first_byte: String,
}

/// What a summary needs besides the recorder.
#[derive(Debug, Clone)]
pub struct RunFacts {
    /// What was asked for.
    pub plan: PlanFacts,
    /// The objectives.
    pub slos: Vec<Slo>,
    /// Start of the schedule, RFC 3339.
    pub started_at: String,
    /// Cut short by a signal.
    pub interrupted: bool,
    /// Length of the measured window in nanoseconds: less than the duration when interrupted.
    pub window_ns: u64,
    /// Requests outstanding.
    pub backlog: Backlog,
    /// The connections.
    pub connections: ConnectionLog,
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
    /// Sums up a run. `recorder` is the merged account of all workers.
    ///
    /// # Errors
    /// [`SummaryError`] when the ledger does not add up: then there is no result.
    pub fn new(facts: RunFacts, recorder: &Recorder) -> Result<Self, SummaryError> {
        let ledger = recorder.ledger;
        ledger.check()?;
        recorder.warmup.ledger.check()?;
        let bad = recorder.bad((facts.plan.timeout_s * 1e9) as u64);
        let window_s = facts.window_ns as f64 / 1e9;
        let latency = Latency {
            response: LatencyStats::censored(&recorder.response_ok, &bad),
            response_ok: LatencyStats::of(&recorder.response_ok),
            service: LatencyStats::of(&recorder.service),
            send_lag: LatencyStats::of(&recorder.send_lag),
            slot_wait: LatencyStats::of(&recorder.slot_wait),
            connect: LatencyStats::of(&recorder.connect),
            first_byte: LatencyStats::of(&recorder.first_byte),
        };
        let rates = Rates::new(&ledger, facts.plan.duration_s, window_s, recorder);
        let achieved = rates.sent_per_s / rates.offered_per_s;
        let mut summary = Self {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            started_at: facts.started_at,
            interrupted: facts.interrupted,
            rates,
            queueing: Queueing::new(&latency, facts.backlog, &facts.series),
            latency,
            verdict: Verdict::default(),
            slos: facts
                .slos
                .iter()
                .map(|slo| slo.judge(&recorder.response_ok, &ledger, &bad, achieved))
                .collect(),
            status_codes: recorder.status_codes.iter().map(|(status, n)| (status.to_string(), *n)).collect(),
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
            body_bytes: recorder.body_bytes,
            warmup: (facts.plan.warmup_s > 0.0).then(|| WarmupSummary {
                ledger: recorder.warmup.ledger,
                response_ok: LatencyStats::of(&recorder.warmup.response_ok),
            }),
            plan: facts.plan,
            ledger,
            series: facts.series,
            histograms: Histograms::new(recorder)?,
        };
        summary.verdict = Verdict::of(&summary);
        Ok(summary)
    }
}

impl Histograms {
    fn new(recorder: &Recorder) -> Result<Self, EncodingError> {
        let text = |times: &Distribution| encode_histogram(times.histogram());
        let mut response = recorder.response_ok.histogram().clone();
        response
            .record_n(super::HIGHEST_NS, recorder.ledger.bad())
            .map_err(|error| EncodingError::Format(error.to_string()))?;
        Ok(Self {
            response: encode_histogram(&response)?,
            response_ok: text(&recorder.response_ok)?,
            service: text(&recorder.service)?,
            send_lag: text(&recorder.send_lag)?,
            slot_wait: text(&recorder.slot_wait)?,
            connect: text(&recorder.connect)?,
            first_byte: text(&recorder.first_byte)?,
        })
    }
}
