//! Flags in a TOML file: `--config bench.toml`, with presets in it: `--preset smoke`.
//!
//! What the file says takes the place of the defaults, so that the environment and the command line stand above it, as for every
//! flag. Keys are the long names of flags. What stands at the top is for every command that has such a flag; a table named after a
//! command is for that one; `[preset.NAME]` is the same once more, above both.

mod layers;
mod print;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{ArgMatches, Command};

use layers::{Layers, Problem};
pub(super) use print::print;

/// The flags that name the file and the preset, which are no flags of a file.
pub(super) const CONFIG: &str = "config";
pub(super) const PRESET: &str = "preset";
/// The flag that shows what holds.
pub(super) const PRINT_CONFIG: &str = "print-config";

/// A file that was read, and how it is called.
#[derive(Debug)]
pub(super) struct ConfigFile {
    layers: Layers,
    /// `bench.toml`, or `bench.toml, preset smoke`.
    name: String,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigError {
    #[error("cannot read the configuration `{path}`: {cause}; check the path")]
    File {
        path: String,
        /// What the system says.
        cause: String,
    },
    #[error("a preset is a part of a file: give --config FILE too")]
    PresetOfNothing,
    #[error("{file}: {problem}")]
    Problem { file: String, problem: Problem },
}

/// The file that the command line, or the environment, names; `None` where neither does.
///
/// # Errors
/// [`ConfigError`] where it cannot be used.
pub(super) fn read(arguments: &[OsString], command: &Command) -> Result<Option<ConfigFile>, ConfigError> {
    // A file in the environment that is wrong must not keep a result from being printed.
    let has_no_file = |word: &OsString| {
        let found = word.to_str().and_then(|name| command.find_subcommand(name));
        found.is_some_and(|below| below.get_arguments().all(|arg| arg.get_long() != Some(CONFIG)))
    };
    if arguments.get(1).is_some_and(has_no_file) {
        return Ok(None);
    }
    let variable =
        |name: &str| std::env::var(format!("RPSBENCH_{name}")).ok().filter(|value| !value.is_empty());
    let file = value_of(arguments, &["--config"]).or_else(|| variable("CONFIG"));
    let preset = value_of(arguments, &["--preset", "-p"]).or_else(|| variable("PRESET"));
    let Some(file) = file else {
        return if preset.is_some() { Err(ConfigError::PresetOfNothing) } else { Ok(None) };
    };
    let text = std::fs::read_to_string(&file)
        .map_err(|cause| ConfigError::File { path: file.clone(), cause: cause.to_string() })?;
    let layers = Layers::read(&text, preset.as_deref(), command)
        .map_err(|problem| ConfigError::Problem { file: file.clone(), problem })?;
    Ok(Some(ConfigFile { layers, name: name_of(&file, preset.as_deref()) }))
}

/// How a file is called in a result: without its folder, which is nobody's business.
pub(super) fn name_of(file: &str, preset: Option<&str>) -> String {
    let name =
        Path::new(file).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    preset.map_or_else(|| name.clone(), |preset| format!("{name}, preset {preset}"))
}

/// The value of a flag, before the command line is read as a whole.
fn value_of(arguments: &[OsString], names: &[&str]) -> Option<String> {
    let mut found = None;
    let mut arguments = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            break;
        }
        for name in names {
            if argument == *name {
                found = arguments.next().map(|value| value.into_owned());
                break;
            }
            let attached = argument.strip_prefix(name).filter(|value| !value.is_empty());
            match attached.map(|value| value.strip_prefix('=').map_or((false, value), |value| (true, value)))
            {
                Some((true, value)) => found = Some(value.to_owned()),
                Some((false, value)) if !name.starts_with("--") => found = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    found
}

impl ConfigFile {
    /// Whether these are the file and the preset that the command line names, now that it was read as a whole.
    pub(super) fn is_of(&self, matches: &ArgMatches) -> bool {
        let value = |name: &str| {
            matches.get_raw(name).and_then(|mut values| values.next()).map(OsStr::to_string_lossy)
        };
        let (file, preset) = (value(CONFIG), value(PRESET));
        file.is_some_and(|file| name_of(&file, preset.as_deref()) == self.name)
    }

    /// How it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The values of a flag for a command.
    pub(super) fn values(&self, command: &str, flag: &str) -> Option<Vec<String>> {
        self.layers.values(command, flag)
    }

    /// The command line with what the file says in place of the defaults. The command itself is `run`.
    pub(super) fn applied_to(&self, command: Command) -> Command {
        self.with_defaults(command, "run").mut_subcommands(|below| {
            let name = below.get_name().to_owned();
            self.with_defaults(below, &name)
        })
    }

    fn with_defaults(&self, command: Command, name: &str) -> Command {
        command.mut_args(|arg| {
            let values = arg.get_long().and_then(|long| self.values(name, long));
            match values {
                Some(values) => {
                    // A help text shows defaults, and what is a secret in the environment is one in a file.
                    let is_secret = arg.is_hide_env_values_set();
                    arg.default_values(values).hide_default_value(is_secret)
                }
                None => arg,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_found_before_the_rest_is_read() {
        let find = |line: &str, names: &[&str]| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            value_of(&words, names)
        };
        assert_eq!(find("rpsbench run --config a.toml", &["--config"]).as_deref(), Some("a.toml"));
        assert_eq!(find("rpsbench --config=a.toml -psmoke", &["--config"]).as_deref(), Some("a.toml"));
        assert_eq!(find("rpsbench -psmoke", &["--preset", "-p"]).as_deref(), Some("smoke"));
        assert_eq!(find("rpsbench -p smoke -p=full", &["--preset", "-p"]).as_deref(), Some("full"));
        assert_eq!(find("rpsbench --profile x --configure y", &["--config", "-p"]), None);
        assert_eq!(find("rpsbench -- --config a", &["--config"]), None);
    }

    #[test]
    fn a_result_names_the_file_without_its_folder() {
        assert_eq!(name_of("/home/me/bench.toml", Some("smoke")), "bench.toml, preset smoke");
        assert_eq!(name_of("bench.toml", None), "bench.toml");
    }
}
