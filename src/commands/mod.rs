//! What each command does, from a validated job to an exit code: the only room that knows all the others.

mod calibrate;
mod closed;
mod compare;
mod facts;
mod find_knee;
mod live;
mod machine;
mod recover;
mod report;
mod rig;
mod run;
mod serve;
mod several;
mod signals;
mod sweep;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use crate::cli;
use crate::cli::{Invocation, OutputError, OutputFile, UsageError};
use crate::compare::{ImportError, TooFew};
use crate::load::EngineError;
use crate::report::{Format, NoReport, Style, render};
use crate::result::{DocumentRef, ReadError, SummaryError};
use crate::transport::NetworkError;

/// How a command ended, from good to bad: of several results the last of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done.
    Done,
    /// A search ended without its answer; what it knows is printed.
    NotFound,
    /// An objective was missed.
    ObjectiveMissed,
    /// The generator could not hold the schedule: the result is not valid.
    NotValid,
    /// Interrupted; the report was still written.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::NotFound => 1,
            Exit::NotValid => 3,
            Exit::ObjectiveMissed => 99,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The arguments: exit code 2.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The target does not answer, or not as it should.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The run broke down.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The result does not add up.
    #[error(transparent)]
    Summary(#[from] SummaryError),
    /// A result file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A search that cannot be made as it was asked for.
    #[error(transparent)]
    Search(#[from] crate::search::SettingsError),
    /// A live comparison whose closed loop got no answers.
    #[error(
        "the closed loop got no answers, so there is no throughput to compare at; see with `rpsbench closed` why"
    )]
    NothingReached,
    /// A result file could not be read.
    #[error("cannot read the result `{file}`: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: ReadError,
    },
    /// The document has no form in the format.
    #[error(transparent)]
    NoReport(#[from] NoReport),
    /// A file is no result that can be compared.
    #[error("cannot compare {0}")]
    Import(#[from] ImportError),
    /// One result alone.
    #[error(transparent)]
    TooFew(#[from] TooFew),
    /// The built-in service could not be started.
    #[error("cannot start the built-in service: {0}; is the port in use?")]
    Service(io::Error),
    /// The system refused something else.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl CommandError {
    fn exit_code(&self) -> u8 {
        // A certificate or key that is not right is an argument that is not right.
        if matches!(self, Self::Usage(_) | Self::Search(_) | Self::Network(NetworkError::Tls(_))) {
            2
        } else {
            1
        }
    }
}

/// Carries out a command line and returns the process's exit code. Errors are printed to stderr.
pub fn execute(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let invocation = match cli::parse(arguments) {
        Ok(invocation) => invocation,
        Err(error) => {
            // Help and version go to stdout with code 0, errors to stderr with code 2. A closed pipe is no matter.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let result = match invocation {
        Invocation::Run(args, typed) => run::run(&args, &typed),
        Invocation::Closed(args, typed) => closed::closed(&args, &typed),
        Invocation::Compare(args, typed) => compare::compare(&args, &typed),
        Invocation::Sweep(args, typed) => sweep::sweep(&args, &typed),
        Invocation::Calibrate(args) => calibrate::calibrate(&args),
        Invocation::Report(args) => report::report(&args),
        Invocation::Serve(args) => serve::serve(&args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// Writes to stdout. A reader that has gone away (`| head -1`) has what it wanted.
fn print(bytes: &[u8]) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::System { what: "could not write the result to stdout", source: error })
        }
        _ => Ok(()),
    }
}

/// Prints a result and writes it to its files. What fails does not keep the rest from being written: after a run of an
/// hour, a full disk must not cost the report on the screen too. The first failure is returned.
fn publish<'a>(
    document: impl Into<DocumentRef<'a>>,
    format: Format,
    outputs: Vec<OutputFile>,
) -> Result<(), CommandError> {
    let document = document.into();
    let on_screen = render(document, format, &style_of_stdout()).map_err(CommandError::from);
    let printed = on_screen.and_then(|text| print(text.as_bytes()));
    printed.and(save(document, outputs))
}

/// The same where part of the report is on the screen already, and this is the rest.
fn publish_rest<'a>(
    rest: &str,
    document: impl Into<DocumentRef<'a>>,
    outputs: Vec<OutputFile>,
) -> Result<(), CommandError> {
    let printed = print(rest.as_bytes());
    printed.and(save(document.into(), outputs))
}

/// Writes each file in its own format.
fn save(document: DocumentRef<'_>, outputs: Vec<OutputFile>) -> Result<(), CommandError> {
    let mut result = Ok(());
    for output in outputs {
        let content = render(document, output.format(), &Style::default()).map_err(CommandError::from);
        let written = content.and_then(|content| Ok(output.write(content.as_bytes())?));
        result = result.and(written);
    }
    result
}

/// Colour on a terminal, unless `NO_COLOR` (no-color.org) asks for none.
fn style_of_stdout() -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Style { color: io::stdout().is_terminal() && !refused }
}
