//! The tables of flags in docs/reference.md, from the command line. What stands between two marks is made here; the prose
//! around them is written by hand.

use std::any::TypeId;

use clap::{Arg, ArgAction, Command};

use super::command::command;
use crate::fixture::assert_committed;

const REFERENCE: &str = "docs/reference.md";
const BEGIN: &str = "<!-- flags of ";
const END: &str = "<!-- end of flags -->";
const HEADER: &str = "| Flag | Environment | Default | Meaning |\n|---|---|---|---|\n";

/// A row for each flag of a command, with the heading that `--help` gives it.
fn rows(command: &Command) -> Vec<(Option<String>, String)> {
    let is_shown = |arg: &&Arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    let visible = command.get_arguments().filter(is_shown);
    visible.map(|arg| (arg.get_help_heading().map(str::to_owned), row(arg))).collect()
}

fn row(arg: &Arg) -> String {
    let env = arg.get_env().map(|name| format!("`{}`", name.to_string_lossy())).unwrap_or_default();
    let (meaning, default) = meaning(arg);
    let cells = [flag(arg), env, default, as_code(&meaning)];
    let cells = cells
        .map(|cell| if cell.is_empty() { " ".to_owned() } else { format!(" {} ", cell.replace('|', "\\|")) });
    format!("|{}|\n", cells.join("|"))
}

fn flag(arg: &Arg) -> String {
    let is_bool = arg.get_value_parser().type_id() == TypeId::of::<bool>();
    let value = match arg.get_possible_values().as_slice() {
        values if values.is_empty() || is_bool => {
            arg.get_value_names().map(|names| names.join(" ")).unwrap_or_default()
        }
        values => values.iter().map(|value| value.get_name()).collect::<Vec<_>>().join("|"),
    };
    let Some(long) = arg.get_long() else { return format!("`{value}`") };
    let long = match arg.get_action() {
        ArgAction::SetTrue => format!("`--{long}`"),
        _ if arg.is_require_equals_set() => format!("`--{long}[={value}]`"),
        _ => format!("`--{long} {value}`"),
    };
    arg.get_short().map_or(long.clone(), |short| format!("`-{short}`, {long}"))
}

/// What a flag does, in whole sentences, and its default: that of clap, or the one that the help tells of.
fn meaning(arg: &Arg) -> (String, String) {
    let short = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let (short, told) = match short.split_once(" [default: ") {
        Some((before, told)) => (before.to_owned(), told.trim_end_matches(']').to_owned()),
        None => (short, String::new()),
    };
    let details = arg.get_long_help().map(ToString::to_string).unwrap_or_default();
    let details = details.split("\n\n").skip(1).map(|text| text.replace('\n', " "));
    let values = arg.get_possible_values().into_iter().filter_map(|value| {
        Some(format!("`{}`: {}", value.get_name(), lower_first(&value.get_help()?.to_string())))
    });
    let values = values.collect::<Vec<_>>().join("; ");
    let sentences = std::iter::once(short).chain(details).chain(Some(values));
    let sentences: Vec<String> = sentences.filter(|text| !text.is_empty()).collect();
    let ended = |text: &String| if text.ends_with('.') { text.clone() } else { format!("{text}.") };
    let meaning = sentences.iter().map(ended).collect::<Vec<_>>().join(" ");
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    let default = match () {
        () if arg.is_required_set() => "required".to_owned(),
        () if told.contains(' ') => told,
        () if !told.is_empty() => format!("`{told}`"),
        () if matches!(arg.get_action(), ArgAction::SetTrue) => "off".to_owned(),
        () => defaults.join(" "),
    };
    (meaning, default)
}

/// Sets the flags and variables that a text names as code.
fn as_code(text: &str) -> String {
    let word = |word: &str| {
        let flag = word.trim_start_matches('(').trim_end_matches([',', ';', ':', '.', ')']);
        let is_flag = (flag.starts_with("--") && flag.len() > 2) || flag.starts_with("RPSBENCH_");
        if is_flag { word.replacen(flag, &format!("`{flag}`"), 1) } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    // Not of CSV and the like.
    if letters.clone().nth(1).is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The table that a mark asks for: `run`, `run, Request` (one heading), or `sweep, besides those of run`.
fn table(program: &Command, asked: &str) -> String {
    let (name, which) = asked.split_once(", ").unwrap_or((asked, ""));
    let rows_of = |name: &str| rows(program.find_subcommand(name).unwrap_or_else(|| panic!("{name}")));
    let others = which.strip_prefix("besides those of ").map(rows_of);
    let is_asked = |(heading, row): &(Option<String>, String)| match &others {
        Some(others) => !others.iter().any(|(_, other)| other == row),
        None if which == "without a heading" => heading.is_none(),
        None => which.is_empty() || heading.as_deref() == Some(which),
    };
    let rows: String = rows_of(name).into_iter().filter(is_asked).map(|(_, row)| row).collect();
    assert!(!rows.is_empty(), "no flag of {asked}");
    HEADER.to_owned() + &rows
}

/// The reference with its tables made anew.
fn renewed(reference: &str, program: &Command) -> String {
    let mut parts = reference.split(BEGIN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (asked, rest) = part.split_once(" -->\n").expect("a mark ends its line");
        let (_, after) = rest.split_once(END).expect("a table has an end");
        text += &format!("{BEGIN}{asked} -->\n{}{END}{after}", table(program, asked));
    }
    text
}

#[test]
fn the_tables_of_the_reference_are_those_of_the_command_line() {
    let mut program = command();
    program.build();
    let path = format!("{}/{REFERENCE}", env!("CARGO_MANIFEST_DIR"));
    let renewed = renewed(&std::fs::read_to_string(path).unwrap(), &program);
    assert_committed(REFERENCE, &renewed);
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        for (_, row) in rows(command) {
            assert!(renewed.contains(&row), "no table has this flag of {}: {row}", command.get_name());
        }
    }
}
