//! Arrivals without a good answer, and the least that each of them took.

/// Arrivals without a good answer: they rank above every good one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// Those that were under way when the run ended. They rank below the others: an answer may have been about to come.
    pub unfinished: u64,
    /// The least that any of them had waited.
    pub unfinished_ns: u64,
    /// Those that failed or were never sent: they got no good answer, so each took at least the timeout.
    pub failed: u64,
    /// The timeout.
    pub failed_ns: u64,
}

impl Unanswered {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.unfinished + self.failed
    }

    /// The least that the one of the given rank among them (from 1) took, given the longest good answer.
    pub fn bound_ns(&self, rank: u64, longest_good_ns: u64) -> u64 {
        let least_ns = if rank > self.unfinished { self.failed_ns } else { self.unfinished_ns };
        least_ns.max(longest_good_ns)
    }

    /// The least that all of them together took.
    pub fn sum_ns(&self) -> f64 {
        self.unfinished as f64 * self.unfinished_ns as f64 + self.failed as f64 * self.failed_ns as f64
    }
}
