//! How a command ended.

use std::process::ExitCode;

use crate::result::{Conclusion, GeneratorVerdict, MergedShards, Summary};

/// How a command ended, from good to bad: of several results the last of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    Done,
    /// A search ended without its answer; what it knows is printed.
    NotFound,
    /// An objective was missed.
    ObjectiveMissed,
    /// The service was not tested, or died, or came to a conclusion that the user fails on.
    Failed,
    /// It was hopeless, and ended before its time.
    Aborted,
    /// The generator could not hold the schedule: the result is not valid.
    NotValid,
    /// Shards are missing in a merged result.
    Incomplete,
    /// Interrupted; the report was still written, where there was anything to report.
    Interrupted,
}

impl Exit {
    /// The exit code of a run that was not begun, because it was not ready when it was to start.
    pub(super) const TOO_LATE: u8 = 5;

    /// The exit code of the process.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NotFound | Self::Aborted => 1,
            Self::NotValid => 3,
            Self::Incomplete => 4,
            Self::Failed => 98,
            Self::ObjectiveMissed => 99,
            Self::Interrupted => 130,
        }
    }

    /// What a merged result means to the caller of the program.
    pub(super) fn of_merged(summary: &Summary, fail_on: &[Conclusion]) -> Self {
        let lacks = |merged: &MergedShards| !merged.missing.is_empty() && !merged.is_allowed_to_miss;
        if summary.merged.as_ref().is_some_and(lacks) { Self::Incomplete } else { Self::of(summary, fail_on) }
    }

    /// What a result means to the caller of the program.
    pub(super) fn of(summary: &Summary, fail_on: &[Conclusion]) -> Self {
        let result = summary.verdict.result;
        let fails =
            |result| matches!(result, Conclusion::Died | Conclusion::NotTested) || fail_on.contains(&result);
        if summary.aborted.is_some() {
            Self::Aborted
        } else if summary.interrupted {
            Self::Interrupted
        } else if summary.verdict.generator == GeneratorVerdict::Invalid {
            Self::NotValid
        } else if result.is_some_and(fails) {
            Self::Failed
        } else if summary.slos.iter().any(|slo| !slo.passed) {
            Self::ObjectiveMissed
        } else {
            Self::Done
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
