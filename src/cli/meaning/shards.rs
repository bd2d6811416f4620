//! Which part of a schedule is sent from here, and when it starts: checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::super::args::ShardArgs;
use super::super::values::StartAt;
use super::{TargetChoice, UsageError};
use crate::plan::Planner;
use crate::schedule::{Shard, Source};
use crate::shard::{ClockOffset, Identity, MeetingPlace, identify};

/// What in a file's name stands for the number of the shard.
const PLACE: &str = "{shard}";

/// Which part of a schedule is sent from here, and when it starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sharding {
    /// Which shard; `None` where nothing is divided.
    pub identity: Option<Identity>,
    /// When the schedule starts; `None`: at once.
    pub start_at: Option<Timestamp>,
    /// Where the shards meet, if they do.
    pub meeting: Option<Meeting>,
    /// How far the clock of shard 0 is ahead, once it is known.
    pub clock: Option<ClockOffset>,
}

/// How shards meet.
#[derive(Debug, Clone)]
pub(crate) struct Meeting {
    pub place: MeetingPlace,
    /// Which shard this is.
    pub shard: Shard,
    /// How long to wait for the others.
    pub patience: Duration,
    /// With how many to start then.
    pub least: u64,
}

impl Sharding {
    /// What the flags and the environment say.
    ///
    /// # Errors
    /// [`UsageError`] where that is no shard.
    pub(super) fn new(args: &ShardArgs) -> Result<Self, UsageError> {
        let start_at = args.start_at.map(|start| match start {
            StartAt::At(moment) => Ok(moment),
            StartAt::In(span) => {
                let later = Timestamp::now().checked_add(Duration::from_nanos(span.0));
                later.map_err(|_| UsageError::TooLong("--start-at"))
            }
        });
        let identity = identity_of(args)?;
        let meeting = meeting_of(args, identity.as_ref())?;
        Ok(Self { identity, start_at: start_at.transpose()?, meeting, clock: None })
    }

    /// Which shard, where there are several or one of one.
    pub(super) fn shard(&self) -> Option<Shard> {
        self.identity.as_ref().map(|identity| identity.shard)
    }

    /// Checks that what is to be run can be divided.
    pub(super) fn check(
        &self,
        stages: &[Source],
        repeats: u64,
        planner: &Planner,
        target: &TargetChoice,
    ) -> Result<(), UsageError> {
        let several = stages.len() as u64 * repeats > 1;
        let is_divided = self.identity.is_some() || self.start_at.is_some();
        if several && is_divided && self.meeting.is_none() {
            return Err(UsageError::OneRunAtATime);
        }
        let room = stages.iter().map(|source| planner.room(source)).min().unwrap_or(u64::MAX);
        self.check_room(room, target)
    }

    /// The same for runs of which shard 0 decides, one after another, at which rates they are. `room`: how many requests can
    /// be on their way at the lowest.
    pub(super) fn check_sweep(
        &self,
        room: u64,
        least_shards: Option<u64>,
        target: &TargetChoice,
    ) -> Result<(), UsageError> {
        match (&self.identity, &self.meeting) {
            (Some(_), None) => return Err(UsageError::SweepAlone),
            _ if self.start_at.is_some() => return Err(UsageError::SweepStart),
            (_, Some(_)) if least_shards.is_some() => return Err(UsageError::SweepOfSome),
            _ => {}
        }
        self.check_room(room, target)
    }

    fn check_room(&self, room: u64, target: &TargetChoice) -> Result<(), UsageError> {
        let Some(shard) = self.shard() else { return Ok(()) };
        if matches!(target, TargetChoice::BuiltIn(_)) {
            return Err(UsageError::ShardOfBuiltIn);
        }
        if room < shard.count() {
            return Err(UsageError::ShardRoom { room, shards: shard.count() });
        }
        Ok(())
    }

    /// Where outputs go: each shard's own files.
    ///
    /// # Errors
    /// [`UsageError::ShardOutput`] where all shards would write to one file.
    pub(super) fn paths(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, UsageError> {
        let Some(shard) = self.shard() else { return Ok(paths.to_vec()) };
        if self.meeting.is_some() {
            // Shard 0 writes the result of all.
            return Ok(if shard.index() == 0 { paths.to_vec() } else { Vec::new() });
        }
        let own = |path: &PathBuf| match path.to_str().filter(|text| text.contains(PLACE)) {
            Some(text) => Ok(PathBuf::from(text.replace(PLACE, &shard.index().to_string()))),
            None if shard.is_whole() => Ok(path.clone()),
            None => Err(UsageError::ShardOutput { path: path.clone(), example: example(path) }),
        };
        paths.iter().map(own).collect()
    }
}

/// What all shards of a command are told alike besides the plan: the command, and settings by the names of their flags.
pub(super) fn told_of<const N: usize>(
    command: &str,
    settings: [(&str, String); N],
) -> BTreeMap<String, String> {
    let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
    settings.chain([("command".to_owned(), command.to_owned())]).collect()
}

fn example(path: &Path) -> String {
    let extension =
        path.extension().map_or_else(|| "json".to_owned(), |text| text.to_string_lossy().into_owned());
    path.with_extension(format!("{PLACE}.{extension}")).display().to_string()
}

fn meeting_of(args: &ShardArgs, identity: Option<&Identity>) -> Result<Option<Meeting>, UsageError> {
    let Some(place) = &args.rendezvous else { return Ok(None) };
    if args.start_at.is_some() {
        return Err(UsageError::Exclusive("--rendezvous", "--start-at"));
    }
    let shard = identity.ok_or(UsageError::WhoMeets)?.shard;
    let least = args.min_shards.unwrap_or(shard.count());
    if least == 0 {
        return Err(UsageError::Zero("--min-shards"));
    }
    if least > shard.count() {
        return Err(UsageError::TooMany("--min-shards", shard.count()));
    }
    let token = args.rendezvous_token.clone().filter(|token| !token.is_empty());
    if token.as_ref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(UsageError::MeetingToken);
    }
    let place = MeetingPlace { spot: place.0.clone(), token };
    Ok(Some(Meeting { place, shard, patience: Duration::from_nanos(args.rendezvous_timeout.0), least }))
}

fn identity_of(args: &ShardArgs) -> Result<Option<Identity>, UsageError> {
    let Some(asked) = args.shard else {
        return if args.shards.is_some() { Err(UsageError::ShardsAlone) } else { Ok(None) };
    };
    let count = match (asked.count, args.shards) {
        (Some(count), Some(shards)) if count != shards => return Err(UsageError::ShardCounts(count, shards)),
        (count, shards) => count.or(shards),
    };
    match (asked.index, count) {
        (Some(index), Some(count)) => {
            Ok(Some(Identity { shard: Shard::new(index, count)?, from: "--shard".to_owned() }))
        }
        (Some(index), None) => Err(UsageError::ShardOfHowMany(index)),
        (None, count) => Ok(Some(identify(count, |name| std::env::var(name).ok())?)),
    }
}
