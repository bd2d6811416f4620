//! What was measured so far.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one trial says of its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    /// The objectives were kept and the service kept up.
    Good,
    /// An objective was missed, or the service fell behind.
    Bad,
    /// The generator missed its schedule: never counted against the service.
    Void,
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Void => "void",
        })
    }
}

/// Why a trial is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Whether the objectives can be kept at all, with next to no load.
    Baseline,
    /// Double or halve, until a good load lies below a bad one.
    Bracket,
    /// Halve the distance between the two, with a short trial.
    Refine,
    /// One of several trials of full length that decide on a load together.
    Vote,
    /// A longer trial at the load that is to be announced.
    Confirm,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Baseline => "baseline",
            Self::Bracket => "bracket",
            Self::Refine => "refine",
            Self::Vote => "vote",
            Self::Confirm => "confirm",
        })
    }
}

/// One trial that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The rate that was asked for, exactly, in requests per second: trials at the same rate are votes on one load.
    pub rate_per_s: f64,
    /// The length that was asked for, in seconds.
    pub duration_s: f64,
    /// Why it was asked for.
    pub purpose: Purpose,
    /// What it says.
    pub vote: Vote,
    /// By how much the objectives were missed or kept: of the objective that came off worst, the share of arrivals that were
    /// bad / the share that may be. 1 at the limit. `None` where an objective is not about a share of arrivals.
    pub severity: Option<f64>,
    /// The evidence in words.
    pub note: String,
}

/// Something that happened in a search.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A trial was run.
    Trial(Trial),
    /// After a trial, the service did not come back to its baseline.
    DidNotRecover {
        /// How long it was waited for, in seconds.
        waited_s: f64,
    },
    /// The user wants no more.
    Interrupted,
}

/// All that a search knows: what happened, in order, and the time that it took.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    events: Vec<Event>,
    elapsed_s: f64,
}

impl History {
    /// Adds an event. `elapsed_s` is the time since the search began, with everything that counts against its budget.
    pub fn push(&mut self, event: Event, elapsed_s: f64) {
        self.events.push(event);
        self.elapsed_s = self.elapsed_s.max(elapsed_s);
    }

    /// Time has passed that counts against the budget: calibrating, guessing.
    pub fn push_time(&mut self, elapsed_s: f64) {
        self.elapsed_s = self.elapsed_s.max(elapsed_s);
    }

    /// What happened, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The trials, in order.
    pub fn trials(&self) -> impl Iterator<Item = &Trial> {
        self.events.iter().filter_map(|event| match event {
            Event::Trial(trial) => Some(trial),
            _ => None,
        })
    }

    /// The trials that count, in order.
    pub fn votes(&self) -> impl Iterator<Item = &Trial> {
        self.trials().filter(|trial| trial.vote != Vote::Void)
    }

    /// Time since the search began, in seconds: never less than the trials took.
    pub fn elapsed_s(&self) -> f64 {
        self.elapsed_s.max(self.trials().map(|trial| trial.duration_s).sum())
    }
}
