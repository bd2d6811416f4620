//! The idle baseline: how long the service takes for one request that has it all to itself.

use super::error::CommandError;
use super::runner::Runner;
use crate::measure::Distribution;
use crate::plan::Auto;
use crate::result::LatencyStats;
use crate::schedule::{ClosedLoop, LoopEnd, NANOS_PER_S, Source};

/// How long requests are sent one at a time, where nobody says how many.
const LENGTH_NS: u64 = NANOS_PER_S;
/// Fewest of them, whatever their time takes.
const FEWEST: u64 = 20;
/// But no longer than this: a slow service has a baseline of fewer requests.
const LONGEST_NS: u64 = 10 * NANOS_PER_S;

/// Sends requests one at a time, and returns the service times of those that were answered well. `None` where none was asked
/// for, or where the first was not: then there is nothing to compare with, and the run will tell why.
pub(super) async fn measure_idle(
    runner: &mut Runner<'_>,
    requests: Auto<u64>,
) -> Result<Option<LatencyStats>, CommandError> {
    let mut times = Distribution::new();
    let mut left = match requests {
        Auto::Given(0) => return Ok(None),
        Auto::Given(requests) => requests,
        Auto::Auto => FEWEST,
    };
    // The first says whether there is an answer at all, and about how long it takes.
    let first_ns = one_at_a_time(runner, LoopEnd::Requests(1), &mut times).await?;
    if times.count() == 0 {
        if !runner.is_stopping() {
            runner.console.warn("no idle baseline, because the first request got no good answer");
        }
        return Ok(None);
    }
    left -= 1;
    let mut passed_ns = first_ns;
    if requests == Auto::Auto {
        left = left.min(LONGEST_NS.saturating_sub(first_ns) / first_ns.max(1));
    }
    if left > 0 {
        passed_ns += one_at_a_time(runner, LoopEnd::Requests(left), &mut times).await?;
    }
    if requests == Auto::Auto && passed_ns < LENGTH_NS {
        one_at_a_time(runner, LoopEnd::Duration(LENGTH_NS - passed_ns), &mut times).await?;
    }
    Ok(Some(LatencyStats::of(&times)))
}

/// One user who sends until `end`; adds the service times of the good answers to `times`, and returns how long it took.
async fn one_at_a_time(
    runner: &mut Runner<'_>,
    end: LoopEnd,
    times: &mut Distribution,
) -> Result<u64, CommandError> {
    let (facts, recorder) = runner.count(Source::Users(ClosedLoop::new(1, end)?)).await?;
    times.merge(&recorder.total().service);
    Ok(facts.elapsed_ns.unwrap_or(facts.window_ns))
}
