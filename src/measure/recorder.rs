//! One worker's account of its arrivals.

use std::collections::BTreeMap;

use super::{Bad, Detail, Distribution, ErrorKind, IntervalLog, Ledger, Outcome, Sample};
use crate::schedule::{Phase, Slot};

/// Counts and times of one worker; recorders merge when the run is over. Its size does not depend on the run.
#[derive(Debug)]
pub struct Recorder {
    /// The measured arrivals by their end.
    pub ledger: Ledger,
    /// Response times of good answers.
    pub response_ok: Distribution,
    /// Service times of good answers.
    pub service: Distribution,
    /// Times to the first byte of good answers.
    pub first_byte: Distribution,
    /// Send lags of all sent arrivals.
    pub send_lag: Distribution,
    /// Slot waits of all sent arrivals.
    pub slot_wait: Distribution,
    /// Waits for a new connection, of those arrivals that had to wait for one.
    pub connect: Distribution,
    /// Answers by HTTP status.
    pub status_codes: BTreeMap<u16, u64>,
    /// Failures by kind, each with one example in words.
    pub errors: BTreeMap<ErrorKind, (u64, String)>,
    /// Body bytes read.
    pub body_bytes: u64,
    /// Complete answers that came while the schedule still ran, before the drain.
    pub completed_in_window: u64,
    /// Of those, good ones in time.
    pub ok_in_window: u64,
    /// The warm-up, apart.
    pub warmup: Warmup,
    /// The run over time.
    pub intervals: IntervalLog,
    deadline_ns: Option<u64>,
    /// The shortest time that an unfinished arrival had waited when it was given up.
    unfinished_min_ns: Option<u64>,
}

/// The account of the warm-up: not part of any measured figure.
#[derive(Debug, Default)]
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
    /// How many of the slowest arrivals to keep, and how many of each kind of failure.
    pub samples: usize,
}

/// One endpoint, no deadline, nothing kept.
impl Default for Accounting {
    fn default() -> Self {
        Self { deadline_ns: None, endpoints: 1, samples: 0 }
    }
}

impl Recorder {
    /// An empty account.
    pub fn new(intervals: IntervalLog, accounting: Accounting) -> Self {
        Self {
            ledger: Ledger::default(),
            response_ok: Distribution::new(),
            service: Distribution::new(),
            first_byte: Distribution::new(),
            send_lag: Distribution::new(),
            slot_wait: Distribution::new(),
            connect: Distribution::new(),
            status_codes: BTreeMap::new(),
            errors: BTreeMap::new(),
            body_bytes: 0,
            completed_in_window: 0,
            ok_in_window: 0,
            warmup: Warmup::default(),
            intervals,
            deadline_ns: accounting.deadline_ns,
            unfinished_min_ns: None,
        }
    }

    /// An arrival is due; see [`IntervalLog::offer`] for the backlog.
    pub fn offer(&mut self, slot: Slot, in_flight: u64, queued: u64) {
        if slot.phase == Phase::Measured {
            self.intervals.offer(slot, in_flight, queued);
        }
    }

    /// An arrival has ended.
    pub fn record(&mut self, sample: &Sample) {
        if sample.slot.phase == Phase::Warmup {
            self.warmup.record(sample);
            return;
        }
        self.ledger.count(sample.outcome);
        self.intervals.record(sample);
        let Some(timeline) = &sample.timeline else { return };
        self.body_bytes += sample.body_bytes;
        self.send_lag.record(timeline.send_lag_ns(sample.slot));
        self.slot_wait.record(timeline.slot_wait_ns());
        if timeline.connect_ns() > 0 {
            self.connect.record(timeline.connect_ns());
        }
        match sample.outcome {
            Outcome::Ok { status } => {
                let response_ns = timeline.response_ns(sample.slot);
                self.response_ok.record(response_ns);
                self.service.record(timeline.service_ns());
                self.first_byte.record(timeline.time_to_first_byte_ns());
                self.ledger.late +=
                    u64::from(self.deadline_ns.is_some_and(|deadline| response_ns > deadline));
                *self.status_codes.entry(status).or_default() += 1;
            }
            Outcome::HttpError { status, .. } => *self.status_codes.entry(status).or_default() += 1,
            Outcome::Unfinished => {
                let waited_ns = timeline.response_ns(sample.slot);
                self.unfinished_min_ns =
                    Some(self.unfinished_min_ns.map_or(waited_ns, |least| least.min(waited_ns)));
            }
            _ => {}
        }
    }

    /// Whether an arrival that has ended is one to keep the details of.
    pub fn wants(&self, _sample: &Sample) -> bool {
        false
    }

    /// Keeps an arrival that is wanted.
    pub fn keep(&mut self, _sample: &Sample, _detail: Detail) {}

    /// Notes why an arrival failed. `example` is made only for the first failure of its kind.
    pub fn note_error(&mut self, kind: ErrorKind, example: impl FnOnce() -> String) {
        self.errors.entry(kind).or_insert_with(|| (0, example())).0 += 1;
    }

    /// The schedule is over: answers from here on belong to the drain.
    pub fn end_window(&mut self) {
        self.completed_in_window = self.ledger.completed();
        self.ok_in_window = self.ledger.ok - self.ledger.late;
    }

    /// The arrivals offered that have no good answer.
    pub fn bad(&self, timeout_ns: u64) -> Bad {
        Bad {
            unfinished: self.ledger.unfinished,
            unfinished_ns: self.unfinished_min_ns.map_or(timeout_ns, |least| least.min(timeout_ns)),
            failed: self.ledger.bad() - self.ledger.unfinished,
            failed_ns: timeout_ns,
        }
    }

    /// Adds another worker's account. Intervals are merged elsewhere, as they close.
    pub fn merge(&mut self, other: Self) {
        self.ledger.merge(&other.ledger);
        self.response_ok.merge(&other.response_ok);
        self.service.merge(&other.service);
        self.first_byte.merge(&other.first_byte);
        self.send_lag.merge(&other.send_lag);
        self.slot_wait.merge(&other.slot_wait);
        self.connect.merge(&other.connect);
        for (status, count) in other.status_codes {
            *self.status_codes.entry(status).or_default() += count;
        }
        for (kind, (count, example)) in other.errors {
            self.errors.entry(kind).or_insert((0, example)).0 += count;
        }
        self.body_bytes += other.body_bytes;
        self.unfinished_min_ns = self.unfinished_min_ns.into_iter().chain(other.unfinished_min_ns).min();
        self.completed_in_window += other.completed_in_window;
        self.ok_in_window += other.ok_in_window;
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
