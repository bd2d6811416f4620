//! One worker's account of its arrivals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::saved::SavedRecorder;
use super::{
    Account, CountedBy, Detail, Distribution, ErrorKind, Exemplars, IntervalLog, Ledger, Outcome, Redact,
    Redirects, Sample, Sent, ServerTimings, Walked,
};
use crate::schedule::{Phase, Slot};

/// Counts and times of one worker; recorders merge when the run is over. Its size does not depend on the run's length,
/// only on the number of endpoints: see [`Account`].
///
/// Each sample is recorded once, in the account of its endpoint. The total is the sum of the accounts, made once at the
/// end, so telling endpoints apart costs an arrival nothing.
#[derive(Debug)]
pub struct Recorder {
    /// The measured arrivals of each endpoint, as the workload numbers them; at least one.
    accounts: Vec<Account>,
    /// Failures by kind, each with one example in words.
    pub errors: BTreeMap<ErrorKind, (u64, String)>,
    /// The warm-up, apart.
    pub warmup: Warmup,
    /// The run over time.
    pub intervals: IntervalLog,
    exemplars: Exemplars,
    server_timings: ServerTimings,
    counted_by: CountedBy,
    /// The steps of sessions, as the workload numbers them.
    steps: Vec<Account>,
    redirects: Redirects,
    deadline_ns: Option<u64>,
    /// Measured arrivals in the schedule.
    planned: u64,
    /// Measured arrivals that were counted off the schedule without becoming samples.
    cancelled: u64,
}

/// The account of the warm-up: not part of any measured figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Warmup {
    /// Its arrivals by their end.
    pub ledger: Ledger,
    /// Response times of its good answers.
    pub response_ok: Distribution,
}

/// What a recorder has to tell apart.
#[derive(Debug, Clone, Copy)]
pub struct Accounting {
    /// Answers later than this after their intended time count as late.
    pub deadline_ns: Option<u64>,
    /// Endpoints of the workload, at least one.
    pub endpoints: usize,
    /// Steps of all sessions of the workload.
    pub steps: usize,
    /// How many of the slowest arrivals to keep, and how many of each kind of failure.
    pub samples: usize,
}

/// One endpoint, no deadline, nothing kept.
impl Default for Accounting {
    fn default() -> Self {
        Self { deadline_ns: None, endpoints: 1, steps: 0, samples: 0 }
    }
}

impl Recorder {
    /// An empty account.
    pub fn new(intervals: IntervalLog, accounting: Accounting) -> Self {
        Self {
            accounts: (0..accounting.endpoints.max(1)).map(|_| Account::default()).collect(),
            errors: BTreeMap::new(),
            warmup: Warmup::default(),
            intervals,
            exemplars: Exemplars::new(accounting.samples),
            server_timings: ServerTimings::default(),
            counted_by: CountedBy::default(),
            steps: (0..accounting.steps).map(|_| Account::default()).collect(),
            redirects: Redirects::default(),
            deadline_ns: accounting.deadline_ns,
            planned: 0,
            cancelled: 0,
        }
    }

    /// An arrival is due; see [`IntervalLog::offer`] for the backlog.
    pub fn offer(&mut self, slot: Slot, in_flight: u64, queued: u64) {
        if slot.phase == Phase::Measured {
            self.intervals.offer(slot, in_flight, queued);
        }
    }

    /// An arrival has ended. One of an endpoint that there is not counts for the last: no arrival is lost.
    pub fn record(&mut self, sample: &Sample) {
        if sample.slot.phase == Phase::Warmup {
            self.warmup.record(sample);
            return;
        }
        let place = (sample.endpoint as usize).min(self.accounts.len().saturating_sub(1));
        if let Some(account) = self.accounts.get_mut(place) {
            account.record(sample, self.deadline_ns);
        }
        self.intervals.record(sample);
    }

    /// A step of a session is over, or an arrival that followed redirects.
    pub fn record_walked(&mut self, phase: Phase, walked: &Walked) {
        if phase == Phase::Warmup {
            return;
        }
        self.redirects.count(walked.redirects);
        if let Some((place, sample)) = &walked.step
            && let Some(account) = self.steps.get_mut(*place as usize)
        {
            account.record(sample, None);
        }
    }

    /// The account of each step of a session, as the workload numbers them. Its ledger knows only what was sent.
    pub fn steps(&self) -> &[Account] {
        &self.steps
    }

    /// Redirects that were followed.
    pub fn redirects(&self) -> Redirects {
        self.redirects
    }

    /// How many arrivals the worker's part of the schedule has.
    pub fn plan(&mut self, measured: u64, warmup: u64) {
        self.planned = measured;
        self.warmup.ledger.planned = warmup;
    }

    /// That many more arrivals are not sent, because the run was interrupted. They are counted, not walked through.
    pub fn cancel(&mut self, measured: u64, warmup: u64) {
        self.cancelled += measured;
        self.warmup.ledger.cancelled += warmup;
    }

