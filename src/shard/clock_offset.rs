//! How far another machine's clock is ahead of this one's, from questions and answers (as NTP does, RFC 5905).

/// One question: when it was sent, what the other clock said, and when the answer came. Nanoseconds since 1970, the first and
/// the last by this clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub asked_ns: u64,
    pub other_ns: u64,
    pub answered_ns: u64,
}

/// How far the other clock is ahead, in nanoseconds, and by how much that may be wrong at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ClockOffset {
    pub ahead_ns: i64,
    /// Half the round trip: the other clock was read at some moment within it.
    pub error_ns: u64,
}

impl Exchange {
    fn offset(&self) -> ClockOffset {
        let round_trip_ns = self.answered_ns.saturating_sub(self.asked_ns);
        let middle_ns = i128::from(self.asked_ns) + i128::from(round_trip_ns / 2);
        let ahead_ns = i128::from(self.other_ns) - middle_ns;
        ClockOffset {
            ahead_ns: i64::try_from(ahead_ns).unwrap_or(if ahead_ns < 0 { i64::MIN } else { i64::MAX }),
            error_ns: round_trip_ns.div_ceil(2),
        }
    }
}

impl ClockOffset {
    /// The best of several: the one with the shortest round trip, which had the least time to be wrong.
    pub(crate) fn best(exchanges: &[Exchange]) -> Option<Self> {
        exchanges.iter().map(Exchange::offset).min_by_key(|offset| offset.error_ns)
    }

    /// A moment of the other clock, by this one.
    pub(crate) fn here(self, other_ns: u64) -> u64 {
        u64::try_from(i128::from(other_ns) - i128::from(self.ahead_ns)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the way there and back takes, and however wrong the clock is: an hour, a day.
        #[test]
        fn the_error_is_at_most_half_the_round_trip(
            ahead_ns in -100_000_000_000_000_i64..100_000_000_000_000, ways in prop::collection::vec((1_u64..50_000_000, 1_u64..50_000_000), 1..9),
        ) {
            let now_ns = 1_700_000_000_000_000_000_u64;
            let exchanges: Vec<Exchange> = ways.iter().map(|(there, back)| Exchange {
                asked_ns: now_ns,
                other_ns: (now_ns + there).checked_add_signed(ahead_ns).unwrap(),
                answered_ns: now_ns + there + back,
            }).collect();
            let best = ClockOffset::best(&exchanges).unwrap();
            prop_assert!(best.ahead_ns.abs_diff(ahead_ns) <= best.error_ns, "{best:?}");
            let shortest = ways.iter().map(|(there, back)| (there + back).div_ceil(2)).min().unwrap();
            prop_assert_eq!(best.error_ns, shortest);
            let there_ns = now_ns.checked_add_signed(ahead_ns).unwrap();
            prop_assert!(best.here(there_ns).abs_diff(now_ns) <= best.error_ns);
        }
    }

    #[test]
    fn without_an_exchange_nothing_is_known() {
        assert_eq!(ClockOffset::best(&[]), None);
    }
}
