//! Good answers, told apart by what one of their headers says: which backend, which cache, which version it was.

use serde::{Deserialize, Serialize};

use super::Distribution;
use super::exemplar::{Redact, Sent};

/// Most values that are told apart; answers with another are counted together.
const MOST_VALUES: usize = 32;
/// Longest part of a value that is looked at.
const LONGEST: usize = 64;
/// Stands for answers without the header.
const WITHOUT: &str = "(without)";
/// Stands for all values beyond those that are told apart.
const OTHERS: &str = "(others)";

/// The response times of the good answers of each value, in the order in which the values first came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CountedBy {
    /// The header; empty where nothing was counted.
    header: String,
    values: Vec<(String, Distribution)>,
}

impl CountedBy {
    /// A good answer had this value of the header, or none.
    pub(super) fn record(&mut self, header: &str, value: Option<&[u8]>, response_ns: u64) {
        if self.header.is_empty() {
            header.clone_into(&mut self.header);
        }
        let text = value.map(|value| String::from_utf8_lossy(&value[..value.len().min(LONGEST)]));
        self.of(text.as_deref().unwrap_or(WITHOUT)).record(response_ns);
    }

    fn of(&mut self, value: &str) -> &mut Distribution {
        let place =
            |all: &[(String, Distribution)], value: &str| all.iter().position(|(known, _)| known == value);
        let found = place(&self.values, value).or_else(|| {
            let is_full = self.values.len() >= MOST_VALUES && value != OTHERS;
            is_full.then(|| place(&self.values, OTHERS)).flatten()
        });
        let found = found.unwrap_or_else(|| {
            let name = if self.values.len() < MOST_VALUES { value } else { OTHERS };
            self.values.push((name.to_owned(), Distribution::new()));
            self.values.len() - 1
        });
        &mut self.values[found].1
    }

    /// Adds those of another worker.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.header.is_empty() {
            self.header.clone_from(&other.header);
        }
        other.values.iter().for_each(|(value, times)| self.of(value).merge(times));
    }

    /// Those that may be shown: what is shown alike is counted together.
    pub(crate) fn redacted(&self, redact: &dyn Redact) -> Self {
        let mut result = Self { header: self.header.clone(), values: Vec::new() };
        for (value, times) in &self.values {
            let shown = match value.as_str() {
                WITHOUT | OTHERS => value.clone(),
                value => redact.header(Sent::default(), &self.header, value.as_bytes()),
            };
            result.of(&shown).merge(times);
        }
        result
    }

    /// Each value with its response times.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Distribution)> {
        self.values.iter().map(|(value, times)| (value.as_str(), times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counted: &CountedBy) -> Vec<(&str, u64)> {
        counted.iter().map(|(value, times)| (value, times.count())).collect()
    }

    #[test]
    fn values_are_told_apart_and_no_answer_is_lost_beyond_their_number() {
        let mut counted = CountedBy::default();
        counted.record("x", None, 1);
        for value in 0..100_u32 {
            counted.record("x", Some(value.to_string().as_bytes()), 5);
            counted.record("x", Some(b"1"), 5);
        }
        let all = counts(&counted);
        assert_eq!(all.len(), MOST_VALUES + 1);
        assert_eq!((all[0], all[2], all[MOST_VALUES]), ((WITHOUT, 1), ("1", 101), (OTHERS, 69)));
        assert_eq!(all.iter().map(|(_, count)| count).sum::<u64>(), 201);
    }

    #[test]
    fn those_of_two_workers_add_up_and_what_is_shown_alike_is_counted_together() {
        let mut one = CountedBy::default();
        one.record("x", Some(b"a"), 1);
        let mut other = CountedBy::default();
        other.record("x", Some(b"b"), 1);
        other.record("x", Some(b"a"), 3);
        one.merge(&other);
        assert_eq!(counts(&one), [("a", 2), ("b", 1)]);
        one.record("x", None, 9);
        let hidden = one.redacted(&crate::measure::Withhold);
        assert_eq!(counts(&hidden), [("***", 3), (WITHOUT, 1)]);
        assert_eq!(counts(&CountedBy::default()), []);
    }
}
