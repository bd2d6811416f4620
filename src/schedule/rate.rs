//! A rate as an exact fraction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::NANOS_PER_S;

/// The highest rate that is accepted, in arrivals per second: far above what one machine can send, and low
/// enough that no intended time overflows.
const MAX_PER_S: u64 = 100_000_000;

/// Arrivals per second as an exact, reduced fraction, so that `16666.7` and `1000/m` lose nothing. Shards tell each other
/// `[arrivals, seconds]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u64, u64)", try_from = "(u64, u64)")]
pub struct Rate {
    arrivals: u64,
    seconds: u64,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not a decimal number with an optional unit.
    #[error("`{0}` is not a rate; write requests per second as 300, 0.5 or 300/s, or per minute as 18000/m")]
    Syntax(String),
    /// Zero: an open loop without arrivals measures nothing.
    #[error("the rate must be above 0; for less than one request per second write 0.5 or 30/m")]
    Zero,
    /// Above the highest rate accepted.
    #[error("the rate `{0}` is out of range; the highest is {MAX_PER_S}/s")]
    TooHigh(String),
    /// More decimals than a fraction of nanoseconds can use.
    #[error("the rate `{0}` has more than 9 decimals; round it")]
    TooFine(String),
}

impl Rate {
    /// One a second.
    pub const ONE: Self = Self { arrivals: 1, seconds: 1 };

    /// A rate that was computed, to a thousandth per second.
    ///
    /// # Errors
    /// [`RateError`] as [`Self::new`], also for what is no number.
    pub fn of_per_second(per_second: f64) -> Result<Self, RateError> {
        if per_second > MAX_PER_S as f64 {
            return Err(RateError::TooHigh(per_second.to_string()));
        }
        // What is no number, or below zero, becomes zero.
        Self::new((per_second * 1e3).round() as u64, 1_000)
    }

    /// `arrivals` per `seconds`.
    ///
    /// # Errors
    /// [`RateError::Zero`] when either is zero, [`RateError::TooHigh`] above 10^8 per second.
    pub fn new(arrivals: u64, seconds: u64) -> Result<Self, RateError> {
        if arrivals == 0 || seconds == 0 {
            return Err(RateError::Zero);
        }
        if arrivals / seconds > MAX_PER_S {
            return Err(RateError::TooHigh(format!("{arrivals}/{seconds}s")));
        }
        let divisor = gcd(arrivals, seconds);
        Ok(Self { arrivals: arrivals / divisor, seconds: seconds / divisor })
    }

    /// The rate as arrivals per second, rounded to a double.
    pub fn per_second(self) -> f64 {
        self.arrivals as f64 / self.seconds as f64
    }

    /// Arrivals per how many seconds, reduced.
    pub(super) fn fraction(self) -> (u64, u64) {
        (self.arrivals, self.seconds)
    }

    /// `floor(rate x duration)`: the number of arrivals in `duration_ns`, exact.
    pub fn arrivals_in(self, duration_ns: u64) -> u64 {
        let exact = u128::from(self.arrivals) * u128::from(duration_ns)
            / (u128::from(self.seconds) * u128::from(NANOS_PER_S));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }

    /// `ceil(index / rate)` in nanoseconds: the intended time of arrival `index` of a constant schedule. It is
    /// rounded up, so no arrival is ever early, and by less than 1 ns whatever the index.
    pub fn time_of(self, index: u64) -> u64 {
        let exact = self.nanos_for(index).div_ceil(u128::from(self.arrivals));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }

    /// The numerator of `index / rate` in nanoseconds; divide by the numerator.
    fn nanos_for(self, index: u64) -> u128 {
        u128::from(index) * (u128::from(self.seconds) * u128::from(NANOS_PER_S))
    }

    /// The mean time between arrivals, rounded down to whole nanoseconds and at least 1.
    pub fn period_ns(self) -> u64 {
        (self.nanos_for(1) / u128::from(self.arrivals)).clamp(1, u128::from(u64::MAX)) as u64
    }

    /// This rate divided over `parts`, for limits that each worker keeps by itself.
    pub fn divided_by(self, parts: u64) -> Self {
        Self { arrivals: self.arrivals, seconds: self.seconds.saturating_mul(parts.max(1)) }
    }
}

impl From<Rate> for (u64, u64) {
    fn from(rate: Rate) -> Self {
        (rate.arrivals, rate.seconds)
    }
}

impl TryFrom<(u64, u64)> for Rate {
    type Error = RateError;

    fn try_from((arrivals, seconds): (u64, u64)) -> Result<Self, RateError> {
        Self::new(arrivals, seconds)
    }
}

pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let syntax = || RateError::Syntax(text.to_owned());
        let (number, unit_s) = match text.trim().split_once('/') {
            None => (text.trim(), 1),
            Some((number, "s" | "sec" | "second")) => (number, 1),
            Some((number, "m" | "min" | "minute")) => (number, 60),
            Some((number, "h" | "hour")) => (number, 3_600),
            Some(_) => return Err(syntax()),
        };
        // 10k, 1.5M, 100rps, 1_000: as people write numbers of requests.
        let number = number.strip_suffix("rps").unwrap_or(number).trim_end();
        let (number, zeros) = match number.strip_suffix(['k', 'K', 'M']) {
            Some(rest) if number.ends_with('M') => (rest, 6),
            Some(rest) => (rest, 3),
            None => (number, 0_usize),
        };
        let number = between_digits(number).ok_or_else(syntax)?;
        let (whole, decimals) = number.split_once('.').unwrap_or((&number, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && decimals.is_empty()) || !digits(whole) || !digits(decimals) {
            return Err(syntax());
        }
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > 9 {
            return Err(RateError::TooFine(text.to_owned()));
        }
        if whole.trim_start_matches('0').len() > 12 {
            return Err(RateError::TooHigh(text.to_owned()));
        }
        // What a suffix multiplies by moves the point.
        let (more, fewer) = (zeros.saturating_sub(decimals.len()), decimals.len().saturating_sub(zeros));
        let arrivals = format!("0{whole}{decimals}{}", "0".repeat(more))
            .parse()
            .map_err(|_| RateError::TooHigh(text.to_owned()))?;
        Self::new(arrivals, 10_u64.pow(fewer as u32) * unit_s).map_err(|error| match error {
            RateError::TooHigh(_) => RateError::TooHigh(text.to_owned()),
            other => other,
        })
    }
}

/// A number without the underscores that stand between two of its digits; `None` where one stands elsewhere.
fn between_digits(number: &str) -> Option<String> {
    let bytes = number.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let underscores = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    let are_fine = underscores.clone().all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)));
    are_fine.then(|| number.replace('_', ""))
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == 1 {
            return write!(f, "{}/s", self.arrivals);
        }
        let text = format!("{:.3}", self.per_second());
        write!(f, "{}/s", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, same) in [
            ("10k", "10000"),
            ("10K/s", "10000"),
            ("1.5M", "1500000"),
            ("1.2345k", "1234.5"),
            ("100rps", "100"),
            ("100 rps", "100"),
            ("2krps", "2000"),
            ("1_000", "1000"),
            ("1_000_000/m", "1000000/m"),
        ] {
            assert_eq!(rate(text), rate(same), "{text}");
        }
        for text in ["k", "1_", "_1", "1__0", "1._5", "1kk", "10m", "rps", "10x", "1e3", "1,000"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn spellings_of_the_same_rate_are_equal() {
        for text in ["300", "300/s", "300.0", "18000/m", "18000/min", "1080000/h", " 300 "] {
            assert_eq!(rate(text), Rate::new(300, 1).unwrap(), "{text}");
        }
        assert_eq!(rate("0.5"), rate("30/m"));
        assert_eq!(rate(".5"), rate("0.5"));
    }

    #[test]
    fn what_is_not_a_rate_is_refused_with_the_reason() {
        for text in ["", "NaN", "inf", "-1", "+3", "1e30", "300/", "300/d", "/s", ".", "3 00", "1,000"] {
            assert!(matches!(text.parse::<Rate>(), Err(RateError::Syntax(_))), "{text}");
        }
        assert_eq!("0".parse::<Rate>(), Err(RateError::Zero));
        assert_eq!("0.000".parse::<Rate>(), Err(RateError::Zero));
        assert!(matches!("100000001".parse::<Rate>(), Err(RateError::TooHigh(_))));
        assert!(matches!("99999999999999999999999".parse::<Rate>(), Err(RateError::TooHigh(_))));
        assert!(matches!("0.1234567891".parse::<Rate>(), Err(RateError::TooFine(_))));
    }

    #[test]
    fn a_rate_is_shown_as_people_write_it() {
        assert_eq!(rate("18000/m").to_string(), "300/s");
        assert_eq!(rate("16666.7").to_string(), "16666.7/s");
        assert_eq!(rate("1000/m").to_string(), "16.667/s");
    }

    #[test]
    fn no_rate_drifts_by_a_nanosecond_in_a_billion_arrivals() {
        for (text, arrivals, seconds) in
            [("300", 300, 1), ("0.5", 1, 2), ("1000/m", 50, 3), ("16666.7", 166_667, 10)]
        {
            let rate = rate(text);
            for index in [0_u64, 1, 2, 999, 1_000_000_000] {
                let exact = u128::from(index) * seconds * 1_000_000_000;
                let got = u128::from(rate.time_of(index)) * arrivals;
                assert!(got >= exact && got - exact < arrivals, "{text} arrival {index}");
            }
        }
    }
}
