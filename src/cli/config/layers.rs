//! What a file says, in the order in which it counts.

use clap::Command;
use clap::error::ErrorKind;
use toml::{Table, Value};

use super::{CONFIG, PRESET, PRINT_CONFIG};

/// The table of presets.
const PRESETS: &str = "preset";
/// Commands that send requests: the others have nothing to configure.
const COMMANDS: [&str; 4] = ["run", "closed", "sweep", "compare"];

/// Tables, the one that counts most first, each for one command or for all.
#[derive(Debug, Default)]
pub(super) struct Layers(Vec<Layer>);

/// One table.
#[derive(Debug)]
struct Layer {
    /// The command that it is for; `None`: all.
    command: Option<String>,
    flags: Vec<(String, Vec<String>)>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("line {line}: this is not TOML: {why}")]
    NotToml { line: usize, why: String },
    /// A command of curl is read before the file is.
    #[error("--curl cannot stand in a file; give it on the command line, or in RPSBENCH_CURL")]
    Curl,
    #[error(
        "no command has a flag --{0}; keys are the long names of flags, tables are commands, and [preset.NAME] is a preset"
    )]
    Unknown(String),
    #[error("`{command}` has no flag --{flag}")]
    UnknownTo { command: String, flag: String },
    #[error("--{0} cannot stand in a file")]
    NotInAFile(String),
    #[error("there is no preset `{wanted}`; {known}")]
    NoSuchPreset { wanted: String, known: String },
    #[error("--{0} is a text, a number, true or false, or an array of these")]
    Type(String),
    /// What the command line would say of it.
    #[error("{0}")]
    Value(String),
}

impl Layers {
    /// Reads a file, and checks that each of its values would do on the command line.
    ///
    /// # Errors
    /// The first [`Problem`].
    pub(super) fn read(text: &str, preset: Option<&str>, command: &Command) -> Result<Self, Problem> {
        let mut file: Table = text.parse().map_err(|error: toml::de::Error| {
            // Without the line itself: it may hold a secret.
            let line =
                error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            Problem::NotToml { line, why: error.message().to_owned() }
        })?;
        let presets = match file.remove(PRESETS) {
            None => Table::new(),
            Some(Value::Table(presets)) => presets,
            Some(_) => return Err(Problem::Type(PRESETS.to_owned())),
        };
        let mut layers = Self::default();
        // All presets are checked, and one of them counts.
        for (name, table) in &presets {
            let Value::Table(table) = table else { return Err(Problem::Unknown(name.clone())) };
            let of_preset = Self::of_table(table, command)?;
            if preset == Some(name) {
                layers.0.extend(of_preset.0);
            }
        }
        if let Some(wanted) = preset.filter(|preset| !presets.contains_key(*preset)) {
            let names: Vec<&str> = presets.keys().map(String::as_str).collect();
            let known = match names.as_slice() {
                [] => "there are none: [preset.NAME]".to_owned(),
                names => format!("there are these: {}", names.join(", ")),
            };
            return Err(Problem::NoSuchPreset { wanted: wanted.to_owned(), known });
        }
        layers.0.extend(Self::of_table(&file, command)?.0);
        Ok(layers)
    }

    /// A table and those of commands in it, which count more.
    fn of_table(table: &Table, command: &Command) -> Result<Self, Problem> {
        let (mut of_commands, mut of_all) = (Vec::new(), Vec::new());
        for (key, value) in table {
            match value {
                Value::Table(flags) if COMMANDS.contains(&key.as_str()) => {
                    let flags = flags.iter().map(|(flag, value)| checked(Some(key), flag, value, command));
                    of_commands
                        .push(Layer { command: Some(key.clone()), flags: flags.collect::<Result<_, _>>()? });
                }
                value => of_all.push(checked(None, key, value, command)?),
            }
        }
        of_commands.push(Layer { command: None, flags: of_all });
        Ok(Self(of_commands))
    }

    /// The values of a flag for a command.
    pub(super) fn values(&self, command: &str, flag: &str) -> Option<Vec<String>> {
        let layers = self.0.iter().filter(|layer| layer.command.as_deref().is_none_or(|of| of == command));
        let flags = layers.flat_map(|layer| &layer.flags);
        flags.filter(|(name, _)| name == flag).map(|(_, values)| values.clone()).next()
    }
}

