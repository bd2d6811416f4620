//! The search for the knee: which trial to run next, and what the trials amount to.
//!
//! ```text
//!            .----------------- run, drain, probe ------------------.
//!            v                                                      |
//! History [Trial {rate, Vote}, ...] --next--> Action::Measure {rate, duration, purpose}
//!            |                          `---> Action::Done(SearchResult {reason, lower, upper})
//!            `-- Tally of each load --> Class under a Goal --> Bounds
//! ```
//!
//! [`next()`] is a function of what was measured and of nothing else: no clock, no network, no state besides the
//! [`History`]. Whoever drives it runs the trial that it asks for, has it judged by [`vote()`], adds it to the history and
//! asks again. So a whole search is tested on simulated queues in milliseconds.
//!
//! The method is multiple loss ratio search (RFC 9971) with an order of steps of our own; docs/knee.md explains both, and
//! what the answer means. `ladder` is what people do by hand: fixed rates, one after another, and where they bend.

mod bounds;
mod history;
mod next;
mod search_result;
mod settings;
mod tally;
mod vote;

#[cfg(test)]
mod next_tests;

pub(crate) use bounds::bounds;
pub(crate) use history::Purpose;
pub use history::{Event, History, Trial, Vote};
pub use next::{Action, next};
pub(crate) use search_result::Bound;
pub use search_result::{Reason, SearchResult};
pub use settings::Settings;
pub(crate) use settings::SettingsError;
pub(crate) use tally::{Class, Goal, Tally};
pub(crate) use vote::vote;
