//! What holds, and where it comes from: `--print-config`.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::{CONFIG, ConfigFile, PRESET, PRINT_CONFIG};

/// Every flag of a command that has a value, as TOML that can be used as a file, with a comment on where it comes from. What may be
/// a secret is hidden.
pub(in crate::cli) fn print(
    command: &Command,
    name: &str,
    matches: &ArgMatches,
    file: Option<&ConfigFile>,
) -> String {
    let is_shown = |arg: &&Arg| {
        let long = arg.get_long().unwrap_or_default();
        ![CONFIG, PRESET, PRINT_CONFIG, "help", "version", ""].contains(&long)
    };
    let lines: Vec<(String, String)> = command
        .get_arguments()
        .filter(is_shown)
        .filter_map(|arg| {
            let long = arg.get_long()?;
            let source = matches.value_source(arg.get_id().as_str())?;
            let from = match source {
                ValueSource::CommandLine => "command line".to_owned(),
                ValueSource::EnvVariable => {
                    arg.get_env().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
                }
                _ => match file.filter(|file| file.values(name, long).is_some()) {
                    Some(file) => file.name().to_owned(),
                    None => "default".to_owned(),
                },
            };
            if matches!(arg.get_action(), clap::ArgAction::SetTrue) {
                // However it was written: yes, on, 1.
                let is_on = matches.get_flag(arg.get_id().as_str());
                return Some((format!("{long} = {is_on}"), from));
            }
            let raw = matches.get_raw(arg.get_id().as_str())?;
            let values: Vec<String> = raw.map(|value| shown(arg, &value.to_string_lossy())).collect();
            let value = match (arg.get_action(), values.as_slice()) {
                (clap::ArgAction::Append, values) => format!("[{}]", values.join(", ")),
                (_, values) => values.join(", "),
            };
            Some((format!("{long} = {value}"), from))
        })
        .collect();
    let width =
        lines.iter().map(|(line, _)| line.chars().count()).filter(|width| *width <= 50).max().unwrap_or(0);
    let mut text = format!("# What holds for `rpsbench {name}`, and where it comes from; *** is hidden.\n");
    for (line, from) in lines {
        text += &format!("{line:width$}  # {from}\n");
    }
    text
}

/// A value as TOML.
fn shown(arg: &Arg, value: &str) -> String {
    if arg.is_hide_env_values_set() {
        return "\"***\"".to_owned();
    }
    // A JSON string is a string of TOML too.
    serde_json::Value::from(value).to_string()
}
