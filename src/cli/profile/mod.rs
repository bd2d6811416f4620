//! A rate that changes, as people write it: `10..1000`, `warm:100@1m,peak:500@2m,500..50@30s`, or a CSV file.

mod file;

use std::path::PathBuf;
use std::str::FromStr;

use file::MOST_PHASES;
pub(super) use file::{ProfileProblem, of_table};

use super::values::Span;
use crate::schedule::{Profile, Rate, ScheduleError, Stretch};

/// `--rate`: constant, or on a line from one to the other over the duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateArg {
    Constant(Rate),
    /// No rate: from nothing, or to nothing.
    Line(Level, Level),
}

/// A rate, or none.
type Level = Option<Rate>;

/// `--profile`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProfileArg {
    /// Named phases, each with the one stretch that it is made of.
    Phases(Vec<(String, Stretch)>),
    /// A CSV file.
    File(PathBuf),
}

impl RateArg {
    /// The profile of a line over a duration; `None`: the rate is constant.
    ///
    /// # Errors
    /// [`ScheduleError`] where no request fits into it, or it cannot be exact.
    pub(crate) fn profile(self, duration_ns: u64) -> Option<Result<Profile, ScheduleError>> {
        let Self::Line(from, to) = self else { return None };
        let stretch = Stretch { from, to, duration_ns };
        Some(Profile::new(&[(name_of(&stretch), vec![stretch])]))
    }
}

impl FromStr for RateArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("..") {
            Some((_, to)) if to.starts_with('.') => Err("write a line as 10..1000".to_owned()),
            None => Ok(Self::Constant(text.parse().map_err(|error| format!("{error}"))?)),
            Some((from, to)) => match (level(from)?, level(to)?) {
                (None, None) => Err("a rate from 0 to 0 sends nothing".to_owned()),
                (Some(from), Some(to)) if from == to => Ok(Self::Constant(from)),
                (from, to) => Ok(Self::Line(from, to)),
            },
        }
    }
}

impl ProfileArg {
    /// Phases as they were written.
    ///
    /// # Errors
    /// [`ScheduleError`] where no request fits into them, or they cannot be exact.
    pub(crate) fn of_phases(phases: &[(String, Stretch)]) -> Result<Profile, ScheduleError> {
        let phases: Vec<_> = phases.iter().map(|(name, stretch)| (name.clone(), vec![*stretch])).collect();
        Profile::new(&phases)
    }
}

impl FromStr for ProfileArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if !text.contains('@') {
            return if text.to_lowercase().ends_with(".csv") {
                Ok(Self::File(PathBuf::from(text)))
            } else {
                Err("write a profile as 100@1m,500@2m,500..50@30s, or name a file that ends in .csv"
                    .to_owned())
            };
        }
        let mut phases: Vec<(String, Stretch)> = Vec::new();
        for part in text.split(',') {
            let (name, stretch) = phase(part.trim()).map_err(|why| format!("`{}`: {why}", part.trim()))?;
            if phases.iter().any(|(other, _)| *other == name) {
                return Err(format!(
                    "two phases are named `{name}`; name them: before:100@1m,500@2m,after:100@1m"
                ));
            }
            phases.push((name, stretch));
        }
        if phases.len() > MOST_PHASES {
            return Err(format!(
                "there are more than {MOST_PHASES} phases; write them into a file, FILE.csv"
            ));
        }
        Ok(Self::Phases(phases))
    }
}

/// `peak:500@2m`, or without a name, which is then the rate.
fn phase(text: &str) -> Result<(String, Stretch), String> {
    let (name, rest) = match text.split_once(':') {
        Some((name, rest)) => (Some(name.trim()), rest),
        None => (None, text),
    };
    let (rates, length) = rest.split_once('@').ok_or("a phase is a rate and a length, as in 500@2m")?;
    let length: Span = length.parse()?;
    if length.0 == 0 {
        return Err("a phase must last longer than 0 s".to_owned());
    }
    let (from, to) = match rates.split_once("..") {
        Some((from, to)) => (level(from)?, level(to)?),
        None => (level(rates)?, level(rates)?),
    };
    let stretch = Stretch { from, to, duration_ns: length.0 };
    let name = match name {
        Some(name) => checked_name(name)?.to_owned(),
        None => name_of(&stretch),
    };
    Ok((name, stretch))
}

