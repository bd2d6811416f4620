//! The arrivals of an open loop that are due: one stripe of the schedule, computed or read from a recording, and the bucket that it
//! fills.

use crate::load::feed::Feed;
use crate::load::pacing::TokenBucket;
use crate::request::RecordedRequest;
use crate::schedule::{Slot, Stripe};

/// From this lateness on the client is late: it opens connections only when it has nothing to read.
const LATE_NS: u64 = 1_000_000;
/// The most that is sent before the answers that have come are read, so that few connections are in use at once and stay in
/// the processor's caches. More would not be cheaper: a turn of the loop costs a small part of so many requests.
const PER_TURN: usize = 16;

/// What is still to come of a worker's part of the schedule.
pub(super) struct Due {
    coming: Coming,
    bucket: TokenBucket,
}

/// Where the times of the arrivals come from.
enum Coming {
    Computed(Stripe),
    Read(Feed),
}

/// An arrival that was taken.
pub(super) struct Taken {
    pub(super) slot: Slot,
    pub(super) has_token: bool,
    /// What its row says of its request, where it comes from a recording.
    pub(super) row: Option<Box<RecordedRequest>>,
}

impl Due {
    /// A stripe of the schedule; where it is a replay, `feed` has the times.
    pub(super) fn new(stripe: Stripe, feed: Option<Feed>, bucket: TokenBucket) -> Self {
        Self { coming: feed.map_or(Coming::Computed(stripe), Coming::Read), bucket }
    }

    /// Takes what has been read of a recording meanwhile.
    pub(super) fn refill(&mut self) {
        if let Coming::Read(feed) = &mut self.coming {
            feed.refill();
        }
    }

    /// Whether the next arrival is still to be read.
    pub(super) fn is_starved(&self) -> bool {
        matches!(&self.coming, Coming::Read(feed) if feed.is_starved())
    }

    /// What has not been read by now will not be sent.
    pub(super) fn give_up(&mut self) {
        if let Coming::Read(feed) = &mut self.coming {
            feed.give_up();
        }
    }

    /// The next arrival, due or not.
    pub(super) fn peek(&self) -> Option<Slot> {
        match &self.coming {
            Coming::Computed(stripe) => stripe.peek(),
            Coming::Read(feed) => feed.peek(),
        }
    }

    /// Tokens for what is due at `now_ns`.
    pub(super) fn mint(&self, now_ns: u64) {
        let depth = self.bucket.depth();
        self.bucket.mint(match &self.coming {
            Coming::Computed(stripe) => stripe.count_due(now_ns, depth),
            Coming::Read(feed) => feed.count_due(now_ns, depth),
        });
    }

    /// The next arrival if it is due at `now_ns`, and whether it has a token. Tokens must have been minted up to then.
    pub(super) fn take(&mut self, now_ns: u64) -> Option<Taken> {
        match &mut self.coming {
            Coming::Computed(stripe) => {
                let slot = stripe.next_due(now_ns)?;
                Some(Taken { slot, row: None, has_token: self.bucket.take() })
            }
            Coming::Read(feed) => {
                let (slot, row) = feed.next_due(now_ns)?;
                let has_token = self.bucket.take();
                if feed.refill() {
                    // What has come now, and is due, could not be counted before.
                    self.bucket.mint(feed.count_due(now_ns, self.bucket.depth()));
                }
                Some(Taken { slot, row, has_token })
            }
        }
    }

    /// Whether an arrival that is due may wait for a later turn. Where late ones are refused anyway, none waits.
    pub(super) fn may_wait(&self) -> bool {
        self.bucket.never_refuses()
    }

    /// The most that is dispatched in one turn.
    pub(super) fn per_turn(&self) -> usize {
        if self.may_wait() { PER_TURN } else { usize::MAX }
    }

    /// Whether an arrival is late.
    pub(super) fn is_late(&self, slot: Slot, now_ns: u64) -> bool {
        self.may_wait() && now_ns.saturating_sub(slot.intended_ns) > LATE_NS
    }

    /// How many arrivals of the measurement and of the warm-up are still to come.
    pub(super) fn counts(&self) -> (u64, u64) {
        match &self.coming {
            Coming::Computed(stripe) => stripe.counts(),
            Coming::Read(feed) => (feed.left(), 0),
        }
    }
}
