//! Single arrivals as the result shows them.

use serde::{Deserialize, Serialize};

use super::endpoint::EndpointFacts;
use super::step::StepFacts;
use crate::measure::{Exemplar, Exemplars, Outcome, Redact, millis};

/// One arrival in full: one of the slowest good answers, or one of the first failures of its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SampleRecord {
    /// `slow`, or how it failed: `throttled`, `unexpected_body`, `http_503`, `timeout`, `reset`, ...
    #[cfg_attr(test, schemars(extend("pattern" = super::schema_values::kinds_of_samples())))]
    pub kind: String,
    /// Its place in the measured schedule, from 0.
    pub index: u64,
    /// Its intended time, in seconds since the start of the measurement.
    pub intended_s: f64,
    /// Response time, from the intended time to the end, milliseconds: the sum of the next four.
    pub response_ms: f64,
    /// The client's own lateness, milliseconds.
    pub send_lag_ms: f64,
    /// Wait for the concurrency cap, milliseconds.
    pub slot_wait_ms: f64,
    /// Wait for a new connection, milliseconds.
    pub connect_ms: f64,
    /// From the actual send to the end, milliseconds.
    pub service_ms: f64,
    /// From the actual send to the head of the answer, milliseconds; null without a complete answer.
    pub first_byte_ms: Option<f64>,
    /// HTTP status; null without a complete answer.
    #[cfg_attr(test, schemars(range(min = 100, max = 999)))]
    pub status: Option<u16>,
    /// Name of the endpoint; null where there is only one.
    pub endpoint: Option<String>,
    /// The step of its session that it ended with; absent where it was one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The data row that the request was made from, counted from 1; null where there is no data.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub row: Option<u64>,
    /// Trace id (W3C Trace Context), 32 hexadecimal digits; null where none was sent.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{32}$")))]
    pub trace_id: Option<String>,
    /// Headers of the answer, redacted: at most 64, with at most 1 KiB of each value.
    #[cfg_attr(test, schemars(length(max = 64)))]
    pub headers: Vec<HeaderRecord>,
    /// The first 1 KiB of the answer's body, redacted.
    pub body: String,
    /// Whether the body went on.
    pub body_truncated: bool,
    /// Why it failed, in words; null for a complete answer.
    pub error: Option<String>,
}

/// One header of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HeaderRecord {
    /// Its name.
    pub name: String,
    /// What may be shown of its value.
    pub value: String,
}

impl SampleRecord {
    /// The records of all arrivals kept: the slowest first, then the failures kind by kind. `origin_ns` is when the
    /// measurement started, on the run's clock.
    pub(super) fn all(
        exemplars: &Exemplars,
        endpoints: &[EndpointFacts],
        steps: &[StepFacts],
        origin_ns: u64,
        redact: &dyn Redact,
    ) -> Vec<Self> {
        let slow = exemplars.slow().iter().map(|exemplar| ("slow".to_owned(), exemplar));
        let failures = exemplars
            .failures()
            .flat_map(|(kind, kept)| kept.iter().map(move |exemplar| (kind.to_string(), exemplar)));
        slow.chain(failures)
            .filter_map(|(kind, exemplar)| Self::new(kind, exemplar, endpoints, steps, origin_ns, redact))
            .collect()
    }

    /// `None` for an arrival that was never sent.
    fn new(
        kind: String,
        exemplar: &Exemplar,
        endpoints: &[EndpointFacts],
        steps: &[StepFacts],
        origin_ns: u64,
        redact: &dyn Redact,
    ) -> Option<Self> {
        let Exemplar { sample, detail } = exemplar;
        let (slot, timeline) = (sample.slot, sample.timeline?);
        let status = match sample.outcome {
            Outcome::Ok { status } | Outcome::HttpError { status, .. } => Some(status),
            _ => None,
        };
        let headers = detail.headers.iter().map(|(name, value)| HeaderRecord {
            name: name.clone(),
            value: redact.header(detail.sent(), name, value),
        });
        let endpoint = endpoints.get(sample.endpoint as usize).filter(|_| endpoints.len() > 1);
        let body = &detail.body;
        Some(Self {
            kind,
            index: slot.index,
            intended_s: slot.intended_ns.saturating_sub(origin_ns) as f64 / 1e9,
            response_ms: millis(timeline.response_ns(slot)),
            send_lag_ms: millis(timeline.send_lag_ns(slot)),
            slot_wait_ms: millis(timeline.slot_wait_ns()),
            connect_ms: millis(timeline.connect_ns()),
            service_ms: millis(timeline.service_ns()),
            first_byte_ms: status.map(|_| millis(timeline.time_to_first_byte_ns())),
            status,
            endpoint: endpoint.map(|endpoint| endpoint.name.clone()),
            step: detail.step.and_then(|place| steps.get(place as usize)).map(|step| step.name.clone()),
            row: detail.row,
            trace_id: detail.trace_id.map(|id| format!("{id:032x}")),
            headers: headers.collect(),
            body: if body.is_empty() { String::new() } else { redact.body(detail.sent(), body) },
            body_truncated: detail.body_bytes.unwrap_or(sample.body_bytes) > body.len() as u64,
            error: detail.error.clone(),
        })
    }
}
