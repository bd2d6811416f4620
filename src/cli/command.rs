//! The command line as clap has it, with what follows from a flag's name and type instead of standing at each flag.

use std::any::TypeId;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::args::Cli;
use super::values::{LimitOrAll, Span};
use crate::plan::Auto;
use crate::schedule::Rate;

/// The whole command line: every flag has the environment variable `RPSBENCH_<FLAG>`, every switch may be set there to
/// `1`, `true`, `yes`, `on` or `0`, `false`, `no`, `off`, and values are named after their type.
pub(crate) fn command() -> Command {
    complete(Cli::command())
}

fn complete(command: Command) -> Command {
    command.mut_args(|arg| with_environment(with_value_name(as_switch(arg)))).mut_subcommands(complete)
}

fn with_environment(arg: Arg) -> Arg {
    let Some(long) = arg.get_long() else { return arg };
    let name = format!("RPSBENCH_{}", long.to_uppercase().replace('-', "_"));
    // An empty variable is how scripts leave one out.
    if std::env::var_os(&name).is_some_and(|value| value.is_empty()) { arg } else { arg.env(name) }
}

/// A switch that is on by default is turned off with `--flag=false`.
fn as_switch(arg: Arg) -> Arg {
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg;
    }
    let is_on = arg.get_default_values().iter().any(|value| value == "true");
    let arg = arg.value_parser(BoolishValueParser::new());
    if !is_on {
        return arg;
    }
    arg.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_name("true|false")
}

/// Names the value after its type, unless the flag names it in its own way. Where a minus could begin a value, it is read
/// as one, so that the error says how the value is written and not that the flag is unknown.
fn with_value_name(arg: Arg) -> Arg {
    let named_by_field =
        arg.get_value_names().is_none_or(|names| names == [arg.get_id().as_str().to_uppercase().as_str()]);
    let of_type = arg.get_value_parser().type_id();
    let is = |types: &[TypeId]| types.iter().any(|one| of_type == *one);
    let arg = if is(&[TypeId::of::<Span>(), TypeId::of::<Rate>(), TypeId::of::<f64>()]) {
        arg.allow_hyphen_values(true)
    } else {
        arg
    };
    let name = match () {
        () if !named_by_field => return arg,
        () if is(&[TypeId::of::<Span>()]) => "DURATION",
        () if is(&[TypeId::of::<Rate>()]) => "RATE",
        () if is(&[TypeId::of::<PathBuf>()]) => "FILE",
        () if is(&[TypeId::of::<Auto<u64>>()]) => "auto|N",
        () if is(&[TypeId::of::<LimitOrAll>()]) => "all|N",
        () if is(&[TypeId::of::<u64>(), TypeId::of::<u32>(), TypeId::of::<usize>()]) => "N",
        () => return arg,
    };
    arg.value_name(name)
}

#[cfg(test)]
mod tests {
    use std::process;

    use clap::parser::ValueSource;

    use super::*;

    /// Tells the child process below which value its switches should have.
    const EXPECTED: &str = "EXPECTED_OF_SWITCHES";

    /// Every flag of a command and of those below it, with the words that call its command.
    fn flags(command: &Command) -> Vec<(Vec<String>, Arg)> {
        let own = command.get_arguments().filter(|arg| arg.get_long().is_some());
        let own = own.map(|arg| (Vec::new(), arg.clone()));
        let below = command.get_subcommands().flat_map(|below| {
            flags(below).into_iter().map(|(mut words, arg)| {
                words.insert(0, below.get_name().to_owned());
                (words, arg)
            })
        });
        own.chain(below).collect()
    }

    fn is_switch(arg: &Arg) -> bool {
        arg.get_value_parser().type_id() == TypeId::of::<bool>()
    }

    /// A value that the flag accepts.
    fn example(arg: &Arg) -> String {
        let named = match arg.get_long().unwrap_or_default() {
            "slo" => Some("p99<3ms"),
            "profile" => Some("3@3s"),
            "log" => Some("3.csv"),
            "prometheus" => Some("127.0.0.1:3"),
            "otlp" => Some("http://127.0.0.1:3"),
            "label" => Some("a=3"),
            "fail-if" => Some("p99>+3%"),
            "stages" => Some("2x3"),
            "local-address" => Some("127.0.0.3"),
            "listen" => Some("127.0.0.1:3"),
            "width" => Some("3%"),
            "expect-status" => Some("203"),
            "proxy" => Some("http://127.0.0.3:3"),
            "curl" => Some("curl http://127.0.0.3/"),
            "expect-json" => Some("/a == 3"),
            "abort-on" => Some("error_rate>3% for 3s"),
            "start-at" => Some("+3s"),
            "aws-sigv4" => Some("us-east-3:s3"),
            "compress-body" => Some("zstd"),
            "rendezvous" => Some("http://127.0.0.3:3"),
            "speed" => Some("3x"),
            _ => None,
        };
        let possible = || arg.get_possible_values().last().map(|value| value.get_name().to_owned());
        named.map(str::to_owned).or_else(possible).unwrap_or_else(|| "3".to_owned())
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_environment_variable() {
        let flags = flags(&command());
        for (_, arg) in &flags {
            let long = arg.get_long().unwrap();
            let expected = format!("RPSBENCH_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(expected.as_str()), "--{long}");
        }
        assert!(flags.len() > 300, "{}", flags.len());
    }

    /// The environment cannot be changed in a process with threads, so the flags are read in another one.
    #[test]
    fn every_environment_variable_is_read() {
        let words = [("1", true), ("true", true), ("yes", true), ("on", true)];
        let negations = [("0", false), ("false", false), ("no", false), ("off", false)];
        for (word, expected) in words.into_iter().chain(negations) {
            let mut child = process::Command::new(std::env::current_exe().unwrap());
            child.args(["--exact", "cli::command::tests::a_child_that_reads_its_environment"]);
            child.env(EXPECTED, expected.to_string());
            for (_, arg) in flags(&command()) {
                let value = if is_switch(&arg) { word.to_owned() } else { example(&arg) };
                child.env(arg.get_env().unwrap(), value);
            }
            let ended = child.output().unwrap();
            let said = String::from_utf8_lossy(&ended.stdout);
            assert!(ended.status.success() && said.contains("1 passed"), "{word}: {said}");
        }
    }

    #[test]
    fn a_child_that_reads_its_environment() {
        let Ok(expected) = std::env::var(EXPECTED) else { return };
        let mut flags = flags(&command());
        flags.sort_by(|(a, _), (b, _)| a.cmp(b));
        for of_one_command in flags.chunk_by(|(a, _), (b, _)| a == b) {
            let words = &of_one_command[0].0;
            let arguments = std::iter::once("rpsbench").chain(words.iter().map(String::as_str));
            let mut matches = command().try_get_matches_from(arguments.chain(positional(words))).unwrap();
            for _ in words {
                matches = matches.remove_subcommand().unwrap().1;
            }
            for (_, arg) in of_one_command {
                let id = arg.get_id().as_str();
                assert_eq!(matches.value_source(id), Some(ValueSource::EnvVariable), "{words:?} {id}");
                if is_switch(arg) {
                    assert_eq!(matches.get_flag(id).to_string(), expected, "{words:?} {id}");
                } else {
                    let raw: Vec<_> = matches.get_raw(id).unwrap().collect();
                    assert_eq!(raw, [example(arg).as_str()], "{words:?} {id}");
                }
            }
        }
    }

    /// What a command needs besides flags.
    fn positional(words: &[String]) -> Option<&'static str> {
        matches!(words, [word] if word == "report" || word == "merge").then_some("result.json")
    }
}
