//! Readings and their differences: the document `rpsbench.compare/1`, and all that its reporters see.
//!
//! The warnings that this version writes are an enum in [`compare`](crate::compare).

use serde::{Deserialize, Serialize};

use super::difference::{Difference, Judgement};
use super::reading::Reading;
use super::runs::NamedRun;
use super::summary::Tool;

/// The schema that this version writes and reads.
pub(crate) const COMPARE_SCHEMA: &str = "rpsbench.compare/1";

/// Results side by side, of rpsbench and of other tools, in common terms. Units are in the names: _ms, _s, _per_s; a _rate
/// without a unit is a share of 1. What a result lacks is null. Fields may be added within this version; the names here stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Comparison {
    /// This schema and its version.
    #[cfg_attr(test, schemars(extend("const" = COMPARE_SCHEMA)))]
    pub schema: String,
    /// What wrote the document.
    pub tool: Tool,
    /// The results; the first is what the others are compared with.
    #[cfg_attr(test, schemars(length(min = 2)))]
    pub results: Vec<Reading>,
    /// The differences of each other result to the first, in order.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub differences: Vec<Difference>,
    /// What may not be compared as it stands.
    pub warnings: Vec<Remark>,
    /// The conditions of `--fail-if`, each for each other result.
    #[serde(default)]
    pub conditions: Vec<Judgement>,
    /// The complete results, where they were made for this comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<NamedRun>,
    /// What they show together, in words; only of a live comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

/// A warning as a document has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "SavedRemark")]
#[cfg_attr(test, schemars(into = "SavedRemark"))]
pub(crate) struct Remark {
    /// Its stable name, such as `compare.other_clock`: for programs.
    pub code: String,
    /// One sentence: for people.
    pub text: String,
}

/// The code of a warning that was saved before warnings had codes.
pub(crate) const COMPARE_UNCODED: &str = "compare.uncoded";

/// A warning in either of the forms that documents have had.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Warning"))]
#[serde(untagged)]
enum SavedRemark {
    /// One warning.
    Coded {
        /// Its stable name, such as `compare.other_clock`: for programs.
        code: String,
        /// One sentence: for people.
        text: String,
    },
    /// One sentence, as versions before codes wrote it.
    Sentence(String),
}

impl From<SavedRemark> for Remark {
    fn from(saved: SavedRemark) -> Self {
        match saved {
            SavedRemark::Coded { code, text } => Self { code, text },
            SavedRemark::Sentence(text) => Self { code: COMPARE_UNCODED.to_owned(), text },
        }
    }
}

impl Comparison {
    /// Whether all that is said is said of results that are here; a file that was changed may say more.
    pub(crate) fn is_consistent(&self) -> bool {
        let is_other = |result: usize| (1..self.results.len()).contains(&result);
        self.differences.len() + 1 == self.results.len()
            && self.differences.iter().all(|difference| is_other(difference.result))
            && self.conditions.iter().all(|judgement| is_other(judgement.result))
    }

    /// Whether a condition of `--fail-if` holds, or, where that counts as a failure, nobody can tell.
    pub(crate) fn fails(&self, also_inconclusive: bool) -> bool {
        let fails = |judged: &Judgement| judged.fails || also_inconclusive && judged.inconclusive;
        self.conditions.iter().any(fails)
    }
}

/// The letter that a reading has in reports: A, B, ... Z, A2, B2, ...
pub(crate) fn letter(index: usize) -> String {
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
