//! What it means: arguments, checked against each other and against the machine.

mod body;
mod closed;
mod compare;
mod credentials;
mod error;
mod files;
mod login;
mod proxy;
mod replay;
mod request;
mod run;
mod screen;
mod settings;
mod setup;
mod shards;
mod source;
mod sweep;
mod target;

use std::net::SocketAddr;
use std::path::PathBuf;

use super::args::{CalibrateArgs, Live, MergeArgs, PrintingArgs, ReportArgs, ReportingArgs, ServeArgs};
use super::output::OutputFile;
use super::watchers::Watchers;
use crate::judge::AbortWatch;
use crate::plan::{Auto, Machine, Planner, Settings};
use crate::result::{Conclusion, Kind};
use crate::service::ServiceModel;
use crate::transport::WireOptions;
use target::model_of;

pub(crate) use compare::{CompareJob, CompareSource, LiveJob};
pub(crate) use credentials::{PrintedError, TokenCommand};
pub(crate) use error::UsageError;
pub(crate) use login::Login;
pub(crate) use request::Requests;
pub(crate) use run::RunJob;
pub(crate) use screen::Screen;
pub(crate) use setup::Setup;
pub(crate) use shards::{Meeting, Sharding};
pub(crate) use sweep::{SearchPlan, SweepJob, Sweeping};
pub(crate) use target::TargetChoice;

/// A saved result to be printed.
#[derive(Debug)]
pub(crate) struct ReportJob {
    /// The file; `-` is stdin.
    pub file: PathBuf,
    /// What stdout receives.
    pub screen: Screen,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

/// The built-in service on its own.
#[derive(Debug)]
pub(crate) struct ServeJob {
    pub listen: SocketAddr,
    /// How it behaves.
    pub model: ServiceModel,
}

impl ReportJob {
    /// Checks the arguments of `report`.
    ///
    /// # Errors
    /// [`UsageError`] when an output cannot be written.
    pub(crate) fn new(args: &ReportArgs) -> Result<Self, UsageError> {
        // What kind of document the file holds, and so whether the format has a form for it, shows when it is read.
        let PrintingArgs { format, details, ci, output } = &args.printing;
        let screen = Screen::of_saved(*format, *details, *ci);
        Ok(Self { file: args.file.clone(), screen, outputs: files_of(output)? })
    }
}

/// Results of shards that are to be added up.
#[derive(Debug)]
pub(crate) struct MergeJob {
    /// Files and folders; `-` is stdin.
    pub files: Vec<PathBuf>,
    /// Whether the result counts although shards are missing.
    pub allows_missing: bool,
    /// Conclusions that make the command fail, besides those that always do.
    pub fail_on: Vec<Conclusion>,
    /// What stdout receives.
    pub screen: Screen,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

impl MergeJob {
    /// Checks the arguments of `merge`.
    ///
    /// # Errors
    /// [`UsageError`] when an output cannot be written.
    pub(crate) fn new(args: &MergeArgs) -> Result<Self, UsageError> {
        let PrintingArgs { format, details, ci, output } = &args.printing;
        format.shows(Kind::Result)?;
        let outputs = files_of(output)?;
        outputs.iter().try_for_each(|output| output.format().shows(Kind::Result))?;
        Ok(Self {
            files: args.files.clone(),
            allows_missing: args.allow_missing,
            fail_on: args.gate.fail_on.clone(),
            screen: Screen::of_saved(*format, *details, *ci),
            outputs,
        })
    }
}

impl ServeJob {
    /// Checks the arguments of `serve`.
    ///
    /// # Errors
    /// [`UsageError`] when the service cannot be as described.
    pub(crate) fn new(args: &ServeArgs) -> Result<Self, UsageError> {
        Ok(Self { listen: args.listen, model: model_of(&args.service, args.seed)? })
    }
}

/// The files that receive the report, once it is known that all formats asked for have a form for such a document: not
/// after an hour's run.
fn outputs_of(reporting: &ReportingArgs, kind: Kind) -> Result<Vec<OutputFile>, UsageError> {
    outputs_to(&reporting.output, reporting, kind)
}

/// The same for files whose names depend on the shard.
fn outputs_to(
    paths: &[PathBuf],
    reporting: &ReportingArgs,
    kind: Kind,
) -> Result<Vec<OutputFile>, UsageError> {
    let files = files_of(paths)?;
    let mut formats = std::iter::once(reporting.format).chain(files.iter().map(OutputFile::format));
    formats.try_for_each(|format| format.shows(kind))?;
    Ok(files)
}

fn files_of(paths: &[PathBuf]) -> Result<Vec<OutputFile>, UsageError> {
    Ok(OutputFile::prepare_all(paths)?)
}

/// What so many results of runs are kept in.
fn kind_of_runs(runs: u64) -> Kind {
    if runs > 1 { Kind::Runs } else { Kind::Result }
}

/// Most repeats: each keeps its result.
const MOST_REPEATS: u64 = 1_000;

fn repeats_of(repeats: u64) -> Result<u64, UsageError> {
    match repeats {
        0 => Err(UsageError::Zero("--repeat")),
        repeats if repeats > MOST_REPEATS => Err(UsageError::TooMany("--repeat", MOST_REPEATS)),
        repeats => Ok(repeats),
    }
}

/// A calibration that can be started.
#[derive(Debug)]
pub(crate) struct CalibrateJob {
    /// Makes its plans.
    pub planner: Planner,
    /// Worker threads.
    pub threads: u64,
    /// The built-in service.
    pub setup: Setup,
}

impl CalibrateJob {
    /// What the flags say.
    pub(crate) fn new(args: &CalibrateArgs, machine: Machine) -> Self {
        Self::with_threads(args.threads, args.quiet, machine)
    }

    /// The same for a command that calibrates first.
    pub(crate) fn with_threads(threads: Auto<u64>, quiet: bool, machine: Machine) -> Self {
        // Nothing here comes from the environment: a calibration must never reach anything but the built-in service.
        let mut setup = Setup {
            target: TargetChoice::BuiltIn(ServiceModel::immediate()),
            requests: Requests::plain(),
            wire: WireOptions::default(),
            name: None,
            config: None,
            sharding: Sharding::default(),
            abort: AbortWatch::default(),
            stream: None,
            log: None,
            watchers: Watchers::default(),
            live: Live::None,
            quiet,
            warnings: Vec::new(),
        };
        let planner = Planner::new(Settings { threads, serves_itself: true, ..Settings::plain() }, machine);
        let threads = planner.threads_at(None);
        setup.warnings.extend(planner.warning_of_threads(threads, None));
        Self { threads, planner, setup }
    }
}