/// A name that can stand before an objective: `peak:p99<250ms`.
fn checked_name(name: &str) -> Result<&str, String> {
    let is_short = (1..=40).contains(&name.chars().count());
    let is_plain = |c: char| !c.is_control() && !"<>:,@".contains(c);
    if is_short && name.chars().all(is_plain) {
        Ok(name)
    } else {
        Err("the name of a phase has 1 to 40 characters, none of them < > : , @".to_owned())
    }
}

/// How a phase without a name is called.
fn name_of(stretch: &Stretch) -> String {
    let text = |level: Level| level.map_or_else(|| "0/s".to_owned(), |rate| rate.to_string());
    if stretch.from == stretch.to {
        return text(stretch.from);
    }
    // The unit once: 10..1000/s.
    let from = text(stretch.from);
    format!("{}..{}", from.strip_suffix("/s").unwrap_or(&from), text(stretch.to))
}

/// A rate, where nothing is one too.
fn level(text: &str) -> Result<Level, String> {
    let text = text.trim();
    let number = text.split_once('/').map_or(text, |(number, _)| number);
    if number.parse::<f64>().is_ok_and(|number| number == 0.0) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: crate::schedule::RateError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(text: &str) -> Vec<(String, f64, f64, u64)> {
        let ProfileArg::Phases(phases) = text.parse().unwrap() else { panic!("{text}") };
        let per_s = |level: Level| level.map_or(0.0, Rate::per_second);
        phases
            .into_iter()
            .map(|(name, stretch)| {
                (name, per_s(stretch.from), per_s(stretch.to), stretch.duration_ns / 1_000_000)
            })
            .collect()
    }

    #[test]
    fn a_line_is_written_with_two_points() {
        let line = |text: &str| text.parse::<RateArg>().unwrap();
        assert_eq!(line("10..1000"), RateArg::Line("10".parse().ok(), "1000".parse().ok()));
        assert_eq!(line("0..1k"), RateArg::Line(None, "1000".parse().ok()));
        assert_eq!(line("60/m..0"), RateArg::Line("1".parse().ok(), None));
        assert_eq!(line("5..5"), RateArg::Constant("5".parse().unwrap()));
        for text in ["0..0", "..", "10..", "..10", "10...20", "-1..5", "0"] {
            assert!(text.parse::<RateArg>().is_err(), "{text}");
        }
    }

    #[test]
    fn phases_have_a_name_a_rate_and_a_length() {
        assert_eq!(
            phases("warm:100@1m, peak: 500@2m,500..50@30s,0@1"),
            [
                ("warm".to_owned(), 100.0, 100.0, 60_000),
                ("peak".to_owned(), 500.0, 500.0, 120_000),
                ("500..50/s".to_owned(), 500.0, 50.0, 30_000),
                ("0/s".to_owned(), 0.0, 0.0, 1_000),
            ]
        );
    }

    #[test]
    fn what_is_no_profile_says_how_it_is_written() {
        for (text, part) in [
            ("100", "100@1m"),
            ("", "100@1m"),
            ("100@", "duration"),
            ("100@0s", "longer than 0 s"),
            ("100@1m,", "500@2m"),
            ("x@1m", "not a rate"),
            ("a:100@1m,a:200@1m", "two phases are named `a`"),
            ("100@1m,100@2m", "two phases are named `100/s`"),
            (":100@1m", "1 to 40"),
            ("a<b:100@1m", "1 to 40"),
        ] {
            let error = text.parse::<ProfileArg>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert_eq!("day.csv".parse(), Ok(ProfileArg::File(PathBuf::from("day.csv"))));
    }
}
