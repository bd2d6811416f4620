//! Signals in every phase of every command: the first ends what is under way and has it reported, the second leaves at once.
#![allow(clippy::disallowed_methods, reason = "another process has no clock of ours")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::program::{Ended, assert_ledger_adds_up, program};
use crate::support::servers::{GOOD, Server, answer_always, read_request};
use crate::support::turn::{SideBySide, side_by_side};

/// Longer than any phase that is waited for, on a busy machine too: whoever needs more hangs.
const PATIENCE: u32 = 600;

/// The program while it runs. Its stderr is read all the time.
struct Running {
    child: Child,
    stderr: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
    _turn: SideBySide,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = program();
        command.args(arguments);
        Self::of(command)
    }

    /// Returns when the program hears signals.
    fn of(mut command: Command) -> Self {
        let turn = side_by_side();
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let said = Arc::clone(&stderr);
        let reader = std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| *said.lock().expect("whole") += &(line + "\n"));
        });
        let running = Self { child, stderr, reader, _turn: turn };
        let status = format!("/proc/{}/status", running.child.id());
        running.until("it hears signals", || {
            let status = std::fs::read_to_string(&status).unwrap_or_default();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = caught.map(|mask| u64::from_str_radix(mask.trim(), 16).expect("a mask"));
            caught.is_some_and(|mask| mask & 0b10 != 0)
        });
        running
    }

    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..PATIENCE {
            if is_so() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("{what} never happened: {}", self.stderr.lock().expect("whole"));
    }

    fn until_it_says(&self, words: &str) {
        self.until(words, || self.stderr.lock().expect("whole").contains(words));
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the program still runs");
    }

    fn end(self) -> Ended {
        let mut ended = Ended::from(self.child.wait_with_output().expect("it ends"));
        self.reader.join().expect("stderr is read");
        ended.stderr = self.stderr.lock().expect("whole").clone();
        ended
    }

    /// Sends the first signal, and the second as soon as the first was taken notice of.
    fn leave(self) -> Ended {
        self.send(Signal::INT);
        self.until_it_says("again to leave at once");
        self.send(Signal::INT);
        self.end()
    }
}

fn good() -> Server {
    Server::start(|stream| answer_always(stream, GOOD))
}

/// Accepts connections and never says a word.
fn silent() -> Server {
    Server::start(|mut stream| {
        let _ = std::io::Read::read_to_end(&mut stream, &mut Vec::new());
    })
}

/// A minute of each command that sends requests to a URL, as JSON.
fn commands(url: &str, settings: &[&str]) -> Vec<(&'static str, Vec<String>)> {
    let commands: [(&str, &[&str], &[&str]); 6] = [
        ("run", &["run"], &["--rate", "50", "--duration", "60s"]),
        ("closed", &["closed"], &["-c", "2", "--duration", "60s"]),
        ("compare", &["compare"], &["-c", "2", "--duration", "60s"]),
        ("ladder", &["sweep"], &["--rates", "50,100", "--step-duration", "60s"]),
        ("spike", &["sweep"], &["--shape", "step", "--rates", "50,100", "--step-duration", "60s"]),
        (
            "search",
            &["sweep"],
            &[
                "--find-knee",
                "--slo",
                "p99<250ms",
                "--min-rate",
                "50",
                "--max-rate",
                "100",
                "--step-duration",
                "60s",
            ],
        ),
    ];
    let all = |command: &[&str], flags: &[&str]| {
        let parts = [command, &[url], flags, settings, &["--baseline", "0", "--format", "json"]].concat();
        parts.into_iter().map(str::to_owned).collect()
    };
    commands.into_iter().map(|(name, command, flags)| (name, all(command, flags))).collect()
}

