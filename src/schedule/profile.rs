//! A rate that changes within one run: stretches of a constant or linearly changing rate, end to end.
//!
//! The expected number of arrivals by time t is `N(t)`, the integral of the rate; arrival i leaves at the first whole
//! nanosecond at which `N(t) >= i`. Stretches carry over what is less than an arrival, so that many short ones lose nothing.
//! All of it is exact: in integers, with one common denominator for all rates.

use super::rate::gcd;
use super::{NANOS_PER_S, Rate, ScheduleError};

/// Largest common denominator of the rates, in seconds.
const MAX_DENOMINATOR: u64 = 1_000_000_000_000;
/// Most that the arithmetic of a linear stretch may need, with room for sums of it.
const MAX_PRODUCT: u128 = 1 << 124;
/// Parts of an arrival that random times are drawn in.
const DRAWN_PARTS: u64 = 1_000_000;

/// A part of a profile in which the rate is constant or changes linearly. No rate: nothing arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// At its start.
    pub from: Option<Rate>,
    /// At its end.
    pub to: Option<Rate>,
    /// Its length in nanoseconds.
    pub duration_ns: u64,
}

/// A named part of a profile, which has figures of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct NamedPhase {
    pub name: String,
    /// When it begins, in nanoseconds since the start of the profile.
    pub start_ns: u64,
    /// When it ends.
    pub end_ns: u64,
    /// The rate at its start, arrivals per second.
    pub from_per_s: f64,
    /// The rate at its end.
    pub to_per_s: f64,
    /// Its lowest rate.
    pub lowest_per_s: f64,
    /// Its highest rate.
    pub highest_per_s: f64,
}

/// Stretches, end to end. Rates and counts are in units of which an arrival has [`Profile::unit`].
#[derive(Debug, PartialEq)]
pub struct Profile {
    stretches: Vec<Measured>,
    phases: Vec<NamedPhase>,
    /// The common denominator of all rates, in seconds.
    denominator: u64,
    peak: Rate,
    first: Option<Rate>,
    duration_ns: u64,
}

/// A stretch and where it lies.
#[derive(Debug, PartialEq, Eq)]
struct Measured {
    /// Arrivals in as many seconds as the denominator has.
    from: u64,
    to: u64,
    duration_ns: u64,
    start_ns: u64,
    /// Units at its end, since the start of the profile.
    until: u128,
}

impl Profile {
    /// Phases with their stretches, end to end.
    ///
    /// # Errors
    /// [`ScheduleError`] without any arrival, or where the arithmetic would not be exact.
    pub fn new(phases: &[(String, Vec<Stretch>)]) -> Result<Self, ScheduleError> {
        let stretches = || phases.iter().flat_map(|(_, stretches)| stretches);
        let rates = || stretches().flat_map(|stretch| [stretch.from, stretch.to]).flatten();
        let peak = rates().reduce(|a, b| if b.per_second() > a.per_second() { b } else { a });
        let peak = peak.ok_or(ScheduleError::NoArrival)?;
        let mut denominator = 1_u64;
        for rate in rates() {
            let (_, seconds) = rate.fraction();
            let common = u128::from(denominator) * u128::from(seconds / gcd(denominator, seconds));
            denominator = u64::try_from(common)
                .ok()
                .filter(|common| *common <= MAX_DENOMINATOR)
                .ok_or(ScheduleError::TooFine)?;
        }
        let mut profile = Self {
            stretches: Vec::new(),
            phases: Vec::new(),
            denominator,
            peak,
            first: None,
            duration_ns: 0,
        };
        for (name, stretches) in phases {
            let start_ns = profile.duration_ns;
            for stretch in stretches.iter().filter(|stretch| stretch.duration_ns > 0) {
                if profile.stretches.is_empty() {
                    profile.first = stretch.from;
                }
                profile.add(*stretch)?;
            }
            let per_s = |rate: Option<Rate>| rate.map_or(0.0, Rate::per_second);
            let ends = || stretches.iter().flat_map(|stretch| [stretch.from, stretch.to]).map(per_s);
            profile.phases.push(NamedPhase {
                name: name.clone(),
                start_ns,
                end_ns: profile.duration_ns,
                from_per_s: ends().next().unwrap_or(0.0),
                to_per_s: ends().next_back().unwrap_or(0.0),
                lowest_per_s: ends().fold(f64::INFINITY, f64::min),
                highest_per_s: ends().fold(0.0, f64::max),
            });
        }
        Ok(profile)
    }

    /// Its named parts, end to end.
    pub(crate) fn phases(&self) -> &[NamedPhase] {
        &self.phases
    }

