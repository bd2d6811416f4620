//! Results side by side: ours and other tools', and what of their differences is more than noise.
//!
//! ```text
//! files -> import -> Reading ... Reading -> Difference to the first -> Comparison -> bytes
//!        (by content)  (common terms)        |       |      |        rpsbench.compare/1   report
//!                                        bootstrap  warnings  Condition (--fail-if)
//! ```
//!
//! A [`Reading`] is what one result says in common terms; what it lacks stays missing. The first reading is what the
//! others are compared with. Where both have the response times of every second ([`Seconds`]), [`bootstrap`] says how far
//! the ratio of a percentile could be off; elsewhere nobody can tell, and the [`Comparison`] says so. Tools measure
//! different things under the same name, so a reading carries its [`Clock`], and [`warnings`] says in words what may not
//! be compared as it stands.
//!
//! The room is pure: files are bytes when they come here, and the resampling is seeded.

pub mod bootstrap;
mod condition;
mod difference;
mod document;
mod figure;
pub mod import;
mod live;
mod reading;
mod seconds;
pub mod warnings;

pub use condition::{Condition, ConditionError, Judgement};
pub use difference::{Bound, Difference, FigureDifference, Noise, NoiseVerdict};
pub use document::{Comparison, SCHEMA, TooFew};
pub use figure::{Figure, Unit};
pub use import::{ImportError, Problem, import, reading_of};
pub use live::Live;
pub use reading::{Clock, Mode, Reading, Times};
pub use seconds::Seconds;

/// The letter that a reading has in reports: A, B, ... Z, A2, B2, ...
pub fn letter(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn readings_have_letters() {
        assert_eq!([0, 1, 25, 26, 53].map(super::letter), ["A", "B", "Z", "A2", "B3"]);
    }
}
