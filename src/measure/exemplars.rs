//! The few arrivals that are kept whole: the slowest, and the first of each kind of failure.

use std::collections::BTreeMap;
use std::fmt;

use super::{Detail, ErrorKind, HttpFault, Outcome, Sample};
use crate::schedule::Phase;

/// Most kinds of failure that arrivals are kept of. A server that makes up statuses must not fill the memory.
const MAX_KINDS: usize = 32;

/// How an arrival failed, as finely as samples are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// The server limits the rate.
    Throttled,
    /// The status is as expected, the body is not.
    UnexpectedBody,
    /// Any other status that is not good.
    Http(u16),
    /// No complete answer.
    Broken(ErrorKind),
}

impl FailureKind {
    /// How an arrival failed that was sent and has ended; `None` for a good answer and for what has no end.
    fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::HttpError { fault: HttpFault::Throttled, .. } => Some(Self::Throttled),
            Outcome::HttpError { fault: HttpFault::Body, .. } => Some(Self::UnexpectedBody),
            Outcome::HttpError { status, .. } => Some(Self::Http(status)),
            Outcome::Timeout => Some(Self::Broken(ErrorKind::Timeout)),
            Outcome::ConnectionError(kind) => Some(Self::Broken(kind)),
            Outcome::Ok { .. }
            | Outcome::Unfinished
            | Outcome::Overflow
            | Outcome::Missed
            | Outcome::Cancelled => None,
        }
    }
}

/// Its name in results: `throttled`, `unexpected_body`, `http_503`, `timeout`, `reset`.
impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttled => f.write_str("throttled"),
            Self::UnexpectedBody => f.write_str("unexpected_body"),
            Self::Http(status) => write!(f, "http_{status}"),
            Self::Broken(kind) => f.write_str(kind.name()),
        }
    }
}

/// An arrival that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemplar {
    /// What was measured.
    pub sample: Sample,
    /// What else is known.
    pub detail: Detail,
}

/// What decides who is kept: the lowest ranks. The index makes it unique, so that any split of the arrivals over workers
/// keeps the same ones.
type Rank = (u64, u64);

impl Exemplar {
    fn rank(&self) -> Rank {
        rank(&self.sample)
    }
}

/// The slowest good answer first; of failures the earliest in the schedule.
fn rank(sample: &Sample) -> Rank {
    let slowness = match (sample.outcome, &sample.timeline) {
        (Outcome::Ok { .. }, Some(timeline)) => u64::MAX - timeline.response_ns(sample.slot),
        _ => 0,
    };
    (slowness, sample.slot.index)
}

/// At most `limit` good answers, the slowest ones, and at most `limit` failures of each of at most 32 kinds, the ones
/// earliest in the schedule. Only measured arrivals that were sent and have ended. At `limit` 10 it holds at most 330
/// arrivals of some KiB each.
#[derive(Debug, Default)]
pub struct Exemplars {
    limit: usize,
    slow: Vec<Exemplar>,
    failures: BTreeMap<FailureKind, Vec<Exemplar>>,
}

impl Exemplars {
    /// Nothing kept so far.
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Whether an arrival would be kept as things are: one comparison for a good answer.
    pub fn wants(&self, sample: &Sample) -> bool {
        if self.limit == 0 || sample.slot.phase != Phase::Measured || sample.timeline.is_none() {
            return false;
        }
        let has_room = |kept: &[Exemplar]| {
            kept.len() < self.limit || kept.last().is_some_and(|last| rank(sample) < last.rank())
        };
        match (sample.outcome, FailureKind::of(sample.outcome)) {
            (Outcome::Ok { .. }, _) => has_room(&self.slow),
            (_, Some(kind)) => match self.failures.get(&kind) {
                Some(kept) => has_room(kept),
                None => self.failures.len() < MAX_KINDS,
            },
            _ => false,
        }
    }

    /// Keeps an arrival, if it is wanted, and lets go of the one that it displaces.
    pub fn keep(&mut self, sample: &Sample, detail: Detail) {
        if self.wants(sample) {
            self.insert(Exemplar { sample: *sample, detail: detail.bounded() });
        }
    }

    /// Adds what another worker kept.
    pub fn merge(&mut self, other: Self) {
        self.limit = self.limit.max(other.limit);
        for exemplar in other.slow.into_iter().chain(other.failures.into_values().flatten()) {
            if self.wants(&exemplar.sample) {
                self.insert(exemplar);
            }
        }
    }

    /// The good answers that took longest, the slowest first.
    pub fn slow(&self) -> &[Exemplar] {
        &self.slow
    }

    /// The failures by kind, the earliest in the schedule first.
    pub fn failures(&self) -> impl Iterator<Item = (FailureKind, &[Exemplar])> {
        self.failures.iter().map(|(kind, kept)| (*kind, kept.as_slice()))
    }

