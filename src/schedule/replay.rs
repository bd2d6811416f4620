//! Arrivals as they were recorded: what is known of their times beforehand, and how fast they are replayed.
//!
//! The times themselves are read while the run goes on, as a recording may be longer than the memory. Known before are how many
//! there are, over which time, and how dense they are: enough for the length of the run, its stripes, its cap and its threads.

use std::fmt;
use std::str::FromStr;

use super::rate::gcd;
use super::{NANOS_PER_S, NamedPhase, Rate, ScheduleError};

/// The highest rate that anything is laid out for, arrivals per second.
const MOST_PER_S: f64 = 1e8;
/// Decimals of a speed.
const DECIMALS: usize = 6;
/// How much faster, and how much slower, than it was.
const LIMIT: u64 = 1_000;

/// How fast a recording is replayed, as an exact fraction: 2 is twice as fast as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speed {
    numerator: u64,
    denominator: u64,
}

impl Speed {
    /// As it was.
    #[cfg(test)]
    pub(crate) const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// The factor, rounded to a double.
    pub(crate) fn factor(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// The time from the first arrival to one that came so many nanoseconds after it, at this speed: rounded up to whole
    /// nanoseconds, so that no arrival is early, and from the recorded time itself, so that nothing adds up.
    pub(crate) fn scaled(self, recorded_ns: u64) -> u64 {
        let exact =
            (u128::from(recorded_ns) * u128::from(self.denominator)).div_ceil(u128::from(self.numerator));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let how = || format!("`{text}` is not a speed; write 2x for twice as fast, 0.5x for half as fast");
        let number = text.trim();
        let number = number.strip_suffix(['x', 'X']).unwrap_or(number);
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + decimals.len() == 0 || !is_number(whole) || !is_number(decimals) {
            return Err(how());
        }
        let decimals = decimals.trim_end_matches('0');
        let is_fine = decimals.len() > DECIMALS;
        let denominator = 10_u64.pow(decimals.len().min(DECIMALS) as u32);
        let numerator: u64 = format!("0{whole}{decimals}").parse().unwrap_or(u64::MAX);
        if is_fine || numerator / denominator > LIMIT || numerator.saturating_mul(LIMIT) < denominator {
            return Err(format!(
                "`{text}` is out of range; a speed is 0.001x to {LIMIT}x, with {DECIMALS} decimals"
            ));
        }
        let divisor = gcd(numerator, denominator);
        Ok(Self { numerator: numerator / divisor, denominator: denominator / divisor })
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x", self.factor())
    }
}

/// What is known of a recording before it is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Arrivals.
    pub count: u64,
    /// From the first to the last, in nanoseconds.
    pub span_ns: u64,
    /// Most arrivals in any second of it, by the clock that it was recorded with.
    pub most_in_a_second: u64,
}

/// A recording, replayed at a speed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Replay {
    recorded: Recorded,
    speed: Speed,
    duration_ns: u64,
    phases: [NamedPhase; 1],
}

impl Replay {
    /// # Errors
    /// [`ScheduleError`] without any arrival, or when it would last longer than can be counted.
    pub(crate) fn new(recorded: Recorded, speed: Speed) -> Result<Self, ScheduleError> {
        let Recorded { count, span_ns, .. } = recorded;
        // The last arrival has a gap behind it as the others have on average, so that n arrivals a second for d seconds are n x d
        // of them here as anywhere. Where there is no gap to go by, it is a second.
        let duration_ns = match (count, span_ns) {
            (0, _) => return Err(ScheduleError::NoArrival),
            (1, _) | (_, 0) => u128::from(NANOS_PER_S),
            _ => {
                let span = u128::from(span_ns) * u128::from(speed.denominator) * u128::from(count);
                span.div_ceil(u128::from(speed.numerator) * u128::from(count - 1))
            }
        };
        let duration_ns = u64::try_from(duration_ns).map_err(|_| ScheduleError::TooLong)?;
        // One beyond the last arrival at least, whatever was rounded.
        let duration_ns = duration_ns.max(speed.scaled(span_ns).saturating_add(1));
        let mut replay = Self { recorded, speed, duration_ns, phases: Default::default() };
        let mean_per_s = replay.mean_per_s();
        replay.phases = [NamedPhase {
            name: "replay".to_owned(),
            start_ns: 0,
            end_ns: duration_ns,
            from_per_s: mean_per_s,
            to_per_s: mean_per_s,
            lowest_per_s: 0.0,
            highest_per_s: replay.peak().per_second().max(mean_per_s),
        }];
        Ok(replay)
    }

    pub(super) fn count(&self) -> u64 {
        self.recorded.count
    }

    pub(super) fn duration_ns(&self) -> u64 {
        self.duration_ns
    }

    pub(super) fn speed(&self) -> Speed {
        self.speed
    }

    /// Arrivals per second over all of it.
    pub(super) fn mean_per_s(&self) -> f64 {
        self.recorded.count as f64 / (self.duration_ns as f64 / NANOS_PER_S as f64)
    }

    /// The rate of its densest second.
    pub(super) fn peak(&self) -> Rate {
        rate(self.recorded.most_in_a_second as f64 * self.speed.factor())
    }

