//! Readings, compared with the first of them.

use super::Condition;
use super::difference::difference_of;
use super::warnings::warnings;
use crate::result::{COMPARE_SCHEMA, Comparison, Difference, Reading, Remark, Tool};

/// There is nothing to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is only one result, so there is nothing to compare it with; give two files or more")]
pub(crate) struct TooFew;

/// Compares readings with the first of them.
///
/// # Errors
/// [`TooFew`] for less than two.
pub(crate) fn compare(results: Vec<Reading>, conditions: &[Condition]) -> Result<Comparison, TooFew> {
    let (first, others) = results.split_first().filter(|(_, others)| !others.is_empty()).ok_or(TooFew)?;
    let numbered = others.iter().enumerate();
    let differences: Vec<Difference> =
        numbered.map(|(i, other)| difference_of(first, other, i + 1)).collect();
    let judged = conditions
        .iter()
        .flat_map(|condition| differences.iter().map(|difference| condition.judge(difference)))
        .collect();
    Ok(Comparison {
        schema: COMPARE_SCHEMA.to_owned(),
        tool: Tool::this(),
        warnings: warnings(&results).into_iter().map(Remark::from).collect(),
        conditions: judged,
        runs: Vec::new(),
        findings: Vec::new(),
        differences,
        results,
    })
}
