//! The rows of a recording in the order of their times.
//!
//! Access logs are written when a request ends and say when it began, or are merged from several processes: their rows are out of
//! order by a little. How much is known when the file has been read once; then a heap of that much time puts them in order.
//! Access logs also have whole seconds: the arrivals of a second are spread evenly over it.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::io::Read;

use super::problem::{RecordingError, RecordingProblem};
use super::records::{Record, Records};
use super::time::NS_PER_S;

/// How far out of order rows may be.
pub(super) const WINDOW_NS: i64 = 10 * NS_PER_S;
/// The most bytes of rows that are held to put them in order, in each worker.
pub(super) const HELD_MAX: u64 = 128 << 20;

/// What it takes to bring the rows of a file in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// How far a row is behind one before it at most.
    pub disorder_ns: i64,
    /// Whether the arrivals of a second are spread over it.
    pub is_spread: bool,
}

impl Order {
    /// Whether rows are held at all.
    pub(super) fn holds(self) -> bool {
        self.disorder_ns > 0 || self.is_spread
    }
}

/// The second that a time is in.
pub(super) fn second_of(at_ns: i64) -> i64 {
    at_ns.div_euclid(NS_PER_S)
}

/// Where in a second the arrival `place` of `count` is, from 0: `place / count` of it, rounded up to whole nanoseconds.
pub(super) fn spread_ns(place: u64, count: u64) -> i64 {
    (u128::from(place) * NS_PER_S as u128).div_ceil(u128::from(count.max(1))) as i64
}

/// A row that waits for those before it. Rows of one time stay in the order of the file.
struct Held(Record);

impl Held {
    fn key(&self) -> (i64, u64) {
        (self.0.at_ns, self.0.line)
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

/// Reads the rows of a file in the order of their times.
pub(super) struct Ordered<R> {
    records: Records<R>,
    order: Order,
    held: BinaryHeap<Reverse<Held>>,
    held_bytes: u64,
    newest_ns: i64,
    /// The rows of a second, spread over it.
    ready: VecDeque<Record>,
    is_over: bool,
}

impl<R: Read> Ordered<R> {
    pub(super) fn new(records: Records<R>, order: Order) -> Self {
        Self {
            records,
            order,
            held: BinaryHeap::new(),
            held_bytes: 0,
            newest_ns: i64::MIN,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    /// The next row, and where it `is_wanted` its request; `None` at the end of the file.
    ///
    /// # Errors
    /// [`RecordingError`] where the file is not what it was when its order was found out.
    pub(super) fn next(&mut self, is_wanted: bool) -> Result<Option<Record>, RecordingError> {
        if !self.order.holds() {
            return self.records.next(is_wanted);
        }
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Ok(Some(record));
            }
            // No row to come is earlier than this.
            let settled_ns =
                if self.is_over { i64::MAX } else { self.newest_ns.saturating_sub(self.order.disorder_ns) };
            match self.held.peek() {
                Some(Reverse(Held(first))) if self.order.is_spread => {
                    let second = second_of(first.at_ns);
                    if second < second_of(settled_ns) || self.is_over {
                        self.spread(second);
                        continue;
                    }
                }
                Some(Reverse(Held(first))) if first.at_ns <= settled_ns => {
                    return Ok(self.take());
                }
                Some(_) => {}
                None if self.is_over => return Ok(None),
                None => {}
            }
            self.hold()?;
        }
    }

    fn hold(&mut self) -> Result<(), RecordingError> {
        let Some(record) = self.records.next(true)? else {
            self.is_over = true;
            return Ok(());
        };
        self.newest_ns = self.newest_ns.max(record.at_ns);
        self.held_bytes += record.bytes;
        if self.held_bytes > HELD_MAX {
            return Err(self.records.problem(record.line, RecordingProblem::Dense));
        }
        self.held.push(Reverse(Held(record)));
        Ok(())
    }

    fn take(&mut self) -> Option<Record> {
        let Reverse(Held(record)) = self.held.pop()?;
        self.held_bytes -= record.bytes;
        Some(record)
    }

    /// Spreads the rows of a second over it.
    fn spread(&mut self, second: i64) {
        while self.held.peek().is_some_and(|Reverse(Held(next))| second_of(next.at_ns) == second) {
            let record = self.take();
            self.ready.extend(record);
        }
        let count = self.ready.len() as u64;
        for (place, record) in (0..).zip(&mut self.ready) {
            record.at_ns += spread_ns(place, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::format::RecordingFormat;
    use super::*;

    fn ordered(times_ms: &[i64], order: Order) -> Vec<(i64, u64)> {
        let text: String = times_ms.iter().map(|ms| format!("{{\"t_ms\":{ms}}}\n")).collect();
        let records = Records::new(text.as_bytes(), "r", RecordingFormat::Ndjson).unwrap();
        let mut ordered = Ordered::new(records, order);
        std::iter::from_fn(|| ordered.next(true).unwrap()).map(|record| (record.at_ns, record.line)).collect()
    }

    #[test]
    fn the_arrivals_of_a_second_are_spread_over_it() {
        let order = Order { disorder_ns: 2_000_000_000, is_spread: true };
        let times = ordered(&[5_000, 7_000, 5_000, 5_000, 7_000], order);
        let expected = [
            (5_000_000_000, 1),
            (5_333_333_334, 3),
            (5_666_666_667, 4),
            (7_000_000_000, 2),
            (7_500_000_000, 5),
        ];
        assert_eq!(times, expected);
        assert_eq!((spread_ns(0, 3), spread_ns(1, 3), spread_ns(2, 3)), (0, 333_333_334, 666_666_667));
    }

    proptest! {
        /// Whatever the disorder, as long as it is within the window that was found.
        #[test]
        fn rows_come_in_the_order_of_time_and_of_the_file(steps in prop::collection::vec((0_i64..500, 0_i64..3_000), 1..200)) {
            let mut now = 0;
            let times: Vec<i64> = steps.iter().map(|(step, back)| { now += step; (now - back).max(0) }).collect();
            let mut newest = i64::MIN;
            let disorder = times.iter().map(|at| { newest = newest.max(*at); newest - at }).max().unwrap();
            let found = ordered(&times, Order { disorder_ns: disorder * 1_000_000, is_spread: false });
            let mut expected: Vec<(i64, u64)> = times.iter().zip(1..).map(|(at, line)| (at * 1_000_000, line)).collect();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
