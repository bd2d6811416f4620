//! Reports of several results that belong together: stages of a closed loop, repeats of a run.

mod table;
mod text;

pub(crate) use table::{header, row};

use super::Style;
use crate::result::Runs;

/// Several results, for people.
pub(super) fn text(runs: &Runs, style: &Style) -> String {
    table::table(runs) + &after_table(runs, style)
}

/// What stands below the table: how far the repeats differ, and what a closed loop cannot tell.
pub(crate) fn after_table(runs: &Runs, style: &Style) -> String {
    text::below(runs, style)
}

#[cfg(test)]
mod tests;
