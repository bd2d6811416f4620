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
pub(crate) struct Stretch {
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
pub(crate) struct Profile {
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
    pub(crate) fn new(phases: &[(String, Vec<Stretch>)]) -> Result<Self, ScheduleError> {
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
mod tests {
    use proptest::prelude::*;

    use super::super::{Arrivals, Schedule, Slot};
    use super::*;

    const S: u64 = NANOS_PER_S;

    fn rate(text: &str) -> Option<Rate> {
        text.parse().ok()
    }

    fn stretch(from: &str, to: &str, duration_ns: u64) -> Stretch {
        Stretch { from: rate(from), to: rate(to), duration_ns }
    }

    fn profile(stretches: &[Stretch]) -> Result<Profile, ScheduleError> {
        Profile::new(&[(String::new(), stretches.to_vec())])
    }

    fn times(stretches: &[Stretch]) -> Vec<u64> {
        let schedule = Schedule::for_profile(profile(stretches).unwrap()).unwrap();
        schedule.stripe(0, 1).map(|slot| slot.intended_ns).collect()
    }

    #[test]
    fn a_line_from_nothing_has_half_of_its_arrivals_after_the_root_of_a_half() {
        let times = times(&[stretch("0", "1000", 2 * S)]);
        assert_eq!((times.len(), times[0]), (1_000, 0));
        // N(t) = 250 t^2: arrival i at 2 s x sqrt(i / 1000), rounded up.
        assert_eq!(times[250], S);
        assert_eq!(times[500], 1_414_213_563);
        assert_eq!(times[810], 1_800_000_000);
    }

    #[test]
    fn a_line_down_to_nothing_is_the_mirror_of_the_line_up() {
        let (up, down) = (times(&[stretch("0", "90", 10 * S)]), times(&[stretch("90", "0", 10 * S)]));
        assert_eq!(up.len(), 450);
        for index in 1..450 {
            let mirrored = 10 * S - down[450 - index];
            assert!(up[index].abs_diff(mirrored) <= 1, "{index}: {} and {mirrored}", up[index]);
        }
    }

    #[test]
    fn many_short_stretches_lose_nothing() {
        // Half an arrival each, 1,001 times.
        let halves = vec![stretch("0.5", "0.5", S); 1_001];
        assert_eq!(times(&halves), (0..500).map(|index| 2 * S * index).collect::<Vec<_>>());
        // Thirds of a second, and nothing in between.
        let gaps = [stretch("1", "1", S / 2), stretch("0", "0", 10 * S), stretch("1", "1", 3 * S / 2)];
        assert_eq!(times(&gaps), [0, 11 * S]);
    }

    #[test]
    fn what_never_arrives_or_cannot_be_exact_is_none() {
        assert_eq!(profile(&[stretch("0", "0", S)]).unwrap_err(), ScheduleError::NoArrival);
        assert_eq!(profile(&[]).unwrap_err(), ScheduleError::NoArrival);
        let year = 365 * 86_400 * S;
        assert!(profile(&[stretch("0", "1000000", 86_400 * S)]).is_ok());
        assert!(profile(&[stretch("100000000", "100000000", year)]).is_ok());
        let fine = stretch("0.000000001", "100000000", year);
        assert_eq!(profile(&[fine]).unwrap_err(), ScheduleError::TooFine);
    }

    #[test]
    fn random_arrivals_come_where_the_rate_is() {
        let profile = profile(&[stretch("0", "10000", 10 * S)]).unwrap();
        let schedule = Schedule::for_profile(profile).unwrap().with_arrivals(Arrivals::Poisson, 3);
        let times: Vec<u64> = schedule.stripe(0, 1).map(|slot| slot.intended_ns).collect();
        assert_eq!(times.len(), 50_000);
        assert!(times.is_sorted());
        // The first half of a line from nothing has a quarter of the arrivals: binomial, to 5 sigma.
        let early = times.iter().filter(|at| **at < 5 * S).count() as f64;
        assert!((early - 12_500.0).abs() < 5.0 * (50_000.0_f64 * 0.25 * 0.75).sqrt(), "{early}");
        let gaps: Vec<f64> = times[49_000..].windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.15, "exponential gaps");
    }

    fn stretches() -> impl Strategy<Value = Vec<Stretch>> {
        let level =
            prop_oneof![Just(None), (1_u64..50_000, 1_u64..61).prop_map(|(a, s)| Rate::new(a, s).ok())];
        let stretch = (level.clone(), level, any::<bool>(), 0_u64..3_000_000_000).prop_map(
            |(from, to, is_constant, duration_ns)| Stretch {
                from,
                to: if is_constant { from } else { to },
                duration_ns,
            },
        );
        proptest::collection::vec(stretch, 1..6)
    }

    proptest! {
        /// The definition itself: by the time of an arrival its number has come, and one nanosecond earlier it has not.
        #[test]
        fn an_arrival_leaves_in_the_first_nanosecond_by_which_it_has_come(stretches in stretches()) {
            let Ok(profile) = profile(&stretches) else { return Ok(()) };
            // Counted another way: for each stretch alone, in floating point.
            let expected = |at_ns: u64| -> f64 {
                let mut start = 0_u64;
                let mut sum = 0.0;
                for stretch in &stretches {
                    let t = at_ns.saturating_sub(start).min(stretch.duration_ns) as f64 / 1e9;
                    let (from, to) = (stretch.from.map_or(0.0, Rate::per_second), stretch.to.map_or(0.0, Rate::per_second));
                    let length = stretch.duration_ns as f64 / 1e9;
                    if length > 0.0 {
                        sum += from * t + (to - from) * t * t / length / 2.0;
                    }
                    start += stretch.duration_ns;
                }
                sum
            };
            let count = profile.count();
            prop_assert!((expected(profile.duration_ns()) - count as f64) < 1.0 + 1e-6);
            for index in (0..count).step_by(1 + count as usize / 500) {
                let at = profile.time_of(index);
                prop_assert!(expected(at) >= index as f64 - 1e-5, "{} at {}", index, at);
                prop_assert!(at == 0 || expected(at - 1) < index as f64 + 1e-5, "{} before {}", index, at);
            }
        }

        #[test]
        fn stripes_partition_a_profile(stretches in stretches(), workers in 1_u64..5, is_random in any::<bool>()) {
            let schedule = profile(&stretches).and_then(Schedule::for_profile);
            let Ok(schedule) = schedule else { return Ok(()) };
            let arrivals = if is_random { Arrivals::Poisson } else { Arrivals::Constant };
            let schedule = schedule.with_arrivals(arrivals, 7).with_warmup(S / 2).unwrap();
            let whole: Vec<Slot> = schedule.stripe(0, 1).collect();
            prop_assert!(whole.is_sorted_by_key(|slot| slot.intended_ns));
            prop_assert_eq!(whole.len() as u64, schedule.warmup_count() + schedule.count());
            prop_assert!(whole.iter().all(|slot| slot.intended_ns < schedule.warmup_ns() + schedule.duration_ns()));
            let mut parts: Vec<Slot> = (0..workers).flat_map(|worker| schedule.stripe(worker, workers)).collect();
            parts.sort_by_key(|slot| (slot.phase == crate::schedule::Phase::Measured, slot.index));
            prop_assert_eq!(parts, whole);
        }
    }
}
