//! A closed loop: users who each send when their last answer has come.
//!
//! Here arrivals are no schedule: the service decides when they come. That is what people have and believe, and why a
//! closed loop cannot see what an open one sees.

use std::cmp::Reverse;
use std::ops::Range;

use super::arrivals::{MAX_DURATION_NS, ScheduleError};
use super::users::Users;

/// The most users of a closed loop.
const MAX_USERS: u64 = 1_000_000;

/// The part of a warm-up, one in so many, in which users rest.
const REST: u64 = 4;

/// N users, each with at most one request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedLoop {
    users: u64,
    end: LoopEnd,
    think_ns: u64,
    ramp_ns: u64,
    warmup_ns: u64,
}

/// When a closed loop sends no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopEnd {
    /// After so many requests, over all users.
    Requests(u64),
    /// After so many nanoseconds.
    Duration(u64),
}

/// Why there is no such loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClosedLoopError {
    #[error("a closed loop without users sends nothing; give at least 1")]
    NoUsers,
    /// More than any machine has connections for.
    #[error("{0} users are more than one machine can be: the limit is {MAX_USERS}")]
    TooManyUsers(u64),
    /// It ends before it begins.
    #[error(
        "a closed loop of no requests and no time measures nothing; give at least 1 request, or a duration"
    )]
    Empty,
}

impl ClosedLoop {
    /// `users` users who send until `end`, all from the start and without a pause.
    ///
    /// # Errors
    /// [`ClosedLoopError`] without users, with more than [`MAX_USERS`], or when it would end at once.
    pub fn new(users: u64, end: LoopEnd) -> Result<Self, ClosedLoopError> {
        match (users, end) {
            (0, _) => Err(ClosedLoopError::NoUsers),
            (users, _) if users > MAX_USERS => Err(ClosedLoopError::TooManyUsers(users)),
            (_, LoopEnd::Requests(0) | LoopEnd::Duration(0)) => Err(ClosedLoopError::Empty),
            _ => Ok(Self { users, end, think_ns: 0, ramp_ns: 0, warmup_ns: 0 }),
        }
    }

    /// The same with a pause of each user after each answer.
    #[must_use]
    pub fn with_think_time(self, think_ns: u64) -> Self {
        Self { think_ns, ..self }
    }

    /// The same with users who begin one after the other, evenly over `ramp_ns`.
    #[must_use]
    pub fn with_ramp(self, ramp_ns: u64) -> Self {
        Self { ramp_ns, ..self }
    }

    /// The same with a warm-up before it, in which users begin one after the other. They rest in its last quarter, so that
    /// the measurement begins with all of them at once, on open connections, and with nothing under way that counts for
    /// the warm-up: a loop of n requests would otherwise be measured while it still answers those of the warm-up.
    ///
    /// # Errors
    /// [`ScheduleError::TooLong`] beyond a year.
    pub fn with_warmup(self, warmup_ns: u64) -> Result<Self, ScheduleError> {
        if warmup_ns > MAX_DURATION_NS {
            return Err(ScheduleError::TooLong);
        }
        Ok(Self { warmup_ns, ..self.with_ramp(warmup_ns - warmup_ns / REST) })
    }

    /// Length of the warm-up in nanoseconds.
    pub fn warmup_ns(&self) -> u64 {
        self.warmup_ns
    }

    /// How many users there are.
    pub fn users(&self) -> u64 {
        self.users
    }

    /// When it sends no more.
    pub fn end(&self) -> LoopEnd {
        self.end
    }

    /// How long each user waits after an answer, in nanoseconds.
    pub fn think_ns(&self) -> u64 {
        self.think_ns
    }

    /// The numbers of the measured requests of one stripe of users, where it is known how many requests there will be.
    pub fn requests_of(&self, stripe: u64, stripes: u64) -> Option<Range<u64>> {
        let users_before = |stripe: u64| part_of(self.users, stripe, stripes.max(1));
        match self.end {
            LoopEnd::Requests(n) => {
                let before = |stripe| part_of(n, users_before(stripe), self.users);
                Some(before(stripe)..before(stripe + 1))
            }
            LoopEnd::Duration(_) => None,
        }
    }

    /// Worker `worker`'s users, on a clock on which the loop begins, with its warm-up, at `origin_ns`. Requests are divided as users are,
    /// so that no worker's users wait for those of another.
    pub fn users_of(&self, worker: u64, workers: u64, origin_ns: u64) -> Users {
        let start = |worker: u64| part_of(self.users, worker, workers.max(1));
        let users = start(worker)..start(worker + 1);
        // Numbers that no other worker comes to, where nobody knows how many requests there will be.
        let far_apart = |users: u64| users.saturating_mul(u64::MAX / self.users.saturating_mul(2));
        let requests_before = |users: u64| match self.end {
            LoopEnd::Requests(n) => part_of(n, users, self.users),
            LoopEnd::Duration(_) => far_apart(users),
        };
        let begins_ns = |user: u64| origin_ns.saturating_add(part_of(self.ramp_ns, user, self.users));
        let first_index = requests_before(users.start);
        let measured_from_ns = origin_ns.saturating_add(self.warmup_ns);
        Users {
            left: match self.end {
                LoopEnd::Requests(_) => requests_before(users.end) - first_index,
                LoopEnd::Duration(_) => u64::MAX,
            },
            ends_ns: match self.end {
                LoopEnd::Requests(_) => u64::MAX,
                LoopEnd::Duration(length_ns) => measured_from_ns.saturating_add(length_ns),
            },
            rest_from_ns: measured_from_ns - self.warmup_ns / REST,
            measured_from_ns,
            next_warmup_index: far_apart(users.start),
            warmup_issued: 0,
            ready: users.map(|user| Reverse(begins_ns(user))).collect(),
            think_ns: self.think_ns,
            next_index: first_index,
            issued: 0,
        }
    }
}

/// So many parts of a total that is cut evenly, to the unit.
fn part_of(total: u64, parts: u64, all: u64) -> u64 {
    u64::try_from(u128::from(total) * u128::from(parts) / u128::from(all)).unwrap_or(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_loop_is_refused() {
        assert_eq!(ClosedLoop::new(0, LoopEnd::Requests(1)), Err(ClosedLoopError::NoUsers));
        assert_eq!(
            ClosedLoop::new(10_000_000, LoopEnd::Requests(1)),
            Err(ClosedLoopError::TooManyUsers(10_000_000))
        );
        for end in [LoopEnd::Requests(0), LoopEnd::Duration(0)] {
            assert_eq!(ClosedLoop::new(1, end), Err(ClosedLoopError::Empty));
        }
    }
}
