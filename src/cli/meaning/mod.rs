//! What it means: arguments, checked against each other and against the machine.

mod bounds;
mod calibrate;
mod closed;
mod compare;
mod error;
mod files;
mod network;
mod request;
mod run;
mod settings;
mod setup;
mod sweep;
mod target;

use std::net::SocketAddr;
use std::path::PathBuf;

use super::args::{FormatArg, ReportArgs, ServeArgs};
use super::output::OutputFile;
use crate::report::Format;
use crate::service::ServiceModel;
use target::model_of;

pub(crate) use calibrate::CalibrateJob;
pub(crate) use closed::ClosedJob;
pub(crate) use compare::{CompareJob, CompareSource, LiveJob};
pub(crate) use error::UsageError;
pub(crate) use request::Requests;
pub(crate) use run::RunJob;
pub(crate) use setup::Setup;
pub(crate) use sweep::{SearchPlan, SweepJob, Sweeping};
pub(crate) use target::TargetChoice;

/// A saved result to be printed.
#[derive(Debug)]
pub(crate) struct ReportJob {
    /// The file; `-` is stdin.
    pub file: PathBuf,
    /// What stdout receives.
    pub format: Format,
    /// Files that receive the result too.
    pub outputs: Vec<OutputFile>,
}

/// The built-in service on its own.
#[derive(Debug)]
pub(crate) struct ServeJob {
    /// Where to listen.
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
        let outputs = outputs_of(&args.output)?;
        Ok(Self { file: args.file.clone(), format: format_of(args.format), outputs })
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

fn outputs_of(paths: &[PathBuf]) -> Result<Vec<OutputFile>, UsageError> {
    Ok(paths.iter().map(|path| OutputFile::prepare(path)).collect::<Result<_, _>>()?)
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

fn format_of(format: FormatArg) -> Format {
    match format {
        FormatArg::Text => Format::Text,
        FormatArg::Json => Format::Json,
        FormatArg::Csv => Format::Csv,
    }
}
