//! What the result says of each endpoint.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::histograms::EndpointHistograms;
use super::rates::{Rates, Window};
use super::sizes::AnswerSizes;
use super::stats::Latency;
use crate::measure::{Account, EncodingError, Imbalance, Ledger, Recorder};

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

/// What a summary needs to know of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointFacts {
    /// Its name.
    pub name: String,
    /// Request method.
    pub method: String,
    /// Where its requests went, without host and query values.
    pub target: String,
    /// Its share of the arrivals, relative to the other endpoints.
    pub weight: u64,
    /// Measured arrivals that the schedule has for it.
    pub planned: u64,
}

/// One endpoint's part of the run, with the figures of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EndpointSummary {
    /// Its name.
    pub name: String,
    /// Request method.
    pub method: String,
    /// Where its requests went, without host and query values.
    pub target: String,
    /// Its share of the arrivals, relative to the other endpoints.
    pub weight: u64,
    /// What became of its planned arrivals. The ledgers of all endpoints add up to that of the run.
    pub ledger: Ledger,
    /// Its rates over the measured window.
    pub rates: Rates,
    /// Its times.
    pub latency: Latency,
    /// Its answers by HTTP status.
    #[cfg_attr(test, schemars(extend("propertyNames" = super::schema_values::statuses())))]
    pub status_codes: BTreeMap<String, u64>,
    /// Sizes of the bodies of its good answers; without figures in results of earlier versions.
    #[serde(default)]
    pub sizes: AnswerSizes,
    /// Its distributions.
    pub histograms: EndpointHistograms,
}

impl EndpointSummary {
    /// Every endpoint of a run that has several; none of a run that has one, for that is the total.
    ///
    /// What an endpoint was to send and did not is cancelled: the worker counts off an interrupted schedule without looking
    /// at each arrival. The endpoints' ledgers must add up to the total, so a wrong plan cannot hide there.
    pub(super) fn all(
        facts: &[EndpointFacts],
        recorder: &Recorder,
        total: &Ledger,
        window: Window,
    ) -> Result<Vec<Self>, SummaryError> {
        if facts.len() < 2 {
            return Ok(Vec::new());
        }
        let mut sum = Ledger::default();
        let mut endpoints = Vec::with_capacity(facts.len());
        let unknown = Account::default();
        for (place, facts) in facts.iter().enumerate() {
            let mut account = recorder.accounts().get(place).unwrap_or(&unknown).clone();
            account.ledger = planned(account.ledger, facts.planned)?;
            sum.merge(&account.ledger);
            endpoints.push(Self::new(facts, &account, window)?);
        }
        if sum == *total { Ok(endpoints) } else { Err(Imbalance(Box::new(sum)).into()) }
    }

    fn new(facts: &EndpointFacts, account: &Account, window: Window) -> Result<Self, SummaryError> {
        let bad = account.unanswered(window.timeout_ns);
        Ok(Self {
            name: facts.name.clone(),
            method: facts.method.clone(),
            target: facts.target.clone(),
            weight: facts.weight,
            ledger: account.ledger,
            rates: Rates::new(account, window),
            latency: Latency::new(account, &bad),
            status_codes: status_codes(account),
            sizes: AnswerSizes::of(account),
            histograms: EndpointHistograms::new(account)?,
        })
    }
}

/// The ledger of an endpoint for which so many arrivals were planned.
fn planned(ledger: Ledger, planned: u64) -> Result<Ledger, Imbalance> {
    let imbalance = || Imbalance(Box::new(Ledger { planned, ..ledger }));
    let cancelled =
        planned.checked_sub(ledger.sent + ledger.overflow + ledger.missed).ok_or_else(imbalance)?;
    let ledger = Ledger { planned, cancelled, ..ledger };
    ledger.check().map(|()| ledger)
}

/// Answers by HTTP status, as results write them.
pub(super) fn status_codes(account: &Account) -> BTreeMap<String, u64> {
    account.status_codes.iter().map(|(status, count)| (status.to_string(), *count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Accounting, IntervalLog, Outcome, Sample};
    use crate::schedule::{Phase, Slot};

    const WINDOW: Window = Window { duration_s: 1.0, window_s: 1.0, elapsed_s: None, timeout_ns: 1_000 };

    fn facts(planned: u64) -> EndpointFacts {
        EndpointFacts {
            name: "a".to_owned(),
            method: "GET".to_owned(),
            target: "/".to_owned(),
            weight: 1,
            planned,
        }
    }

    /// Two endpoints that each missed three arrivals.
    fn recorder() -> Recorder {
        let accounting = Accounting { endpoints: 2, ..Accounting::default() };
        let mut recorder = Recorder::new(IntervalLog::new(0, 1_000_000_000, 1), accounting);
        for index in 0..6 {
            let slot = Slot { index, phase: Phase::Measured, intended_ns: index };
            recorder.record(&Sample::unsent(slot, (index % 2) as u32, Outcome::Missed));
        }
        recorder.plan(10, 0);
        recorder.cancel(4, 0);
        recorder
    }

    #[test]
    fn what_an_endpoint_did_not_come_to_was_cancelled() {
        let recorder = recorder();
        let total = recorder.total().ledger;
        let endpoints = EndpointSummary::all(&[facts(6), facts(4)], &recorder, &total, WINDOW).unwrap();
        let ledgers: Vec<(u64, u64)> =
            endpoints.iter().map(|endpoint| (endpoint.ledger.missed, endpoint.ledger.cancelled)).collect();
        assert_eq!(ledgers, [(3, 3), (3, 1)]);
    }

    #[test]
    fn endpoints_that_do_not_add_up_to_the_total_are_no_result() {
        let recorder = recorder();
        let total = recorder.total().ledger;
        for planned in [[8, 2], [6, 5], [5, 4]] {
            let error = EndpointSummary::all(&planned.map(facts), &recorder, &total, WINDOW).unwrap_err();
            assert!(matches!(error, SummaryError::Imbalance(_)), "{planned:?}");
        }
        assert!(EndpointSummary::all(&[facts(10)], &recorder, &total, WINDOW).unwrap().is_empty());
    }
}
