//! What a worker tells while it runs, once a second.

use hdrhistogram::Histogram;

use crate::measure::{ErrorKind, HIGHEST_NS, Interval, LOWEST_NS, Outcome, Recorder, Sample};

/// What happened since the last report: for the live line, warm-up included.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    /// Arrivals that became due.
    pub offered: u64,
    /// Complete answers.
    pub completed: u64,
    /// HTTP errors, timeouts and connection errors.
    pub errors: u64,
    /// Of those, HTTP errors.
    pub http_errors: u64,
    /// Of those, connections that were refused.
    pub refused: u64,
    /// Arrivals that found the cap full.
    pub overflow: u64,
    /// Arrivals that the client was too late for.
    pub missed: u64,
    /// Requests in flight now.
    pub in_flight: u64,
    /// Whether the last arrival that was due belonged to the warm-up.
    pub warming_up: bool,
    /// Response times of the good answers, in nanoseconds to 1 %.
    pub response: Histogram<u32>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            offered: 0,
            completed: 0,
            errors: 0,
            http_errors: 0,
            refused: 0,
            overflow: 0,
            missed: 0,
            in_flight: 0,
            warming_up: false,
            response: Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, 2)
                .expect("the constant bounds are valid: 1 <= low, 2 low <= high, digits <= 5"),
        }
    }
}

impl Progress {
    /// Counts an ended arrival.
    pub(crate) fn record(&mut self, sample: &Sample) {
        match sample.outcome {
            Outcome::Ok { .. } => {
                self.completed += 1;
                if let Some(timeline) = &sample.timeline {
                    self.response.saturating_record(timeline.response_ns(sample.slot));
                }
            }
            Outcome::HttpError { .. } => {
                self.completed += 1;
                self.errors += 1;
                self.http_errors += 1;
            }
            // By the service, or by the proxy in its place.
            Outcome::ConnectionError(
                ErrorKind::ConnectRefused | ErrorKind::ProxyRefused | ErrorKind::ProxyAuth,
            ) => {
                self.errors += 1;
                self.refused += 1;
            }
            Outcome::Timeout | Outcome::ConnectionError(_) => self.errors += 1,
            Outcome::Overflow => self.overflow += 1,
            Outcome::Missed => self.missed += 1,
            Outcome::Unfinished | Outcome::Cancelled => {}
        }
    }

    /// Adds another worker's report of the same second.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.completed += other.completed;
        self.errors += other.errors;
        self.http_errors += other.http_errors;
        self.refused += other.refused;
        self.overflow += other.overflow;
        self.missed += other.missed;
        self.in_flight += other.in_flight;
        self.warming_up |= other.warming_up;
        self.response.add(&other.response).expect("all reports have the same bounds");
    }
}

/// One worker's report.
#[derive(Debug)]
pub(crate) struct Report {
    /// Which worker.
    pub worker: u64,
    /// What happened since its last report.
    pub progress: Progress,
    /// Intervals of the series that are complete as far as this worker goes.
    pub intervals: Vec<Interval>,
    /// All that it has counted so far, now and then, where somebody wants to know.
    pub so_far: Option<Box<Recorder>>,
}
