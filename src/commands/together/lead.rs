//! Shard 0, or a machine that is alone: it decides what is run, and has the result of all.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::{Together, moment, source_of};
use crate::cli::Meeting;
use crate::commands::console::Console;
use crate::commands::error::CommandError;
use crate::commands::runner::{Runner, Shown};
use crate::commands::signals::Signals;
use crate::plan::Purpose;
use crate::result::Summary;
use crate::schedule::{NANOS_PER_S, Rate, Source};
use crate::shard::{ClockOffset, Ending, Host, Load, Merge};
use crate::time::{Clock, MonotonicClock};

/// From the moment when all are there to the first start, so that the last of them hears of it in time.
const FIRST_NOTICE_NS: u64 = NANOS_PER_S;
/// The same between two runs, when all are known to listen.
const NOTICE_NS: u64 = NANOS_PER_S / 2;
/// How long results may be on their way, after the last answer that anybody waits for.
const ON_THE_WAY: Duration = Duration::from_secs(15);

/// Whoever sends the runs of a command: this machine, and other shards where there are any.
pub(in crate::commands) struct Crew<'a> {
    stages: &'a [Source],
    others: Option<Others<'a>>,
}

/// The other shards, as shard 0 sees them.
struct Others<'a> {
    host: &'a Host,
    count: u64,
    allows_missing: bool,
    needs_all: bool,
    signals: &'a Signals,
    /// How long it took them to come, in nanoseconds.
    waited_ns: u64,
    has_run: Cell<bool>,
    /// Those who are known to be lost.
    lost: RefCell<Vec<u64>>,
}

/// Meets the others, and does `lead` with them.
pub(super) async fn lead<'r, R>(
    together: &Together<'_>,
    meeting: &Meeting,
    runner: &mut Runner<'r>,
    lead: impl AsyncFnOnce(&mut Runner<'r>, &Crew<'_>) -> Result<R, CommandError>,
) -> Result<R, CommandError> {
    let signals = together.signals;
    let came_ns = MonotonicClock.now_ns();
    let host = signals.unless_stopped(meet(together, meeting, runner)).await?;
    let hearing = async {
        host.ended().await;
        signals.end();
    };
    let saying = async {
        signals.stopped().await;
        host.end(Ending::Interrupted);
    };
    let passing_on = async {
        tokio::join!(hearing, saying);
        std::future::pending().await
    };
    let crew = Crew {
        stages: together.stages,
        others: Some(Others {
            host: &host,
            count: meeting.shard.count(),
            allows_missing: meeting.least < meeting.shard.count(),
            needs_all: together.needs_all,
            signals,
            waited_ns: MonotonicClock.now_ns() - came_ns,
            has_run: Cell::new(false),
            lost: RefCell::default(),
        }),
    };
    let result = tokio::select! {
        result = lead(runner, &crew) => result,
        never = passing_on => never,
    };
    if result.is_ok() {
        // Where nothing came of it, they must not believe that somebody has their results.
        host.close().await;
    }
    result
}

async fn meet(together: &Together<'_>, meeting: &Meeting, runner: &Runner<'_>) -> Result<Host, CommandError> {
    let (shard, place) = (meeting.shard, &meeting.place);
    let host = Host::listen(place, shard.count(), together.told(runner)).await?;
    if let Some(found) = host.found() {
        runner.console.warn(found);
    }
    runner.console.note(format_args!("waiting at {} for {} other shards", place.spot, shard.count() - 1));
    match host.gather(meeting.patience, meeting.least).await {
        Ok(()) => Ok(host),
        Err(error) => {
            host.close().await;
            Err(error.into())
        }
    }
}

impl<'a> Crew<'a> {
    /// This machine alone.
    pub(super) fn alone(stages: &'a [Source]) -> Self {
        Self { stages, others: None }
    }

    /// Has a load sent by all, shows how it goes on, and brings the results together. `purpose`: what it is for, in words for
    /// the users of all shards.
    ///
    /// # Errors
    /// As [`Runner::measure`], and where the results do not add up.
    pub(in crate::commands) async fn measure(
        &self,
        runner: &mut Runner<'_>,
        load: Load,
        purpose: &str,
    ) -> Result<Summary, CommandError> {
        self.measure_on(runner, Shown::Everywhere, load, purpose).await
    }

    /// The same without a progress line, where the command itself says how it goes on.
    ///
    /// # Errors
    /// As [`Self::measure`].
    pub(in crate::commands) async fn measure_quietly(
        &self,
        runner: &mut Runner<'_>,
        load: Load,
        purpose: &str,
    ) -> Result<Summary, CommandError> {
        self.measure_on(runner, Shown::OnScreen, load, purpose).await
    }

    async fn measure_on(
        &self,
        runner: &mut Runner<'_>,
        shown: Shown,
        load: Load,
        purpose: &str,
    ) -> Result<Summary, CommandError> {
        let source = source_of(runner, self.stages, load)?;
        if !purpose.is_empty() {
            runner.console.doing(purpose);
        }
        match &self.others {
            None => runner.measure_on(shown, source).await,
            Some(others) => others.measure(runner, shown, source, load, purpose).await,
        }
    }

