//! `rpsbench compare` as a user meets it: files of any tool side by side, exit code 99 for CI, and files that are none.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::program::{Ended, Running, end_of, program, run};
use crate::support::servers::{GOOD, Server, answer_always};

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/import/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program with something on its stdin.
fn fed(input: &[u8], arguments: &[&str]) -> Ended {
    let mut running = Running::start(program().args(arguments).stdin(Stdio::piped()));
    let mut stdin = running.child().stdin.take().expect("stdin is piped");
    stdin.write_all(input).expect("the program reads its stdin");
    drop(stdin);
    running.end()
}

#[test]
fn results_of_different_tools_stand_side_by_side() {
    let (wrk, oha) = (fixture("wrk-latency.txt"), fixture("oha.json"));
    let ended = run(&["compare", &wrk, &oha]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    for words in
        ["A   wrk-latency.txt: wrk, closed loop of 8 users", "B   oha.json: oha", "p99 ms", "nobody can tell"]
    {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    assert!(
        !ended.stdout.contains("127.0.0.1") && !ended.stdout.contains("tests/fixtures"),
        "{}",
        ended.stdout
    );
}

#[test]
fn our_own_runs_know_what_is_noise() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let measure = |name: &str| {
        let arguments = ["--rate", "200", "--duration", "10s", "--warmup", "0", "--quiet", "-o", &path(name)];
        assert!(run(&[[server.url().as_str()].as_slice(), &arguments].concat()).is_measured());
    };
    std::thread::scope(|scope| {
        scope.spawn(|| measure("a.json"));
        scope.spawn(|| measure("b.json"));
    });
    let ended = run(&["compare", &path("a.json"), &path("b.json"), "--format", "json"]);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["schema"], "rpsbench.compare/1");
    let figures = document["differences"][0]["figures"].as_array().unwrap();
    let p50 = figures.iter().find(|figure| figure["figure"] == "p50_ms").unwrap();
    // What the verdict is depends on the machine; that there are seconds to judge by does not.
    let reason = p50["noise"]["reason"].as_str().unwrap();
    assert!(!reason.contains("no response times"), "{p50}");
    assert_eq!(document["results"][0]["requests"], 2_000);
}

#[test]
fn a_condition_that_holds_exits_with_99_and_says_which() {
    let (first, other) = (fixture("h2load.txt"), fixture("wrk-latency.txt"));
    let fails = run(&["compare", &first, &other, "--fail-if", "mean>+1%", "--fail-if", "rps<-50%"]);
    assert_eq!(fails.code, 99, "{fails:?}");
    assert!(
        fails.stderr.contains("mean>+1% fails for B: mean of B is +2.1 % (+0.210 ms)"),
        "{}",
        fails.stderr
    );
    assert!(fails.stdout.contains("passes rps<-50%"), "{}", fails.stdout);
    assert_eq!(run(&["compare", &first, &other, "--fail-if", "mean>+3%,rps<-50%"]).code, 0);
    let missing = run(&["compare", &first, &other, "--fail-if", "p99>+10%"]);
    assert_eq!(missing.code, 0, "h2load has no p99: {missing:?}");
    assert!(
        missing.stderr.contains("p99>+10% is inconclusive for B: A or B has no p99"),
        "{}",
        missing.stderr
    );
    let strict = run(&["compare", &first, &other, "--fail-if", "p99>+10%", "--fail-inconclusive"]);
    assert_eq!(strict.code, 99, "{strict:?}");
}

#[test]
fn stages_of_one_file_are_results_of_their_own() {
    let ended = run(&["compare", &fixture("study.csv"), "--format", "csv", "--quiet"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 9);
    assert!(ended.stdout.contains("study.csv high-rerun-2"));
    // Its stages differ in their users, which a program's formats say on stderr.
    let loud = run(&["compare", &fixture("study.csv"), "--format", "csv"]);
    assert!(loud.stderr.contains("warning: A had 20 users, B 50: not the same load"), "{}", loud.stderr);
}

#[test]
fn a_comparison_is_saved_and_printed_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let outputs = ["-o", &path("c.json"), "-o", &path("c.csv"), "-o", &path("c.txt")];
    let (first, other) = (fixture("wrk-latency.txt"), fixture("vegeta.json"));
    let arguments = ["compare", &first, &other, "--fail-if", "p99>+10%", "--fail-if", "rps<-5%"];
    let printed = run(&[arguments.as_slice(), &outputs].concat());
    assert_eq!(printed.code, 99, "{printed:?}");
    for (format, name) in [("text", "c.txt"), ("csv", "c.csv"), ("json", "c.json")] {
        let again = run(&["report", &path("c.json"), "--format", format]);
        assert_eq!(again.code, 0, "a report does not judge again: {again:?}");
        assert_eq!(again.stdout, fs::read_to_string(path(name)).unwrap(), "{format}");
    }
    assert_eq!(printed.stdout, fs::read_to_string(path("c.txt")).unwrap());
    let nested = run(&["compare", &path("c.json"), &first]);
    assert!(nested.code == 1 && nested.stderr.contains("comparison already"), "{nested:?}");
}

#[test]
fn a_dash_reads_stdin() {
    let wrk = fs::read(fixture("wrk-latency.txt")).unwrap();
    let first = fixture("oha.json");
    let output = fed(&wrk, &["compare", &first, "-", "--format", "json", "--quiet"]);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        (&document["results"][1]["name"], &document["results"][1]["tool"]),
        (&"stdin".into(), &"wrk".into())
    );
}

#[test]
fn the_environment_gives_flags_too() {
    let (first, other) = (fixture("h2load.txt"), fixture("wrk-latency.txt"));
    let settings = [("RPSBENCH_FAIL_IF", "mean>+1%"), ("RPSBENCH_FORMAT", "json"), ("RPSBENCH_QUIET", "1")];
    let ended = end_of(program().args(["compare", &first, &other]).envs(settings));
    assert_eq!(ended.code, 99);
    assert!(serde_json::from_str::<Value>(&ended.stdout).is_ok());
}

#[test]
fn what_cannot_be_compared_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let good = fixture("wrk-latency.txt");
    let mixed = fs::read_to_string(fixture("study.json")).unwrap().replace("442.46", "0.44246");
    let whole_folder = folder.path().display().to_string();
    for (file, words) in [
        (path("empty.json", b""), ["`empty.json`", "it is empty"]),
        (path("notes.txt", b"nothing of interest"), ["`notes.txt`", "no result that is known"]),
        (path("picture.png", b"\x89PNG\r\n\x1a\n\xff"), ["`picture.png`", "not UTF-8"]),
        (path("cut.json", &fs::read(fixture("oha.json")).unwrap()[..900]), ["`cut.json`", "cut off"]),
        (path("mixed.json", mixed.as_bytes()), ["`mixed.json ramp-2`", "different units were mixed"]),
        (
            path("sweep.json", br#"{"schema":"rpsbench.sweep/1","rungs":[]}"#),
            ["`sweep.json`", "only single runs"],
        ),
        (whole_folder, ["directory", "check the path"]),
        ("/does/not/exist.json".to_owned(), ["/does/not/exist.json", "check the path"]),
    ] {
        let ended = run(&["compare", &good, &file]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{file}: {ended:?}");
        for word in words {
            assert!(ended.stderr.contains(word), "{file} does not say {word:?}: {}", ended.stderr);
        }
    }
}
