//! Readings and their differences: the document `rpsbench.compare/1`, and all that its reporters see.

use serde::{Deserialize, Serialize};

use super::warnings::warnings;
use super::{Condition, Difference, Judgement, Reading};
use crate::measure::{NamedRun, Tool};

/// The schema that this version writes and reads.
pub const SCHEMA: &str = "rpsbench.compare/1";

/// Readings side by side. Units are in the names; what a result lacks is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: String,
    /// What wrote the document.
    pub tool: Tool,
    /// The readings; the first is what the others are compared with.
    pub results: Vec<Reading>,
    /// The differences of each other reading to the first, in order.
    pub differences: Vec<Difference>,
    /// What may not be compared as it stands.
    pub warnings: Vec<String>,
    /// The conditions of `--fail-if`, each for each other reading.
    #[serde(default)]
    pub conditions: Vec<Judgement>,
    /// The complete results, where they were made for this comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<NamedRun>,
    /// What they show together, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

/// There is nothing to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is only one result, so there is nothing to compare it with; give two files or more")]
pub struct TooFew;

impl Comparison {
    /// Compares readings with the first of them.
    ///
    /// # Errors
    /// [`TooFew`] for less than two.
    pub fn new(results: Vec<Reading>, conditions: &[Condition]) -> Result<Self, TooFew> {
        let (first, others) = results.split_first().filter(|(_, others)| !others.is_empty()).ok_or(TooFew)?;
        let numbered = others.iter().enumerate();
        let differences: Vec<Difference> =
            numbered.map(|(i, other)| Difference::new(first, other, i + 1)).collect();
        let judged = conditions
            .iter()
            .flat_map(|condition| differences.iter().map(|difference| condition.judge(difference)))
            .collect();
        Ok(Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            warnings: warnings(&results),
            conditions: judged,
            runs: Vec::new(),
            findings: Vec::new(),
            differences,
            results,
        })
    }

    /// Whether all that is said is said of results that are here; a file that was changed may say more.
    pub fn is_consistent(&self) -> bool {
        let is_other = |result: usize| (1..self.results.len()).contains(&result);
        self.differences.len() + 1 == self.results.len()
            && self.differences.iter().all(|difference| is_other(difference.result))
            && self.conditions.iter().all(|judgement| is_other(judgement.result))
    }

    /// Whether a condition of `--fail-if` holds.
    pub fn fails(&self) -> bool {
        self.conditions.iter().any(|judgement| judgement.fails)
    }
}
