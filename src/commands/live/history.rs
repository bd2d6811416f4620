//! The last minutes, second by second.

use std::collections::VecDeque;

use crate::load::Progress;
use crate::measure::millis;
use crate::schedule::NANOS_PER_S;

/// Seconds that are kept: what a sparkline shows.
const KEPT: usize = 300;

/// One second of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Second {
    /// Arrivals that became due, per second.
    pub(super) offered: f64,
    /// What was handed to a connection, per second.
    pub(super) sent: f64,
    /// Complete answers per second.
    pub(super) answered: f64,
    /// Good answers per second.
    pub(super) good: f64,
    /// Requests in flight at its end.
    pub(super) in_flight: u64,
    /// Arrivals that found the cap full.
    pub(super) overflow: u64,
    /// Response times of its good answers, in milliseconds.
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    /// By how much answers were fewer than requests, per second, while the backlog grew.
    pub(super) behind: Option<f64>,
}

impl Second {
    /// `length_ns`: how long it took, for reports come a little late. `before`: what was in flight before it.
    pub(super) fn new(progress: &Progress, length_ns: u64, before: u64) -> Self {
        let per_s = |count: u64| count as f64 * NANOS_PER_S as f64 / length_ns.max(1) as f64;
        let sent = progress.offered.saturating_sub(progress.overflow + progress.missed);
        let quantile = |quantile| {
            let response = &progress.response;
            (!response.is_empty()).then(|| millis(response.value_at_quantile(quantile)))
        };
        Self {
            offered: per_s(progress.offered),
            sent: per_s(sent),
            answered: per_s(progress.completed),
            good: per_s(progress.completed - progress.http_errors),
            in_flight: progress.in_flight,
            overflow: progress.overflow,
            p50_ms: quantile(0.5),
            p99_ms: quantile(0.99),
            behind: behind(per_s(sent), per_s(progress.completed), progress.in_flight > before),
        }
    }
}

/// Share of what was sent that must be unanswered, and more in flight than before, to be called behind.
const BEHIND: f64 = 0.05;

/// By how much answers lag behind, per second, where they do. A second in which the backlog shrank did not fall behind.
pub(super) fn behind(sent_per_s: f64, answered_per_s: f64, has_grown: bool) -> Option<f64> {
    let missing = sent_per_s - answered_per_s;
    (has_grown && missing > BEHIND * sent_per_s).then_some(missing)
}

/// The seconds of a run, the oldest of which are forgotten.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    seconds: VecDeque<Second>,
    /// How many are forgotten.
    forgotten: usize,
}

impl History {
    pub(super) fn push(&mut self, second: Second) {
        if self.seconds.len() == KEPT {
            self.seconds.pop_front();
            self.forgotten += 1;
        }
        self.seconds.push_back(second);
    }

    /// The last of them.
    pub(super) fn last(&self) -> Option<&Second> {
        self.seconds.back()
    }

    /// One value for each of `cells` cells, the newest at the end: as many seconds are put together in each as it takes to
    /// show all that is kept, by the largest. And how many seconds a cell stands for.
    pub(super) fn cells(
        &self,
        cells: usize,
        value: impl Fn(&Second) -> Option<f64>,
    ) -> (Vec<Option<f64>>, usize) {
        let each = self.seconds.len().div_ceil(cells.max(1)).max(1);
        // Counted from the first second of the run, so that a cell does not change as it moves to the left.
        let begun = self.forgotten.next_multiple_of(each) - self.forgotten;
        let seconds: Vec<&Second> = self.seconds.iter().skip(begun).collect();
        let largest = |chunk: &[&Second]| chunk.iter().filter_map(|second| value(second)).reduce(f64::max);
        (seconds.chunks(each).map(largest).collect(), each)
    }

    /// The largest value of those that are kept.
    pub(super) fn largest(&self, value: impl Fn(&Second) -> Option<f64>) -> Option<f64> {
        self.seconds.iter().filter_map(value).reduce(f64::max)
    }

    /// How many seconds are kept.
    pub(super) fn len(&self) -> usize {
        self.seconds.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(seconds: usize) -> History {
        let mut history = History::default();
        for i in 0..seconds {
            history.push(Second { offered: i as f64, ..Second::default() });
        }
        history
    }

    #[test]
    fn the_last_minutes_fit_into_any_number_of_cells() {
        let offered = |second: &Second| Some(second.offered);
        assert_eq!(history(3).cells(40, offered), (vec![Some(0.0), Some(1.0), Some(2.0)], 1));
        let (cells, each) = history(100).cells(40, offered);
        assert_eq!((cells.len(), each, cells.last()), (34, 3, Some(&Some(99.0))));
        let (cells, each) = history(1_000).cells(40, offered);
        assert_eq!((cells.len(), each, cells.first()), (37, 8, Some(&Some(711.0))));
        assert_eq!(history(3).cells(0, offered).0, [Some(2.0)]);
        assert_eq!(History::default().cells(40, offered).0, []);
    }

    #[test]
    fn a_second_that_took_longer_has_no_higher_rate() {
        let progress = Progress { offered: 300, completed: 200, in_flight: 9, ..Progress::default() };
        let second = Second::new(&progress, 2 * NANOS_PER_S, 5);
        assert_eq!((second.offered, second.answered, second.behind), (150.0, 100.0, Some(50.0)));
        assert_eq!(Second::new(&progress, NANOS_PER_S, 9).behind, None);
    }
}
