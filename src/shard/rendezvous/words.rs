//! What shard 0 says to all others, one word after another: run this, stop, it is over.

use serde::{Deserialize, Serialize};

use crate::schedule::Rate;

/// What shard 0 says. Each is a line of its answer to `POST /join`, which goes on until the last of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    /// The next run of all shards.
    Run(Order),
    /// Shard 0 has ended its part of a run, and asks who is awake: `POST /awake/INDEX`. A process that was frozen keeps its
    /// connections, and says nothing.
    Ask,
    /// The run that is under way ends before its time, and there is no other. It is answered like [`Self::Ask`].
    Stop(Ending),
    /// Shard 0 has all results that it wanted.
    Done,
    /// There is no run, and why.
    CalledOff(String),
}

/// One run, which every shard sends its part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Which run, from 1: results are handed over under this number.
    pub number: u64,
    /// When it starts, nanoseconds since 1970 by the clock of shard 0.
    pub start_ns: u64,
    pub load: Load,
    /// What it is for, in the words of shard 0; empty where there is nothing to say.
    pub purpose: String,
}

/// What is sent in a run. How it is spaced, seeded and warmed up, all shards were told alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Load {
    /// One of the stages that all shards were told of, from 0.
    Stage(usize),
    /// An open loop of this total rate, for so many nanoseconds after its warm-up.
    Rate { rate: Rate, length_ns: u64 },
}

/// Why shards stop before their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// Somebody, at one of them, wants no more.
    Interrupted,
    /// This one is gone, and without it what the others send is not what was asked for.
    Lost(u64),
}

impl Word {
    /// As a line.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Whether nothing follows it.
    pub(super) fn is_last(&self) -> bool {
        matches!(self, Self::Done | Self::CalledOff(_))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn load() -> impl Strategy<Value = Load> {
        let rate = (1_u64..100_000_000, 1_u64..1_000_000)
            .prop_map(|(arrivals, seconds)| Rate::new(arrivals, seconds).unwrap());
        prop_oneof![
            any::<usize>().prop_map(Load::Stage),
            (rate, any::<u64>()).prop_map(|(rate, length_ns)| Load::Rate { rate, length_ns }),
        ]
    }

    fn word() -> impl Strategy<Value = Word> {
        let order = (any::<u64>(), any::<u64>(), load(), "\\PC{0,9}\n?")
            .prop_map(|(number, start_ns, load, purpose)| Order { number, start_ns, load, purpose });
        let ending = prop_oneof![Just(Ending::Interrupted), any::<u64>().prop_map(Ending::Lost)];
        prop_oneof![
            order.prop_map(Word::Run),
            ending.prop_map(Word::Stop),
            Just(Word::Done),
            Just(Word::Ask),
            ".{0,9}\n?".prop_map(Word::CalledOff)
        ]
    }

    proptest! {
        /// A shard that heard another rate, be it by a rounding, would send another schedule.
        #[test]
        fn a_word_is_heard_exactly_as_it_was_said(word in word()) {
            let line = word.line();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            prop_assert_eq!(serde_json::from_slice::<Word>(&line).unwrap(), word);
        }
    }

    #[test]
    fn a_rate_that_is_none_is_not_heard() {
        let text =
            r#"{"run":{"number":1,"start_ns":1,"load":{"rate":{"rate":[0,1],"length_ns":1}},"purpose":""}}"#;
        assert!(serde_json::from_str::<Word>(text).is_err());
        assert!(serde_json::from_str::<Word>(&text.replace("[0,1]", "[5,1]")).is_ok());
    }
}
