//! Where the service says that its time went.

use serde::{Deserialize, Serialize};

use super::stats::LatencyStats;
use crate::measure::{Redact, Sent, ServerTimings};

/// A metric of the `Server-Timing` headers, over the good answers that had it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerTiming {
    /// Its name, as the service wrote it.
    pub name: String,
    /// Its durations.
    pub durations: LatencyStats,
}

impl ServerTiming {
    /// All metrics that came.
    pub(super) fn all(timings: &ServerTimings, redact: &dyn Redact) -> Vec<Self> {
        let of = |(name, times)| Self {
            name: redact.header(Sent::default(), "server-timing", str::as_bytes(name)),
            durations: LatencyStats::of(times),
        };
        timings.iter().map(of).collect()
    }

    /// The metric that stands for all that the application did: `total`, or the only one.
    pub(crate) fn total(all: &[Self]) -> Option<&Self> {
        let total = all.iter().find(|metric| metric.name.eq_ignore_ascii_case("total"));
        total.or(if let [only] = all { Some(only) } else { None })
    }
}
