//! How many per second.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::plan_facts::Mode;
use crate::measure::{Account, Ledger};

/// Rates over the measured window: the planned duration, less when the run was interrupted, more when the client could
/// not send as fast as planned. The offered rate is the schedule's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rates {
    /// Length of the window.
    pub window_s: f64,
    /// From the start of the measurement to the last answer; null where that is not known.
    #[serde(default)]
    pub elapsed_s: Option<f64>,
    /// Arrivals that became due, per second.
    pub offered_per_s: f64,
    /// Requests handed to a connection, per second.
    pub sent_per_s: f64,
    /// Complete answers that came within the window (not in the drain after it), per second.
    pub completed_per_s: f64,
    /// Of those, good answers in time (goodput), per second.
    pub ok_per_s: f64,
    /// HTTP errors / sent; null when nothing was sent.
    pub error_rate: Option<f64>,
    /// (Timeouts + connection errors) / sent; null when nothing was sent.
    pub failure_rate: Option<f64>,
    /// Overflow / arrivals that became due: an interrupt does not dilute it.
    pub overflow_rate: f64,
}

/// Lengths that turn counts into rates, and the timeout that bounds what never came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) duration_s: f64,
    pub(super) window_s: f64,
    pub(super) elapsed_s: Option<f64>,
    pub(super) timeout_ns: u64,
}

impl Rates {
    /// Requests per second as tables have it. In an open loop: complete answers within the window. In a closed loop, as its
    /// tools define it: all requests, failed ones too, by the time to the last answer.
    pub fn requests_per_s(&self, mode: Mode, sent: u64) -> f64 {
        match (mode, self.elapsed_s) {
            (Mode::Closed, Some(elapsed_s)) if elapsed_s > 0.0 => sent as f64 / elapsed_s,
            _ => self.completed_per_s,
        }
    }

    /// Complete answers per second, by which results are compared: within the window, in a closed loop by the time to the
    /// last answer.
    pub(crate) fn throughput_per_s(&self, mode: Mode, ledger: &Ledger) -> f64 {
        self.requests_per_s(mode, ledger.completed())
    }

    /// The rates of an account whose planned and cancelled arrivals are filled in.
    pub(super) fn new(account: &Account, window: Window) -> Self {
        let Window { duration_s, window_s, elapsed_s, .. } = window;
        let ledger = &account.ledger;
        let over = |count: u64, seconds: f64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let per_s = |count: u64| over(count, window_s);
        Self {
            window_s,
            elapsed_s,
            offered_per_s: over(ledger.offered(), window_s.min(duration_s)),
            sent_per_s: per_s(ledger.sent),
            completed_per_s: per_s(account.completed_in_window),
            ok_per_s: per_s(account.ok_in_window),
            error_rate: Figure::ErrorRate.share_of(ledger),
            failure_rate: Figure::FailureRate.share_of(ledger),
            overflow_rate: Figure::OverflowRate.share_of(ledger).unwrap_or(0.0),
        }
    }
}
