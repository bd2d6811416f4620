//! How fast new connections may be opened: for address translators and gateways that limit them.

use std::ops::Add;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};

use crate::schedule::Rate;
use crate::time::Clock;

/// An instant of the run's clock, for governor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Instant(u64);

impl Add<Nanos> for Instant {
    type Output = Self;

    fn add(self, other: Nanos) -> Self {
        Self(self.0.saturating_add(other.as_u64()))
    }
}

impl Reference for Instant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.as_u64()))
    }
}

/// The run's clock, for governor.
#[derive(Debug, Clone)]
struct Adapter<C>(C);

impl<C: Clock> GovernorClock for Adapter<C> {
    type Instant = Instant;

    fn now(&self) -> Instant {
        Instant(self.0.now_ns())
    }
}

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, Adapter<C>, NoOpMiddleware<Instant>>;

/// Permits for new connections, evenly spaced and without a burst.
pub(crate) struct ConnectBudget<C: Clock> {
    limiter: Option<Limiter<C>>,
    /// When a refused permit may be asked for again.
    next_ns: Option<u64>,
}

impl<C: Clock> ConnectBudget<C> {
    /// One worker's budget: its part of `rate`, or no limit.
    pub(crate) fn new(rate: Option<Rate>, workers: u64, clock: &C) -> Self {
        let limiter = rate.and_then(|rate| {
            let period = Duration::from_nanos(rate.divided_by(workers).period_ns());
            let quota = Quota::with_period(period)?;
            Some(RateLimiter::direct_with_clock(quota, Adapter(clock.clone())))
        });
        Self { limiter, next_ns: None }
    }

    /// Uses up a permit, if there is one.
    pub(crate) fn take(&mut self) -> bool {
        let refused = self.limiter.as_ref().and_then(|limiter| limiter.check().err());
        self.next_ns = refused.map(|until: NotUntil<Instant>| until.earliest_possible().0);
        self.next_ns.is_none()
    }

    /// When the permit that was refused last becomes available.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.next_ns
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Hand(Rc<Cell<u64>>);

    impl Clock for Hand {
        fn now_ns(&self) -> u64 {
            self.0.get()
        }
    }

    #[test]
    fn permits_come_at_the_rate_and_never_in_a_burst() {
        let clock = Hand::default();
        clock.0.set(5_000_000_000);
        let mut budget = ConnectBudget::new(Some(Rate::new(10, 1).unwrap()), 1, &clock);
        let mut granted = 0;
        // Two seconds in steps of a millisecond, after a long sleep.
        for _ in 0..2_000 {
            granted += u64::from(budget.take());
            clock.0.set(clock.0.get() + 1_000_000);
        }
        assert_eq!(granted, 20);
        assert!(budget.next_ns().is_some_and(|next| next > clock.0.get() - 1_000_000));
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        let mut budget = ConnectBudget::new(None, 1, &Hand::default());
        assert!((0..1_000).all(|_| budget.take()) && budget.next_ns().is_none());
    }
}
