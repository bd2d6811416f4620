//! What the result says of each step of a session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::endpoint::status_codes;
use super::stats::LatencyStats;
use crate::measure::Recorder;

/// What a summary needs to know of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFacts {
    /// The session's name.
    pub session: String,
    /// Its own name.
    pub name: String,
    /// Request method.
    pub method: String,
    /// Where its requests went, without host and query values.
    pub target: String,
}

/// One step of a session: each request of it once, with the redirects that it followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepSummary {
    /// The session's name.
    pub session: String,
    /// The step's name.
    pub name: String,
    /// Request method.
    pub method: String,
    /// Where its requests went, without host and query values.
    pub target: String,
    /// Measured sessions that came to it.
    pub sent: u64,
    /// Good answers: the session went on. No deadline applies to a step.
    pub ok: u64,
    /// Complete answers that were not good: of another status, or without what they should hold.
    pub http_error: u64,
    /// No complete answer: timeouts, broken connections, and those still under way at the end.
    pub failed: u64,
    /// From the end of the step before, or the intended time of the session, to the end of the answer: good answers.
    pub response_ok: LatencyStats,
    /// From the actual send to the end of the answer: good answers.
    pub service: LatencyStats,
    /// The client's own lateness: from the end of the step before, or the intended time of the session, until the client had
    /// read that and came to send; all that were sent.
    pub send_lag: LatencyStats,
    /// Its answers by HTTP status.
    #[cfg_attr(test, schemars(extend("propertyNames" = super::schema_values::statuses())))]
    pub status_codes: BTreeMap<String, u64>,
}

impl StepSummary {
    /// Every step of every session, in the order of the scenario.
    pub(super) fn all(facts: &[StepFacts], recorder: &Recorder) -> Vec<Self> {
        let steps = facts.iter().zip(recorder.steps());
        let steps = steps.map(|(facts, account)| {
            let ledger = account.ledger;
            Self {
                session: facts.session.clone(),
                name: facts.name.clone(),
                method: facts.method.clone(),
                target: facts.target.clone(),
                sent: ledger.sent,
                ok: ledger.ok,
                http_error: ledger.http_error,
                failed: ledger.timeout + ledger.connection_error + ledger.unfinished,
                response_ok: LatencyStats::of(&account.response_ok),
                service: LatencyStats::of(&account.service),
                send_lag: LatencyStats::of(&account.send_lag),
                status_codes: status_codes(account),
            }
        });
        steps.collect()
    }
}