    /// The highest mean rate over any time so long: recorded arrivals may all have come at once.
    pub(super) fn peak_over(&self, length_ns: u64) -> Rate {
        let length_s = length_ns.max(1) as f64 / NANOS_PER_S as f64;
        // So many seconds of the recording have a part in it.
        let seconds = (length_s * self.speed.factor()).ceil() + 1.0;
        let most = (seconds * self.recorded.most_in_a_second as f64).min(self.recorded.count as f64);
        rate(most / length_s)
    }

    /// It is one phase, of a rate that nobody knows beforehand.
    pub(super) fn phases(&self) -> &[NamedPhase] {
        &self.phases
    }
}

fn rate(per_s: f64) -> Rate {
    Rate::of_per_second(per_s.clamp(0.001, MOST_PER_S)).unwrap_or(Rate::ONE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Phase, Schedule};
    use super::*;

    const S: u64 = NANOS_PER_S;

    fn speed(text: &str) -> Speed {
        text.parse().unwrap()
    }

    fn replay(count: u64, span_ns: u64, most_in_a_second: u64, speed: Speed) -> Replay {
        Replay::new(Recorded { count, span_ns, most_in_a_second }, speed).unwrap()
    }

    #[test]
    fn a_speed_is_an_exact_fraction() {
        let read = |text: &str| (speed(text).numerator, speed(text).denominator);
        assert_eq!(["2x", "2", "0.5x", ".25X", "1.250"].map(read), [(2, 1), (2, 1), (1, 2), (1, 4), (5, 4)]);
        assert_eq!((speed("3x").scaled(10), speed("3x").scaled(9), speed("0.5").scaled(7)), (4, 3, 14));
        for text in ["", "x", "0", "-1", "2y", "1e3", "1001", "0.0001", "0.1234567", "99999999999999999999"] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_recording_at_a_constant_rate_is_as_long_as_a_run_at_that_rate() {
        let plain = replay(1_000, 9_990_000_000, 100, Speed::ONE);
        assert_eq!((plain.duration_ns(), plain.mean_per_s()), (10 * S, 100.0));
        let fast = replay(1_000, 9_990_000_000, 100, speed("2x"));
        assert_eq!((fast.duration_ns(), fast.mean_per_s(), fast.peak().per_second()), (5 * S, 200.0, 200.0));
        assert_eq!(replay(7, 0, 7, Speed::ONE).duration_ns(), S, "all at once");
        assert_eq!(replay(1, 0, 1, Speed::ONE).duration_ns(), S);
        let none = Recorded { count: 0, span_ns: 0, most_in_a_second: 0 };
        assert_eq!(Replay::new(none, Speed::ONE), Err(ScheduleError::NoArrival));
    }

    #[test]
    fn what_comes_at_once_counts_however_short_the_time() {
        let all_at_once = replay(500, 0, 500, Speed::ONE);
        let arrivals = |length_ns| all_at_once.peak_over(length_ns).arrivals_in(length_ns);
        assert_eq!((arrivals(S / 100), arrivals(10 * S)), (500, 500));
        // 100 in each second: any 1.5 seconds have a part in three of them at most.
        assert_eq!(replay(10_000, 100 * S, 100, Speed::ONE).peak_over(3 * S / 2).per_second(), 200.0);
    }

    #[test]
    fn stripes_of_a_replay_know_how_many_arrivals_they_have() {
        let schedule = Schedule::for_replay(replay(10, 9 * S, 1, Speed::ONE)).unwrap();
        let schedule = schedule.with_warmup(S).unwrap();
        assert_eq!(
            (schedule.warmup_ns(), schedule.phases()[0].name.as_str()),
            (0, "replay"),
            "nothing to ramp to"
        );
        let counts = (0..3).map(|worker| schedule.stripe(worker, 3).counts()).collect::<Vec<_>>();
        assert_eq!(counts, [(4, 0), (3, 0), (3, 0)]);
        assert_eq!(
            schedule.stripe(0, 1).next().map(|slot| slot.phase),
            None::<Phase>,
            "its times are read elsewhere"
        );
    }

    proptest! {
        #[test]
        fn a_scaled_time_is_never_early_and_less_than_a_nanosecond_late(
            ns in 0_u64..1 << 54, whole in 0_u64..1_000, decimals in 1_u64..1_000_000,
        ) {
            let speed: Speed = format!("{whole}.{decimals:06}").parse().unwrap_or(Speed::ONE);
            let (numerator, denominator) = (u128::from(speed.numerator), u128::from(speed.denominator));
            let scaled = u128::from(speed.scaled(ns));
            let exact = u128::from(ns) * denominator;
            prop_assert!(scaled * numerator >= exact && scaled * numerator < exact + numerator);
        }

        #[test]
        fn the_last_arrival_is_inside_the_run(count in 2_u64..1 << 40, span_ns in 0_u64..1 << 50, whole in 1_u64..1_000) {
            let speed: Speed = whole.to_string().parse().unwrap();
            prop_assert!(speed.scaled(span_ns) < replay(count, span_ns, 1, speed).duration_ns());
        }
    }
}
