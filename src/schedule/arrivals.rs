//! The whole schedule: a ramp, then the measured arrivals.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::poisson::Poisson;
use super::{NANOS_PER_S, NamedPhase, Phase, Profile, Rate, Replay, Slot, Speed};

/// The longest run or warm-up: a year. Longer than any benchmark, and short enough for exact arithmetic.
pub(super) const MAX_DURATION_NS: u64 = 366 * 86_400 * NANOS_PER_S;
/// The most arrivals in a run: above 10^12 the arithmetic would need more than 128 bits.
const MAX_ARRIVALS: u64 = 1_000_000_000_000;

/// How the measured arrivals are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// Evenly: arrival i leaves at i / rate.
    Constant,
    /// At random, as independent users would come: exponential gaps with the mean 1 / rate.
    Poisson,
    /// As they were recorded in a file.
    Replay,
}

/// Why a plan has no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The run is shorter than the time between two arrivals.
    #[error(
        "no request fits into this run: at {rate} the first full period takes longer than the duration; raise the rate or the duration"
    )]
    Empty {
        /// The rate that was asked for.
        rate: Rate,
    },
    /// A profile or a recording without a single arrival.
    #[error("no request fits into this profile: its rates or its parts are too small for one")]
    NoArrival,
    /// Rates of a profile that have no common denominator, or a linear part that is too long for exact arithmetic.
    #[error("the profile cannot be exact: give its rates fewer decimals, or make its linear parts shorter")]
    TooFine,
    /// Longer than a year or more than 10^12 arrivals.
    #[error("the run is too long: the limits are 366 days and 10^12 requests")]
    TooLong,
}

/// How the rate of the measured phase goes on.
#[derive(Debug, Clone, PartialEq)]
enum Course {
    Constant(Rate),
    Changing(Arc<Profile>),
    Replayed(Arc<Replay>),
}

/// When every arrival of a run leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    course: Course,
    arrivals: Arrivals,
    seed: u64,
    warmup: Option<Ramp>,
    count: u64,
    duration_ns: u64,
}

impl Schedule {
    /// `floor(rate x duration)` arrivals in `duration_ns`.
    ///
    /// # Errors
    /// [`ScheduleError`] when no arrival fits or the run is beyond the limits.
    pub fn for_duration(rate: Rate, duration_ns: u64) -> Result<Self, ScheduleError> {
        match rate.arrivals_in(duration_ns) {
            0 => Err(ScheduleError::Empty { rate }),
            count => Self::new(Course::Constant(rate), count, duration_ns),
        }
    }

    /// Exactly `count` arrivals, which take `count / rate`.
    ///
    /// # Errors
    /// [`ScheduleError`] when `count` is zero or the run is beyond the limits.
    pub fn for_count(rate: Rate, count: u64) -> Result<Self, ScheduleError> {
        match count {
            0 => Err(ScheduleError::Empty { rate }),
            count if count > MAX_ARRIVALS => Err(ScheduleError::TooLong),
            count => Self::new(Course::Constant(rate), count, rate.time_of(count)),
        }
    }

    /// A rate that changes.
    ///
    /// # Errors
    /// [`ScheduleError`] when no arrival fits or the run is beyond the limits.
    pub fn for_profile(profile: Profile) -> Result<Self, ScheduleError> {
        let (count, duration_ns) = (profile.count(), profile.duration_ns());
        if count == 0 {
            return Err(ScheduleError::NoArrival);
        }
        Self::new(Course::Changing(Arc::new(profile)), count, duration_ns)
    }

    /// Arrivals as they were recorded.
    ///
    /// # Errors
    /// [`ScheduleError::TooLong`] when the run is beyond the limits.
    pub(crate) fn for_replay(replay: Replay) -> Result<Self, ScheduleError> {
        let (count, duration_ns) = (replay.count(), replay.duration_ns());
        Self::new(Course::Replayed(Arc::new(replay)), count, duration_ns)
    }

    fn new(course: Course, count: u64, duration_ns: u64) -> Result<Self, ScheduleError> {
        if duration_ns > MAX_DURATION_NS || count > MAX_ARRIVALS {
            return Err(ScheduleError::TooLong);
        }
        Ok(Self { course, arrivals: Arrivals::Constant, seed: 0, warmup: None, count, duration_ns })
    }

    /// The same schedule with another spacing. `seed` matters to Poisson arrivals only; a recording has its own spacing.
    #[must_use]
    pub fn with_arrivals(self, arrivals: Arrivals, seed: u64) -> Self {
        Self { arrivals, seed, ..self }
    }

    /// The same schedule after a linear ramp from 0 to the rate that it begins with; 0 means none, and so does a schedule that
    /// begins with no rate, or with one that nobody knows: a recording.
    ///
    /// # Errors
    /// [`ScheduleError::TooLong`] above a year.
    pub fn with_warmup(self, duration_ns: u64) -> Result<Self, ScheduleError> {
        if duration_ns > MAX_DURATION_NS {
            return Err(ScheduleError::TooLong);
        }
        let first = match &self.course {
            Course::Constant(rate) => Some(*rate),
            Course::Changing(profile) => profile.first(),
            Course::Replayed(_) => None,
        };
        let warmup = first.filter(|_| duration_ns > 0).map(|rate| Ramp { rate, duration_ns });
        Ok(Self { warmup, ..self })
    }

