//! Reports of runs at several rates: functions of a [`Sweep`].

mod knees;
mod plot;
mod table;

pub(crate) use knees::FOUND;
pub(crate) use table::{header, row, short_header, short_row};

use super::Style;
use crate::result::{Rung, Sweep};

/// Runs at several rates, for people.
pub(super) fn text(sweep: &Sweep, style: &Style) -> String {
    table::table(sweep, style) + &after_table(sweep, style)
}

/// The name of a run in a table: `sweep-300/s`, and `sweep-300/s-2` for its second repeat.
pub(super) fn name(rung: &Rung) -> String {
    let repeat = if rung.repeat > 1 { format!("-{}", rung.repeat) } else { String::new() };
    format!("sweep-{}/s{repeat}", rung.rate_per_s)
}

/// What stands below the rows: the answer of a search, what is left of each rung, the ladder as a plot, and the knees.
pub(crate) fn after_table(sweep: &Sweep, style: &Style) -> String {
    let sections = [
        knees::search(sweep, style),
        table::second_table(sweep),
        table::remarks(sweep),
        plot::plot(sweep),
        // Trials of a search differ in length and are not fair to each other: its answer is the search's own.
        if sweep.search.is_none() { knees::knees(sweep) } else { String::new() },
        knees::spike(sweep),
    ];
    let sections = sections.into_iter().filter(|section| !section.is_empty());
    sections.map(|section| format!("\n{section}")).collect()
}

#[cfg(test)]
mod tests;
