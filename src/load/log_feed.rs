//! Arrivals that have ended, on their way to a log: handed over in lots, never waited for.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use crate::measure::Sample;

/// Arrivals in a lot: one hand-over for so many of them.
const LOT: usize = 512;

/// Which run it is, and when it began. Times are in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunStamp {
    /// Its number, from 1.
    pub number: u64,
    /// When its schedule began, on the run's clock.
    pub origin_ns: u64,
    /// When the measurement began, on the same.
    pub measured_from_ns: u64,
    /// When its schedule began, by the clock on the wall, since 1970.
    pub unix_ns: u64,
}

/// An arrival that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// How.
    pub sample: Sample,
    /// The number of the connection that carried it, the last time it was sent. Two connections that are open in one run have
    /// different numbers.
    pub connection: Option<NonZeroU64>,
}

/// Arrivals that one worker hands over at once.
#[derive(Debug)]
pub(crate) struct Lot {
    /// Their run.
    pub run: RunStamp,
    /// In the order in which they ended.
    pub ended: Vec<Ended>,
}

/// Where lots go: a bounded queue that somebody else empties.
#[derive(Debug, Clone)]
pub(crate) struct LogFeed {
    lots: SyncSender<Lot>,
    lost: Arc<AtomicU64>,
}

impl LogFeed {
    /// A feed into this queue; `lost` counts the arrivals that found it full.
    pub(crate) fn new(lots: SyncSender<Lot>, lost: Arc<AtomicU64>) -> Self {
        Self { lots, lost }
    }
}

/// Where the arrivals of one run go.
#[derive(Debug, Clone)]
pub(crate) struct RunLog {
    pub feed: LogFeed,
    pub run: RunStamp,
}

/// One worker's end of a log, for one run.
#[derive(Debug)]
pub(super) struct LogBuffer {
    log: RunLog,
    ended: Vec<Ended>,
}

impl LogBuffer {
    pub(super) fn new(log: RunLog) -> Self {
        Self { log, ended: Vec::with_capacity(LOT) }
    }

    /// An arrival has ended.
    pub(super) fn push(&mut self, sample: &Sample, connection: Option<NonZeroU64>) {
        self.ended.push(Ended { sample: *sample, connection });
        if self.ended.len() >= LOT {
            self.hand_over();
        }
    }

    /// Hands over what there is. Where the queue is full it is counted as lost: a log never holds a request up.
    pub(super) fn hand_over(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        let ended = std::mem::replace(&mut self.ended, Vec::with_capacity(LOT));
        if let Err(TrySendError::Full(lot) | TrySendError::Disconnected(lot)) =
            self.log.feed.lots.try_send(Lot { run: self.log.run, ended })
        {
            self.log.feed.lost.fetch_add(lot.ended.len() as u64, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::measure::Outcome;
    use crate::schedule::{Phase, Slot};

    const RUN: RunStamp = RunStamp { number: 1, origin_ns: 7, measured_from_ns: 8, unix_ns: 9 };

    fn sample(index: u64) -> Sample {
        Sample::unsent(Slot { index, phase: Phase::Measured, intended_ns: index }, 0, Outcome::Overflow)
    }

    #[test]
    fn what_finds_the_queue_full_is_counted_and_not_waited_for() {
        let (lots, waiting) = sync_channel(1);
        let lost = Arc::new(AtomicU64::new(0));
        let mut buffer = LogBuffer::new(RunLog { feed: LogFeed::new(lots, Arc::clone(&lost)), run: RUN });
        (0..2 * LOT as u64 + 3).for_each(|index| buffer.push(&sample(index), None));
        assert_eq!(lost.load(Ordering::Relaxed), LOT as u64, "the second lot");
        let first = waiting.recv().unwrap();
        assert_eq!((first.ended.len(), first.ended[511].sample.slot.index, first.run), (LOT, 511, RUN));
        buffer.hand_over();
        assert_eq!(waiting.recv().unwrap().ended.len(), 3);
        drop(waiting);
        buffer.push(&sample(0), None);
        buffer.hand_over();
        assert_eq!(lost.load(Ordering::Relaxed), LOT as u64 + 1);
    }
}
