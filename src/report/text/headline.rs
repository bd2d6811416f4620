//! What was asked, when, and by what: the first lines of every text.

use super::super::Style;
use super::layout::{COLUMNS, shortened};
use super::numbers::{count, counted, seconds};
use super::{phases, shards};
use crate::result::{Mode, Summary};

/// What was asked, when, and by what.
pub(super) fn headline(summary: &Summary, style: &Style) -> String {
    let plan = &summary.plan;
    let what = match plan.mode {
        Mode::Open => phases::asked(plan),
        Mode::Closed => counted(plan.concurrency.unwrap_or_default(), "user"),
    };
    let length = match plan.requests {
        Some(requests) if plan.mode == Mode::Closed => format!("{} {}s", count(requests), summary.noun()),
        _ => {
            format!("for {}, {} {}s", seconds(plan.duration_s), count(summary.ledger.planned), summary.noun())
        }
    };
    let asked = shortened(&asked_of(summary, style), COLUMNS);
    let shards =
        shards::words(summary).map_or_else(String::new, |words| format!("{}\n", shortened(&words, COLUMNS)));
    format!("{asked}\n{}\n{shards}", shortened(&format!("{what} {length}, {}", written_by(summary)), COLUMNS))
}

/// The line above several results: what was asked, when, and by what.
pub(crate) fn heading(first: &Summary, style: &Style) -> String {
    let by = written_by(first);
    let asked = shortened(&asked_of(first, style), COLUMNS.saturating_sub(by.chars().count() + 2));
    format!("{asked}, {by}\n")
}

/// The method and the target: by its real name where that may be shown.
fn asked_of(summary: &Summary, style: &Style) -> String {
    let plan = &summary.plan;
    let name = plan.name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
    format!("{name}{} {}", plan.method, style.target.as_deref().unwrap_or(&plan.target))
}

/// `2026-01-02 03:04 UTC, rpsbench 0.1.0`
fn written_by(summary: &Summary) -> String {
    let started = summary.started_at.replace('T', " ");
    let minute = started.get(..16).unwrap_or(&started);
    format!("{minute} UTC, {} {}", summary.tool.name, summary.tool.version)
}