    /// Whether an arrival that has ended is one to keep the details of.
    pub fn wants(&self, sample: &Sample) -> bool {
        self.exemplars.wants(sample)
    }

    /// Keeps an arrival that is wanted; one that is not is let go.
    pub fn keep(&mut self, sample: &Sample, detail: Detail) {
        self.exemplars.keep(sample, detail);
    }

    /// The arrivals that were kept.
    pub fn exemplars(&self) -> &Exemplars {
        &self.exemplars
    }

    /// Notes what the service said in a `Server-Timing` header of an arrival's answer.
    pub(crate) fn note_server_timing(&mut self, sample: &Sample, header: &[u8]) {
        if sample.slot.phase == Phase::Measured && matches!(sample.outcome, Outcome::Ok { .. }) {
            self.server_timings.record(header);
        }
    }

    /// Notes how many bytes the body of an arrival's answer had before it was compressed.
    pub(crate) fn note_decoded(&mut self, sample: &Sample, bytes: u64) {
        if sample.slot.phase == Phase::Measured && matches!(sample.outcome, Outcome::Ok { .. }) {
            let place = (sample.endpoint as usize).min(self.accounts.len().saturating_sub(1));
            if let Some(account) = self.accounts.get_mut(place) {
                account.decoded_sizes.record(bytes);
            }
        }
    }

    /// Notes what the header said that good answers are counted by.
    pub(crate) fn note_value(&mut self, sample: &Sample, header: &str, value: Option<&[u8]>) {
        if let (Phase::Measured, Outcome::Ok { .. }, Some(timeline)) =
            (sample.slot.phase, sample.outcome, &sample.timeline)
        {
            self.counted_by.record(header, value, timeline.response_ns(sample.slot));
        }
    }

    /// The good answers by the value of a header.
    pub(crate) fn counted_by(&self) -> &CountedBy {
        &self.counted_by
    }

    /// What the service said of where its time went.
    pub(crate) fn server_timings(&self) -> &ServerTimings {
        &self.server_timings
    }

    /// Notes why an arrival failed. `example` is made only for the first failure of its kind.
    pub fn note_error(&mut self, kind: ErrorKind, example: impl FnOnce() -> String) {
        self.errors.entry(kind).or_insert_with(|| (0, example())).0 += 1;
    }

    /// The schedule is over: answers from here on belong to the drain.
    pub fn end_window(&mut self) {
        self.accounts.iter_mut().for_each(Account::end_window);
    }

    /// The account of each endpoint, as the workload numbers them. Their ledgers do not know what was planned.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// All endpoints together, with what was planned and cancelled.
    pub fn total(&self) -> Account {
        let mut total = Account::default();
        self.accounts.iter().for_each(|account| total.merge(account));
        total.ledger.planned = self.planned;
        total.ledger.cancelled += self.cancelled;
        total
    }

    /// What was counted so far: without the intervals and the arrivals that were kept whole.
    pub(crate) fn so_far(&self) -> Self {
        Self {
            accounts: self.accounts.clone(),
            errors: self.errors.clone(),
            warmup: self.warmup.clone(),
            intervals: IntervalLog::new(0, 1, 1),
            exemplars: Exemplars::new(0),
            server_timings: self.server_timings.clone(),
            counted_by: self.counted_by.clone(),
            steps: self.steps.clone(),
            redirects: self.redirects,
            deadline_ns: self.deadline_ns,
            planned: self.planned,
            cancelled: self.cancelled,
        }
    }

    /// All that was counted, in a form that can be written. What the service wrote itself is made fit to be shown by `redact`;
    /// the intervals and the arrivals that were kept whole are not in it.
    pub(crate) fn saved(&self, redact: &dyn Redact) -> SavedRecorder {
        let timings = self.server_timings.iter();
        SavedRecorder {
            accounts: self.accounts.clone(),
            errors: self.errors.clone(),
            warmup: self.warmup.clone(),
            server_timings: timings
                .map(|(name, times)| {
                    (redact.header(Sent::default(), "server-timing", name.as_bytes()), times.clone())
                })
                .collect(),
            counted_by: self.counted_by.redacted(redact),
            steps: self.steps.clone(),
            redirects: self.redirects,
            planned: self.planned,
            cancelled: self.cancelled,
        }
    }

    /// A recorder that has counted what was saved.
    pub(crate) fn restored(saved: SavedRecorder) -> Self {
        let mut recorder = Self::new(IntervalLog::new(0, 1, 1), Accounting::default());
        if !saved.accounts.is_empty() {
            recorder.accounts = saved.accounts;
        }
        recorder.errors = saved.errors;
        recorder.warmup = saved.warmup;
        recorder.server_timings = ServerTimings::restored(saved.server_timings);
        recorder.counted_by = saved.counted_by;
        (recorder.steps, recorder.redirects) = (saved.steps, saved.redirects);
        (recorder.planned, recorder.cancelled) = (saved.planned, saved.cancelled);
        recorder
    }

