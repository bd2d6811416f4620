//! The result of a run: the document `rpsbench.result/1`, and all that a reporter sees.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::client::ClientLoad;
use super::connections::Connections;
use super::counted_by::CountOfValue;
use super::endpoint::{EndpointFacts, EndpointSummary, SummaryError, status_codes};
use super::histograms::Histograms;
use super::interval::ResponseInterval;
use super::phases::PhaseSummary;
use super::plan_facts::PlanFacts;
use super::queueing::{Backlog, Queueing};
use super::rates::{Rates, Window};
use super::sample_record::SampleRecord;
use super::series::SeriesRow;
use super::server_timing::ServerTiming;
use super::shards::{MergedShards, ShardRecord};
use super::sizes::AnswerSizes;
use super::slo_result::SloResult;
use super::stats::{Latency, LatencyStats};
use super::step::{StepFacts, StepSummary};
use super::verdict::Verdict;
use crate::measure::{ConnectionLog, ErrorKind, Ledger, Recorder, Redact, Redirects};

/// The schema that this version writes and reads.
pub(crate) const SCHEMA: &str = "rpsbench.result/1";

/// The result of one run of rpsbench. Units are in the names: _ms, _s, _per_s, _bytes; a _rate without a unit is a share of
/// 1. A figure that the sample cannot support is null. Fields may be added within this version; the names here stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// This schema and its version.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    pub schema: String,
    /// What wrote the document.
    pub tool: Tool,
    /// When the schedule started, RFC 3339 in UTC.
    pub started_at: String,
    /// Whether the run was cut short, by a signal or because it was hopeless.
    pub interrupted: bool,
    /// Why it ended by itself before its time; absent where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<String>,
    /// What was asked for.
    pub plan: PlanFacts,
    /// What became of every planned arrival.
    pub ledger: Ledger,
    /// Rates over the measured window.
    pub rates: Rates,
    /// Times, in milliseconds.
    pub latency: Latency,
    /// How sure the percentiles of the response time are; empty in results of earlier versions.
    #[serde(default)]
    pub intervals: Vec<ResponseInterval>,
    /// What queueing added to the service.
    pub queueing: Queueing,
    /// What the service itself says of its time, in `Server-Timing` headers: at most 8 metrics.
    #[serde(default)]
    pub server_timing: Vec<ServerTiming>,
    /// Good answers by the value of the header of `--count-by`, the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted_by: Vec<CountOfValue>,
    /// Whether the generator did its part, and whether the service kept up.
    pub verdict: Verdict,
    /// The objectives, and whether the run met them.
    #[serde(default)]
    pub slos: Vec<SloResult>,
    /// Each phase's part, where the rate changes; all the figures above are over all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PhaseSummary>,
    /// Complete answers by HTTP status.
    #[cfg_attr(test, schemars(extend("propertyNames" = super::schema_values::statuses())))]
    pub status_codes: BTreeMap<String, u64>,
    /// Failures by kind: of connections, and timeouts.
    pub errors: Vec<ErrorCount>,
    /// What the connections did.
    pub connections: Connections,
    /// How busy the client was; null in results of earlier versions.
    #[serde(default)]
    pub client: Option<ClientLoad>,
    /// Body bytes read in the measured phase.
    #[serde(default)]
    pub body_bytes: u64,
    /// Sizes of the bodies of good answers; without figures in results of earlier versions.
    #[serde(default)]
    pub sizes: AnswerSizes,
    /// The warm-up, which no other figure includes; null where there was none.
    #[serde(default)]
    pub warmup: Option<WarmupSummary>,
    /// Each endpoint's part, where there are several; all the figures above are over all of them.
    #[serde(default)]
    pub endpoints: Vec<EndpointSummary>,
    /// Each step of each session; the ledger, the rates and the times above are those of whole sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepSummary>,
    /// Redirects that were followed; absent where none was.
    #[serde(default, skip_serializing_if = "Redirects::is_empty")]
    pub redirects: Redirects,
    /// Single arrivals: the slowest good answers, and the first failures of each kind.
    #[serde(default)]
    pub samples: Vec<SampleRecord>,
    /// The run over time: at most 900 intervals.
    pub series: Vec<SeriesRow>,
    /// The distributions themselves, so that saved results can be added up.
    pub histograms: Histograms,
    /// Which part of a schedule this is the result of; absent where it is that of a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// The shards that it was merged from; absent where it is that of one machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<MergedShards>,
}

/// What wrote a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool {
    /// Always rpsbench.
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

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Why it ended by itself before its time.
    pub aborted: Option<String>,
    /// Length of the measured window in nanoseconds: less than the duration when interrupted.
    pub window_ns: u64,
    /// From the start of the measurement to the last answer, in nanoseconds, where that is known.
    pub elapsed_ns: Option<u64>,
    /// The service time with one request at a time, where it was measured.
    pub idle: Option<LatencyStats>,
    /// Requests outstanding.
    pub backlog: Backlog,
    /// How busy the client was.
    pub client: ClientLoad,
    /// The connections.
    pub connections: ConnectionLog,
    /// The endpoints, as the workload numbers them; one or none: the result does not tell them apart.
    pub endpoints: Vec<EndpointFacts>,
    /// The steps of sessions, as the workload numbers them.
    pub steps: Vec<StepFacts>,
    /// The run over time.
    pub series: Vec<SeriesRow>,
}

/// Stands for the method where every arrival is a session.
pub(crate) const SESSION: &str = "session";

impl Summary {
    /// What one of its arrivals is, in a word.
    pub(crate) fn noun(&self) -> &'static str {
        match (self.steps.is_empty(), self.plan.method == SESSION) {
            (true, _) => "request",
            (false, true) => "session",
            // Some are sessions and some are not.
            (false, false) => "arrival",
        }
    }

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
        let bad = total.unanswered(window.timeout_ns);
        let latency = Latency::new(&total, &bad);
        let rates = Rates::new(&total, window);
        let server_timing = ServerTiming::all(recorder.server_timings(), redact);
        let total_of_the_service = ServerTiming::total(&server_timing).map(|metric| &metric.durations);
        Ok(Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: facts.started_at,
            interrupted: facts.interrupted,
            aborted: facts.aborted,
            rates,
            queueing: Queueing::new(&latency, facts.idle, total_of_the_service, facts.backlog, &facts.series),
            server_timing,
            counted_by: CountOfValue::all(recorder.counted_by(), redact),
            latency,
            intervals: Vec::new(),
            verdict: Verdict::default(),
            slos: Vec::new(),
            phases: Vec::new(),
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
            client: Some(facts.client),
            body_bytes: total.body_bytes,
            sizes: AnswerSizes::of(&total),
            warmup: (facts.plan.warmup_s > 0.0).then(|| WarmupSummary {
                ledger: recorder.warmup.ledger,
                response_ok: LatencyStats::of(&recorder.warmup.response_ok),
            }),
            endpoints: EndpointSummary::all(&facts.endpoints, recorder, &ledger, window)?,
            steps: StepSummary::all(&facts.steps, recorder),
            redirects: recorder.redirects(),
            samples: SampleRecord::all(
                recorder.exemplars(),
                &facts.endpoints,
                &facts.steps,
                recorder.intervals.origin_ns(),
                redact,
            ),
            plan: facts.plan,
            ledger,
            series: facts.series,
            histograms: Histograms::new(&total)?,
            shard: None,
            merged: None,
        })
    }
}
