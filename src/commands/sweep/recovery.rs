//! Waits between two runs until the service is back to its baseline latency.

use crate::commands::error::CommandError;
use crate::commands::runner::Runner;
use crate::result::{Figure, Recovery, Summary};
use crate::schedule::{NANOS_PER_S, Rate, Schedule, Source};
use crate::time::{Clock, MonotonicClock};

/// Requests of a probe: enough for a median.
const PROBE_REQUESTS: u64 = 20;
/// Longest probe, where the lowest rate is very low.
const PROBE_NS: u64 = 2 * NANOS_PER_S;
/// How many times its calm median counts as calm again, and how many milliseconds more.
const CALM_FACTOR: f64 = 1.5;
const CALM_MORE_MS: f64 = 2.0;

/// Probes the service at the lowest rate until it is as fast as it was before anything else.
#[derive(Clone, Copy)]
pub(super) struct Recovering {
    pub(super) lowest: Rate,
    /// Longest wait, in nanoseconds.
    pub(super) limit_ns: u64,
}

impl Recovering {
    /// The median response time with next to no load, in milliseconds; infinite where nobody answers well.
    pub(super) async fn calm_ms(self, runner: &mut Runner<'_>) -> Result<f64, CommandError> {
        self.probe(runner).await
    }

    /// Waits until a probe is calm.
    pub(super) async fn recover(
        self,
        runner: &mut Runner<'_>,
        calm_ms: f64,
    ) -> Result<Recovery, CommandError> {
        let start_ns = MonotonicClock.now_ns();
        loop {
            let recovered = self.probe(runner).await? <= calm_ms * CALM_FACTOR + CALM_MORE_MS;
            let waited_ns = MonotonicClock.now_ns() - start_ns;
            let waited_s = waited_ns as f64 / 1e9;
            if recovered || runner.is_stopping() {
                return Ok(Recovery { recovered, waited_s });
            }
            if waited_ns >= self.limit_ns {
                runner.console.warn(format_args!("the service did not recover within {waited_s:.0} s"));
                return Ok(Recovery { recovered, waited_s });
            }
        }
    }

    /// The median of a short run at the lowest rate, in milliseconds.
    async fn probe(self, runner: &mut Runner<'_>) -> Result<f64, CommandError> {
        let length_ns = self.lowest.time_of(PROBE_REQUESTS).clamp(NANOS_PER_S / 5, PROBE_NS);
        let schedule = Schedule::for_duration(self.lowest, length_ns)
            .or_else(|_| Schedule::for_count(self.lowest, 1))?;
        // Evenly spaced and without a warm-up, whatever the runs are.
        Ok(median_ms(&runner.probe(Source::Schedule(schedule)).await?))
    }
}

/// The median over all arrivals that were due, however few.
fn median_ms(summary: &Summary) -> f64 {
    let ok = &summary.latency.response_ok;
    let answered = summary.ledger.ok * 2 > summary.ledger.offered();
    let median_ms = ok.exact(Figure::P50).or(ok.exact(Figure::Mean)).filter(|_| answered);
    median_ms.unwrap_or(f64::INFINITY)
}
