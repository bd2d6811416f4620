//! One worker's view of one interval of the run (usually a second).

use std::collections::VecDeque;

use hdrhistogram::Histogram;

use super::distribution::{HIGHEST_NS, LOWEST_NS};
use super::{Outcome, Sample};
use crate::schedule::{Phase, Slot};

/// Significant digits in an interval: a per-second percentile is exact to 1 %, at a tenth of the memory.
const DIGITS: u8 = 2;
/// Most intervals kept open for late answers. When more are waiting, the oldest is closed, and what is still
/// missing there ranks above every answer, like an answer that never came.
const MAX_OPEN: usize = 120;

/// The arrivals intended in one interval, as one worker saw them.
#[derive(Debug, Clone)]
pub struct Interval {
    /// Position in the run, from 0.
    pub index: u64,
    /// Arrivals intended in this interval.
    pub offered: u64,
    /// Of those, handed to a connection.
    pub sent: u64,
    /// Of those, completely answered.
    pub completed: u64,
    /// Of those, well answered.
    pub ok: u64,
    /// Of those, not sent because the cap was full.
    pub overflow: u64,
    /// Requests in flight at the interval's end.
    pub in_flight: u64,
    /// Arrivals waiting for the cap at the interval's end.
    pub queued: u64,
    /// Response times of the good answers.
    pub response: Histogram<u32>,
    /// Send lags of the sent arrivals.
    pub send_lag: Histogram<u32>,
    outstanding: u64,
}

impl Interval {
    /// An interval without arrivals.
    pub(crate) fn new(index: u64) -> Self {
        Self {
            index,
            offered: 0,
            sent: 0,
            completed: 0,
            ok: 0,
            overflow: 0,
            in_flight: 0,
            queued: 0,
            response: interval_histogram(),
            send_lag: interval_histogram(),
            outstanding: 0,
        }
    }

    /// Adds another worker's view of the same interval.
    pub fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.sent += other.sent;
        self.completed += other.completed;
        self.ok += other.ok;
        self.overflow += other.overflow;
        self.in_flight += other.in_flight;
        self.queued += other.queued;
        self.response.add(&other.response).expect("all intervals have the same bounds");
        self.send_lag.add(&other.send_lag).expect("all intervals have the same bounds");
    }

    fn end(&mut self, sample: &Sample) {
        self.outstanding = self.outstanding.saturating_sub(1);
        if sample.outcome == Outcome::Overflow {
            self.overflow += 1;
        }
        let Some(timeline) = &sample.timeline else { return };
        self.sent += 1;
        self.send_lag.saturating_record(timeline.send_lag_ns(sample.slot));
        match sample.outcome {
            Outcome::Ok { .. } => {
                self.completed += 1;
                self.ok += 1;
                self.response.saturating_record(timeline.response_ns(sample.slot));
            }
            Outcome::HttpError { .. } => self.completed += 1,
            _ => {}
        }
    }
}

/// An empty histogram as intervals have it.
pub(super) fn interval_histogram() -> Histogram<u32> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS)
        .expect("the constant bounds are valid: 1 <= low, 2 low <= high, digits <= 5")
}

/// The intervals of one worker that are not closed yet: a bounded window over the run.
///
/// An interval closes when its time is over and all its arrivals have ended. Every worker closes every interval
/// of the run exactly once and in order, so that whoever merges them knows when an interval is complete.
#[derive(Debug)]
pub struct IntervalLog {
    length_ns: u64,
    origin_ns: u64,
    count: u64,
    /// Index of the first interval in `open`.
    first_open: u64,
    open: VecDeque<Interval>,
    closed: Vec<Interval>,
}

impl IntervalLog {
    /// A log of `count` intervals of `length_ns`; the first starts at `origin_ns` on the run's clock.
    pub fn new(origin_ns: u64, length_ns: u64, count: u64) -> Self {
        let (length_ns, count) = (length_ns.max(1), count.max(1));
        let open = VecDeque::from([Interval::new(0)]);
        Self { length_ns, origin_ns, count, first_open: 0, open, closed: Vec::new() }
    }

    /// When the first interval starts, on the run's clock.
    pub fn origin_ns(&self) -> u64 {
        self.origin_ns
    }

    /// A measured arrival is due. When it is the first of a new interval, the interval before it ends with this
    /// backlog: requests in flight and arrivals waiting for the cap.
    pub fn offer(&mut self, slot: Slot, in_flight: u64, queued: u64) {
        debug_assert_eq!(slot.phase, Phase::Measured);
        let index = self.index_of(slot);
        self.advance_to(index, in_flight, queued);
        if let Some(interval) = self.open.back_mut() {
            interval.offered += 1;
            interval.outstanding += 1;
        }
    }

    /// A measured arrival has ended.
    pub fn record(&mut self, sample: &Sample) {
        let index = self.index_of(sample.slot);
        let position = index.checked_sub(self.first_open).and_then(|p| usize::try_from(p).ok());
        if let Some(interval) = position.and_then(|p| self.open.get_mut(p)) {
            interval.end(sample);
        }
    }

