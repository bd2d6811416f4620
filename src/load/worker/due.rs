//! The arrivals of an open loop that are due: one stripe of the schedule, and the bucket that it fills.

use crate::load::pacing::TokenBucket;
use crate::schedule::{Slot, Stripe};

/// From this lateness on the client is late: it opens connections only when it has nothing to read.
const LATE_NS: u64 = 1_000_000;
/// The most that is sent before the answers that have come are read, so that few connections are in use at once and stay in
/// the processor's caches. More would not be cheaper: a turn of the loop costs a small part of so many requests.
const PER_TURN: usize = 16;

/// What is still to come of a worker's part of the schedule.
pub(super) struct Due {
    stripe: Stripe,
    bucket: TokenBucket,
}

impl Due {
    pub(super) fn new(stripe: Stripe, bucket: TokenBucket) -> Self {
        Self { stripe, bucket }
    }

    /// The next arrival, due or not.
    pub(super) fn peek(&self) -> Option<Slot> {
        self.stripe.peek()
    }

    /// Tokens for what is due at `now_ns`.
    pub(super) fn mint(&self, now_ns: u64) {
        self.bucket.mint(self.stripe.count_due(now_ns, self.bucket.depth()));
    }

    /// The next arrival if it is due at `now_ns`, and whether it has a token. Tokens must have been minted up to then.
    pub(super) fn take(&mut self, now_ns: u64) -> Option<(Slot, bool)> {
        let slot = self.stripe.next_due(now_ns)?;
        Some((slot, self.bucket.take()))
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
        self.stripe.counts()
    }
}
