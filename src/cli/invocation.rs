//! From the process's arguments to what was typed, and where each value came from.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::args::{
    CalibrateArgs, Cli, ClosedArgs, Command, CompareArgs, ReportArgs, RunArgs, ServeArgs, SweepArgs,
};

/// One command with its flags.
#[derive(Debug)]
pub enum Invocation {
    /// `run`, named or not.
    Run(Box<RunArgs>, Typed),
    /// `closed`.
    Closed(Box<ClosedArgs>, Typed),
    /// `compare`.
    Compare(Box<CompareArgs>, Typed),
    /// `sweep`.
    Sweep(Box<SweepArgs>, Typed),
    /// `calibrate`.
    Calibrate(CalibrateArgs),
    /// `report`.
    Report(ReportArgs),
    /// `serve`.
    Serve(ServeArgs),
}

/// Which flags were on the command line itself, rather than in the environment or left at their default.
#[derive(Debug, Clone, Default)]
pub struct Typed(Vec<String>);

impl Typed {
    /// Whether a flag (by its field name) was on the command line.
    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|typed| typed == field)
    }

    fn of(matches: &ArgMatches) -> Self {
        let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        Self(matches.ids().map(clap::Id::as_str).filter(|id| typed(id)).map(str::to_owned).collect())
    }
}

/// Reads the command line.
///
/// # Errors
/// clap's error: help, version, or what is wrong; it knows how to print itself and its exit code.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    // Read apart from the flattened flags: those that `run` requires are not asked of other commands.
    if matches.subcommand().is_none() {
        return Ok(Invocation::Run(Box::new(RunArgs::from_arg_matches(&matches)?), Typed::of(&matches)));
    }
    let typed = matches.subcommand().map_or_else(Typed::default, |(_, matches)| Typed::of(matches));
    Ok(match Command::from_arg_matches(&matches)? {
        Command::Run(run) => Invocation::Run(run, typed),
        Command::Closed(closed) => Invocation::Closed(closed, typed),
        Command::Compare(compare) => Invocation::Compare(compare, typed),
        Command::Sweep(sweep) => Invocation::Sweep(sweep, typed),
        Command::Calibrate(calibrate) => Invocation::Calibrate(calibrate),
        Command::Report(report) => Invocation::Report(report),
        Command::Serve(serve) => Invocation::Serve(serve),
    })
}
