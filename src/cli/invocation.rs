//! From the process's arguments to what was typed, and where each value came from.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::args::{Cli, Command, ReportArgs, RunArgs, ServeArgs};

/// One command with its flags.
#[derive(Debug)]
pub enum Invocation {
    /// `run`, named or not.
    Run(Box<RunArgs>, Typed),
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
    let cli = Cli::from_arg_matches(&matches)?;
    Ok(match cli.command {
        None => Invocation::Run(Box::new(cli.run), Typed::of(&matches)),
        Some(Command::Run(run)) => {
            let typed = matches.subcommand().map_or_else(Typed::default, |(_, matches)| Typed::of(matches));
            Invocation::Run(run, typed)
        }
        Some(Command::Report(report)) => Invocation::Report(report),
        Some(Command::Serve(serve)) => Invocation::Serve(serve),
    })
}
