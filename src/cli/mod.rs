//! The command line, in two levels: what was typed (`Cli`, clap types) and what it means ([`RunJob`],
//! [`ReportJob`], [`ServeJob`]: validated once, so that nothing behind this room asks again).
//!
//! Every flag has an environment variable `RPSBENCH_<FLAG>`; a flag on the command line beats it.

mod args;
mod command;
mod config;
mod curl;
mod hints;
mod invocation;
mod log_file;
mod meaning;
mod output;
mod profile;
#[cfg(test)]
mod reference;
mod values;
mod watchers;

pub(crate) use args::{
    CalibrateArgs, Ci, CompareArgs, CompletionsArgs, Live, ManArgs, MergeArgs, ReportArgs, ServeArgs,
    ShellArg, SweepArgs,
};
pub(crate) use command::command;
pub(crate) use invocation::{Invocation, Typed, parse};
pub(crate) use log_file::LogFormat;
pub(crate) use meaning::{
    CalibrateJob, CompareJob, CompareSource, LiveJob, Login, Meeting, MergeJob, PrintedError, ReportJob,
    RunJob, Screen, SearchPlan, ServeJob, Setup, Sharding, SweepJob, Sweeping, TargetChoice, TokenCommand,
    UsageError,
};
pub(crate) use output::{OutputError, OutputFile};
pub(crate) use watchers::Watchers;
