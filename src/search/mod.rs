//! The search for the knee: which trial to run next, and what the trials amount to.
//!
//! ```text
//!            .----------------- run, drain, probe ------------------.
//!            v                                                      |
//! History [Trial {rate, Vote}, ...] --next--> Action::Measure {rate, duration, purpose}
//!            |                          `---> Action::Done(Answer {reason, lower, upper})
//!            `-- Tally of each load --> Class under a Goal --> Bounds
//! ```
//!
//! [`next`] is a function of what was measured and of nothing else: no clock, no network, no state besides the
//! [`History`]. Whoever drives it runs the trial that it asks for, has it judged by [`vote`], adds it to the history and
//! asks again. So a whole search is tested on simulated queues in milliseconds.
//!
//! The method is multiple loss ratio search (RFC 9971) with an order of steps of our own; docs/knee.md explains both, and
//! what the answer means. [`ladder`] is what people do by hand: fixed rates, one after another, and where they bend.

mod answer;
mod bounds;
mod history;
mod next;
mod settings;
mod tally;
mod vote;

#[cfg(test)]
mod next_tests;

pub use answer::{Answer, Bound, Reason};
pub use bounds::{Bounds, bounds};
pub use history::{Event, History, Purpose, Trial, Vote};
pub use next::{Action, next};
pub use settings::{Settings, SettingsError};
pub use tally::{Class, Goal, Tally};
pub use vote::vote;
