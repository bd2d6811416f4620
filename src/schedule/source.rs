//! Where arrivals come from.

use super::{ClosedLoop, LoopEnd, NANOS_PER_S, Schedule};

/// How long a run without a known length is expected to be at most, where something must be laid out beforehand.
const UNKNOWN_LENGTH_NS: u64 = 900 * NANOS_PER_S;

/// The source of a run's arrivals: all that tells an open loop from a closed one.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Open loop: a schedule that no answer changes.
    Schedule(Schedule),
    /// Closed loop: users who wait for their answers.
    Users(ClosedLoop),
}

impl Source {
    /// The schedule of an open loop.
    pub fn schedule(&self) -> Option<&Schedule> {
        match self {
            Self::Schedule(schedule) => Some(schedule),
            Self::Users(_) => None,
        }
    }

    /// Length of the warm-up in nanoseconds: the measured phase starts then.
    pub fn warmup_ns(&self) -> u64 {
        match self {
            Self::Schedule(schedule) => schedule.warmup_ns(),
            Self::Users(users) => users.warmup_ns(),
        }
    }

    /// The number of arrivals in that warm-up, where it is known beforehand; 0 for users.
    pub fn warmup_count(&self) -> u64 {
        self.schedule().map_or(0, Schedule::warmup_count)
    }

    /// Length of the measured phase in nanoseconds, where it is known beforehand.
    pub fn duration_ns(&self) -> Option<u64> {
        match self {
            Self::Schedule(schedule) => Some(schedule.duration_ns()),
            Self::Users(users) => match users.end() {
                LoopEnd::Duration(length_ns) => Some(length_ns),
                LoopEnd::Requests(_) => None,
            },
        }
    }

    /// The length that a series over time is laid out for, in nanoseconds. What lasts longer than 15 minutes without
    /// having said so beforehand has all of its rest in the last interval.
    pub fn horizon_ns(&self) -> u64 {
        self.duration_ns().unwrap_or(UNKNOWN_LENGTH_NS)
    }
}
