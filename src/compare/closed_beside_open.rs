//! The same service asked by users who wait and by a schedule that does not: what the first hid.

use crate::judge::Stage;
use crate::measure::decode_histogram;
use crate::result::{Figure, LatencyStats, ServiceVerdict, Summary};

/// How many times as much counts as a difference worth a sentence.
const MUCH: f64 = 1.25;
/// How many times the closed loop's median counts as slow.
const SLOW: f64 = 10.0;

/// A closed loop, and open loops at the throughput that it reached and around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live<'a> {
    /// Users who wait.
    pub closed: &'a Summary,
    /// The schedule at the throughput of the closed loop.
    pub same: &'a Summary,
    /// With less load.
    pub below: Option<&'a Summary>,
    /// With more load.
    pub above: Option<&'a Summary>,
}

impl Live<'_> {
    /// What the closed loop hid, in words, the most important first.
    pub(crate) fn findings(&self) -> Vec<String> {
        let mut found = Vec::new();
        found.extend(self.same_throughput());
        found.extend(self.slow_requests());
        found.extend(self.above.and_then(|above| self.other_load(above)));
        found.extend(self.below.and_then(|below| self.other_load(below)));
        found.push(
            "which of these is true for your users depends on whether they wait for each other: visitors of a site do not, \
             a fixed pool of workers does."
                .to_owned(),
        );
        found
    }

    /// The response time at the same throughput.
    fn same_throughput(&self) -> Option<String> {
        let stage = Stage::of(self.closed)?;
        let (users, rate) = (stage.users, per_s(stage.throughput_per_s));
        if self.same.verdict.service == ServiceVerdict::Saturated {
            let growth = self.same.queueing.backlog_growth_per_s.unwrap_or(0.0);
            return Some(format!(
                "{users} users got {rate} and looked stable, because they wait. At the same rate without waiting the service \
                 falls behind: its backlog grew by {growth:.1} requests a second, so its times depend on how long the run \
                 lasts."
            ));
        }
        let (name, closed, open) = response(self.closed).common_tail(response(self.same))?;
        Some(if closed > MUCH * open {
            format!(
                "same throughput, {rate}: {name} {} ms without waiting instead of {} ms with {users} users, because the \
                 {users} users were the queue: {users} / {rate} = {} ms, whatever the service does.",
                ms(open),
                ms(closed),
                ms(stage.mean_by_littles_law_ms())
            )
        } else if open > MUCH * closed {
            format!(
                "same throughput, {rate}: {name} {} ms without waiting where {users} users saw {} ms. While the service was \
                 slow the users sent nothing, so what others would have waited was never measured (coordinated omission).",
                ms(open),
                ms(closed)
            )
        } else {
            format!(
                "same throughput, {rate}: {name} {} ms without waiting, {} ms with {users} users. At this load waiting \
                 changes little.",
                ms(open),
                ms(closed)
            )
        })
    }

    /// How many requests were slow: of those who wait, each stall can slow down one request each at most.
    fn slow_requests(&self) -> Option<String> {
        let threshold_ms = SLOW * self.closed.latency.response_ok.exact(Figure::P50)?.max(0.1);
        let closed = slower_than(self.closed, threshold_ms)?;
        let open = slower_than(self.same, threshold_ms)?;
        let share = |(slow, all): (u64, u64)| slow as f64 / all.max(1) as f64;
        (open.0 >= 10 && share(open) > 2.0 * share(closed)).then(|| {
            format!(
                "slower than {} ms (10 times the users' median): {} of {} requests in the closed loop, {} of {} in the open \
                 loop. A stall slows down one request of each user, and hides all those that were not sent meanwhile.",
                ms(threshold_ms),
                closed.0,
                closed.1,
                open.0,
                open.1
            )
        })
    }

    /// What a little more or a little less load does.
    fn other_load(&self, other: &Summary) -> Option<String> {
        let base_per_s = self.same.plan.rate_per_s?;
        let rate_per_s = other.plan.rate_per_s?;
        let change = (rate_per_s / base_per_s - 1.0) * 100.0;
        let load = format!("{:.0} % {} load", change.abs(), if change > 0.0 { "more" } else { "less" });
        let at = per_s(rate_per_s);
        if other.verdict.service == ServiceVerdict::Saturated {
            let growth = other.queueing.backlog_growth_per_s.unwrap_or(0.0);
            return Some(format!(
                "{load} ({at}) and the backlog grows by {growth:.0}/s: after a minute {:.0} requests wait, and so on without end. \
                 More users could not have shown that: they would have waited.",
                growth * 60.0
            ));
        }
        let (name, same, value) = response(self.same).common_tail(response(other))?;
        Some(format!("{load} ({at}) is still served: {name} {} ms, {} ms before.", ms(value), ms(same)))
    }
}

/// How many arrivals took longer or had no good answer, and of how many.
fn slower_than(summary: &Summary, threshold_ms: f64) -> Option<(u64, u64)> {
    let good = decode_histogram(&summary.histograms.response_ok).ok()?;
    let fast = good.count_between(0, (threshold_ms * 1e6) as u64);
    let all = summary.ledger.offered();
    Some((all.saturating_sub(fast), all))
}

fn response(summary: &Summary) -> &LatencyStats {
    &summary.latency.response
}

fn per_s(rate: f64) -> String {
    format!("{rate:.1}/s")
}

fn ms(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}
