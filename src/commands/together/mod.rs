//! What a command measures, it measures alone or together with other shards. It is the same command: whoever leads orders one
//! run after another, be they stages, rungs or the trials of a search, and gets the result of each; the other shards follow.
//!
//! ```text
//! shard 0    lead:    command -> Crew::measure(load) -> order, own part, results of all -> Merge -> Summary -> command
//! others     follow:  order -> own part -> hand over, again and again
//! ```

mod follow;
mod lead;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::error::CommandError;
use super::runner::Runner;
use super::signals::Signals;
use crate::cli::Meeting;
use crate::plan::Purpose;
use crate::schedule::Source;
use crate::shard::{Load, Told};

use follow::follow;
pub(super) use follow::{End, Followed};
pub(super) use lead::Crew;

/// What is to be measured together, as far as all shards are told of it beforehand.
pub(super) struct Together<'a> {
    /// Where they meet; `None`: this machine is alone.
    pub(super) meeting: Option<&'a Meeting>,
    /// What is run besides rates.
    pub(super) stages: &'a [Source],
    /// One of the runs: its plan is compared.
    pub(super) example: Source,
    /// The command and the settings that decide which runs there are, by the names of their flags.
    pub(super) settings: BTreeMap<String, String>,
    /// Whether a run without one of the shards is worth nothing.
    pub(super) needs_all: bool,
    /// The highest rate that this machine holds its schedule at, requests per second, where that was found out.
    pub(super) ceiling_per_s: Option<f64>,
    pub(super) signals: &'a Signals,
}

/// This process's part of a command.
pub(super) enum Part<R> {
    /// It led, alone or as shard 0: what came of it.
    Led(R),
    /// It followed.
    Followed(Followed),
}

impl Together<'_> {
    /// Leads by doing `lead`, or follows whoever does.
    ///
    /// # Errors
    /// [`CommandError`] where the shards do not meet, and whatever `lead` fails with.
    pub(super) async fn carry_out<'r, R>(
        &self,
        runner: &mut Runner<'r>,
        lead: impl AsyncFnOnce(&mut Runner<'r>, &Crew<'_>) -> Result<R, CommandError>,
    ) -> Result<Part<R>, CommandError> {
        match self.meeting {
            Some(meeting) if meeting.shard.index() > 0 => {
                Ok(Part::Followed(follow(self, meeting, runner).await?))
            }
            Some(meeting) => Ok(Part::Led(lead::lead(self, meeting, runner, lead).await?)),
            None => Ok(Part::Led(lead(runner, &Crew::alone(self.stages)).await?)),
        }
    }

    /// What this shard was told to do.
    fn told(&self, runner: &Runner<'_>) -> Told {
        let plan = runner.plan(self.example.clone(), Purpose::Measurement);
        Told {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: self.settings.clone(),
            plan: runner.facts_of(&plan),
            slos: plan.slos.iter().map(ToString::to_string).collect(),
            needs_all: self.needs_all,
        }
    }
}

/// What is sent for a load, the same on every shard.
fn source_of(runner: &Runner<'_>, stages: &[Source], load: Load) -> Result<Source, CommandError> {
    match load {
        Load::Rate { rate, length_ns } => Ok(runner.at(rate, length_ns)?),
        // All were told of the same stages.
        Load::Stage(stage) => stages.get(stage).cloned().ok_or(CommandError::NoStage(stage)),
    }
}

fn moment(unix_ns: u64) -> Timestamp {
    Timestamp::from_nanosecond(unix_ns.into()).unwrap_or(Timestamp::MAX)
}
