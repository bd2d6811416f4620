//! What one endpoint's measured arrivals came to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::censored::Unanswered;
use super::{Distribution, Ledger, Outcome, Sample, Sizes};

/// Counts and times of the measured arrivals of one endpoint, as one worker saw them; accounts merge.
///
/// Seven distributions of times, of 16 to 192 KiB each, and one or two of sizes: 128 KiB for an endpoint that is hardly used,
/// about 350 KiB for one that answers some kilobytes within 100 ms, in every worker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The arrivals by their end. What was planned and cancelled is known only to whoever knows the schedule.
    pub ledger: Ledger,
    /// Response times of good answers.
    pub response_ok: Distribution,
    /// Service times of good answers.
    pub service: Distribution,
    /// Times to the first byte of good answers.
    pub first_byte: Distribution,
    /// Receive lags of good answers that the kernel stamped.
    pub receive_lag: Distribution,
    /// Send lags of all sent arrivals.
    pub send_lag: Distribution,
    /// Slot waits of all sent arrivals.
    pub slot_wait: Distribution,
    /// Waits for a new connection, of those arrivals that had to wait for one.
    pub connect: Distribution,
    /// Answers by HTTP status.
    pub status_codes: BTreeMap<u16, u64>,
    /// Body bytes read.
    pub body_bytes: u64,
    /// Body bytes of good answers, as they came.
    #[serde(default)]
    pub sizes: Sizes,
    /// Of those that were decompressed to be checked, what came out.
    #[serde(default)]
    pub decoded_sizes: Sizes,
    /// Complete answers that came while the schedule still ran, before the drain.
    pub completed_in_window: u64,
    /// Of those, good ones in time.
    pub ok_in_window: u64,
    /// The shortest time that an unfinished arrival had waited when it was given up.
    pub(super) unfinished_min_ns: Option<u64>,
}

impl Account {
    /// An arrival has ended. A good answer later than the deadline after its intended time is late.
    pub(super) fn record(&mut self, sample: &Sample, deadline_ns: Option<u64>) {
        self.ledger.count(sample.outcome);
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
                self.sizes.record(sample.body_bytes);
                if let Some(lag_ns) = timeline.receive_lag_ns {
                    self.receive_lag.record(lag_ns);
                }
                self.ledger.late += u64::from(deadline_ns.is_some_and(|deadline| response_ns > deadline));
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

    /// The schedule is over: answers from here on belong to the drain.
    pub(super) fn end_window(&mut self) {
        self.completed_in_window = self.ledger.completed();
        self.ok_in_window = self.ledger.ok - self.ledger.late;
    }

    /// The arrivals offered that have no good answer. The ledger must hold what was planned.
    pub fn unanswered(&self, timeout_ns: u64) -> Unanswered {
        Unanswered {
            unfinished: self.ledger.unfinished,
            unfinished_ns: self.unfinished_min_ns.map_or(timeout_ns, |least| least.min(timeout_ns)),
            failed: self.ledger.bad() - self.ledger.unfinished,
            failed_ns: timeout_ns,
        }
    }

    /// Adds another account: the result is that of recording all its arrivals here.
    pub fn merge(&mut self, other: &Self) {
        self.ledger.merge(&other.ledger);
        self.response_ok.merge(&other.response_ok);
        self.service.merge(&other.service);
        self.first_byte.merge(&other.first_byte);
        self.receive_lag.merge(&other.receive_lag);
        self.send_lag.merge(&other.send_lag);
        self.slot_wait.merge(&other.slot_wait);
        self.connect.merge(&other.connect);
        for (status, count) in &other.status_codes {
            *self.status_codes.entry(*status).or_default() += count;
        }
        self.body_bytes += other.body_bytes;
        self.sizes.merge(&other.sizes);
        self.decoded_sizes.merge(&other.decoded_sizes);
        self.completed_in_window += other.completed_in_window;
        self.ok_in_window += other.ok_in_window;
        self.unfinished_min_ns = self.unfinished_min_ns.into_iter().chain(other.unfinished_min_ns).min();
    }
}
