//! The idle baseline: how long the service takes for one request that has it all to itself.

use crate::measure::Distribution;
use crate::plan::Auto;
use crate::result::LatencyStats;
use crate::schedule::{LoopEnd, NANOS_PER_S};

/// How long requests are sent one at a time, where nobody says how many.
const LENGTH_NS: u64 = NANOS_PER_S;
/// Fewest of them, whatever their time takes.
const FEWEST: u64 = 20;
/// But no longer than this: a slow service has a baseline of fewer requests.
const LONGEST_NS: u64 = 10 * NANOS_PER_S;

/// What one user who sent alone for a while saw.
pub(super) struct Alone {
    /// Service times of the good answers.
    pub times: Distribution,
    /// How long it took.
    pub took_ns: u64,
}

/// The service times of requests that are sent one at a time, by `send`, and were answered well. `None` where none was asked
/// for, or where the first was not: then there is nothing to compare with, and the run will tell why.
///
/// # Errors
/// Whatever `send` fails with.
pub(super) async fn measure_idle<E>(
    requests: Auto<u64>,
    mut send: impl AsyncFnMut(LoopEnd) -> Result<Alone, E>,
) -> Result<Option<LatencyStats>, E> {
    let mut left = match requests {
        Auto::Given(0) => return Ok(None),
        Auto::Given(requests) => requests,
        Auto::Auto => FEWEST,
    };
    // The first says whether there is an answer at all, and about how long it takes.
    let Alone { mut times, took_ns: first_ns } = send(LoopEnd::Requests(1)).await?;
    if times.count() == 0 {
        return Ok(None);
    }
    left -= 1;
    let mut passed_ns = first_ns;
    if requests == Auto::Auto {
        left = left.min(LONGEST_NS.saturating_sub(first_ns) / first_ns.max(1));
    }
    if left > 0 {
        let more = send(LoopEnd::Requests(left)).await?;
        times.merge(&more.times);
        passed_ns += more.took_ns;
    }
    if requests == Auto::Auto && passed_ns < LENGTH_NS {
        times.merge(&send(LoopEnd::Duration(LENGTH_NS - passed_ns)).await?.times);
    }
    Ok(Some(LatencyStats::of(&times)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The baseline of a service that needs so many nanoseconds, and how long it took; `good`: whether its answers are.
    async fn baseline(requests: Auto<u64>, service_ns: u64, good: bool) -> (Option<u64>, u64) {
        let mut passed_ns = 0;
        let send = async |end: LoopEnd| {
            let count = match end {
                LoopEnd::Requests(requests) => requests,
                LoopEnd::Duration(length_ns) => length_ns.div_ceil(service_ns),
            };
            let mut times = Distribution::new();
            (0..if good { count } else { 0 }).for_each(|_| times.record(service_ns));
            passed_ns += count * service_ns;
            Ok::<_, ()>(Alone { times, took_ns: count * service_ns })
        };
        let idle = measure_idle(requests, send).await.unwrap();
        (idle.map(|stats| stats.count), passed_ns / 1_000_000)
    }

    #[tokio::test]
    async fn as_many_as_fit_in_a_second_at_least_twenty_and_no_longer_than_ten_seconds() {
        const MS: u64 = 1_000_000;
        assert_eq!(baseline(Auto::Auto, 10 * MS, true).await, (Some(100), 1_000));
        assert_eq!(baseline(Auto::Auto, 100 * MS, true).await, (Some(20), 2_000));
        assert_eq!(baseline(Auto::Auto, 2_000 * MS, true).await, (Some(5), 10_000));
        assert_eq!(baseline(Auto::Given(3), 2_000 * MS, true).await, (Some(3), 6_000));
        assert_eq!(baseline(Auto::Given(0), MS, true).await, (None, 0));
        // One bad answer is enough to know that there is none.
        assert_eq!(baseline(Auto::Auto, 50 * MS, false).await, (None, 50));
    }
}
