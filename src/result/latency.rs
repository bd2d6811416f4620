//! The times of a run, or of an endpoint.

use serde::{Deserialize, Serialize};

use super::stats::LatencyStats;
use crate::measure::{Account, Unanswered};

/// Times, each over its own population. Per arrival: response = send lag + slot wait + connect + service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Latency {
    /// Response time (end - intended time) over all planned arrivals that became due: one without a good answer ranks above
    /// every good one.
    pub response: LatencyStats,
    /// Response time over good answers alone.
    pub response_ok: LatencyStats,
    /// Service time (end - actual send) over good answers.
    pub service: LatencyStats,
    /// The client's own lateness over all sent arrivals.
    pub send_lag: LatencyStats,
    /// Wait for the cap over all sent arrivals.
    pub slot_wait: LatencyStats,
    /// Wait for a new connection (DNS, TCP, TLS) over the arrivals that had one.
    pub connect: LatencyStats,
    /// From the actual send to the answer's head, over good answers.
    pub first_byte: LatencyStats,
    /// From the kernel's receive stamp of the last byte to our reading of it, over good answers that have a stamp: how late
    /// the client was. It is in no other figure. Without stamps its count is 0, and answers end when they are read.
    #[serde(default)]
    pub receive_lag: LatencyStats,
}

impl Latency {
    /// The times of an account, `bad` being its arrivals without a good answer.
    pub(super) fn new(account: &Account, bad: &Unanswered) -> Self {
        Self {
            response: LatencyStats::censored(&account.response_ok, bad),
            response_ok: LatencyStats::of(&account.response_ok),
            service: LatencyStats::of(&account.service),
            send_lag: LatencyStats::of(&account.send_lag),
            slot_wait: LatencyStats::of(&account.slot_wait),
            connect: LatencyStats::of(&account.connect),
            first_byte: LatencyStats::of(&account.first_byte),
            receive_lag: LatencyStats::of(&account.receive_lag),
        }
    }
}
