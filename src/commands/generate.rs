//! `rpsbench completions` and `rpsbench man`: what follows from the command line itself.

use std::io;
use std::path::Path;
use std::{fs, iter};

use clap_complete::aot::{self, Shell};
use clap_mangen::Man;

use super::error::CommandError;
use super::exit::Exit;
use super::publish::print;
use crate::cli::{CompletionsArgs, ManArgs, ShellArg, command};

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    let shell = match args.shell {
        ShellArg::Bash => Shell::Bash,
        ShellArg::Zsh => Shell::Zsh,
        ShellArg::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    aot::generate(shell, &mut command(), "rpsbench", &mut script);
    print(&script)?;
    Ok(Exit::Done)
}

pub(super) fn man(args: &ManArgs) -> Result<Exit, CommandError> {
    let pages =
        pages().map_err(|source| CommandError::System { what: "could not make the man pages", source })?;
    match &args.out {
        Some(folder) => {
            for (name, page) in &pages {
                write(folder, name, page).map_err(|source| CommandError::System {
                    what: "could not write the man pages",
                    source,
                })?;
            }
        }
        None => print(&pages.into_iter().flat_map(|(_, page)| page).collect::<Vec<u8>>())?,
    }
    Ok(Exit::Done)
}

/// The page of the program and one for each command, with their file names.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut program = command().disable_help_subcommand(true);
    program.build();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    iter::once(program.clone()).chain(commands.collect::<Vec<_>>()).map(page).collect()
}

fn page(mut command: clap::Command) -> io::Result<(String, Vec<u8>)> {
    // By itself the synopsis would list every flag, and those of a command fill a screen.
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let source = concat!("rpsbench ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.override_usage(usage)).source(source).manual("rpsbench manual");
    let mut page = Vec::new();
    man.render(&mut page)?;
    Ok((man.get_filename(), page))
}

fn write(folder: &Path, name: &str, page: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    let named = |error: io::Error| {
        let path = path.display();
        io::Error::new(
            error.kind(),
            format!("`{path}`: {error}; check that the folder exists and may be written to"),
        )
    };
    fs::write(&path, page).map_err(named)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use super::*;

    fn script(shell: Shell) -> (tempfile::TempDir, String) {
        let mut script = Vec::new();
        aot::generate(shell, &mut command(), "rpsbench", &mut script);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("_rpsbench");
        fs::write(&path, script).unwrap();
        (folder, path.display().to_string())
    }

    fn said(program: &str, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = Command::new(program).args(arguments).output().unwrap();
        assert!(status.success() && stderr.is_empty(), "{program}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// A line as it is typed, up to the tab key, and one thing that it may go on with.
    const TYPED: [(&str, &str); 5] = [
        ("rpsbench sw", "sweep"),
        ("rpsbench --arr", "--arrivals"),
        ("rpsbench sweep --find", "--find-knee"),
        ("rpsbench sweep --order ", "updown"),
        ("rpsbench closed --think", "--think-time"),
    ];

    #[test]
    #[cfg_attr(target_os = "macos", ignore = "the bash of macOS is older than 4")]
    fn bash_completes_commands_flags_and_values() {
        let (_folder, path) = script(Shell::Bash);
        for (line, expected) in TYPED {
            let words: Vec<&str> = line.split(' ').collect();
            let [.., before, word] = words.as_slice() else { unreachable!() };
            let last = words.len() - 1;
            let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            let typed = format!(
                "source {path}; COMP_WORDS=({}); COMP_CWORD={last}; _rpsbench rpsbench '{word}' '{before}'; \
                 printf '%s\\n' \"${{COMPREPLY[@]}}\"",
                quoted.join(" ")
            );
            let offered = said("bash", &["-c", &typed]);
            assert!(offered.lines().any(|offer| offer == expected), "{line}: {offered}");
        }
    }

    #[test]
    #[ignore = "needs fish"]
    fn fish_completes_commands_flags_and_values() {
        let (_folder, path) = script(Shell::Fish);
        for (line, expected) in TYPED {
            let offered =
                said("fish", &["--no-config", "-c", &format!("source {path}; complete -C '{line}'")]);
            assert!(
                offered.lines().any(|offer| offer.split('\t').next() == Some(expected)),
                "{line}: {offered}"
            );
        }
    }

    #[test]
    #[ignore = "needs zsh"]
    fn zsh_reads_its_completions() {
        let (_folder, path) = script(Shell::Zsh);
        said("zsh", &["-n", &path]);
        let loaded = said(
            "zsh",
            &["-fc", &format!("autoload -U compinit; compinit -D; source {path}; print $_comps[rpsbench]")],
        );
        assert_eq!(loaded.trim(), "_rpsbench");
    }

    #[test]
    #[ignore = "needs groff"]
    fn the_man_pages_are_set_without_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        man(&ManArgs { out: Some(folder.path().to_owned()) }).unwrap();
        let set =
            |page: &Path| said("groff", &["-man", "-ww", "-Tascii", "-P-cbou", &page.display().to_string()]);
        for page in fs::read_dir(folder.path()).unwrap() {
            assert!(set(&page.unwrap().path()).contains("SYNOPSIS"));
        }
        let sweep = set(&folder.path().join("rpsbench-sweep.1"));
        for word in ["rpsbench sweep [OPTIONS] [URL]", "--find-knee", "RPSBENCH_FIND_KNEE", "Examples:"] {
            assert!(sweep.contains(word), "{word}: {sweep}");
        }
    }

    #[test]
    fn there_is_a_page_for_the_program_and_for_each_command() {
        let names: Vec<String> = pages().unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[..2], ["rpsbench.1", "rpsbench-run.1"]);
        assert_eq!(names.len(), 10, "{names:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = man(&ManArgs { out: Some("/nowhere/at/all".into()) }).unwrap_err().to_string();
        assert!(
            error.contains("/nowhere/at/all/rpsbench.1") && error.contains("check that the folder"),
            "{error}"
        );
    }
}
