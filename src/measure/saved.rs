//! Accounts as they are written, so that those of several machines can be added up without loss.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::recorder::Warmup;
use super::{
    Account, CountedBy, Distribution, ErrorKind, Redirects, Sizes, decode_histogram, encode_histogram,
    encode_sizes,
};

/// All that a recorder counted. It holds nothing that a report may not show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedRecorder {
    pub(super) accounts: Vec<Account>,
    pub(super) errors: BTreeMap<ErrorKind, (u64, String)>,
    pub(super) warmup: Warmup,
    pub(super) server_timings: Vec<(String, Distribution)>,
    #[serde(default)]
    pub(super) counted_by: CountedBy,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) steps: Vec<Account>,
    #[serde(default, skip_serializing_if = "Redirects::is_empty")]
    pub(super) redirects: Redirects,
    pub(super) planned: u64,
    pub(super) cancelled: u64,
}

/// A distribution as it is written: its histogram as everywhere, and the figures that a histogram does not keep.
#[derive(Serialize, Deserialize)]
struct SavedDistribution {
    histogram: String,
    min_ns: u64,
    max_ns: u64,
    /// In decimal digits: it can be longer than the numbers that readers of JSON keep exactly.
    sum_ns: String,
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let histogram = match self.count() {
            0 => String::new(),
            _ => encode_histogram(self.histogram()).map_err(S::Error::custom)?,
        };
        SavedDistribution {
            histogram,
            min_ns: self.min_ns().unwrap_or(0),
            max_ns: self.max_ns().unwrap_or(0),
            sum_ns: self.sum_ns().to_string(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SavedDistribution { histogram, min_ns, max_ns, sum_ns } =
            SavedDistribution::deserialize(deserializer)?;
        if histogram.is_empty() {
            return Ok(Self::new());
        }
        let histogram = decode_histogram(&histogram).map_err(D::Error::custom)?;
        let sum_ns = sum_ns.parse().map_err(D::Error::custom)?;
        Self::restored(&histogram, min_ns, max_ns, sum_ns)
            .ok_or_else(|| D::Error::custom("the figures of a distribution contradict its histogram"))
    }
}

/// The same of sizes.
#[derive(Serialize, Deserialize)]
struct SavedSizes {
    histogram: String,
    min_bytes: u64,
    max_bytes: u64,
    sum_bytes: String,
}

impl Serialize for Sizes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SavedSizes {
            histogram: encode_sizes(self).map_err(S::Error::custom)?,
            min_bytes: self.min_bytes().unwrap_or(0),
            max_bytes: self.max_bytes().unwrap_or(0),
            sum_bytes: self.sum_bytes().to_string(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sizes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SavedSizes { histogram, min_bytes, max_bytes, sum_bytes } =
            SavedSizes::deserialize(deserializer)?;
        if histogram.is_empty() {
            return Ok(Self::default());
        }
        let histogram = decode_histogram(&histogram).map_err(D::Error::custom)?;
        let sum_bytes = sum_bytes.parse().map_err(D::Error::custom)?;
        Self::restored(&histogram, min_bytes, max_bytes, sum_bytes)
            .ok_or_else(|| D::Error::custom("the figures of a distribution contradict its histogram"))
    }
}

/// A map whose keys are no texts, as a list of pairs.
pub(super) mod pairs {
    use super::{BTreeMap, Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(in super::super) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_distribution_is_read_as_it_was_written(times in prop::collection::vec(0_u64..10_000_000_000_000, 0..200)) {
            let mut distribution = Distribution::new();
            times.iter().for_each(|nanos| distribution.record(*nanos));
            let text = serde_json::to_string(&distribution).unwrap();
            let read: Distribution = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, distribution);
        }
    }

    #[test]
    fn figures_that_contradict_the_histogram_are_no_distribution() {
        let mut distribution = Distribution::new();
        (1..10).for_each(|ms| distribution.record(ms * 1_000_000));
        let written = serde_json::to_value(&distribution).unwrap();
        for (field, value) in [
            ("min_ns", serde_json::json!(20_000_000)),
            ("sum_ns", serde_json::json!("7")),
            ("histogram", serde_json::json!("AAAA")),
        ] {
            let mut changed = written.clone();
            changed[field] = value;
            assert!(serde_json::from_value::<Distribution>(changed).is_err(), "{field}");
        }
    }
}