    /// The run ends at `now_ns` on the run's clock, before its schedule: there are no intervals beyond.
    pub fn end_at(&mut self, now_ns: u64) {
        let past = now_ns.saturating_sub(self.origin_ns) / self.length_ns + 1;
        self.count = self.count.min(past).max(self.newest() + 1);
    }

    /// The schedule is over: the intervals up to the last end with this backlog.
    pub fn finish_offering(&mut self, in_flight: u64, queued: u64) {
        self.advance_to(self.count, in_flight, queued);
    }

    /// The intervals that have closed since the last call, in order.
    pub fn take_closed(&mut self) -> Vec<Interval> {
        // The newest interval may still receive arrivals, unless it is the empty one beyond the end.
        while self.open.len() > 1 && self.open.front().is_some_and(|interval| interval.outstanding == 0) {
            self.close_front();
        }
        std::mem::take(&mut self.closed)
    }

    /// Closes all intervals, whatever is still missing in them.
    pub fn close_all(&mut self, in_flight: u64, queued: u64) -> Vec<Interval> {
        self.finish_offering(in_flight, queued);
        while self.open.len() > 1 {
            self.close_front();
        }
        std::mem::take(&mut self.closed)
    }

    fn index_of(&self, slot: Slot) -> u64 {
        (slot.intended_ns.saturating_sub(self.origin_ns) / self.length_ns).min(self.count - 1)
    }

    fn advance_to(&mut self, index: u64, in_flight: u64, queued: u64) {
        while self.newest() < index {
            if let Some(ending) = self.open.back_mut() {
                ending.in_flight = in_flight;
                ending.queued = queued;
            }
            let next = self.newest() + 1;
            self.open.push_back(Interval::new(next));
            if self.open.len() > MAX_OPEN {
                self.close_front();
            }
        }
    }

    fn newest(&self) -> u64 {
        self.first_open + self.open.len() as u64 - 1
    }

    fn close_front(&mut self) {
        if let Some(interval) = self.open.pop_front() {
            self.first_open += 1;
            self.closed.push(interval);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Timeline;
    use super::*;

    const S: u64 = 1_000_000_000;

    fn slot(intended_ns: u64) -> Slot {
        Slot { index: 0, phase: Phase::Measured, intended_ns }
    }

    fn ok(intended_ns: u64, end_ns: u64) -> Sample {
        let timeline = Timeline {
            due_ns: intended_ns,
            admitted_ns: intended_ns,
            ready_ns: intended_ns,
            sent_ns: intended_ns,
            first_byte_ns: end_ns,
            receive_lag_ns: None,
            end_ns,
        };
        let outcome = Outcome::Ok { status: 200 };
        Sample { slot: slot(intended_ns), endpoint: 0, outcome, timeline: Some(timeline), body_bytes: 0 }
    }

    #[test]
    fn an_interval_closes_when_its_last_answer_has_come() {
        let mut log = IntervalLog::new(0, S, 3);
        log.offer(slot(0), 0, 0);
        log.offer(slot(S), 1, 0);
        assert!(log.take_closed().is_empty(), "the first answer is still missing");
        log.record(&ok(S, S + 1));
        log.record(&ok(0, 3 * S));
        let closed = log.take_closed();
        assert_eq!(closed.len(), 1, "the second interval may still receive arrivals");
        assert_eq!((closed[0].index, closed[0].offered, closed[0].ok, closed[0].in_flight), (0, 1, 1, 1));
        log.finish_offering(0, 0);
        let rest: Vec<u64> = log.take_closed().iter().map(|interval| interval.index).collect();
        assert_eq!(rest, [1, 2], "an interval without arrivals is delivered too");
    }

    #[test]
    fn a_run_that_is_cut_short_keeps_its_last_interval_open() {
        let mut log = IntervalLog::new(0, S, 10_000);
        log.offer(slot(9 * S), 0, 0);
        log.end_at(9 * S + S / 2);
        log.finish_offering(1, 0);
        log.record(&ok(9 * S, 10 * S));
        let closed = log.close_all(0, 0);
        assert_eq!(closed.len(), 10);
        assert_eq!((closed[9].ok, closed[9].in_flight), (1, 1));
    }

    #[test]
    fn a_flood_of_unanswered_seconds_stays_bounded() {
        let mut log = IntervalLog::new(0, S, 10_000);
        for second in 0..1_000 {
            log.offer(slot(second * S), second, 0);
            assert!(log.open.len() <= MAX_OPEN);
        }
        // An answer to a closed interval is no longer counted there.
        log.record(&ok(0, 999 * S));
        let closed = log.close_all(1_000, 0);
        assert_eq!(closed.len(), 10_000);
        assert_eq!((closed[0].offered, closed[0].ok), (1, 0));
    }
}