    /// Adds another worker's account. Intervals are merged elsewhere, as they close.
    pub fn merge(&mut self, other: Self) {
        if self.accounts.len() < other.accounts.len() {
            self.accounts.resize_with(other.accounts.len(), Account::default);
        }
        self.accounts.iter_mut().zip(&other.accounts).for_each(|(account, other)| account.merge(other));
        if self.steps.len() < other.steps.len() {
            self.steps.resize_with(other.steps.len(), Account::default);
        }
        self.steps.iter_mut().zip(&other.steps).for_each(|(account, other)| account.merge(other));
        self.redirects.merge(other.redirects);
        for (kind, (count, example)) in other.errors {
            self.errors.entry(kind).or_insert((0, example)).0 += count;
        }
        self.exemplars.merge(other.exemplars);
        self.server_timings.merge(&other.server_timings);
        self.counted_by.merge(&other.counted_by);
        self.planned += other.planned;
        self.cancelled += other.cancelled;
        self.warmup.ledger.merge(&other.warmup.ledger);
        self.warmup.response_ok.merge(&other.warmup.response_ok);
    }
}

impl Warmup {
    fn record(&mut self, sample: &Sample) {
        self.ledger.count(sample.outcome);
        if let (Outcome::Ok { .. }, Some(timeline)) = (sample.outcome, &sample.timeline) {
            self.response_ok.record(timeline.response_ns(sample.slot));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_samples::any_samples;
    use super::*;

    fn of(samples: &[Sample], endpoints: usize) -> Recorder {
        let accounting = Accounting { deadline_ns: Some(5_000_000), endpoints, steps: 0, samples: 3 };
        let mut recorder = Recorder::new(IntervalLog::new(0, 1_000_000_000, 1), accounting);
        for sample in samples {
            recorder.record(sample);
        }
        recorder.plan(samples.len() as u64, 0);
        recorder
    }

    fn assert_equal(a: &Account, b: &Account) -> Result<(), TestCaseError> {
        prop_assert_eq!(a.ledger, b.ledger);
        prop_assert_eq!(&a.status_codes, &b.status_codes);
        prop_assert_eq!(a.body_bytes, b.body_bytes);
        prop_assert_eq!(&a.sizes, &b.sizes);
        prop_assert_eq!(a.sizes.count(), a.ledger.ok);
        prop_assert_eq!(a.unfinished_min_ns, b.unfinished_min_ns);
        let distributions = |account: &Account| {
            [&account.response_ok, &account.service, &account.first_byte, &account.send_lag, &account.connect]
                .map(Clone::clone)
        };
        for (a, b) in distributions(a).iter().zip(&distributions(b)) {
            prop_assert_eq!(a.histogram(), b.histogram());
            prop_assert_eq!((a.min_ns(), a.max_ns(), a.sum_ns()), (b.min_ns(), b.max_ns(), b.sum_ns()));
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// However the arrivals are spread over endpoints and workers, the total is that of one account.
        #[test]
        fn the_endpoints_of_all_workers_add_up_to_the_whole(samples in any_samples(4), cut in any::<prop::sample::Index>()) {
            let whole = of(&samples, 1).total();
            prop_assert_eq!(whole.ledger.check(), Ok(()));
            let cut = if samples.is_empty() { 0 } else { cut.index(samples.len()) };
            let mut merged = of(&samples[..cut], 4);
            merged.merge(of(&samples[cut..], 4));
            assert_equal(&merged.total(), &whole)?;
            for (endpoint, account) in merged.accounts().iter().enumerate() {
                let own: Vec<Sample> =
                    samples.iter().filter(|sample| sample.endpoint as usize == endpoint).copied().collect();
                let mut own = of(&own, 4).total();
                own.ledger.planned = 0;
                assert_equal(account, &own)?;
            }
        }

        /// A number that no endpoint has counts for the last one.
        #[test]
        fn no_arrival_is_lost_to_an_unknown_endpoint(samples in any_samples(9)) {
            let recorder = of(&samples, 2);
            prop_assert_eq!(recorder.total().ledger.check(), Ok(()));
            let beyond = samples.iter().filter(|sample| sample.endpoint > 0).count() as u64;
            let last = recorder.accounts()[1].ledger;
            prop_assert_eq!(last.sent + last.overflow + last.missed + last.cancelled, beyond);
        }
    }

    #[test]
    fn what_is_cancelled_unseen_is_part_of_the_plan() {
        let mut recorder = of(&[], 3);
        recorder.plan(100, 10);
        recorder.cancel(100, 10);
        assert_eq!(recorder.total().ledger.check(), Ok(()));
        assert_eq!(recorder.warmup.ledger.check(), Ok(()));
    }
}