    fn insert(&mut self, exemplar: Exemplar) {
        let kept = match FailureKind::of(exemplar.sample.outcome) {
            Some(kind) => self.failures.entry(kind).or_default(),
            None => &mut self.slow,
        };
        let place = kept.partition_point(|other| other.rank() < exemplar.rank());
        kept.insert(place, exemplar);
        kept.truncate(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_samples::any_samples;
    use super::*;

    fn detail(sequence: u64) -> Detail {
        Detail {
            sequence,
            step: None,
            body_bytes: None,
            row: None,
            trace_id: None,
            token: None,
            headers: Vec::new(),
            body: Vec::new(),
            error: None,
        }
    }

    fn of<'a>(limit: usize, samples: impl IntoIterator<Item = &'a Sample>) -> Exemplars {
        let mut exemplars = Exemplars::new(limit);
        for sample in samples {
            exemplars.keep(sample, detail(sample.slot.index));
        }
        exemplars
    }

    fn indices(kept: &[Exemplar]) -> Vec<u64> {
        kept.iter().map(|exemplar| exemplar.sample.slot.index).collect()
    }

    fn all(exemplars: &Exemplars) -> Vec<(String, Vec<u64>)> {
        let failures = exemplars.failures().map(|(kind, kept)| (kind.to_string(), indices(kept)));
        std::iter::once(("slow".to_owned(), indices(exemplars.slow()))).chain(failures).collect()
    }

    proptest! {
        /// What is kept is what sorting all arrivals gives, whatever the order of their ends and the split over workers.
        #[test]
        fn the_slowest_and_the_first_of_each_kind_are_kept(
            samples in any_samples(1), limit in 0_usize..6, workers in 1_usize..4, seed in any::<u64>(),
        ) {
            let mut order: Vec<&Sample> = samples.iter().collect();
            order.sort_by_key(|sample| sample.slot.index.wrapping_mul(seed | 1).rotate_left(17));
            let mut merged = Exemplars::new(limit);
            for worker in 0..workers {
                merged.merge(of(limit, order.iter().copied().skip(worker).step_by(workers)));
            }
            let mut slow: Vec<&Sample> =
                samples.iter().filter(|s| matches!(s.outcome, Outcome::Ok { .. })).collect();
            slow.sort_by_key(|s| std::cmp::Reverse(s.timeline.unwrap().response_ns(s.slot)));
            let mut expected = BTreeMap::new();
            for sample in &samples {
                if let Some(kind) = FailureKind::of(sample.outcome) {
                    let kept: &mut Vec<u64> = expected.entry(kind).or_default();
                    if kept.len() < limit {
                        kept.push(sample.slot.index);
                    }
                }
            }
            expected.retain(|_, kept| !kept.is_empty());
            let slow: Vec<u64> = slow.iter().take(limit).map(|s| s.slot.index).collect();
            let expected: Vec<(String, Vec<u64>)> = std::iter::once(("slow".to_owned(), slow))
                .chain(expected.into_iter().map(|(kind, kept)| (kind.to_string(), kept)))
                .collect();
            prop_assert_eq!(all(&merged), expected);
        }
    }

    fn failed(index: u64, status: u16) -> Sample {
        let slot = crate::schedule::Slot { index, phase: Phase::Measured, intended_ns: 0 };
        let at = super::super::Timeline {
            due_ns: 0,
            admitted_ns: 0,
            ready_ns: 0,
            sent_ns: 0,
            first_byte_ns: 1,
            receive_lag_ns: None,
            end_ns: 2,
        };
        let outcome = Outcome::HttpError { status, fault: HttpFault::Status };
        Sample { slot, endpoint: 0, outcome, timeline: Some(at), body_bytes: 0 }
    }

    #[test]
    fn the_number_of_kinds_is_bounded() {
        let samples: Vec<Sample> = (0..500).map(|i| failed(u64::from(i), 400 + i)).collect();
        let exemplars = of(10, &samples);
        assert_eq!(exemplars.failures().count(), 32);
        assert!(!exemplars.wants(&failed(0, 999)) && exemplars.wants(&failed(501, 400)));
    }

    #[test]
    fn the_warm_up_and_what_was_never_sent_are_not_kept() {
        let sample = failed(0, 500);
        let warmup = crate::schedule::Slot { phase: Phase::Warmup, ..sample.slot };
        let exemplars = Exemplars::new(10);
        assert!(exemplars.wants(&sample));
        assert!(!exemplars.wants(&Sample { slot: warmup, ..sample }));
        assert!(!exemplars.wants(&Sample::unsent(sample.slot, 0, Outcome::Overflow)));
        assert!(!Exemplars::new(0).wants(&sample));
    }

    #[test]
    fn kinds_have_the_names_that_results_write() {
        let names = [
            FailureKind::Throttled,
            FailureKind::UnexpectedBody,
            FailureKind::Http(503),
            FailureKind::Broken(ErrorKind::GoAway),
        ];
        assert_eq!(
            names.map(|kind| kind.to_string()),
            ["throttled", "unexpected_body", "http_503", "go_away"]
        );
    }
}
