//! What a search found.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use super::KneeInterval;

/// The end of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchResult {
    /// Why it ended.
    pub reason: Reason,
    /// The highest load that holds, as far as is known.
    pub lower: Option<Bound>,
    /// The lowest load above it that fails, as far as is known.
    pub upper: Option<Bound>,
    /// Between which rates the knee lies; `None` where a good load and a bad one were not both seen, and by votes.
    pub knee: Option<KneeInterval>,
    /// A longer trial at the lower bound was good.
    pub confirmed: bool,
    /// Trials that counted.
    pub trials: u32,
    /// Trials in which the generator missed its schedule.
    pub void_trials: u32,
    /// Time that it took, in seconds.
    pub time_s: f64,
}

/// A load with the votes that make it a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// The load, in requests per second.
    pub rate_per_s: f64,
    /// Trials of full length that were good, that of the confirmation included.
    pub good: u32,
    /// Trials of full length that were bad.
    pub bad: u32,
    /// Shorter trials that were good.
    pub short_good: u32,
    /// Shorter trials that were bad.
    pub short_bad: u32,
    /// Whether the votes decided it; otherwise it is what short trials say.
    pub decided: bool,
}

/// Why a search ended. Only [`Reason::Found`] is an interval of the width that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reason {
    /// The bounds are as near as was asked for.
    #[strum(serialize = "search.found")]
    Found,
    /// The lowest load is bad already: the knee lies below.
    #[strum(serialize = "search.not_below_lowest")]
    NotBelowLowest,
    /// The objectives are missed with next to no load.
    #[strum(serialize = "search.impossible_idle")]
    ImpossibleIdle,
    /// The highest load that the user allows is still good.
    #[strum(serialize = "search.not_above_highest")]
    NotAboveHighest,
    /// The generator gives out first.
    #[strum(serialize = "search.limited_by_generator")]
    LimitedByGenerator {
        /// The highest rate that it could be trusted with, or the one that it could not.
        at_per_s: f64,
    },
    /// After a trial, the service did not come back to its baseline.
    #[strum(serialize = "search.did_not_recover")]
    DidNotRecover {
        /// How long it was waited for, in seconds.
        waited_s: f64,
    },
    /// The next trial would not have ended in time.
    #[strum(serialize = "search.budget_spent")]
    BudgetSpent,
    /// The user wanted no more.
    #[strum(serialize = "search.interrupted")]
    Interrupted,
}

impl Reason {
    /// Its stable name in documents, such as `search.budget_spent`.
    pub fn code(&self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found => f.write_str("found"),
            Self::NotBelowLowest => {
                f.write_str("the lowest rate is too much already: the knee lies below it")
            }
            Self::ImpossibleIdle => f.write_str("the objectives are missed with next to no load"),
            Self::NotAboveHighest => f.write_str("the highest rate still holds: the knee lies above it"),
            Self::LimitedByGenerator { at_per_s } => {
                write!(f, "this machine gives out at {at_per_s}/s, before the service does")
            }
            Self::DidNotRecover { waited_s } => {
                write!(
                    f,
                    "the service did not come back within {waited_s:.0} s after the load was taken away"
                )
            }
            Self::BudgetSpent => f.write_str("the time is over; a longer --budget brings the bounds nearer"),
            Self::Interrupted => f.write_str("interrupted: these are the bounds so far"),
        }
    }
}