fn start(arguments: &[String]) -> Running {
    Running::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A whole document that says it was cut short, and the results in it.
fn document(name: &str, ended: &Ended) -> (Value, Vec<Value>) {
    assert_eq!(ended.code, 130, "{name}: {ended:?}");
    let document: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{name}: {error}: {ended:?}"));
    assert_eq!(document["interrupted"], true, "{name}");
    let results = match document["rungs"].as_array() {
        Some(rungs) => rungs.iter().map(|rung| rung["result"].clone()).collect(),
        None => vec![document.clone()],
    };
    results.iter().for_each(assert_ledger_adds_up);
    (document, results)
}

/// What every command says, or does, once its first measured run has begun.
fn until_it_measures(running: &Running, name: &str, server: &Server) {
    match name {
        "ladder" => running.until_it_says("rung 1"),
        "search" => running.until_it_says("trial 1"),
        // The first connection is the one that looks whether somebody listens.
        _ => running.until("a request", || server.connections.load(Ordering::SeqCst) > 1),
    }
    sleep(Duration::from_millis(300));
}

#[test]
fn while_it_connects_the_first_signal_leaves() {
    let server = silent();
    let url = server.url().replace("http:", "https:");
    for (name, arguments) in commands(&url, &["--insecure"]) {
        let before = server.connections.load(Ordering::SeqCst);
        let running = start(&arguments);
        // The handshake is waited for; a search calibrates before that, with a service of its own.
        running.until("a connection", || server.connections.load(Ordering::SeqCst) > before);
        running.send(Signal::TERM);
        let ended = running.end();
        assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{name}: {ended:?}");
        assert!(!ended.stderr.contains("error"), "{name}: {ended:?}");
    }
}

#[test]
fn while_it_calibrates_the_first_signal_ends_it_all() {
    let server = good();
    let (_, search) = commands(&server.url(), &[]).pop().expect("the search is last");
    for arguments in [search, vec!["calibrate".to_owned()]] {
        let running = start(&arguments);
        sleep(Duration::from_millis(300));
        running.send(Signal::INT);
        let ended = running.end();
        assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{ended:?}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0, "no search follows");
}

#[test]
fn in_the_warm_up_and_in_the_run_the_first_signal_has_it_reported() {
    for (warmup, signal) in [("60s", Signal::INT), ("0", Signal::HUP)] {
        for i in 0..6 {
            let server = good();
            let (name, arguments) = commands(&server.url(), &["--warmup", warmup]).swap_remove(i);
            let running = start(&arguments);
            until_it_measures(&running, name, &server);
            running.send(signal);
            let (_, results) = document(name, &running.end());
            assert_eq!(results.len(), 1, "{name}");
            let (sent, warmed_up) = (&results[0]["ledger"]["sent"], &results[0]["warmup"]["ledger"]["sent"]);
            if warmup == "0" {
                assert!(sent.as_u64() > Some(0) && warmed_up.is_null(), "{name}: {sent} {warmed_up}");
            } else {
                assert!(sent == 0 && warmed_up.as_u64() > Some(0), "{name}: {sent} {warmed_up}");
            }
        }
    }
}

#[test]
fn in_the_warm_up_and_in_the_run_the_second_signal_leaves_at_once() {
    for warmup in ["60s", "0"] {
        for i in 0..6 {
            let server = silent();
            let (name, arguments) =
                commands(&server.url(), &["--warmup", warmup, "--timeout", "60s"]).swap_remove(i);
            let running = start(&arguments);
            // Of a ladder and a search it is the run before the first that nobody answers.
            running.until("a request", || server.connections.load(Ordering::SeqCst) > 1);
            let ended = running.leave();
            assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{name}: {ended:?}");
        }
    }
}

#[test]
fn before_the_first_rung_the_first_signal_has_a_sweep_without_rungs_reported() {
    for name in ["ladder", "search"] {
        let server = silent();
        let commands = commands(&server.url(), &["--timeout", "60s"]);
        let (_, arguments) = commands.into_iter().find(|(known, _)| *known == name).expect("a command");
        let running = start(&arguments);
        running.until("a probe", || server.connections.load(Ordering::SeqCst) > 1);
        running.send(Signal::INT);
        let (_, rungs) = document(name, &running.end());
        assert!(rungs.is_empty(), "{name}: {rungs:?}");
    }
}

/// Answers so many requests, and none after them.
fn dying(after: u64) -> (Server, Arc<AtomicU64>) {
    let answered = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&answered);
    let server = Server::start(move |mut stream| {
        while read_request(&mut stream).is_some() {
            if seen.fetch_add(1, Ordering::SeqCst) < after
                && std::io::Write::write_all(&mut stream, GOOD).is_err()
            {
                return;
            }
        }
    });
    (server, answered)
}