    /// The mean rate of the measured phase, arrivals per second.
    pub fn mean_per_s(&self) -> f64 {
        match &self.course {
            Course::Constant(rate) => rate.per_second(),
            Course::Changing(profile) => profile.mean_per_s(),
            Course::Replayed(replay) => replay.mean_per_s(),
        }
    }

    /// The highest rate of the measured phase.
    pub fn peak_rate(&self) -> Rate {
        match &self.course {
            Course::Constant(rate) => *rate,
            Course::Changing(profile) => profile.peak(),
            Course::Replayed(replay) => replay.peak(),
        }
    }

    /// The highest mean rate over any time so long. More than the peak only where arrivals come in heaps, as recorded ones may.
    pub(crate) fn peak_rate_over(&self, length_ns: u64) -> Rate {
        match &self.course {
            Course::Replayed(replay) => replay.peak_over(length_ns),
            _ => self.peak_rate(),
        }
    }

    /// How fast a recording is replayed; `None`: these arrivals are computed.
    pub(crate) fn speed(&self) -> Option<Speed> {
        match &self.course {
            Course::Replayed(replay) => Some(replay.speed()),
            Course::Constant(_) | Course::Changing(_) => None,
        }
    }

    /// The named parts of a rate that changes; none of a constant one.
    pub(crate) fn phases(&self) -> &[NamedPhase] {
        match &self.course {
            Course::Constant(_) => &[],
            Course::Changing(profile) => profile.phases(),
            Course::Replayed(replay) => replay.phases(),
        }
    }

    /// How the measured arrivals are spaced.
    pub fn arrivals(&self) -> Arrivals {
        if self.speed().is_some() { Arrivals::Replay } else { self.arrivals }
    }

    /// The number of measured arrivals: `planned` in the ledger.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The number of arrivals in the warm-up.
    pub fn warmup_count(&self) -> u64 {
        self.warmup.map_or(0, Ramp::count)
    }

    /// Length of the measured phase in nanoseconds.
    pub fn duration_ns(&self) -> u64 {
        self.duration_ns
    }

    /// Length of the warm-up in nanoseconds: the measured phase starts then.
    pub fn warmup_ns(&self) -> u64 {
        self.warmup.map_or(0, |ramp| ramp.duration_ns)
    }

    /// What the random times of the measured phase come from, where they are random.
    pub(super) fn poisson(&self) -> Option<Poisson> {
        let length = match &self.course {
            Course::Constant(_) => self.duration_ns,
            Course::Changing(profile) => profile.drawn_length(),
            Course::Replayed(_) => return None,
        };
        (self.arrivals == Arrivals::Poisson).then(|| Poisson::new(self.seed, self.count, length))
    }

    /// The slot at a position over warm-up and measured phase. `drawn`: of a Poisson arrival, what was drawn.
    pub(super) fn slot(&self, position: u64, drawn: Option<u64>) -> Slot {
        let warmup_count = self.warmup_count();
        if let Some(ramp) = self.warmup
            && position < warmup_count
        {
            return Slot { index: position, phase: Phase::Warmup, intended_ns: ramp.time_of(position) };
        }
        let index = position - warmup_count;
        let since_measured_ns = match (&self.course, drawn) {
            (Course::Constant(_), Some(drawn_ns)) => drawn_ns,
            (Course::Constant(rate), None) => rate.time_of(index),
            (Course::Changing(profile), Some(place)) => profile.time_of_drawn(place),
            (Course::Changing(profile), None) => profile.time_of(index),
            // Its times are read while the run goes on: no stripe asks.
            (Course::Replayed(_), _) => self.duration_ns,
        };
        Slot { index, phase: Phase::Measured, intended_ns: self.warmup_ns() + since_measured_ns }
    }
}

/// A linear ramp from 0 to `rate` over `duration_ns`.
///
/// The expected number of arrivals by time t is `rate t^2 / (2 W)`, so arrival i leaves at
/// `sqrt(2 W i / rate)`, rounded up to whole nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ramp {
    pub(super) rate: Rate,
    pub(super) duration_ns: u64,
}

impl Ramp {
    /// The number of arrivals in the ramp: `floor(rate x W / 2)`.
    pub(super) fn count(self) -> u64 {
        self.rate.arrivals_in(self.duration_ns) / 2
    }

    /// The intended time of arrival `index`, in nanoseconds since the start of the ramp.
    pub(super) fn time_of(self, index: u64) -> u64 {
        // 2 W (i / rate), in square nanoseconds: both factors are below 2^56.
        let square = 2 * u128::from(self.duration_ns) * u128::from(self.rate.time_of(index));
        let root = square.isqrt();
        let root = if root * root < square { root + 1 } else { root };
        u64::try_from(root).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_linearly_from_zero() {
        let ramp = Ramp { rate: Rate::new(1_000, 1).unwrap(), duration_ns: 1_000_000_000 };
        assert_eq!(ramp.count(), 500);
        assert_eq!(ramp.time_of(0), 0);
        // Half of the time holds a quarter of the arrivals.
        assert_eq!(ramp.time_of(125), 500_000_000);
        assert!(ramp.time_of(ramp.count() - 1) < ramp.duration_ns);
        // The last gap is that of the full rate.
        let last = ramp.time_of(499) - ramp.time_of(498);
        assert!((999_000..1_003_000).contains(&last), "{last}");
    }
}
