//! What a format says of itself, and how a document is written in it: first rid of what could repaint a terminal.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::clean::{cleaned, without_controls};
use crate::result::{Comparison, Runs, Summary, Sweep};

/// How a report for people may look: plain and with all details unless somebody wants it otherwise. Programs' formats have
/// no style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether to mark good and bad in ANSI colours. Whoever knows the terminal decides.
    pub color: bool,
    /// Whether the result of a run is told in a few lines.
    pub brief: bool,
    /// The target by its real name, for the user's own terminal; documents have only its label.
    pub target: Option<String>,
}

/// Writes one kind of document, with a newline at its end; `None` for a kind that the format has no form for.
pub(super) type Write<T> = Option<fn(&T, &Style) -> String>;

/// What a format is.
pub(super) struct Reporter {
    /// The name that `--format` takes.
    pub name: &'static str,
    /// The extension of its files, without the dot; no two formats have the same.
    pub extension: &'static str,
    /// What `--help` says of it.
    pub help: &'static str,
    /// Whether it escapes control characters itself. The documents of others are rid of them first.
    pub escapes_controls: bool,
    /// Writes the result of one run.
    pub result: Write<Summary>,
    /// Writes several results.
    pub runs: Write<Runs>,
    /// Writes runs at several rates.
    pub sweep: Write<Sweep>,
    /// Writes results side by side.
    pub comparison: Write<Comparison>,
}

impl Reporter {
    /// Writes a document of which nothing can repaint the reader's terminal, or forge a line.
    pub(super) fn write<T: Serialize + DeserializeOwned>(
        &self,
        write: Write<T>,
        document: &T,
        style: &Style,
    ) -> Option<String> {
        let write = write?;
        if self.escapes_controls {
            return Some(write(document, style));
        }
        Some(match cleaned(document) {
            Ok(None) => write(document, style),
            Ok(Some(clean)) => write(&clean, style),
            // A figure that JSON cannot hold; then there is no copy to be cleaned.
            Err(_) => without_controls(&write(document, &Style::default())),
        })
    }
}