#[test]
fn while_the_service_recovers_the_first_signal_has_the_rungs_so_far_reported() {
    // A probe of 20 requests and a rung of 20; the next probe waits in vain.
    let (server, seen) = dying(40);
    let arguments = [
        "sweep",
        "--rates",
        "20,40",
        "--step-duration",
        "1s",
        "--warmup",
        "0",
        "--baseline",
        "0",
        "--format",
        "json",
    ];
    let running = Running::start(
        &[&arguments[..], &["--timeout", "300ms", "--recover", "60s"], &[&server.url()]].concat(),
    );
    running.until("a probe after the rung", || seen.load(Ordering::SeqCst) > 60);
    running.send(Signal::INT);
    let (sweep, rungs) = document("recovery", &running.end());
    assert_eq!((rungs.len(), &sweep["rungs"][0]["recovery"]["recovered"]), (1, &false.into()), "{sweep}");
}

#[test]
fn in_the_idle_baseline_the_first_signal_has_it_reported_and_the_second_leaves() {
    for leaves in [false, true] {
        let server = silent();
        let running =
            Running::start(&["--rate", "20", &server.url(), "--timeout", "60s", "--format", "json"]);
        running.until("the first request", || server.connections.load(Ordering::SeqCst) > 1);
        if leaves {
            let ended = running.leave();
            assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{ended:?}");
        } else {
            running.send(Signal::INT);
            let (result, _) = document("baseline", &running.end());
            assert_eq!(result["ledger"]["sent"], 0, "{}", result["ledger"]);
        }
    }
}

#[test]
fn in_the_drain_the_first_signal_ends_the_wait_and_the_second_leaves() {
    for leaves in [false, true] {
        for command in [&["--rate", "20"][..], &["closed", "-c", "2"]] {
            let server = silent();
            let drain = [
                "--duration",
                "200ms",
                "--warmup",
                "0",
                "--baseline",
                "0",
                "--timeout",
                "60s",
                "--format",
                "json",
            ];
            let running = Running::start(&[command, &[&server.url()], &drain].concat());
            running.until("a request", || server.connections.load(Ordering::SeqCst) > 1);
            sleep(Duration::from_millis(500));
            if leaves {
                let ended = running.leave();
                assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{ended:?}");
            } else {
                running.send(Signal::INT);
                let (result, _) = document("drain", &running.end());
                let ledger = &result["ledger"];
                assert!(ledger["unfinished"].as_u64() > Some(0) && ledger["cancelled"] == 0, "{ledger}");
            }
        }
    }
}

#[test]
fn while_it_writes_to_a_pipe_that_nobody_reads_the_second_signal_leaves_and_the_files_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("result.json");
    let server = good();
    let url = server.url();
    // Enough seconds for a report that is larger than the pipe's page.
    let brief = ["--rate", "100", "--duration", "1s", "--warmup", "0", "--format", "json", "-q", "-o"];
    let mut running = Running::start(&[&brief[..], &[file.to_str().unwrap(), &url]].concat());
    let stdout = running.child.stdout.as_ref().unwrap();
    let size = rustix::pipe::fcntl_setpipe_size(stdout, 4_096).expect("a smaller pipe");
    running.until("the file", || file.exists());
    assert!(std::fs::metadata(&file).unwrap().len() > size as u64, "the report fills the pipe");
    running.send(Signal::INT);
    sleep(Duration::from_millis(500));
    assert!(running.child.try_wait().unwrap().is_none(), "the report is still to be read");
    running.send(Signal::INT);
    let mut code = None;
    for _ in 0..PATIENCE {
        code = running.child.try_wait().unwrap().and_then(|status| status.code());
        if code.is_some() {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    assert_eq!(code, Some(130));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
}

#[test]
fn under_nohup_a_lost_terminal_ends_nothing() {
    let server = good();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_rpsbench"), &server.url()]);
    shell.args(["--rate", "50", "--duration", "2s", "--warmup", "0", "--format", "json"]);
    let running = Running::of(shell);
    running.until("a request", || server.connections.load(Ordering::SeqCst) > 1);
    running.send(Signal::HUP);
    let ended = running.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    let result: Value = serde_json::from_str(&ended.stdout).expect("a whole report");
    assert_eq!((&result["interrupted"], &result["ledger"]["ok"]), (&false.into(), &100.into()));
}

#[test]
fn the_service_on_its_own_ends_with_any_of_them() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let running = Running::start(&["serve", "--listen", "127.0.0.1:0"]);
        running.until_it_says("serving");
        running.send(signal);
        let ended = running.end();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
}
