//! What each command does, from a validated job to an exit code: the only room that knows all the others.

mod aside;
mod calibrate;
mod ci;
mod compare;
mod console;
mod debug;
mod error;
mod exit;
mod facts;
mod first_request;
mod generate;
mod idle;
mod live;
mod login;
mod machine;
mod merge;
mod metrics;
mod partial;
mod publish;
mod quota;
mod report;
mod request_log;
mod results;
mod run;
mod runner;
mod runtime;
mod sender;
mod serve;
mod signals;
mod start;
mod stream;
mod sweep;
mod together;
mod token_command;
mod witnesses;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::{self, Invocation, RunJob};
use error::CommandError;
use exit::Exit;
pub use live::ExampleScreen;
use machine::machine;

/// Carries out a command line and returns the process's exit code. Errors are printed to stderr.
pub fn execute(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match cli::parse(arguments) {
        Ok(invocation) => carry_out(invocation).map_or_else(|error| give_up(&error), ExitCode::from),
        Err(error) => {
            // Help and version go to stdout with code 0, errors to stderr with code 2. A closed pipe is no matter.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}

fn carry_out(invocation: Invocation) -> Result<Exit, CommandError> {
    match invocation {
        Invocation::Run(args, typed) => run::run(RunJob::open(&args, &typed, machine())?),
        Invocation::Closed(args, typed) => run::run(RunJob::closed(&args, &typed, machine())?),
        Invocation::Compare(args, typed) => compare::compare(&args, &typed),
        Invocation::Sweep(args, typed) => sweep::sweep(&args, &typed),
        Invocation::Calibrate(args) => calibrate::calibrate(&args),
        Invocation::Report(args) => report::report(&args),
        Invocation::Merge(args) => merge::merge(&args),
        Invocation::Serve(args) => serve::serve(&args),
        Invocation::Completions(args) => generate::completions(&args),
        Invocation::Man(args) => generate::man(&args),
        Invocation::PrintConfig(text) => publish::print(text.as_bytes()).map(|()| Exit::Done),
    }
}

fn give_up(error: &CommandError) -> ExitCode {
    // Who left knows it.
    if !matches!(error, CommandError::Left) {
        console::tell(format_args!("error: {error}"));
    }
    ExitCode::from(error.exit_code())
}
