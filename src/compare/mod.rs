//! Results side by side: ours and other tools', and what of their differences is more than noise.
//!
//! ```text
//! files -> import -> Reading ... Reading -> Difference to the first -> Comparison -> bytes
//!        (by content)  (common terms)        |       |      |        rpsbench.compare/1   report
//!                                        bootstrap  warnings  Condition (--fail-if)
//! ```
//!
//! A `Reading` is what one result says in common terms; what it lacks stays missing. The first reading is what the
//! others are compared with. Where both have the response times of every second (`Seconds`), `bootstrap` says how far
//! the ratio of a percentile could be off; elsewhere nobody can tell, and the `Comparison` says so. Tools measure
//! different things under the same name, so a reading carries its `TimedFrom`, and [`warnings`] says in words what may not
//! be compared as it stands.
//!
//! The room is pure: files are bytes when they come here, and the resampling is seeded.

mod closed_beside_open;
mod condition;
mod difference;
pub(crate) mod import;
pub(crate) mod warnings;

pub(crate) use closed_beside_open::Live;
pub(crate) use condition::Condition;
pub(crate) use difference::{TooFew, compare};
pub(crate) use import::{ImportError, import, reading_of};
