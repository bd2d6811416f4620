//! Measured times, and the arrivals that have none.

use super::measured::Measured;
use super::quantile::Quantile;
use super::{Distribution, millis};

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

/// The response times of good answers together with the arrivals that got none, which rank above every good one: so no
/// survivor speaks for the dead. All figures are in milliseconds, whatever the size of the sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Censored<'a> {
    /// What was measured.
    pub(crate) times: &'a Distribution,
    /// What was not.
    pub(crate) bad: &'a Unanswered,
}

impl Censored<'_> {
    /// How many arrivals there are.
    pub(crate) fn count(self) -> u64 {
        self.times.count() + self.bad.count()
    }

    /// The least good time: nothing ranks below it but other good ones.
    pub(crate) fn min(self) -> Measured {
        self.times.min_ns().map(millis).into()
    }

    /// The mean; a lower bound as soon as one arrival has no good answer.
    pub(crate) fn mean(self) -> Measured {
        let sum_ns = self.times.sum_ns() as f64 + self.bad.sum_ns();
        let mean = |count: u64| (sum_ns / count as f64).round() / 1e6;
        let some = Some(self.count()).filter(|count| *count > 0);
        Measured::from_parts(some.map(mean), self.bad.count() > 0)
    }

    /// The percentile by nearest rank.
    pub(crate) fn percentile(self, quantile: Quantile) -> Measured {
        self.at_rank(quantile.rank(self.count()))
    }

    /// Share of all arrivals that had no good answer within this time, in nanoseconds; `None` without arrivals.
    pub(crate) fn share_beyond(self, limit_ns: u64) -> Option<f64> {
        let beyond = self.times.longer_than(limit_ns) + self.bad.count();
        (self.count() > 0).then(|| beyond as f64 / self.count() as f64)
    }

    /// The longest.
    pub(crate) fn max(self) -> Measured {
        if self.bad.count() > 0 { self.at_rank(self.count()) } else { self.times.max_ns().map(millis).into() }
    }

    fn at_rank(self, rank: u64) -> Measured {
        match (rank.checked_sub(self.times.count()), self.times.at_rank(rank)) {
            (_, Some(nanos)) => Measured::Exact(millis(nanos)),
            (Some(among_bad), None) if among_bad > 0 => {
                Measured::AtLeast(millis(self.bad.bound_ns(among_bad, self.times.max_ns().unwrap_or(0))))
            }
            _ => Measured::Unknown,
        }
    }
}
