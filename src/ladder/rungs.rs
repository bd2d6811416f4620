//! The rates of a ladder, as people write them.

use std::str::FromStr;

use crate::schedule::{Rate, RateError};

/// Most rungs of a ladder.
const MOST: usize = 1_000;

/// Rates in rising order: `50..400:50`, `50..400:x1.25` or a list `50,100,200`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rungs(pub Vec<Rate>);

impl Rungs {
    pub(crate) fn lowest(&self) -> Option<Rate> {
        self.0.first().copied()
    }

    pub(crate) fn highest(&self) -> Option<Rate> {
        self.0.last().copied()
    }
}

/// Why a text names no rungs. Each says how it is written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum RungsError {
    /// Nothing, or not a range.
    #[error(
        "`{0}` names no rates; write 50..400:50 (steps of 50), 50..400:x1.25 (each 1.25 times the one before) or 50,100,200"
    )]
    Syntax(String),
    /// A rate that is none, such as 0.
    #[error("a rung: {0}")]
    Rate(#[from] RateError),
    #[error(
        "the range {0} goes down; write the lower rate first, and --order down to begin with the highest"
    )]
    Descending(String),
    /// A list that goes down or repeats itself.
    #[error("the list is not rising at {0}; write the rates from low to high, and --order for another order")]
    NotRising(String),
    #[error("the step of {0} does not lead upwards; write a step above 0, or a factor above 1 such as x1.25")]
    Step(String),
    /// Smaller than the decimals of a rate.
    #[error("the step of {0} leads to no new rate, for rungs have three decimals; write a larger step")]
    TooFine(String),
    #[error("that is more than {MOST} rungs; take a larger step")]
    TooMany,
}

impl FromStr for Rungs {
    type Err = RungsError;

    fn from_str(text: &str) -> Result<Self, RungsError> {
        let text = text.trim();
        match text.split_once("..") {
            Some((from, rest)) => range(text, from, rest),
            None => list(text),
        }
    }
}

fn list(text: &str) -> Result<Rungs, RungsError> {
    if text.is_empty() {
        return Err(RungsError::Syntax(text.to_owned()));
    }
    let rates = text.split(',').map(|rate| rate.trim().parse()).collect::<Result<Vec<Rate>, _>>()?;
    let falls = rates.windows(2).find(|pair| pair[1].per_second() <= pair[0].per_second());
    match falls {
        Some(pair) => Err(RungsError::NotRising(pair[1].to_string())),
        None if rates.len() > MOST => Err(RungsError::TooMany),
        None => Ok(Rungs(rates)),
    }
}

fn range(text: &str, from: &str, rest: &str) -> Result<Rungs, RungsError> {
    let syntax = || RungsError::Syntax(text.to_owned());
    let (to, step) = rest.split_once(':').ok_or_else(syntax)?;
    let (from, to): (Rate, Rate) = (from.trim().parse()?, to.trim().parse()?);
    let (from, to) = (from.per_second(), to.per_second());
    if to < from {
        return Err(RungsError::Descending(text.to_owned()));
    }
    let (number, is_factor) = match step.trim().strip_prefix(['x', 'X']) {
        Some(factor) => (factor, true),
        None => (step.trim().trim_end_matches("/s"), false),
    };
    let step_value: f64 = number.parse().map_err(|_| syntax())?;
    let leads_up = step_value.is_finite() && if is_factor { step_value > 1.0 } else { step_value > 0.0 };
    if !leads_up {
        return Err(RungsError::Step(step.to_owned()));
    }
    let mut rates = Vec::new();
    for index in 0..=MOST as i32 {
        // From the index, not by adding up: 0.1 ten times is not 1.
        let value =
            if is_factor { from * step_value.powi(index) } else { from + step_value * f64::from(index) };
        // The end belongs to the range, to the precision of a rate.
        if value > to * (1.0 + 1e-9) {
            return Ok(Rungs(rates));
        }
        let rate = Rate::of_per_second(value)?;
        // Twice the same rung would be one rung to whoever looks for what is still to be run.
        if rates.last() == Some(&rate) {
            return Err(RungsError::TooFine(step.to_owned()));
        }
        rates.push(rate);
    }
    Err(RungsError::TooMany)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rates(text: &str) -> Vec<f64> {
        text.parse::<Rungs>().unwrap().0.iter().map(|rate| rate.per_second()).collect()
    }

    #[test]
    fn rungs_are_read_as_people_write_them() {
        assert_eq!(rates("50..200:50"), [50.0, 100.0, 150.0, 200.0]);
        assert_eq!(rates("50..190:50"), [50.0, 100.0, 150.0], "the end is included when a step meets it");
        assert_eq!(rates("100..200:x1.25"), [100.0, 125.0, 156.25, 195.313]);
        assert_eq!(rates(" 50, 60/s ,6000/m"), [50.0, 60.0, 100.0]);
        assert_eq!(rates("0.1..1:0.1").len(), 10);
        assert_eq!(rates("50..50:10"), [50.0]);
    }

    #[test]
    fn what_names_no_rungs_says_how_it_is_written() {
        for (text, words) in [
            ("", "50..400:50"),
            ("50..400", "50..400:50"),
            ("50..400:", "50..400:50"),
            ("400..50:50", "lower rate first"),
            ("0..400:50", "above 0"),
            ("0,50", "above 0"),
            ("50..400:0", "above 0"),
            ("50..400:-5", "above 0"),
            ("50..400:x1", "above 1"),
            ("50..400:x0.5", "above 1"),
            ("50..400:xNaN", "above 1"),
            ("1..100000:1", "larger step"),
            ("50..50.002:0.0001", "leads to no new rate"),
            ("100,50", "from low to high"),
            ("50,50", "from low to high"),
            ("50..x:50", "not a rate"),
        ] {
            let error = text.parse::<Rungs>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_what_is_read_rises(text in "[0-9.,:x/sm-]{0,24}") {
            if let Ok(Rungs(rates)) = text.parse::<Rungs>() {
                prop_assert!(!rates.is_empty() && rates.len() <= MOST);
                prop_assert!(rates.windows(2).all(|pair| pair[0].per_second() < pair[1].per_second()));
            }
        }
    }
}
