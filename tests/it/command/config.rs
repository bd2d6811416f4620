//! Flags from a file.

use serde_json::Value;

use crate::support::program::{file, ledger, program, run};
use crate::support::servers::{GOOD, Witness};

const FILE: &str = "rate = 50\nduration = '1s'\nwarmup = 0\nbaseline = 0\nno-check = true\nquiet = true\nformat = 'json'\n\
                    header = ['X-A: 1', 'Authorization: Bearer hunter2']\n[closed]\nconcurrency = 2\n[preset.smoke]\nrate = 20\n";

#[test]
fn the_command_line_stands_above_the_environment_the_preset_and_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(&folder, "bench.toml", FILE);
    let witness = Witness::start(GOOD);
    let planned = |flags: &[&str], variable: Option<&str>| {
        let mut command = program();
        command.arg(witness.url()).args(["--config", &config]).args(flags);
        variable.map(|rate| command.env("RPSBENCH_RATE", rate));
        let output = command.output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (ledger(&document, "planned"), document["plan"]["config"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(planned(&[], None), (50, "bench.toml".to_owned()));
    assert_eq!(planned(&["-p", "smoke"], None), (20, "bench.toml, preset smoke".to_owned()));
    assert_eq!(planned(&["-p", "smoke"], Some("30")).0, 30);
    assert_eq!(planned(&["--rate", "40"], Some("30")).0, 40);
    let seen = witness.seen();
    assert_eq!(seen.len(), 140);
    assert_eq!((seen[0].header("x-a"), seen[0].header("authorization")), (vec!["1"], vec!["Bearer hunter2"]));
}

#[test]
fn what_holds_can_be_printed_and_used_and_hides_what_may_be_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(&folder, "bench.toml", FILE);
    let ended = run(&["run", "--config", &config, "-p", "smoke", "--print-config", "--timeout", "3s"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let line = |name: &str| {
        let found = ended.stdout.lines().find(|line| line.starts_with(&format!("{name} = ")));
        found
            .unwrap_or_else(|| panic!("{name}: {}", ended.stdout))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(line("rate"), "rate = \"20\" # bench.toml, preset smoke");
    assert_eq!(line("timeout"), "timeout = \"3s\" # command line");
    assert_eq!(line("samples"), "samples = \"10\" # default");
    assert!(!ended.stdout.contains("hunter2"), "{}", ended.stdout);
    assert_eq!(line("header"), "header = [\"***\", \"***\"] # bench.toml, preset smoke");
    // What was printed is a file.
    let again = file(
        &folder,
        "again.toml",
        ended.stdout.lines().filter(|line| !line.contains("***")).collect::<Vec<_>>().join("\n"),
    );
    let ended = run(&["run", "--config", &again, "--print-config"]);
    assert!(ended.code == 0 && ended.stdout.contains("rate = \"20\""), "{ended:?}");
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for (text, part) in [("rate = 'x'", "invalid value 'x'"), ("reat = 5", "no command has a flag --reat")] {
        let config = file(&folder, "bench.toml", text);
        let ended = run(&["--config", &config]);
        assert!(
            ended.code == 2 && ended.stderr.contains("bench.toml: ") && ended.stderr.contains(part),
            "{ended:?}"
        );
    }
    for (flags, part) in [
        (["--preset", "a", "-q"], "give --config FILE too"),
        (["--config", "none.toml", "-q"], "cannot read"),
    ] {
        let ended = run(&flags);
        assert!(ended.code == 2 && ended.stderr.contains(part), "{ended:?}");
    }
}

#[test]
fn no_help_text_shows_what_may_be_a_secret_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        file(&folder, "bench.toml", "user = 'alice:hunter2'\nheader = ['X-Key: hunter3']\nrate = 77\n");
    let ended = run(&["run", "--config", &config, "--help"]);
    assert!(
        ended.code == 0 && ended.stdout.contains("[default: 77]") && !ended.stdout.contains("hunter"),
        "{ended:?}"
    );
    // Read as a preset there, and as something else here.
    let ended = run(&["--config", &config, "-qpsmoke"]);
    assert!(ended.code == 2, "{ended:?}");
}
