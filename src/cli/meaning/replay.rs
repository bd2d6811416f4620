//! `--arrivals-file`: arrivals as they were recorded.

use std::fs::File;

use super::super::args::{ReplayArgs, RunArgs};
use super::super::invocation::Typed;
use super::{Setup, UsageError};
use crate::request::{LeftOut, Recording};
use crate::schedule::{Arrivals, Replay, Schedule};

/// Reads the file that the arrivals come from, where there is one. It beats a rate or a profile of the environment, and the other
/// way round; two that were typed are one too many.
///
/// # Errors
/// [`UsageError`] where the file cannot be replayed, with the line, or another flag says what the file says.
pub(super) fn recording_of(args: &RunArgs, typed: &Typed) -> Result<Option<Recording>, UsageError> {
    let ReplayArgs { arrivals_file: Some(path), arrivals_format, speed } = &args.replay else {
        let of_nothing = [("speed", "--speed"), ("arrivals_format", "--arrivals-format")];
        return match of_nothing.into_iter().find(|(field, _)| typed.has(field)) {
            Some((_, flag)) => Err(UsageError::NoRecording(flag)),
            None => Ok(None),
        };
    };
    let of_the_rate = [
        ("rate", "--rate"),
        ("profile", "--profile"),
        ("duration", "--duration"),
        ("requests", "--requests"),
    ];
    for (field, flag) in of_the_rate {
        match (typed.has(field), typed.has("arrivals_file")) {
            (true, true) => return Err(UsageError::Exclusive("--arrivals-file", flag)),
            (true, false) => return Ok(None),
            (false, _) => {}
        }
    }
    if typed.has("profile_steps") {
        return Err(UsageError::StepsOfNothing);
    }
    if typed.has("arrivals") && args.runs.open.arrivals == Arrivals::Poisson {
        return Err(UsageError::Exclusive("--arrivals-file", "--arrivals poisson"));
    }
    let request = &args.runs.traffic.request;
    for (other, flag) in
        [(&request.scenario, "--scenario"), (&request.targets, "--targets"), (&request.data, "--data")]
    {
        if other.is_some() {
            return Err(UsageError::Exclusive("--arrivals-file", flag));
        }
    }
    let unreadable = |cause| UsageError::File { what: "arrivals", path: path.clone(), cause };
    // Each worker reads it by itself, at its own pace.
    let is_file = path.metadata().map_err(|cause| unreadable(cause.to_string()))?.is_file();
    if !is_file {
        return Err(unreadable("it is read several times, so it must be a file, and no pipe".to_owned()));
    }
    let open = || File::open(path).map_err(|cause| unreadable(cause.to_string()));
    Recording::survey(path, *arrivals_format, *speed, open).map(Some)
}

/// The schedule of a recording.
pub(super) fn schedule_of(recording: &Recording) -> Result<Schedule, UsageError> {
    Ok(Schedule::for_replay(Replay::new(recording.recorded(), recording.speed())?)?)
}

/// Makes the recording that of the requests, and says what the user should know of it.
pub(super) fn replay(recording: Recording, args: &RunArgs, typed: &Typed, setup: &mut Setup) {
    if let Some(LeftOut { count, first_line }) = recording.left_out() {
        let all = recording.recorded().count + count;
        let (hold, are) = if count == 1 { ("holds", "is") } else { ("hold", "are") };
        setup.warnings.push(format!(
            "{count} of {all} lines {hold} no request that can be made, and {are} left out; the first is line {first_line}"
        ));
    }
    if typed.has("warmup") && args.runs.load.warmup_ns(false) > 0 {
        let why = "a replay begins at its first arrival, at whatever rate that is";
        setup.warnings.push(format!("--warmup has no effect: {why}"));
    }
    setup.requests.replay(recording);
}