    /// Whether there is to be no other run.
    pub(in crate::commands) fn is_stopping(&self, runner: &Runner<'_>) -> bool {
        let is_over = |others: &Others<'_>| {
            let is_incomplete = !others.allows_missing && !others.host.lost().is_empty();
            is_incomplete || others.host.ending().is_some()
        };
        runner.is_stopping() || self.others.as_ref().is_some_and(is_over)
    }

    /// Whether it ended because a shard was lost.
    pub(in crate::commands) fn is_incomplete(&self) -> bool {
        let ending = self.others.as_ref().and_then(|others| others.host.ending());
        matches!(ending, Some(Ending::Lost(_)))
    }

    /// A rate for probes, which shard 0 sends alone while the others wait.
    pub(in crate::commands) fn gentle(&self, lowest: Rate) -> Rate {
        gentle(lowest, self.count())
    }

    /// What all machines together can be trusted with, if the weakest of them is like this one or worse, requests per second.
    pub(in crate::commands) fn ceiling_per_s(&self, own_per_s: f64) -> f64 {
        let least_per_s = self.others.as_ref().and_then(|others| others.host.least_ceiling_per_s());
        own_per_s.min(least_per_s.unwrap_or(own_per_s)) * self.count() as f64
    }

    /// What a run takes besides its own time, because others send it too, in seconds.
    pub(in crate::commands) fn overhead_s(&self) -> f64 {
        if self.others.is_some() { NOTICE_NS as f64 / NANOS_PER_S as f64 } else { 0.0 }
    }

    /// How long it took the others to come, in nanoseconds.
    pub(in crate::commands) fn waited_ns(&self) -> u64 {
        self.others.as_ref().map_or(0, |others| others.waited_ns)
    }

    fn count(&self) -> u64 {
        self.others.as_ref().map_or(1, |others| others.count)
    }
}

impl Others<'_> {
    async fn measure(
        &self,
        runner: &mut Runner<'_>,
        shown: Shown,
        source: Source,
        load: Load,
        purpose: &str,
    ) -> Result<Summary, CommandError> {
        let drain_ns = runner.plan(source.clone(), Purpose::Measurement).drain_ns;
        let notice_ns = if self.has_run.replace(true) { NOTICE_NS } else { FIRST_NOTICE_NS };
        // As late as may be: what comes between the notice and the start is for the others.
        let start_ns = u64::try_from(MonotonicClock.wall().as_nanos()).unwrap_or(0).saturating_add(notice_ns);
        runner.start_at(moment(start_ns), ClockOffset { ahead_ns: 0, error_ns: 0 });
        if !self.host.order(start_ns, load, purpose.to_owned()) {
            // It ended just now: nobody else sends anything, and neither does this shard.
            self.signals.end();
        }
        let own = runner.measure_on(shown, source).await?;
        let patience = Duration::from_nanos(drain_ns) + ON_THE_WAY;
        let others = async { Ok::<_, CommandError>(self.host.results(patience).await) };
        let others = self.signals.unless_left(others).await?;
        let result = self.merged(runner.console, own, others);
        self.tell_of_lost(runner.console);
        result
    }

    fn merged(&self, console: Console, own: Summary, others: Vec<Summary>) -> Result<Summary, CommandError> {
        let mut merge = Merge::default();
        merge.add("shard 0", own)?;
        for result in others {
            let index = result.shard.as_ref().map_or(0, |shard| shard.index);
            // What the others measured must not be lost for one of them.
            if let Err(error) = merge.add(&format!("shard {index}"), result) {
                console.warn(format_args!("left out: {error}"));
                merge.leave_out(error.to_string());
                self.host.refuse(index);
            }
        }
        Ok(merge.finish(self.allows_missing)?)
    }

    fn tell_of_lost(&self, console: Console) {
        let lost = self.host.lost();
        let mut known = self.lost.borrow_mut();
        for index in lost.iter().filter(|index| !known.contains(index)) {
            let then = if self.needs_all { "; nothing more is measured without it" } else { "" };
            console.warn(format_args!("shard {index} is lost{then}"));
        }
        *known = lost;
    }
}

/// What any machine can send.
const ANY_MACHINE_PER_S: f64 = 100.0;

/// The lowest rate of a sweep, as far as one machine of so many is expected to send it: as low as its share of it at most.
fn gentle(lowest: Rate, shards: u64) -> Rate {
    let share = lowest.divided_by(shards);
    if share.per_second() >= ANY_MACHINE_PER_S {
        return share;
    }
    Rate::of_per_second(lowest.per_second().min(ANY_MACHINE_PER_S)).unwrap_or(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_gentle_for_one_machine_and_as_before_where_there_is_one() {
        let per_s = |lowest: &str, shards| gentle(lowest.parse().unwrap(), shards).per_second();
        assert_eq!((per_s("0.5", 1), per_s("0.5", 100)), (0.5, 0.5));
        assert_eq!((per_s("90", 3), per_s("250", 3)), (90.0, 100.0));
        assert_eq!((per_s("120000", 1), per_s("120000", 3)), (120_000.0, 40_000.0));
    }
}
