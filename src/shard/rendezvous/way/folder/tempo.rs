//! How often a file is looked at, and for how long already.

use std::time::Duration;

use super::super::stream::pause;
use crate::time::{Clock, MonotonicClock};

/// Between two looks: just after something came, and when nothing has come for a while, as during a run.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(100);

/// Often just after something came, and then less and less: a conversation is quick, and a run is left alone.
#[derive(Debug)]
pub(super) struct Tempo {
    next: Duration,
}

impl Default for Tempo {
    fn default() -> Self {
        Self { next: SHORTEST }
    }
}

impl Tempo {
    /// Something came.
    pub(super) fn hurry(&mut self) {
        self.next = SHORTEST;
    }

    /// Waits until it is time for the next look.
    pub(super) async fn wait(&mut self) {
        pause(self.next).await;
        self.next = (self.next * 3 / 2).min(LONGEST);
    }
}

/// For how long something has been waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    since_ns: u64,
}

impl Default for Waiting {
    /// From now on.
    fn default() -> Self {
        Self { since_ns: MonotonicClock.now_ns() }
    }
}

impl Waiting {
    pub(super) fn has_lasted(&self, length: Duration) -> bool {
        Duration::from_nanos(MonotonicClock.now_ns().saturating_sub(self.since_ns)) >= length
    }
}
