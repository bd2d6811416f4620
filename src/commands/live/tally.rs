//! What was counted since the measurement began, and what that amounts to so far.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::judge::{ClientSoFar, Slo};
use crate::load::Progress;
use crate::measure::{
    Censored, Distribution, ErrorKind, HttpFault, Ledger, Measured, Quantile, Unanswered, millis,
};
use crate::result::{Counted, SloResult};
use crate::schedule::NANOS_PER_S;

/// From so many different HTTP errors on they are told by their class (4xx, 5xx), so that the list has an end.
const DIFFERENT: usize = 12;

/// The sum of all seconds so far. It is reset when the warm-up is over, as the report leaves that out.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// How much of the schedule lies behind, in nanoseconds.
    window_ns: u64,
    /// Arrivals that were due.
    pub(super) offered: u64,
    /// Of those, what was handed to a connection.
    pub(super) sent: u64,
    /// Complete answers before the schedule ended: the drain has no rate.
    answered: u64,
    good: u64,
    /// The arrivals that have ended. What is in flight is in no column yet.
    pub(super) ledger: Ledger,
    /// Response times of the good answers, to 1 %.
    pub(super) times: Distribution,
    send_lag: Option<Histogram<u32>>,
    faults: BTreeMap<(u16, HttpFault), u64>,
    kinds: [u64; ErrorKind::ALL.len()],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            window_ns: 0,
            offered: 0,
            sent: 0,
            answered: 0,
            good: 0,
            ledger: Ledger::default(),
            times: Distribution::new(),
            send_lag: None,
            faults: BTreeMap::new(),
            kinds: [0; ErrorKind::ALL.len()],
        }
    }
}

impl Tally {
    /// A report has come. `window_ns`: how much of its time belongs to the schedule and not to the drain.
    pub(super) fn add(&mut self, progress: &Progress, window_ns: u64) {
        let ended = ledger_of(progress);
        self.offered += progress.offered;
        self.sent += progress.offered.saturating_sub(progress.overflow + progress.missed);
        if window_ns > 0 {
            self.window_ns += window_ns;
            self.answered += ended.completed();
            self.good += ended.ok;
        }
        self.ledger.merge(&ended);
        self.times.record_all(&progress.response);
        match &mut self.send_lag {
            // Both come from a worker's report, whose bounds are constant: there is nothing that could fail.
            Some(send_lag) => drop(send_lag.add(&progress.send_lag)),
            None => self.send_lag = Some(progress.send_lag.clone()),
        }
        progress.faults.iter().for_each(|(fault, count)| *self.faults.entry(*fault).or_default() += count);
        self.kinds.iter_mut().zip(progress.kinds).for_each(|(count, more)| *count += more);
    }

    /// Offered, sent, answered and good, per second of the schedule.
    pub(super) fn rates(&self) -> [f64; 4] {
        let seconds = self.window_ns as f64 / NANOS_PER_S as f64;
        [self.offered, self.sent, self.answered, self.good]
            .map(|count| if seconds > 0.0 { count as f64 / seconds } else { 0.0 })
    }

    /// A percentile of the response over all that has ended: what failed or was not sent ranks above every good answer.
    /// Unknown where there are too few.
    pub(super) fn percentile(&self, quantile: Quantile, timeout_ns: u64) -> Measured {
        let bad = self.bad(timeout_ns);
        let response = Censored { times: &self.times, bad: &bad };
        if quantile.is_supported_by(response.count()) {
            response.percentile(quantile)
        } else {
            Measured::Unknown
        }
    }

    /// How the objectives stand.
    pub(super) fn objectives(&self, slos: &[Slo], timeout_ns: u64) -> Vec<SloResult> {
        let bad = self.bad(timeout_ns);
        let [offered_per_s, sent_per_s, completed_per_s, _] = self.rates();
        let counted = Counted {
            response: Censored { times: &self.times, bad: &bad },
            ledger: &self.ledger,
            achieved: if offered_per_s > 0.0 { sent_per_s / offered_per_s } else { 0.0 },
            completed_per_s,
        };
        slos.iter().map(|slo| slo.judge(&counted)).collect()
    }

    /// What is known of the client.
    pub(super) fn client(&self) -> ClientSoFar {
        let lag = self.send_lag.as_ref().filter(|lag| !lag.is_empty());
        let lag_ms = |quantile| lag.map(|lag| millis(lag.value_at_quantile(quantile)));
        let response = Censored { times: &self.times, bad: &Unanswered::default() };
        let is_supported = Quantile::P99.is_supported_by(response.count());
        let response_ms = response.percentile(Quantile::P99).exact().filter(|_| is_supported);
        let limits = ErrorKind::ALL.iter().zip(self.kinds).filter(|(kind, _)| kind.is_client_limit());
        ClientSoFar {
            offered: self.offered,
            missed: self.ledger.missed,
            client_limits: limits.map(|(_, count)| count).sum(),
            longest_lag_ms: lag_ms(1.0).unwrap_or(0.0),
            p99_ms: lag_ms(0.99).zip(response_ms),
        }
    }

    /// Every kind of error with its count, the most frequent first. The counts add up to all errors.
    pub(super) fn errors(&self) -> Vec<(String, u64)> {
        let named = |(status, fault): (u16, HttpFault)| match fault {
            HttpFault::Status => format!("HTTP {status}"),
            HttpFault::Throttled => format!("HTTP {status} (rate limit)"),
            HttpFault::Body => format!("HTTP {status} (wrong content)"),
        };
        let is_long = self.faults.len() > DIFFERENT;
        let mut errors = BTreeMap::new();
        for (&(status, fault), count) in &self.faults {
            let name = if is_long { format!("HTTP {}xx", status / 100) } else { named((status, fault)) };
            *errors.entry(name).or_default() += count;
        }
        for (kind, count) in ErrorKind::ALL.iter().zip(self.kinds).filter(|(_, count)| *count > 0) {
            errors.insert(kind.name().replace('_', " "), count);
        }
        let mut errors: Vec<(String, u64)> = errors.into_iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        errors
    }

    fn bad(&self, timeout_ns: u64) -> Unanswered {
        Unanswered { failed: self.ledger.bad(), failed_ns: timeout_ns, ..Unanswered::default() }
    }
}

/// The ends of a report in the columns of the ledger.
fn ledger_of(progress: &Progress) -> Ledger {
    let timeout = progress.kinds[ErrorKind::Timeout as usize];
    let of_fault = |wanted: HttpFault| {
        progress.faults.iter().filter(|((_, fault), _)| *fault == wanted).map(|(_, count)| count).sum()
    };
    let sent = progress.completed + (progress.errors - progress.http_errors);
    Ledger {
        planned: sent + progress.overflow + progress.missed,
        sent,
        overflow: progress.overflow,
        missed: progress.missed,
        ok: progress.completed - progress.http_errors,
        http_error: progress.http_errors,
        timeout,
        connection_error: progress.errors - progress.http_errors - timeout,
        throttled: of_fault(HttpFault::Throttled),
        unexpected_body: of_fault(HttpFault::Body),
        ..Ledger::default()
    }
}
