//! What `compare` is to do.

use std::path::{Path, PathBuf};

use super::super::args::CompareArgs;
use super::super::invocation::Typed;
use super::super::output::OutputFile;
use super::settings::{check_phases, open_loop_of};
use super::{Screen, Setup, UsageError, outputs_of};
use crate::compare::Condition;
use crate::plan::{Machine, Planner};
use crate::schedule::{ClosedLoop, LoopEnd, Source};

/// Results to be compared.
#[derive(Debug)]
pub(crate) struct CompareJob {
    /// Where they come from.
    pub source: CompareSource,
    /// By how much the others may differ from the first.
    pub conditions: Vec<Condition>,
    /// Whether a condition of which nobody can tell fails.
    pub fail_inconclusive: bool,
    /// What stdout receives.
    pub screen: Screen,
    /// Files that receive the comparison too.
    pub outputs: Vec<OutputFile>,
    /// No warnings on stderr.
    pub quiet: bool,
}

/// Where results to be compared come from.
#[derive(Debug)]
pub(crate) enum CompareSource {
    /// Saved results; `-` is stdin.
    Saved(Vec<PathBuf>),
    /// Runs that are made now.
    Live(Box<LiveJob>),
}

/// A closed loop, and the open loops that follow it.
#[derive(Debug)]
pub(crate) struct LiveJob {
    /// How many users there are.
    pub users: u64,
    /// The closed loop.
    pub closed: Source,
    /// Makes the plans of all runs.
    pub planner: Planner,
    /// Length of each run, in nanoseconds.
    pub duration_ns: u64,
    /// Where, over which connections, and what is asked.
    pub setup: Setup,
}

impl CompareJob {
    /// Checks the arguments of `compare`.
    ///
    /// # Errors
    /// [`UsageError`] when there is nothing to compare, or an output cannot be written.
    pub(crate) fn new(args: &CompareArgs, typed: &Typed, machine: Machine) -> Result<Self, UsageError> {
        let reporting = &args.runs.reporting;
        check_phases(&reporting.slo, &[])?;
        let source = match kind_of(args, typed)? {
            Kind::Saved => CompareSource::Saved(args.files.clone()),
            Kind::Live(users) => CompareSource::Live(Box::new(live(args, users, typed, machine)?)),
        };
        let screen = match &source {
            CompareSource::Saved(_) => Screen::of_saved(reporting.format, reporting.details, reporting.ci),
            CompareSource::Live(job) => Screen::new(reporting, &job.setup),
        };
        Ok(Self {
            source,
            screen,
            conditions: args.fail_if.clone(),
            fail_inconclusive: args.fail_inconclusive,
            outputs: outputs_of(reporting, crate::result::Kind::Comparison)?,
            quiet: reporting.quiet,
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Saved,
    Live(u64),
}

/// Files are compared as they are; a number of users, a URL or nothing else asks for runs.
fn kind_of(args: &CompareArgs, typed: &Typed) -> Result<Kind, UsageError> {
    let files = args.files.as_slice();
    let is_url = |file: &PathBuf| file.to_str().is_some_and(|text| text.contains("://"));
    let urls = files.iter().filter(|file| is_url(file)).count();
    let wants_runs =
        typed.has("concurrency") || urls > 0 || (files.is_empty() && args.runs.traffic.url.is_some());
    if !wants_runs {
        if files.iter().filter(|file| file.as_path() == Path::new("-")).count() > 1 {
            return Err(UsageError::StdinTwice);
        }
        return if files.is_empty() { Err(UsageError::NothingToCompare) } else { Ok(Kind::Saved) };
    }
    if files.len() > urls || urls > 1 {
        return Err(UsageError::FilesAndRuns);
    }
    args.concurrency.map(Kind::Live).ok_or(UsageError::NoUsers)
}

fn live(args: &CompareArgs, users: u64, typed: &Typed, machine: Machine) -> Result<LiveJob, UsageError> {
    let url = args.files.first().and_then(|file| file.to_str());
    let (mut setup, planner) = open_loop_of(&args.runs, url, typed, machine, false)?;
    let duration_ns = args.duration.0;
    let closed = planner.users(ClosedLoop::new(users, LoopEnd::Duration(duration_ns))?)?;
    setup.warnings.extend(planner.warning_of_threads(planner.threads(&closed), None));
    Ok(LiveJob { users, closed, planner, duration_ns, setup })
}
