//! One self-contained page: to be handed on, opened anywhere, printed. It asks nobody for anything when it is opened.
//!
//! ```text
//! Summary, Runs, Sweep, Comparison --> Page {banner, sections of tables, charts} --askama--> HTML
//! ```
//!
//! Everything stands in tables, so that the page is whole without JavaScript and for a screen reader; charts are drawn from
//! the data beside them. Values are escaped by the template; the data of the charts is JSON in which no `<` stands.

mod charts;
mod page;
mod run;
mod several;

use super::reporter::Reporter;

/// All kinds of documents.
pub(super) const REPORTER: Reporter = Reporter {
    name: "html",
    extension: "html",
    help: "A page with charts, in one file",
    escapes_controls: false,
    result: Some(|summary, _| run::page(summary).write()),
    runs: Some(|runs, _| several::runs(runs).write()),
    sweep: Some(|sweep, _| several::sweep(sweep).write()),
    comparison: Some(|comparison, _| several::comparison(comparison).write()),
};

#[cfg(test)]
mod tests;
