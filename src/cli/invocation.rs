//! From the process's arguments to what was typed, and where each value came from.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};

use super::args::{
    CalibrateArgs, ClosedArgs, Command, CompareArgs, CompletionsArgs, ManArgs, MergeArgs, ReportArgs,
    RunArgs, ServeArgs, SweepArgs,
};
use super::command::command;
use super::{config, curl, hints};

/// One command with its flags.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// `run`, named or not.
    Run(Box<RunArgs>, Typed),
    Closed(Box<ClosedArgs>, Typed),
    Compare(Box<CompareArgs>, Typed),
    Sweep(Box<SweepArgs>, Typed),
    Calibrate(CalibrateArgs),
    Report(ReportArgs),
    Merge(MergeArgs),
    Serve(ServeArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    /// What holds, as text.
    PrintConfig(String),
}

/// Which flags were on the command line itself, rather than in the environment or left at their default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed(Vec<String>);

impl Typed {
    /// Whether a flag (by its field name) was on the command line.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.iter().any(|typed| typed == field)
    }

    fn of(matches: &ArgMatches) -> Self {
        let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        Self(matches.ids().map(clap::Id::as_str).filter(|id| typed(id)).map(str::to_owned).collect())
    }
}

/// A stray word is not repeated: of an unquoted header, it is the token.
fn without_strays(error: clap::Error) -> clap::Error {
    let stray = match error.get(ContextKind::InvalidArg).or(error.get(ContextKind::InvalidSubcommand)) {
        Some(ContextValue::String(word)) => !word.starts_with('-'),
        _ => false,
    };
    let of_a_stray = [ErrorKind::UnknownArgument, ErrorKind::InvalidSubcommand, ErrorKind::ArgumentConflict];
    if !stray || !of_a_stray.contains(&error.kind()) {
        return error;
    }
    command().error(
        error.kind(),
        "a word stands where none is expected (it is not shown: it may be a secret). One URL only; quote what has spaces in \
         it, as in -H 'Authorization: Bearer ...'",
    )
}

/// The environment holds one header per line, so that clap would make two of a typed one with a line break in it: which it is,
/// only what was typed tells. A value with a line break is no header, and may be somebody's attempt at a second one.
fn refuse_broken_headers(arguments: &[OsString]) -> Result<(), clap::Error> {
    let is_flag = |argument: &OsString| argument == "-H" || argument == "--header";
    let mut previous = None;
    for argument in arguments {
        let text = argument.to_string_lossy();
        let is_header =
            previous.is_some_and(is_flag) || text.starts_with("-H") || text.starts_with("--header=");
        if is_header && text.trim_end().contains(['\r', '\n']) {
            return Err(command().error(
                ErrorKind::ValueValidation,
                "a header given with -H holds a line break, which HTTP does not allow; repeat -H for another header",
            ));
        }
        previous = Some(argument);
    }
    Ok(())
}

/// Reads the command line.
///
/// # Errors
/// clap's error: help, version, or what is wrong; it knows how to print itself and its exit code.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let refused = |why| command().error(ErrorKind::ValueValidation, why);
    let arguments = curl::expanded(arguments).map_err(refused)?;
    refuse_broken_headers(&arguments)?;
    let mut command = command();
    let file = config::read(&arguments, &command).map_err(|why| refused(why.to_string()))?;
    if let Some(file) = &file {
        command = file.applied_to(command);
    }
    if let Some(why) = hints::misspelt_command(&arguments, &command) {
        return Err(command.error(ErrorKind::InvalidSubcommand, why));
    }
    let matches = command
        .clone()
        .try_get_matches_from(&arguments)
        .map_err(|error| without_strays(hints::with_hint(error, &arguments)))?;
    let (name, of_command) = matches.subcommand().unwrap_or(("run", &matches));
    let can_be_told = of_command.try_contains_id("config").is_ok();
    if let Some(file) = file.as_ref().filter(|file| can_be_told && !file.is_of(of_command)) {
        return Err(refused(format!(
            "--config and --preset stand where they are read as something else than {}; write them apart: --config FILE --preset NAME",
            file.name()
        )));
    }
    if of_command.try_get_one::<bool>("print_config").is_ok_and(|is_asked| is_asked == Some(&true)) {
        let below = command.find_subcommand(name).unwrap_or(&command);
        return Ok(Invocation::PrintConfig(config::print(below, name, of_command, file.as_ref())));
    }
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
        Command::Merge(merge) => Invocation::Merge(merge),
        Command::Serve(serve) => Invocation::Serve(serve),
        Command::Completions(completions) => Invocation::Completions(completions),
        Command::Man(man) => Invocation::Man(man),
    })
}
