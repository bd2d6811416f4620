//! Good answers, told apart by what one of their headers says: which backend, which cache, which version it was.

use serde::{Deserialize, Serialize};

use super::Distribution;

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
#[serde(transparent)]
pub(crate) struct CountedBy(Vec<(String, Distribution)>);

impl CountedBy {
    /// A good answer had this value of the header, or none.
    pub(super) fn record(&mut self, value: Option<&[u8]>, response_ns: u64) {
        let text = value.map(|value| String::from_utf8_lossy(&value[..value.len().min(LONGEST)]));
        self.of(text.as_deref().unwrap_or(WITHOUT)).record(response_ns);
    }

    fn of(&mut self, value: &str) -> &mut Distribution {
        let place =
            |all: &[(String, Distribution)], value: &str| all.iter().position(|(known, _)| known == value);
        let found = place(&self.0, value).or_else(|| {
            let is_full = self.0.len() >= MOST_VALUES && value != OTHERS;
            is_full.then(|| place(&self.0, OTHERS)).flatten()
        });
        let found = found.unwrap_or_else(|| {
            let name = if self.0.len() < MOST_VALUES { value } else { OTHERS };
            self.0.push((name.to_owned(), Distribution::new()));
            self.0.len() - 1
        });
        &mut self.0[found].1
    }

    /// Adds those of another worker.
    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(value, times)| self.of(value).merge(times));
    }

    /// Those that may be shown: each value as `shown` has it.
    pub(super) fn shown(&self, shown: impl Fn(&str) -> String) -> Self {
        let mut result = Self::default();
        self.0.iter().for_each(|(value, times)| result.of(&shown(value)).merge(times));
        result
    }

    /// Each value with its response times.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Distribution)> {
        self.0.iter().map(|(value, times)| (value.as_str(), times))
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
        counted.record(None, 1);
        for value in 0..100_u32 {
            counted.record(Some(value.to_string().as_bytes()), 5);
            counted.record(Some(b"1"), 5);
        }
        let all = counts(&counted);
        assert_eq!(all.len(), MOST_VALUES + 1);
        assert_eq!((all[0], all[2], all[MOST_VALUES]), ((WITHOUT, 1), ("1", 101), (OTHERS, 69)));
        assert_eq!(all.iter().map(|(_, count)| count).sum::<u64>(), 201);
    }

    #[test]
    fn those_of_two_workers_add_up_and_what_is_shown_alike_is_counted_together() {
        let mut one = CountedBy::default();
        one.record(Some(b"a"), 1);
        let mut other = CountedBy::default();
        other.record(Some(b"b"), 1);
        other.record(Some(b"a"), 3);
        one.merge(&other);
        assert_eq!(counts(&one), [("a", 2), ("b", 1)]);
        assert_eq!(counts(&one.shown(|_| "***".to_owned())), [("***", 3)]);
        assert_eq!(counts(&CountedBy::default()), []);
    }
}
