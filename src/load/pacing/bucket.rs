//! The token bucket: how much a late client may catch up.
//!
//! Token i is minted at tau(i), when the schedule says arrival i leaves, and an arrival that is due takes one. The
//! bucket holds `--burst` tokens; what is minted into a full bucket falls out, and the arrivals beyond are missed.
//!
//! The bucket is governor's, on a clock of ours that counts minted tokens instead of nanoseconds: governor's own
//! period is whole nanoseconds and would drift from the schedule, which alone knows when tokens are minted. So
//! the bucket is exact for every spacing of arrivals, and a test needs no time at all.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::result::BurstDepth;

/// A clock whose time is the number of tokens minted, one nanosecond each.
#[derive(Debug, Clone, Default)]
struct Mint(Rc<Cell<u64>>);

impl GovernorClock for Mint {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.get())
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Mint, NoOpMiddleware<Nanos>>;

/// A token bucket that the schedule fills.
pub struct TokenBucket {
    mint: Mint,
    /// Depth and limiter; `None` where the bucket holds everything and so never refuses.
    limited: Option<(NonZeroU32, Limiter)>,
}

impl TokenBucket {
    /// An empty bucket for one of `workers` workers. Each has an equal part of the depth, and at least one token.
    pub fn new(burst: BurstDepth, workers: u64) -> Self {
        let mint = Mint::default();
        let limited = match burst {
            BurstDepth::All => None,
            BurstDepth::Tokens(tokens) => {
                let part = u32::try_from(u64::from(tokens) / workers.max(1)).unwrap_or(u32::MAX);
                let depth = NonZeroU32::new(part).unwrap_or(NonZeroU32::MIN);
                // A period of one nanosecond is one token on the clock that counts tokens.
                Quota::with_period(Duration::from_nanos(1)).map(|one_token| {
                    let limiter = RateLimiter::direct_with_clock(one_token.allow_burst(depth), mint.clone());
                    (depth, limiter)
                })
            }
        };
        Self { mint, limited }
    }

    /// The most tokens that are worth minting at once: more would fall out. 0 where nothing is limited.
    pub fn depth(&self) -> u64 {
        self.limited.as_ref().map_or(0, |(depth, _)| u64::from(depth.get()))
    }

    /// Whether no arrival is ever refused for want of a token.
    pub fn never_refuses(&self) -> bool {
        self.limited.is_none()
    }

    /// Mints tokens; those that do not fit fall out.
    pub fn mint(&self, tokens: u64) {
        self.mint.0.set(self.mint.0.get().saturating_add(tokens));
    }

    /// Takes a token, if there is one.
    pub fn take(&self) -> bool {
        self.limited.as_ref().is_none_or(|(_, limiter)| limiter.check().is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_is_minted_and_keeps_no_more_than_its_depth() {
        let bucket = TokenBucket::new(BurstDepth::Tokens(10), 1);
        // However long the client slept, it may release ten at once.
        bucket.mint(200);
        assert_eq!((0..200).filter(|_| bucket.take()).count(), 10);
        // On time again: every arrival finds its own token, for as long as the run lasts.
        for _ in 0..100_000 {
            bucket.mint(1);
            assert!(bucket.take());
        }
        bucket.mint(7);
        assert_eq!((0..20).filter(|_| bucket.take()).count(), 7);
    }

    #[test]
    fn a_depth_of_one_forgives_no_lateness_and_loses_nothing_on_time() {
        let bucket = TokenBucket::new(BurstDepth::Tokens(1), 1);
        for _ in 0..1_000 {
            bucket.mint(1);
            assert!(bucket.take());
        }
        bucket.mint(2);
        assert!(bucket.take() && !bucket.take());
    }

    #[test]
    fn all_never_refuses() {
        let bucket = TokenBucket::new(BurstDepth::All, 4);
        bucket.mint(1_000_000);
        assert!((0..1_000_000).all(|_| bucket.take()));
    }

    #[test]
    fn workers_share_the_depth() {
        assert_eq!(TokenBucket::new(BurstDepth::Tokens(10), 4).depth(), 2);
        assert_eq!(TokenBucket::new(BurstDepth::Tokens(1), 4).depth(), 1);
    }
}
