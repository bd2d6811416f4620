//! The queue: when each arrival leaves, worked out on its arrival.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::model::{Freeze, ModelError, ServiceModel};
use super::service_time::ServiceTimes;

/// How an arrival ends, decided when it arrives: in a first-in, first-out queue nothing that comes later can
/// change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// A worker takes the request at `start_ns` and is done with it at `at_ns`.
    Answered {
        /// When work on the request starts.
        start_ns: u64,
        /// When the answer leaves.
        at_ns: u64,
    },
    /// The queue is full: the request is turned away at `at_ns`, at once unless the service stands still.
    Rejected {
        /// When the refusal leaves.
        at_ns: u64,
    },
}

/// The state of a [`ServiceModel`]: a first-in, first-out queue with `c` workers, computed rather than acted out.
///
/// It keeps the instants at which the workers become free (Kiefer and Wolfowitz, 1955): an arrival takes the
/// earliest, which costs O(log c) and no task, lock or timer for each worker, and makes the model a pure
/// function of the arrival instants. Times are nanoseconds on any one clock.
#[derive(Debug, Clone)]
pub struct Queue {
    /// When each worker that ever worked becomes free, earliest first; idle ones are added as they are needed.
    free_at_ns: BinaryHeap<Reverse<u64>>,
    workers: usize,
    times: ServiceTimes,
    answers_at_once: bool,
    /// When the arrivals that still wait for a worker start, in order; kept only when there is a limit.
    waiting: VecDeque<u64>,
    queue_max: Option<u64>,
    freeze: Option<Freeze>,
    /// From when to when the service stands still, once the first arrival has fixed it.
    frozen: Option<(u64, u64)>,
    last_arrival_ns: u64,
}

impl Queue {
    /// An empty queue in front of idle workers.
    ///
    /// # Errors
    /// Those of [`ServiceModel::validate`].
    pub fn new(model: &ServiceModel) -> Result<Self, ModelError> {
        model.validate()?;
        Ok(Self {
            free_at_ns: BinaryHeap::new(),
            workers: model.workers as usize,
            times: ServiceTimes::new(model.service_time_ns, model.sigma, model.seed),
            answers_at_once: model.service_time_ns == 0,
            waiting: VecDeque::new(),
            queue_max: model.queue_max,
            freeze: model.freeze,
            frozen: None,
            last_arrival_ns: 0,
        })
    }

    /// An arrival at `now_ns`. An instant before that of the arrival before counts as the same instant: whoever
    /// comes later stands behind.
    pub fn arrive(&mut self, now_ns: u64) -> Departure {
        let now_ns = now_ns.max(self.last_arrival_ns);
        self.last_arrival_ns = now_ns;
        if let Some(freeze) = self.freeze.take() {
            let from_ns = now_ns.saturating_add(freeze.at_ns);
            self.frozen = Some((from_ns, from_ns.saturating_add(freeze.for_ns)));
        }
        // A service that stands still does not look at its socket either: it sees the request afterwards.
        let seen_ns = self.after_freeze(now_ns);
        if self.answers_at_once {
            return Departure::Answered { start_ns: seen_ns, at_ns: seen_ns };
        }
        // No worker becomes free during the freeze, so a start at or after `seen_ns` needs no further shift,
        // but for one who was done in the very instant in which the freeze began.
        let start_ns = self.after_freeze(self.next_free_ns(seen_ns));
        if self.is_full(seen_ns, start_ns) {
            return Departure::Rejected { at_ns: seen_ns };
        }
        let at_ns = self.finish_ns(start_ns);
        self.occupy(seen_ns, at_ns);
        Departure::Answered { start_ns, at_ns }
    }

    /// When the next worker can start on something that is there at `seen_ns`.
    fn next_free_ns(&self, seen_ns: u64) -> u64 {
        match self.free_at_ns.peek() {
            Some(Reverse(free_ns)) if self.free_at_ns.len() == self.workers => seen_ns.max(*free_ns),
            _ => seen_ns,
        }
    }

    /// Whether an arrival that would have to wait finds no place to wait in; otherwise it takes one.
    fn is_full(&mut self, seen_ns: u64, start_ns: u64) -> bool {
        let Some(queue_max) = self.queue_max else { return false };
        while self.waiting.front().is_some_and(|start_ns| *start_ns <= seen_ns) {
            self.waiting.pop_front();
        }
        if start_ns <= seen_ns {
            return false;
        }
        if self.waiting.len() as u64 >= queue_max {
            return true;
        }
        self.waiting.push_back(start_ns);
        false
    }

    /// When work that starts at `start_ns` is done, the freeze included.
    fn finish_ns(&mut self, start_ns: u64) -> u64 {
        let done_ns = start_ns.saturating_add(self.times.draw_ns());
        match self.frozen {
            Some((from_ns, to_ns)) if start_ns < from_ns && done_ns > from_ns => {
                done_ns.saturating_add(to_ns - from_ns)
            }
            _ => done_ns,
        }
    }

    /// Books the earliest worker until `at_ns`; one that never worked only if no other is free by `seen_ns`.
    fn occupy(&mut self, seen_ns: u64, at_ns: u64) {
        let earliest_is_free = self.free_at_ns.peek().is_some_and(|Reverse(free_ns)| *free_ns <= seen_ns);
        if earliest_is_free || self.free_at_ns.len() == self.workers {
            self.free_at_ns.pop();
        }
        self.free_at_ns.push(Reverse(at_ns));
    }

    /// `at_ns`, or the end of the freeze if the service stands still at `at_ns`.
    fn after_freeze(&self, at_ns: u64) -> u64 {
        match self.frozen {
            Some((from_ns, to_ns)) if (from_ns..to_ns).contains(&at_ns) => to_ns,
            _ => at_ns,
        }
    }
}
