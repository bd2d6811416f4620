//! Running the program as a user does.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::turn::{SideBySide, side_by_side};

/// Keeps the program from sending a request before the load.
pub const NO_CHECK: &str = "RPSBENCH_NO_CHECK";

const PROGRAM: &str = env!("CARGO_BIN_EXE_rpsbench");

/// The program, without any setting of whoever runs the tests.
pub fn program() -> Command {
    without_settings(Command::new(PROGRAM))
}

/// A line as a user types it into a shell that finds the program by its name.
pub fn shell(line: &str) -> Command {
    let folder = Path::new(PROGRAM).parent().expect("the program is in a folder");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = without_settings(Command::new("sh"));
    command.args(["-c", line]).env("PATH", path);
    command
}

fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RPSBENCH_")) {
        command.env_remove(name);
    }
    // The counts of most tests are those of the load alone.
    command.env(NO_CHECK, "true");
    // Help is wrapped to the width of the terminal, if it is told.
    command.env("NO_COLOR", "1").env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// Compares what the program wrote with `tests/it/snapshots/NAME.snap`. CONTRIBUTING.md says how to write it anew.
#[track_caller]
pub fn assert_reads_as_saved(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ended {
    /// Whether the run was carried out. On a machine that others keep busy the client may be the limit, which is exit code 3.
    pub fn is_measured(&self) -> bool {
        [0, 3].contains(&self.code)
    }
}

/// Runs a command to its end.
pub fn end_of(command: &mut Command) -> Ended {
    let _turn = side_by_side();
    command.output().expect("the program starts").into()
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Ended {
    end_of(program().args(arguments))
}

/// A program under way, which ends with the test at the latest.
pub struct Running {
    child: Option<Child>,
    _turn: SideBySide,
}

impl Running {
    /// Starts the program; what it writes is read at its end.
    pub fn start(command: &mut Command) -> Self {
        let turn = side_by_side();
        let child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        Self { child: Some(child), _turn: turn }
    }

    pub fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it has not been waited for")
    }

    pub fn signal(&mut self, signal: Signal) {
        kill_process(Pid::from_child(self.child()), signal).expect("the program still runs");
    }

    pub fn end(mut self) -> Ended {
        let child = self.child.take().expect("it has not been waited for");
        child.wait_with_output().expect("it ends").into()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs the program with JSON on stdout.
pub fn run_json(arguments: &[&str]) -> (Ended, Value) {
    let ended = run(&[arguments, &["--format", "json", "--quiet"]].concat());
    let document = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended, document)
}

/// A count of the ledger.
pub fn ledger(document: &Value, column: &str) -> u64 {
    document["ledger"][column].as_u64().unwrap_or_else(|| panic!("no {column} in {}", document["ledger"]))
}

/// Asserts that every planned request is accounted for.
pub fn assert_ledger_adds_up(document: &Value) {
    let of = |columns: &[&str]| columns.iter().map(|column| ledger(document, column)).sum::<u64>();
    assert_eq!(of(&["planned"]), of(&["sent", "overflow", "missed", "cancelled"]), "{}", document["ledger"]);
    let ends = ["ok", "http_error", "timeout", "connection_error", "unfinished"];
    assert_eq!(of(&["sent"]), of(&ends), "{}", document["ledger"]);
}

/// Writes a file into a folder and returns its path.
pub fn file(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("the file is written");
    path.display().to_string()
}