/// A flag with its values as the command line has them.
fn checked(
    of: Option<&str>,
    flag: &str,
    value: &Value,
    command: &Command,
) -> Result<(String, Vec<String>), Problem> {
    if [CONFIG, PRESET, PRINT_CONFIG].contains(&flag) {
        return Err(Problem::NotInAFile(flag.to_owned()));
    }
    if flag == "curl" {
        return Err(Problem::Curl);
    }
    let texts = texts_of(value).ok_or_else(|| Problem::Type(flag.to_owned()))?;
    let has_flag = |name: &str| {
        let found = command.find_subcommand(name);
        found.is_some_and(|command| command.get_arguments().any(|arg| arg.get_long() == Some(flag)))
    };
    let commands: Vec<&str> = match of {
        Some(name) if has_flag(name) => vec![name],
        Some(name) => return Err(Problem::UnknownTo { command: name.to_owned(), flag: flag.to_owned() }),
        None => COMMANDS.into_iter().filter(|name| has_flag(name)).collect(),
    };
    if commands.is_empty() {
        return Err(Problem::Unknown(flag.to_owned()));
    }
    for name in commands {
        for text in &texts {
            try_out(command, name, flag, text)?;
        }
    }
    Ok((flag.to_owned(), texts))
}

/// Whether a value would do on the command line, with nothing else on it.
fn try_out(command: &Command, name: &str, flag: &str, text: &str) -> Result<(), Problem> {
    let is_switch = command.find_subcommand(name).is_some_and(|command| {
        command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(flag) && matches!(arg.get_action(), clap::ArgAction::SetTrue))
    });
    if is_switch {
        let is_known = ["true", "false"].contains(&text);
        return if is_known { Ok(()) } else { Err(Problem::Value(format!("--{flag} is true or false"))) };
    }
    match command.clone().try_get_matches_from(["rpsbench", name, &format!("--{flag}={text}")]) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) => {
            // The first line says what is wrong; the rest is about a command line.
            let said = error.to_string();
            let first = said.lines().next().unwrap_or_default();
            Err(Problem::Value(first.trim_start_matches("error: ").to_owned()))
        }
        _ => Ok(()),
    }
}

fn texts_of(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(is_on) => Some(is_on.to_string()),
        _ => None,
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => one(value).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::command::command;
    use super::*;

    fn read(text: &str, preset: Option<&str>) -> Result<Layers, Problem> {
        Layers::read(text, preset, &command())
    }

    const FILE: &str = "rate = 300\nslo = ['p99<250ms', 'error_rate<1%']\nhttp2 = true\n[closed]\ntimeout = '3s'\n\
                        [preset.smoke]\nrate = 10.5\n[preset.smoke.closed]\ntimeout = '1s'\n";

    #[test]
    fn the_preset_stands_above_the_command_and_the_command_above_the_file() {
        let plain = read(FILE, None).unwrap();
        assert_eq!(plain.values("run", "rate"), Some(vec!["300".to_owned()]));
        assert_eq!(plain.values("run", "slo").map(|slos| slos.len()), Some(2));
        assert_eq!(plain.values("run", "http2"), Some(vec!["true".to_owned()]));
        assert_eq!(
            (plain.values("closed", "timeout"), plain.values("run", "timeout")),
            (Some(vec!["3s".to_owned()]), None)
        );
        let smoke = read(FILE, Some("smoke")).unwrap();
        assert_eq!(smoke.values("run", "rate"), Some(vec!["10.5".to_owned()]));
        assert_eq!(smoke.values("closed", "timeout"), Some(vec!["1s".to_owned()]));
        assert_eq!(smoke.values("run", "slo").map(|slos| slos.len()), Some(2));
    }

    #[test]
    fn a_table_of_a_command_counts_more_than_the_top_for_that_command() {
        let layers = read("timeout = '9s'\n[closed]\ntimeout = '3s'\n", None).unwrap();
        let timeout = |command: &str| layers.values(command, "timeout").unwrap();
        assert_eq!((timeout("closed"), timeout("run")), (vec!["3s".to_owned()], vec!["9s".to_owned()]));
    }

    #[test]
    fn what_is_no_toml_is_told_by_its_line_and_not_repeated() {
        let problem = read("rate = 5\noauth2-bearer = hunter2\n", None).unwrap_err().to_string();
        assert!(problem.starts_with("line 2: this is not TOML") && !problem.contains("hunter2"), "{problem}");
    }

    #[test]
    fn what_is_wrong_is_said_before_anything_is_sent() {
        for (text, part) in [
            ("rate = ", "not TOML"),
            ("curl = 'curl http://x/'", "--curl cannot stand in a file"),
            ("rte = 5", "no command has a flag --rte"),
            ("[closed]\nrates = '5'", "`closed` has no flag --rates"),
            ("[report]\nformat = 'csv'", "--report is a text"),
            ("rate = -5", "invalid value '-5'"),
            ("quiet = 'perhaps'", "--quiet is true or false"),
            ("slo = [['p99<1s']]", "--slo is a text"),
            ("config = 'other.toml'", "cannot stand in a file"),
            ("[preset.a]\nrate = 'x'", "invalid value 'x'"),
        ] {
            let problem = read(text, None).unwrap_err().to_string();
            assert!(problem.contains(part), "{text}: {problem}");
        }
        assert!(read("", Some("a")).unwrap_err().to_string().contains("there are none"));
        assert!(read(FILE, Some("a")).unwrap_err().to_string().contains("there are these: smoke"));
    }
}
