//! Good answers by the value of a header.

use serde::{Deserialize, Serialize};

use super::stats::LatencyStats;
use crate::measure::{CountedBy, Redact};

/// The good answers that had one value of the header of `--count-by`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountOfValue {
    /// The value, as it may be shown: `(without)` of answers that lack the header, `(others)` beyond 32 values.
    pub value: String,
    /// Response times of the good answers that had it; their count is that of the answers.
    pub response_ok: LatencyStats,
}

impl CountOfValue {
    /// All values that came, the most frequent first.
    pub(super) fn all(counted: &CountedBy, redact: &dyn Redact) -> Vec<Self> {
        // What is shown alike is counted together.
        let counted = &counted.redacted(redact);
        let of = |(value, times): (&str, _)| Self {
            value: value.to_owned(),
            response_ok: LatencyStats::of(times),
        };
        let mut all: Vec<Self> = counted.iter().map(of).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.response_ok.count));
        all
    }
}
