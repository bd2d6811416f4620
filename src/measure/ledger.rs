//! Every planned arrival, accounted for.

use serde::{Deserialize, Serialize};

use super::{HttpFault, Outcome};

/// Every arrival by its end. `planned = sent + overflow + missed + cancelled` and
/// `sent = ok + http_error + timeout + connection_error + unfinished`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ledger {
    /// Arrivals in the schedule.
    pub planned: u64,
    /// Handed to a connection, existing or being opened.
    pub sent: u64,
    /// Not sent: the cap (and the wait queue) was full.
    pub overflow: u64,
    /// Not sent: the token fell out of the full bucket because the client was late.
    pub missed: u64,
    /// Not sent: the run was interrupted.
    pub cancelled: u64,
    /// Good answers.
    pub ok: u64,
    /// Complete answers that are not good.
    pub http_error: u64,
    /// No complete answer within the timeout.
    pub timeout: u64,
    /// The connection failed.
    pub connection_error: u64,
    /// No end before the drain limit.
    pub unfinished: u64,
    /// Of `ok`: answers that came after the deadline.
    #[serde(default)]
    pub late: u64,
    /// Of `http_error`: the server limited the rate (429, or 503 with `Retry-After`).
    #[serde(default)]
    pub throttled: u64,
    /// Of `http_error`: the status was as expected, the body was not.
    #[serde(default)]
    pub unexpected_body: u64,
}

/// The ledger does not add up: a defect of rpsbench, never a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "internal error: the ledger does not add up, so there is no result to trust; please report this: {0:?}"
)]
pub struct Imbalance(pub Box<Ledger>);

impl Ledger {
    /// Counts one ended arrival. `planned` comes from the schedule, so that the two can be compared.
    pub fn count(&mut self, outcome: Outcome) {
        let column = match outcome {
            Outcome::Overflow => &mut self.overflow,
            Outcome::Missed => &mut self.missed,
            Outcome::Cancelled => &mut self.cancelled,
            sent => {
                self.sent += 1;
                match sent {
                    Outcome::Ok { .. } => &mut self.ok,
                    Outcome::HttpError { fault, .. } => {
                        self.throttled += u64::from(fault == HttpFault::Throttled);
                        self.unexpected_body += u64::from(fault == HttpFault::Body);
                        &mut self.http_error
                    }
                    Outcome::Timeout => &mut self.timeout,
                    Outcome::ConnectionError(_) => &mut self.connection_error,
                    _ => &mut self.unfinished,
                }
            }
        };
        *column += 1;
    }

    /// Adds another worker's ledger.
    pub fn merge(&mut self, other: &Self) {
        self.planned += other.planned;
        self.sent += other.sent;
        self.overflow += other.overflow;
        self.missed += other.missed;
        self.cancelled += other.cancelled;
        self.ok += other.ok;
        self.http_error += other.http_error;
        self.timeout += other.timeout;
        self.connection_error += other.connection_error;
        self.unfinished += other.unfinished;
        self.late += other.late;
        self.throttled += other.throttled;
        self.unexpected_body += other.unexpected_body;
    }

    /// Complete answers, good or not.
    pub fn completed(&self) -> u64 {
        self.ok + self.http_error
    }

    /// Arrivals the schedule came to before it ended or was interrupted.
    pub fn offered(&self) -> u64 {
        self.planned - self.cancelled
    }

    /// Arrivals without a good answer, of those offered. They rank above every good one.
    pub fn bad(&self) -> u64 {
        self.offered() - self.ok
    }

    /// Checks both sums, and that no part is larger than its whole.
    ///
    /// # Errors
    /// [`Imbalance`] with the figures, when one does not hold.
    pub fn check(&self) -> Result<(), Imbalance> {
        // In 128 bits: a damaged file may hold any figures, and must not overflow the sum that would reveal it.
        let sum = |columns: &[u64]| columns.iter().map(|count| u128::from(*count)).sum::<u128>();
        let planned = sum(&[self.sent, self.overflow, self.missed, self.cancelled]);
        let sent = sum(&[self.ok, self.http_error, self.timeout, self.connection_error, self.unfinished]);
        let sums_hold = planned == u128::from(self.planned) && sent == u128::from(self.sent);
        let faults = sum(&[self.throttled, self.unexpected_body]);
        let parts_fit = self.late <= self.ok && faults <= u128::from(self.http_error);
        if sums_hold && parts_fit { Ok(()) } else { Err(Imbalance(Box::new(*self))) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ErrorKind;
    use super::*;

    const ALL: [Outcome; 8] = [
        Outcome::Ok { status: 200 },
        Outcome::HttpError { status: 500, fault: HttpFault::Status },
        Outcome::Timeout,
        Outcome::ConnectionError(ErrorKind::Reset),
        Outcome::Unfinished,
        Outcome::Overflow,
        Outcome::Missed,
        Outcome::Cancelled,
    ];

    #[test]
    fn every_outcome_has_one_column_and_the_sums_hold() {
        let mut ledger = Ledger { planned: 8, ..Ledger::default() };
        ALL.iter().for_each(|outcome| ledger.count(*outcome));
        assert_eq!(ledger.check(), Ok(()));
        assert_eq!((ledger.sent, ledger.completed(), ledger.bad()), (5, 2, 6));
    }

    #[test]
    fn a_lost_or_doubled_arrival_is_an_imbalance() {
        for planned in [7, 9] {
            let mut ledger = Ledger { planned, ..Ledger::default() };
            ALL.iter().for_each(|outcome| ledger.count(*outcome));
            assert!(ledger.check().is_err());
        }
    }

    #[test]
    fn throttling_and_unexpected_bodies_are_part_of_the_http_errors() {
        let mut ledger = Ledger { planned: 4, ..Ledger::default() };
        for (status, fault) in [
            (500, HttpFault::Status),
            (429, HttpFault::Throttled),
            (503, HttpFault::Throttled),
            (200, HttpFault::Body),
        ] {
            ledger.count(Outcome::HttpError { status, fault });
        }
        assert_eq!((ledger.http_error, ledger.throttled, ledger.unexpected_body), (4, 2, 1));
        assert_eq!(ledger.check(), Ok(()));
        assert!(Ledger { throttled: 4, ..ledger }.check().is_err(), "more parts than there are");
    }

    #[test]
    fn figures_beyond_any_run_are_an_imbalance_too() {
        let ledger = Ledger { planned: 1, sent: u64::MAX, overflow: 2, ok: u64::MAX, ..Ledger::default() };
        assert!(ledger.check().is_err());
    }
}
