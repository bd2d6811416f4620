//! The result of a run: the document `rpsbench.result/1`, and all that a reporter sees.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::verdict::backlog_growth_per_s;
use super::{
    Distribution, EncodingError, ErrorKind, Imbalance, LatencyStats, Ledger, Recorder, SeriesRow, Slo,
    SloResult, Verdict, encode_histogram,
};
use crate::schedule::Arrivals;

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

/// Where arrivals come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// From a schedule, whatever the answers do.
    Open,
    /// From users, each waiting for its last answer.
    Closed,
}

/// Depth of the token bucket: how many tokens a late client may use at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "BurstText", try_from = "BurstText")]
pub enum BurstDepth {
    /// All: late requests are sent late.
    All,
    /// This many: what the bucket cannot hold is missed.
    Tokens(u32),
}

/// How a [`BurstDepth`] is written: `"all"` or a number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum BurstText {
    Word(String),
    Tokens(u32),
}

impl From<BurstDepth> for BurstText {
    fn from(depth: BurstDepth) -> Self {
        match depth {
            BurstDepth::All => Self::Word("all".to_owned()),
            BurstDepth::Tokens(tokens) => Self::Tokens(tokens),
        }
    }
}

impl TryFrom<BurstText> for BurstDepth {
    type Error = String;

    fn try_from(text: BurstText) -> Result<Self, String> {
        match text {
            BurstText::Tokens(tokens) if tokens > 0 => Ok(Self::Tokens(tokens)),
            BurstText::Word(word) if word == "all" => Ok(Self::All),
            _ => Err("burst is \"all\" or a number above 0".to_owned()),
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanFacts {
    /// Open or closed loop.
    pub mode: Mode,
    /// Total rate.
    pub rate_per_s: f64,
    /// Length of the measured phase.
    pub duration_s: f64,
    /// Spacing of the arrivals.
    pub arrivals: Arrivals,
    /// Seed of the random arrivals.
    pub seed: u64,
    /// Depth of the token bucket.
    pub burst: BurstDepth,
    /// The concurrency cap.
    pub max_in_flight: u64,
    /// What an arrival does that finds the cap full: `drop` or `queue`.
    pub overflow: String,
    /// How many arrivals may wait for the cap.
    pub queue: u64,
    /// Worker threads.
    pub threads: u64,
    /// Length of the warm-up.
    pub warmup_s: f64,
    /// Longest service time before a request counts as timed out.
    pub timeout_s: f64,
    /// Longest response time before a good answer counts as late.
    pub deadline_s: Option<f64>,
    /// Longest wait for the last answers.
    pub drain_s: f64,
    /// Whether connections are kept for the next request.
    pub keepalive: bool,
    /// New connections per second at most.
    pub connect_rate_per_s: Option<f64>,
    /// Request method.
    pub method: String,
    /// Where the requests went, without host and query.
    pub target: String,
    /// Length of an interval of the series.
    pub series_interval_s: f64,
}

/// Rates over the measured window: the planned duration, less when the run was interrupted, more when the client could
/// not send as fast as planned. The offered rate is the schedule's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Length of the window.
    pub window_s: f64,
    /// Arrivals that became due, per second.
    pub offered_per_s: f64,
    /// Requests handed to a connection, per second.
    pub sent_per_s: f64,
    /// Complete answers that came within the window (not in the drain after it), per second.
    pub completed_per_s: f64,
    /// Of those, good answers in time (goodput), per second.
    pub ok_per_s: f64,
    /// HTTP errors / sent; null when nothing was sent.
    pub error_rate: Option<f64>,
    /// (Timeouts + connection errors) / sent; null when nothing was sent.
    pub failure_rate: Option<f64>,
    /// Overflow / arrivals that became due: an interrupt does not dilute it.
    pub overflow_rate: f64,
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

/// What queueing added to the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queueing {
    /// Response p99 / service p99; null where either is unknown.
    pub amplification_p99: Option<f64>,
    /// Response mean / service mean.
    pub amplification_mean: Option<f64>,
    /// Names of the figures here that are only lower bounds.
    #[serde(default)]
    pub lower_bounds: Vec<String>,
    /// Most requests in flight at once, warm-up included; with several threads the sum of each thread's peak.
    pub in_flight_peak: u64,
    /// Requests in flight when the schedule ended.
    pub in_flight_end: u64,
    /// Arrivals waiting for the cap when the schedule ended.
    #[serde(default)]
    pub queued_end: u64,
    /// Slope of the backlog over the run (least squares); null for a run of one interval.
    pub backlog_growth_per_s: Option<f64>,
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
    /// Adds another worker's connections.
    pub fn merge(&mut self, other: &Self) {
        self.opened += other.opened;
        self.failed += other.failed;
        self.dead_when_reused += other.dead_when_reused;
        self.retries += other.retries;
        self.peak += other.peak;
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

/// Requests outstanding, as the workers saw them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Most in flight at once.
    pub in_flight_peak: u64,
    /// In flight at the end of the schedule.
    pub in_flight_end: u64,
    /// Waiting for the cap at the end of the schedule.
    pub queued_end: u64,
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
    pub connections: Connections,
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
            connections: facts.connections,
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

impl Rates {
    fn new(ledger: &Ledger, duration_s: f64, window_s: f64, recorder: &Recorder) -> Self {
        let over = |count: u64, seconds: f64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let per_s = |count: u64| over(count, window_s);
        let of_sent = |count: u64| (ledger.sent > 0).then(|| count as f64 / ledger.sent as f64);
        Self {
            window_s,
            offered_per_s: over(ledger.offered(), window_s.min(duration_s)),
            sent_per_s: per_s(ledger.sent),
            completed_per_s: per_s(recorder.completed_in_window),
            ok_per_s: per_s(recorder.ok_in_window),
            error_rate: of_sent(ledger.http_error),
            failure_rate: of_sent(ledger.timeout + ledger.connection_error),
            overflow_rate: if ledger.offered() == 0 {
                0.0
            } else {
                ledger.overflow as f64 / ledger.offered() as f64
            },
        }
    }
}

impl Queueing {
    fn new(latency: &Latency, backlog: Backlog, series: &[SeriesRow]) -> Self {
        let ratio = |response: Option<f64>, service: Option<f64>| {
            response
                .zip(service)
                .filter(|(_, service)| *service > 0.0)
                .map(|(response, service)| response / service)
        };
        let bounds = [("p99", "amplification_p99"), ("mean", "amplification_mean")];
        Self {
            amplification_p99: ratio(latency.response.p99_ms, latency.service.p99_ms),
            amplification_mean: ratio(latency.response.mean_ms, latency.service.mean_ms),
            lower_bounds: bounds
                .iter()
                .filter(|(figure, _)| latency.response.is_lower_bound(figure))
                .map(|(_, name)| (*name).to_owned())
                .collect(),
            in_flight_peak: backlog.in_flight_peak,
            in_flight_end: backlog.in_flight_end,
            queued_end: backlog.queued_end,
            backlog_growth_per_s: backlog_growth_per_s(series),
        }
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
