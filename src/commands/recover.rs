//! Between two runs: is the service itself again?

use super::CommandError;
use super::live::note;
use super::rig::Rig;
use crate::cli::{OpenLoop, UsageError};
use crate::plan::Plan;
use crate::result::{Recovery, Summary};
use crate::schedule::{NANOS_PER_S, Rate, Schedule};
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
pub(super) struct Recoverer<'a> {
    pub(super) open: &'a OpenLoop,
    pub(super) lowest: Rate,
    pub(super) threads: u64,
    /// Longest wait, in nanoseconds.
    pub(super) limit_ns: u64,
    pub(super) quiet: bool,
}

impl Recoverer<'_> {
    /// The median response time with next to no load, in milliseconds; infinite where nobody answers well. `None`: the
    /// user left at once.
    pub(super) async fn calm(&self, rig: &mut Rig) -> Result<Option<f64>, CommandError> {
        Ok(self.probe(rig).await?.map(|summary| median_ms(&summary)))
    }

    /// Waits until a probe is calm. `None`: the user left at once.
    pub(super) async fn recover(
        &self,
        rig: &mut Rig,
        calm_ms: f64,
    ) -> Result<Option<Recovery>, CommandError> {
        let start_ns = MonotonicClock.now_ns();
        loop {
            let Some(summary) = self.probe(rig).await? else { return Ok(None) };
            let waited_ns = MonotonicClock.now_ns() - start_ns;
            let recovered = median_ms(&summary) <= calm_ms * CALM_FACTOR + CALM_MORE_MS;
            if recovered || waited_ns >= self.limit_ns || rig.interrupted {
                if !recovered && !rig.interrupted && !self.quiet {
                    note(&format!(
                        "warning: the service did not recover within {:.0} s",
                        waited_ns as f64 / 1e9
                    ));
                }
                return Ok(Some(Recovery { recovered, waited_s: waited_ns as f64 / 1e9 }));
            }
        }
    }

    async fn probe(&self, rig: &mut Rig) -> Result<Option<Summary>, CommandError> {
        let length_ns = self.lowest.time_of(PROBE_REQUESTS).clamp(NANOS_PER_S / 5, PROBE_NS);
        let schedule = Schedule::for_duration(self.lowest, length_ns)
            .or_else(|_| Schedule::for_count(self.lowest, 1))
            .map_err(UsageError::from)?;
        let plan = self.open.plan(schedule, self.threads).map_err(UsageError::from)?;
        let plan = Plan {
            source: crate::schedule::Source::Schedule(schedule),
            samples: 0,
            slos: Vec::new(),
            ..plan
        };
        let Some(ran) = rig.run_quietly(&plan).await? else { return Ok(None) };
        rig.summary(&plan, ran).map(Some)
    }
}

/// The median over all arrivals that were due, however few.
fn median_ms(summary: &Summary) -> f64 {
    let ok = &summary.latency.response_ok;
    let answered = summary.ledger.ok * 2 > summary.ledger.offered();
    if answered { ok.p50_ms.or(ok.mean_ms).unwrap_or(f64::INFINITY) } else { f64::INFINITY }
}
