//! How a command ended.

use std::process::ExitCode;

use crate::result::{GeneratorVerdict, Summary};

/// How a command ended, from good to bad: of several results the last of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    Done,
    /// A search ended without its answer; what it knows is printed.
    NotFound,
    /// An objective was missed.
    ObjectiveMissed,
    /// The generator could not hold the schedule: the result is not valid.
    NotValid,
    /// Interrupted; the report was still written, where there was anything to report.
    Interrupted,
}

impl Exit {
    /// The exit code of the process.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NotFound => 1,
            Self::NotValid => 3,
            Self::ObjectiveMissed => 99,
            Self::Interrupted => 130,
        }
    }

    /// What a result means to the caller of the program.
    pub(super) fn of(summary: &Summary) -> Self {
        if summary.interrupted {
            Self::Interrupted
        } else if summary.verdict.generator == GeneratorVerdict::Invalid {
            Self::NotValid
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
