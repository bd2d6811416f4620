//! A run of several shards that meet: they start together, and shard 0 prints the one report of all.

use std::time::Duration;

use jiff::Timestamp;

use super::error::CommandError;
use super::exit::Exit;
use super::publish::publish;
use super::runner::Runner;
use super::signals::Signals;
use crate::cli::{Meeting, RunJob};
use crate::plan::{Plan, Purpose};
use crate::result::Summary;
use crate::schedule::{NANOS_PER_S, Source};
use crate::shard::{ClockOffset, Guest, Host, Merge, Told};
use crate::time::{Clock, MonotonicClock};

/// From the moment when all are there to the start, so that the last of them hears of it in time.
const NOTICE_NS: u64 = NANOS_PER_S;
/// How long results may be on their way, after the last answer that anybody waits for.
const ON_THE_WAY: Duration = Duration::from_secs(15);

/// This shard's side of a meeting.
enum Side {
    Host(Host),
    Guest(Guest),
}

/// What a shard has in the end.
enum Outcome {
    /// The result of all shards.
    Merged(Box<Summary>),
    /// Its own, which shard 0 has now.
    HandedOver(Box<Summary>),
    /// Its own, for want of anybody to hand it to.
    Alone(Box<Summary>, String),
}

pub(super) fn run(job: RunJob, meeting: &Meeting) -> Result<Exit, CommandError> {
    let RunJob { stages, planner, threads, setup, screen, fail_on, outputs, .. } = job;
    let signals = Signals::listen()?;
    let Some(source) = stages.first().cloned() else { return Ok(Exit::Done) };
    let allows_missing = meeting.least < meeting.shard.count();
    let outcome = Runner::with(setup, &planner, threads, &signals, async |runner| {
        carry_out(runner, source, meeting, allows_missing, &signals).await
    })?;
    match outcome {
        Outcome::Merged(result) => {
            publish(&*result, &screen, outputs)?;
            Ok(Exit::of_merged(&result, &fail_on))
        }
        Outcome::HandedOver(own) => Ok(if own.interrupted { Exit::Interrupted } else { Exit::Done }),
        Outcome::Alone(own, why) => {
            super::console::tell(format_args!("warning: {why}; this shard's own result follows"));
            publish(&*own, &screen, outputs)?;
            Ok(Exit::of(&own, &fail_on))
        }
    }
}

async fn carry_out(
    runner: &mut Runner<'_>,
    source: Source,
    meeting: &Meeting,
    allows_missing: bool,
    signals: &Signals,
) -> Result<Outcome, CommandError> {
    let plan = runner.plan(source.clone(), Purpose::Measurement);
    let told = told(runner, &plan);
    let side = signals.unless_stopped(meet(runner, meeting, told)).await?;
    let hearing = async {
        side.told_to_stop().await;
        signals.end();
        std::future::pending::<()>().await;
    };
    let saying = async {
        signals.stopped().await;
        side.say_stop().await;
        std::future::pending::<()>().await;
    };
    // Both go on: a guest that no longer listens would be taken for lost.
    let passing_on = async {
        tokio::join!(hearing, saying);
        std::future::pending().await
    };
    // A guest is heard of until its result is handed over: one that falls silent before is lost.
    let working = async {
        let own = runner.measure(source).await?;
        hand_over(&side, own, Duration::from_nanos(plan.drain_ns) + ON_THE_WAY, allows_missing, signals).await
    };
    let outcome = tokio::select! {
        outcome = working => outcome,
        never = passing_on => never,
    };
    if let Side::Host(host) = side {
        host.close().await;
    }
    outcome
}

/// Brings the results together at shard 0.
async fn hand_over(
    side: &Side,
    own: Summary,
    patience: Duration,
    allows_missing: bool,
    signals: &Signals,
) -> Result<Outcome, CommandError> {
    match side {
        Side::Guest(guest) => Ok(match guest.hand_over(&own).await {
            Ok(()) => Outcome::HandedOver(Box::new(own)),
            Err(error) => Outcome::Alone(Box::new(own), error.to_string()),
        }),
        Side::Host(host) => {
            let others = async { Ok::<_, CommandError>(host.results(patience).await) };
            let others = signals.unless_left(others).await?;
            let mut merge = Merge::default();
            merge.add("shard 0", own)?;
            for result in others {
                let index = result.shard.as_ref().map_or(0, |shard| shard.index);
                merge.add(&format!("shard {index}"), result)?;
            }
            Ok(Outcome::Merged(Box::new(merge.finish(allows_missing)?)))
        }
    }
}

/// What this shard was told to do.
fn told(runner: &Runner<'_>, plan: &Plan) -> Told {
    Told {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        plan: runner.facts_of(plan),
        slos: plan.slos.iter().map(ToString::to_string).collect(),
    }
}

/// Meets the others, and notes when to start.
async fn meet(runner: &mut Runner<'_>, meeting: &Meeting, told: Told) -> Result<Side, CommandError> {
    let (shard, place) = (meeting.shard, &meeting.place);
    let console = runner.console;
    if shard.index() == 0 {
        let host = Host::listen(place, shard.count(), told).await?;
        console.note(format_args!("waiting at {} for {} other shards", place.authority, shard.count() - 1));
        if let Err(error) = host.gather(meeting.patience, meeting.least).await {
            host.close().await;
            return Err(error.into());
        }
        let start_ns = u64::try_from(MonotonicClock.wall().as_nanos()).unwrap_or(0).saturating_add(NOTICE_NS);
        host.begin(start_ns);
        runner.start_at(moment(start_ns), ClockOffset { ahead_ns: 0, error_ns: 0 });
        return Ok(Side::Host(host));
    }
    let (guest, clock) = Guest::find(place.clone(), shard.index(), meeting.patience).await?;
    console.note(format_args!("at the rendezvous {}, waiting for all shards", place.authority));
    let start_ns = guest.join(shard.count(), told).await?;
    runner.start_at(moment(clock.here(start_ns)), clock);
    Ok(Side::Guest(guest))
}

fn moment(unix_ns: u64) -> Timestamp {
    Timestamp::from_nanosecond(unix_ns.into()).unwrap_or(Timestamp::MAX)
}

impl Side {
    async fn told_to_stop(&self) {
        match self {
            Self::Host(host) => host.told_to_stop().await,
            Self::Guest(guest) => guest.told_to_stop().await,
        }
    }

    async fn say_stop(&self) {
        match self {
            Self::Host(host) => host.say_stop(),
            Self::Guest(guest) => guest.say_stop().await,
        }
    }
}
