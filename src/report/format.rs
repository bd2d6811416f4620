//! The forms that a report can take. Each is one file of this folder, which describes itself in a [`Reporter`];
//! here is the list of them. A new format is a file, a variant and its arm below.

use std::fmt;
use std::path::Path;

use strum::VariantArray;

use super::reporter::{Reporter, Style};
use super::{csv, hgrm, html, json, junit, lines, markdown, series, text};
use crate::result::{DocumentRef, Kind};

/// The formats, in the order that help shows them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, VariantArray)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// The document, for programs.
    Json,
    /// A table with one row per run.
    Csv,
    /// A table with one row for each second.
    Series,
    /// HdrHistogram's percentiles, for its plotter.
    Hgrm,
    /// A page with charts.
    Html,
    /// Tests, for CI.
    Junit,
    /// Tables, for a pull request.
    Markdown,
    /// Short lines, for mixed logs.
    Lines,
}

/// A format that has no form for such a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the format {format} cannot show {kind}; choose {}", Format::names_for(*kind))]
pub(crate) struct NoReport {
    format: Format,
    kind: Kind,
}

/// Writes the report of a document, with a newline at its end.
///
/// # Errors
/// [`NoReport`] where the format has no form for it.
pub(crate) fn render<'a>(
    document: impl Into<DocumentRef<'a>>,
    format: Format,
    style: &Style,
) -> Result<String, NoReport> {
    let (document, reporter) = (document.into(), format.reporter());
    let kind = document.kind();
    format.shows(kind)?;
    let written = match document {
        DocumentRef::Result(summary) => reporter.write(reporter.result, summary, style),
        DocumentRef::Runs(runs) => reporter.write(reporter.runs, runs, style),
        DocumentRef::Sweep(sweep) => reporter.write(reporter.sweep, sweep, style),
        DocumentRef::Comparison(comparison) => reporter.write(reporter.comparison, comparison, style),
    };
    written.ok_or(NoReport { format, kind })
}

impl Format {
    /// All formats.
    pub(crate) const ALL: &[Self] = Self::VARIANTS;

    fn reporter(self) -> &'static Reporter {
        match self {
            Self::Text => &text::REPORTER,
            Self::Json => &json::REPORTER,
            Self::Csv => &csv::REPORTER,
            Self::Series => &series::REPORTER,
            Self::Hgrm => &hgrm::REPORTER,
            Self::Html => &html::REPORTER,
            Self::Junit => &junit::REPORTER,
            Self::Markdown => &markdown::REPORTER,
            Self::Lines => &lines::REPORTER,
        }
    }

    /// Checks that the format has a form for such a document.
    ///
    /// # Errors
    /// [`NoReport`], which names the formats that have.
    pub(crate) fn shows(self, kind: Kind) -> Result<(), NoReport> {
        let reporter = self.reporter();
        let shows = match kind {
            Kind::Result => reporter.result.is_some(),
            Kind::Runs => reporter.runs.is_some(),
            Kind::Sweep => reporter.sweep.is_some(),
            Kind::Comparison => reporter.comparison.is_some(),
        };
        if shows { Ok(()) } else { Err(NoReport { format: self, kind }) }
    }

    /// The formats that have a form for such a document.
    pub(crate) fn able(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |format| format.shows(kind).is_ok())
    }

    fn names_for(kind: Kind) -> String {
        Self::able(kind).map(Self::name).collect::<Vec<_>>().join(" or ")
    }

    /// The format that a file name asks for by its extension, in any case.
    pub(crate) fn from_extension(path: impl AsRef<Path>) -> Option<Self> {
        let name = path.as_ref().file_name()?.to_str()?.to_ascii_lowercase();
        let ends_so = |extension: &str| {
            // What has two dots is a whole name as well: `series.csv`.
            let is_whole = extension.contains('.') && name == extension;
            is_whole || name.strip_suffix(extension).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        };
        let able = Self::ALL.iter().copied().filter(|format| ends_so(format.reporter().extension));
        able.max_by_key(|format| format.reporter().extension.len())
    }

    /// The extensions of all formats: `.json, .csv or .txt`. Files are mostly for programs, so that for people is last.
    pub(crate) fn extensions() -> String {
        let programs = Self::ALL.iter().filter(|format| **format != Self::Text);
        let names: Vec<String> = programs.map(|format| format!(".{}", format.reporter().extension)).collect();
        format!("{} or .{}", names.join(", "), Self::Text.reporter().extension)
    }

    /// The name that `--format` takes.
    pub(crate) fn name(self) -> &'static str {
        self.reporter().name
    }

    /// What `--help` says of it.
    pub(crate) fn help(self) -> &'static str {
        self.reporter().help
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_name_and_by_its_extension() {
        for format in Format::ALL {
            let file = format!("out/run.{}", format.reporter().extension);
            assert_eq!(Format::from_extension(file), Some(*format));
            assert_eq!(Format::ALL.iter().filter(|other| other.name() == format.name()).count(), 1);
        }
        assert_eq!(Format::from_extension("RUN.CSV"), Some(Format::Csv));
        for path in ["series.csv", "run.series.csv", "out/a.b.Series.CSV"] {
            assert_eq!(Format::from_extension(path), Some(Format::Series), "{path}");
        }
        assert_eq!(Format::from_extension("myseries.csv"), Some(Format::Csv));
        for path in ["run", "run.pdf", ".json", "run.json.gz"] {
            assert_eq!(Format::from_extension(path), None, "{path}");
        }
    }

    #[test]
    fn a_format_without_a_form_for_a_document_names_those_that_have_one() {
        let sweep = crate::ladder::sweep_of(Vec::new(), 3.0, false);
        let error = render(&sweep, Format::Hgrm, &Style::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the format hgrm cannot show a sweep; choose text or json or csv or series or html or junit or markdown"
        );
        for (kind, able) in [(Kind::Result, 9), (Kind::Runs, 7), (Kind::Sweep, 7), (Kind::Comparison, 6)] {
            assert_eq!(Format::able(kind).count(), able, "{kind:?}");
        }
    }

    #[test]
    fn a_saved_result_prints_as_the_run_itself_did() {
        for summary in crate::fixture::all() {
            let saved = crate::result::read_result(json::render(&summary).as_bytes()).unwrap();
            assert_eq!(saved, summary);
            for format in Format::ALL {
                for color in [false, true] {
                    let style = Style { color, ..Style::default() };
                    assert_eq!(
                        render(&saved, *format, &style),
                        render(&summary, *format, &style),
                        "{format}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_report_ends_with_one_newline() {
        for summary in crate::fixture::all() {
            for format in Format::ALL {
                let report = render(&summary, *format, &Style::default()).unwrap();
                assert!(report.ends_with('\n') && !report.ends_with("\n\n"), "{format}");
            }
        }
    }
}
