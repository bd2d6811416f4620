//! The whole help of every command, short and long, as a user reads it.

use crate::support::program::{NO_CHECK, assert_reads_as_saved, end_of, program};

/// What `-h` and `--help` print, after the line that asks for it.
fn help_of(command: &[&str]) -> String {
    ["-h", "--help"]
        .map(|flag| {
            let arguments = [command, &[flag]].concat();
            let ended = end_of(program().env_remove(NO_CHECK).args(&arguments));
            assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
            format!("$ rpsbench {}\n{}", arguments.join(" "), ended.stdout)
        })
        .join("\n")
}

/// The commands that the program's own help lists, so that a new one cannot be forgotten here.
fn commands(help: &str) -> Vec<String> {
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let name = |line: &str| {
        line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()).map(str::to_owned)
    };
    listed.filter_map(name).filter(|name| name != "help").collect()
}

#[test]
fn the_help_of_every_command_reads_as_saved() {
    let whole = help_of(&[]);
    let commands = commands(&whole);
    assert!(commands.len() >= 7, "{commands:?}");
    assert_reads_as_saved("help", &whole);
    for command in commands {
        assert_reads_as_saved(&format!("help-{command}"), &help_of(&[&command]));
    }
}
