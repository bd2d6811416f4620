//! The page: what every kind of document is brought into, and the template that writes it.

use std::collections::HashMap;

use askama::Template;
use serde::Serialize;

use super::charts::Charts;

const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");
const CHART_STYLE: &str = include_str!("assets/uPlot.min.css");
const CHART_SCRIPT: &str = include_str!("assets/uPlot.iife.min.js");
const CHART_LICENSE: &str = include_str!("assets/uPlot-LICENSE.txt");

/// Whether a statement is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Doubtful,
    Bad,
    Plain,
}

impl Tone {
    /// The class of the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Doubtful => "doubtful",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// What a document amounts to, above everything else.
#[derive(Debug, Clone)]
pub(super) struct Banner {
    pub tone: Tone,
    /// In a word or two.
    pub result: String,
    pub evidence: String,
    /// Further statements, each with a label: trust, next.
    pub lines: Vec<(String, String)>,
}

/// A figure that everybody looks for.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub label: String,
    pub value: String,
    pub note: String,
}

/// A table, which is what everything stands in.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub caption: String,
    pub head: Vec<String>,
    /// The first cell of each row heads it.
    pub rows: Vec<Vec<String>>,
    /// Folded away until somebody opens it.
    pub is_folded: bool,
}

impl Table {
    pub(super) fn new(caption: &str, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        Self { caption: caption.to_owned(), head, rows, is_folded: false }
    }

    /// The same, folded away.
    pub(super) fn folded(self) -> Self {
        Self { is_folded: true, ..self }
    }
}

/// A place for a chart, which the script fills.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// Names the chart in the data.
    pub id: String,
    /// What it shows, for whoever does not see it.
    pub label: String,
}

/// A part of the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Section {
    pub title: String,
    pub notes: Vec<String>,
    pub figures: Vec<Figure>,
    pub tables: Vec<Table>,
}

impl Section {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The same with a table, unless that is empty.
    #[must_use]
    pub(super) fn with(mut self, table: Table) -> Self {
        if !table.rows.is_empty() {
            self.tables.push(table);
        }
        self
    }

    fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.tables.is_empty() && self.notes.is_empty()
    }
}

/// A whole page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub title: String,
    /// What was asked, when, and by what.
    pub about: Vec<String>,
    pub banner: Banner,
    pub keys: Vec<Key>,
    pub sections: Vec<Section>,
    pub charts: Charts,
}

#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct Written<'a> {
    page: &'a Page,
    sections: Vec<Section>,
    data: String,
    style: &'static str,
    script: &'static str,
    chart_style: &'static str,
    chart_script: &'static str,
    chart_license: &'static str,
}

impl Page {
    /// The page as HTML.
    pub(super) fn write(&self) -> String {
        let written = Written {
            page: self,
            sections: told_apart(
                self.sections.iter().filter(|section| !section.is_empty()).cloned().collect(),
            ),
            data: data_of(&self.charts),
            style: STYLE,
            script: SCRIPT,
            chart_style: CHART_STYLE,
            chart_script: CHART_SCRIPT,
            chart_license: CHART_LICENSE,
        };
        // Writing to memory fails only where a value does, and these are texts.
        written.render().unwrap_or_default().trim_end().to_owned() + "\n"
    }
}

/// Sections of one title, such as the trials of a search at one rate, are numbered: whoever hears the page finds them by it.
fn told_apart(mut sections: Vec<Section>) -> Vec<Section> {
    let mut met: HashMap<String, usize> = HashMap::new();
    for section in &mut sections {
        let count = met.entry(section.title.clone()).or_default();
        *count += 1;
        if *count > 1 {
            section.title += &format!(" ({count})");
        }
    }
    sections
}

/// JSON that can stand in a script element: nothing in it ends one.
fn data_of(charts: &impl Serialize) -> String {
    serde_json::to_string(charts).unwrap_or_else(|_| "{}".to_owned()).replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_one_title_are_told_apart() {
        let titles = |titles: &[&str]| {
            let sections = told_apart(titles.iter().map(|title| Section::new(*title)).collect());
            sections.into_iter().map(|section| section.title).collect::<Vec<_>>()
        };
        assert_eq!(titles(&["a", "b", "a", "a"]), ["a", "b", "a (2)", "a (3)"]);
    }
}