    fn add(&mut self, stretch: Stretch) -> Result<(), ScheduleError> {
        let numerator = |rate: Option<Rate>| {
            let (arrivals, seconds) = rate.map_or((0, 1), Rate::fraction);
            arrivals.checked_mul(self.denominator / seconds).ok_or(ScheduleError::TooFine)
        };
        let (from, to) = (numerator(stretch.from)?, numerator(stretch.to)?);
        let duration = u128::from(stretch.duration_ns);
        let steepest =
            u128::from(from.max(to)).checked_mul(duration).filter(|product| *product <= MAX_PRODUCT);
        let linear = steepest
            .and_then(|product| product.checked_mul(duration))
            .filter(|product| *product <= MAX_PRODUCT);
        if steepest.is_none() || from != to && linear.is_none() {
            return Err(ScheduleError::TooFine);
        }
        let before = self.units();
        self.stretches.push(Measured {
            from,
            to,
            duration_ns: stretch.duration_ns,
            start_ns: self.duration_ns,
            until: before + (u128::from(from) + u128::from(to)) * duration,
        });
        self.duration_ns = self.duration_ns.checked_add(stretch.duration_ns).ok_or(ScheduleError::TooLong)?;
        Ok(())
    }

    /// Units in one arrival.
    fn unit(&self) -> u128 {
        2 * u128::from(self.denominator) * u128::from(NANOS_PER_S)
    }

    /// Units in all of it.
    fn units(&self) -> u128 {
        self.stretches.last().map_or(0, |last| last.until)
    }

    /// The number of arrivals: what is less than one at the end is none.
    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.units() / self.unit()).unwrap_or(u64::MAX)
    }

    /// Its length in nanoseconds.
    pub(super) fn duration_ns(&self) -> u64 {
        self.duration_ns
    }

    /// The highest rate.
    pub(super) fn peak(&self) -> Rate {
        self.peak
    }

    /// The rate that it begins with; `None`: it begins with none.
    pub(super) fn first(&self) -> Option<Rate> {
        self.first
    }

    /// Arrivals per second, over all of it.
    pub(super) fn mean_per_s(&self) -> f64 {
        self.units() as f64 / self.unit() as f64 / (self.duration_ns as f64 / NANOS_PER_S as f64)
    }

    /// The intended time of arrival `index`, in nanoseconds since the start.
    pub(super) fn time_of(&self, index: u64) -> u64 {
        self.time_at(u128::from(index) * self.unit())
    }

    /// The length that random times are drawn over: as many parts of an arrival as there are, so that equal parts are
    /// equally probable whatever the rate (the time change of an inhomogeneous Poisson process).
    pub(super) fn drawn_length(&self) -> u64 {
        self.count().saturating_mul(DRAWN_PARTS)
    }

    /// The time of a place that was drawn, in nanoseconds since the start.
    pub(super) fn time_of_drawn(&self, place: u64) -> u64 {
        self.time_at(u128::from(place) * self.unit() / u128::from(DRAWN_PARTS))
    }

    /// The first nanosecond by which so many units have come.
    fn time_at(&self, units: u128) -> u64 {
        let place = self.stretches.partition_point(|stretch| stretch.until <= units);
        let Some(stretch) = self.stretches.get(place) else { return self.duration_ns };
        let before = place.checked_sub(1).map_or(0, |before| self.stretches[before].until);
        stretch.start_ns + stretch.time_at(units - before)
    }
}

impl Measured {
    /// The first nanosecond of the stretch by which so many of its units have come.
    fn time_at(&self, units: u128) -> u64 {
        if self.from == self.to {
            // A stretch without a rate has no units, so nobody asks.
            let per_ns = 2 * u128::from(self.from.max(1));
            return u64::try_from(units.div_ceil(per_ns)).unwrap_or(u64::MAX);
        }
        // The root of the quadratic, near enough; then the exact nanosecond beside it.
        let (from, to, length) = (self.from as f64, self.to as f64, self.duration_ns as f64);
        let start = from * length;
        let root = (start * start + (to - from) * length * units as f64).max(0.0).sqrt();
        let guess = if start + root > 0.0 { units as f64 * length / (start + root) } else { 0.0 };
        let guess = (guess as u64).min(self.duration_ns);
        let (mut low, mut high, mut step) = (guess, guess, 1_u64);
        while low > 0 && self.has_come(low, units) {
            high = low;
            low = low.saturating_sub(step);
            step = step.saturating_mul(2);
        }
        if low == 0 && self.has_come(0, units) {
            return 0;
        }
        step = 1;
        while high < self.duration_ns && !self.has_come(high, units) {
            low = high;
            high = high.saturating_add(step).min(self.duration_ns);
            step = step.saturating_mul(2);
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.has_come(middle, units) { high = middle } else { low = middle }
        }
        high
    }

    /// Whether so many units have come by `at_ns`: `2 from t + (to - from) t^2 / length`, times the length.
    fn has_come(&self, at_ns: u64, units: u128) -> bool {
        let (at, length) = (i128::from(at_ns), i128::from(self.duration_ns));
        let (from, to) = (i128::from(self.from), i128::from(self.to));
        let come = 2 * from * length * at + (to - from) * at * at;
        // Fewer units than the stretch has, so that the product fits.
        come >= units as i128 * length
    }
}

#[cfg(test)]
mod tests;
