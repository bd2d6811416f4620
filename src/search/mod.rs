//! The search for the knee: which trial to run next, and what the trials amount to.
//!
//! ```text
//!            .----------------- run, drain, probe ------------------.
//!            v                                                      |
//! History [Trial {rate, Vote}, ...] --next--> Action::Measure {rate, duration, purpose}
//!            |                          `---> Action::Done(SearchResult {reason, lower, upper})
//!            +-- Finding of each trial, QueueModel --> Posterior --> KneeInterval    (by_posterior, the default)
//!            `-- Tally of each load --> Class under a Goal --> Bounds                (by_votes)
//! ```
//!
//! [`next()`] is a function of what was measured and of nothing else: no clock, no network, no state besides the
//! [`History`]. Whoever drives it runs the trial that it asks for, has it judged by [`vote()`], adds it to the history and
//! asks again. So a whole search is tested on simulated queues in milliseconds.
//!
//! Two methods decide what the trials amount to: a posterior over the knee, in which all trials speak together, and the
//! votes of multiple loss ratio search (RFC 9971). docs/knee.md explains both, and what the answer means. `ladder` is what people do by hand: fixed rates, one after another, and where they bend.

mod bounds;
mod by_posterior;
mod by_votes;
mod history;
mod likelihood;
mod next;
mod posterior;
mod queue_model;
mod search_result;
mod settings;
mod tally;
mod vote;
mod wanted;

#[cfg(test)]
mod next_tests;

pub(crate) use bounds::bounds;
pub(crate) use history::Purpose;
pub use history::{Event, History, Trial, Vote};
pub(crate) use next::knee_so_far;
pub use next::{Action, next};
pub use posterior::KneeInterval;
pub(crate) use search_result::Bound;
pub use search_result::{Reason, SearchResult};
pub(crate) use settings::SettingsError;
pub use settings::{Method, Objective, Settings};
pub(crate) use tally::{Class, Goal, Tally};
pub(crate) use vote::{Judged, vote};
