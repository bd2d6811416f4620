//! The arrivals of a replay on their way from the file to a worker: read ahead by a thread of their own, so that no disk delays
//! a request.
//!
//! The worker takes what has been read and never waits for the file. Where the reader is late, arrivals leave late, and that is
//! the client's lateness: it shows in the send lag, and what was not read by the end of the schedule is missed.

mod reader;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;

use crate::request::{RecordedArrival, RecordedRequest, Recording};
use crate::schedule::{Phase, Slot};

/// Why a recording could not be read to its end, told once by whichever reader finds out first.
pub(crate) type Trouble = Arc<OnceLock<String>>;

/// What is still to come of a worker's part of a replay.
pub(crate) struct Feed {
    batches: mpsc::Receiver<Vec<RecordedArrival>>,
    /// What has been read and not taken.
    read: VecDeque<RecordedArrival>,
    /// Start of the replay on the worker's clock.
    origin_ns: u64,
    /// The place of the next arrival of this part, and the distance of those after it.
    next_index: u64,
    step: u64,
    /// Arrivals not taken.
    left: u64,
    /// The intended time of the last one taken.
    last_ns: u64,
    /// Whether the reader has ended.
    is_over: bool,
    /// Whether what has not been read is given up.
    gives_up: bool,
}

impl Feed {
    /// Starts to read the arrivals at the places `stripe`, `stripe + stripes`, ... of a recording, of which there are `count`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn open(
        recording: &Arc<Recording>,
        (stripe, stripes): (u64, u64),
        count: u64,
        trouble: &Trouble,
    ) -> io::Result<Self> {
        let batches = reader::start(Arc::clone(recording), stripe, stripes, Arc::clone(trouble))?;
        Ok(Self::of(batches, (stripe, stripes), count))
    }

    /// The same from whoever sends the arrivals.
    pub(in crate::load) fn of(
        batches: mpsc::Receiver<Vec<RecordedArrival>>,
        (stripe, stripes): (u64, u64),
        count: u64,
    ) -> Self {
        Self {
            batches,
            read: VecDeque::new(),
            origin_ns: 0,
            next_index: stripe,
            step: stripes.max(1),
            left: count,
            last_ns: 0,
            is_over: false,
            gives_up: false,
        }
    }

    /// Waits until the first arrivals have been read: before the run, when there is time for it.
    pub(crate) async fn fill(&mut self) {
        match self.batches.recv().await {
            Some(batch) => self.read.extend(batch),
            None => self.is_over = true,
        }
    }

    /// The same on a clock on which the replay starts at `origin_ns`.
    #[must_use]
    pub(crate) fn starting_at(self, origin_ns: u64) -> Self {
        Self { origin_ns, last_ns: origin_ns, ..self }
    }

    /// Takes what the reader has read meanwhile, if nothing else is there. Returns whether anything came.
    pub(crate) fn refill(&mut self) -> bool {
        let was_empty = self.read.is_empty();
        while self.read.is_empty() && !self.is_over {
            match self.batches.try_recv() {
                Ok(batch) => self.read.extend(batch),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => self.is_over = true,
            }
        }
        was_empty && !self.read.is_empty()
    }

    /// Whether the next arrival is still to be read.
    pub(crate) fn is_starved(&self) -> bool {
        self.left > 0 && self.read.is_empty() && !self.is_over && !self.gives_up
    }

    /// The next arrival, as far as it has been read.
    pub(crate) fn peek(&self) -> Option<Slot> {
        match self.read.front() {
            Some(next) => Some(self.slot(next.index, self.origin_ns.saturating_add(next.at_ns))),
            // When it was due is not known: not before the one that was.
            None if self.gives_up && self.left > 0 => Some(self.slot(self.next_index, self.last_ns)),
            None => None,
        }
    }

    fn slot(&self, index: u64, intended_ns: u64) -> Slot {
        Slot { index, phase: Phase::Measured, intended_ns }
    }

    /// Takes the next arrival if its intended time is not after `now_ns`. One that was never read has no request.
    pub(crate) fn next_due(&mut self, now_ns: u64) -> Option<(Slot, Option<Box<RecordedRequest>>)> {
        let slot = self.peek().filter(|slot| slot.intended_ns <= now_ns)?;
        let request = self.read.pop_front().map(|arrival| arrival.request);
        self.next_index = slot.index + self.step;
        self.left = self.left.saturating_sub(1);
        self.last_ns = slot.intended_ns;
        Some((slot, request))
    }

    /// How many arrivals are due at `now_ns`, as far as they have been read, counted up to `at_most`.
    pub(crate) fn count_due(&self, now_ns: u64, at_most: u64) -> u64 {
        let is_due = |arrival: &&RecordedArrival| self.origin_ns.saturating_add(arrival.at_ns) <= now_ns;
        let most = usize::try_from(at_most).unwrap_or(usize::MAX);
        self.read.iter().take(most).take_while(is_due).count() as u64
    }

    /// Nothing more is waited for: what has not been read is due all the same.
    pub(crate) fn give_up(&mut self) {
        self.gives_up = true;
        self.is_over = true;
    }

    /// How many arrivals are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken until `now_ns`: the index, the intended time, and whether its row was read.
    fn taken(feed: &mut Feed, now_ns: u64) -> Vec<(u64, u64, bool)> {
        let next = || {
            feed.refill();
            feed.next_due(now_ns)
        };
        std::iter::from_fn(next).map(|(slot, row)| (slot.index, slot.intended_ns, row.is_some())).collect()
    }

    fn arrivals(places: std::ops::Range<u64>) -> Vec<RecordedArrival> {
        places
            .map(|place| RecordedArrival { index: 1 + 2 * place, at_ns: 10 * place, request: Box::default() })
            .collect()
    }

    #[test]
    fn what_has_been_read_is_taken_when_it_is_due() {
        let (sender, batches) = mpsc::channel(4);
        let mut feed = Feed::of(batches, (1, 2), 4).starting_at(100);
        assert!(feed.is_starved() && feed.peek().is_none());
        sender.try_send(arrivals(0..2)).unwrap();
        feed.refill();
        assert_eq!(
            (feed.is_starved(), feed.count_due(110, 9), feed.count_due(110, 1), feed.count_due(109, 9)),
            (false, 2, 1, 1)
        );
        assert!(feed.next_due(99).is_none());
        let (slot, request) = feed.next_due(100).unwrap();
        assert_eq!((slot.index, slot.intended_ns, request.is_some(), feed.left()), (1, 100, true, 3));
        sender.try_send(arrivals(2..4)).unwrap();
        drop(sender);
        let rest = taken(&mut feed, 1_000);
        assert_eq!(rest, [(3, 110, true), (5, 120, true), (7, 130, true)]);
        assert_eq!((feed.left(), feed.is_starved()), (0, false));
    }

    #[test]
    fn what_was_not_read_in_time_is_due_all_the_same_and_has_no_request() {
        let (sender, batches) = mpsc::channel(4);
        let mut feed = Feed::of(batches, (1, 2), 3).starting_at(100);
        sender.try_send(arrivals(0..1)).unwrap();
        feed.refill();
        assert!(feed.next_due(100).is_some() && feed.is_starved());
        feed.give_up();
        assert_eq!(taken(&mut feed, 200), [(3, 100, false), (5, 100, false)]);
        // A reader that ended early is not waited for.
        let (sender, batches) = mpsc::channel(4);
        let mut feed = Feed::of(batches, (0, 1), 3);
        drop(sender);
        feed.refill();
        assert!(!feed.is_starved() && feed.peek().is_none() && feed.left() == 3);
    }
}
