//! What is written about a run: one format per file, each a function of a document.
//!
//! ```text
//! DocumentRef ── text ── for people: the result in a few lines, then the details
//!             ├─ json ── the document, such as `rpsbench.result/1`, and back
//!             ├─ csv ─── one row per run, for spreadsheets and for tables of closed-loop tools
//!             ├─ series ── one row for each second of it
//!             ├─ hgrm ── HdrHistogram's percentiles of one run, for its plotter
//!             ├─ lines ── the document in short lines, for mixed logs
//!             ├─ html ── one page with charts
//!             ├─ junit ── tests, for CI
//!             └─ markdown ── tables, for a pull request
//! ```
//!
//! [`Format`] is the list of them. [`runs`], [`sweep`] and [`compare`] are what text and CSV say of documents that hold
//! several results.
//!
//! A reporter sees nothing but the document: no clock, no network, no file and no terminal. So a saved result prints exactly
//! as the run itself did ([`Document::read`](crate::result::Document::read), then [`render`]), and every report can be
//! tested as a string. Three rules hold for all of them: a lower bound never looks like a measured figure, a figure that the
//! sample cannot support is left out rather than guessed, and no text of a document reaches a terminal as anything but
//! text ([`clean()`]).

mod clean;
pub(crate) mod compare;
pub(crate) mod csv;
mod format;
mod hgrm;
mod html;
pub(crate) mod json;
mod junit;
mod lines;
mod markdown;
mod reporter;
pub(crate) mod runs;
mod series;
pub(crate) mod sweep;
pub(crate) mod text;

#[cfg(test)]
mod schema;

pub(crate) use clean::clean;
pub(crate) use format::{Format, NoReport, render};
pub(crate) use reporter::Style;

/// Compares a whole report with `snapshots/NAME.snap`. CONTRIBUTING.md says how to write it anew.
#[cfg(test)]
#[track_caller]
fn assert_reads_as_saved(name: &str, report: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, report));
}

/// Asserts that no line of a report is wider than a page or ends in blanks, and that colour changes nothing but colour.
#[cfg(test)]
#[track_caller]
fn assert_is_well_set(render: impl Fn(&Style) -> String) {
    let plain = render(&Style::default());
    for line in plain.lines() {
        assert!(line.chars().count() <= text::layout::WIDTH, "{line}");
        assert_eq!(line.trim_end(), line);
    }
    let mut coloured = render(&Style { color: true, ..Style::default() });
    assert!(coloured.contains('\u{1b}'));
    for code in ["\u{1b}[32m", "\u{1b}[33m", "\u{1b}[1;31m", "\u{1b}[0m"] {
        coloured = coloured.replace(code, "");
    }
    assert_eq!(coloured, plain);
}
