//! What is written about a run: one reporter per file, each a function of a [`Summary`].
//!
//! ```text
//! Summary ── text ── for people: verdicts first, units everywhere, at most 100 columns
//!         ├─ json ── the result document `rpsbench.result/1`, and back
//!         └─ csv ─── one row per run, for spreadsheets and for tables of closed-loop tools
//! ```
//!
//! Saved documents of other kinds ([`Document`]) have reporters of the same three formats: [`compare`] for results side by
//! side.
//!
//! A reporter sees nothing but the summary: no clock, no network, no file and no terminal. So a saved result
//! prints exactly as the run itself did ([`Document::read`], then [`render_document`]), and every report can be tested as a
//! string. Two rules hold for all of them: a lower bound never looks like a measured figure, and a figure that
//! the sample cannot support is left out rather than guessed.

pub(crate) mod compare;
pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod runs;
pub(crate) mod sweep;
pub(crate) mod text;

#[cfg(test)]
mod schema;

use std::fmt;
use std::path::Path;

use crate::result::{Document, Summary};

/// The forms a report can take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// The result document, for programs.
    Json,
    /// A table with one row per run.
    Csv,
}

/// How a report for people may look. Programs' formats have no style.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether to mark good and bad in ANSI colours. Whoever knows the terminal decides; the default is plain.
    pub color: bool,
}

/// Writes the report of one run, with a newline at its end.
pub(crate) fn render(summary: &Summary, format: Format, style: &Style) -> String {
    match format {
        Format::Text => text::render(summary, style),
        Format::Json => json::render(summary),
        Format::Csv => csv::render(summary),
    }
}

/// Writes the report of a saved document, with a newline at its end.
pub(crate) fn render_document(document: &Document, format: Format, style: &Style) -> String {
    match document {
        Document::Result(summary) => render(summary, format, style),
        Document::Runs(all) => runs::render(all, format, style),
        Document::Sweep(rates) => sweep::render(rates, format, style),
        Document::Comparison(comparison) => compare::render(comparison, format, style),
    }
}

impl Format {
    /// All formats, in the order that help shows them.
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Json, Self::Csv];

    /// The format that a file name asks for by its extension (`.txt`, `.json`, `.csv`, in any case).
    pub(crate) fn from_extension(path: impl AsRef<Path>) -> Option<Self> {
        let extension = path.as_ref().extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// The name that `--format` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// The extension of its files, without the dot.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Compares a whole report with `snapshots/NAME.snap`. CONTRIBUTING.md says how to write it anew.
#[cfg(test)]
#[track_caller]
fn assert_reads_as_saved(name: &str, report: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, report));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_name_and_by_its_extension() {
        for format in Format::ALL {
            assert_eq!(Format::from_extension(format!("out/run.{}", format.extension())), Some(format));
        }
        assert_eq!(Format::from_extension("RUN.CSV"), Some(Format::Csv));
        for path in ["run", "run.xml", ".json", "run.json.gz"] {
            assert_eq!(Format::from_extension(path), None, "{path}");
        }
    }

    #[test]
    fn a_saved_result_prints_as_the_run_itself_did() {
        for summary in crate::fixture::all() {
            let saved = crate::result::read_result(json::render(&summary).as_bytes()).unwrap();
            assert_eq!(saved, summary);
            for format in Format::ALL {
                for color in [false, true] {
                    let style = Style { color };
                    assert_eq!(render(&saved, format, &style), render(&summary, format, &style), "{format}");
                }
            }
        }
    }

    #[test]
    fn every_report_ends_with_one_newline() {
        for summary in crate::fixture::all() {
            for format in Format::ALL {
                let report = render(&summary, format, &Style::default());
                assert!(report.ends_with('\n') && !report.ends_with("\n\n"), "{format}");
            }
        }
    }
}
