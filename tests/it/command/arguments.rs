//! The command line as a user meets it: each mistake is named with its remedy, exits with its code, and nothing is sent
//! or half written.

use std::fs;

use serde_json::Value;

use crate::support::program::{Ended, Running, end_of, program, run};
use crate::support::servers::{GOOD, Server, answer_always};

/// Asserts that the arguments are refused with this exit code and these words, before anything is sent.
#[track_caller]
fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let url = server.url();
    let arguments: Vec<&str> = arguments.iter().map(|a| if *a == "URL" { url.as_str() } else { a }).collect();
    let ended = run(&arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{arguments:?} does not say {word:?}: {}", ended.stderr);
    }
    assert!(ended.stdout.is_empty(), "{ended:?}");
    assert_eq!(
        server.connections.load(std::sync::atomic::Ordering::SeqCst),
        0,
        "{arguments:?} sent something"
    );
}

#[test]
fn a_password_or_token_is_never_repeated() {
    for arguments in [
        ["http://user:hunter2@127.0.0.1/", "--rate", "10", "--quiet", "--quiet"].as_slice(),
        &["URL", "--rate", "10", "-H", "Authorization hunter2"],
        &["URL", "--rate", "10", "-H", "Auth orization: hunter2"],
        &["URL", "--rate", "10", "-H", "Authorization: hunter2\u{1}"],
    ] {
        let ended = run(&arguments
            .iter()
            .map(|a| if *a == "URL" { "http://127.0.0.1:1/" } else { a })
            .collect::<Vec<_>>());
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/result.json").display().to_string();
    refused(&["URL", "--rate", "10", "-o", &path], 2, &["missing/result.json", "there is no folder"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_result_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let whole =
        run(&[&server.url(), "--rate", "200", "-n", "100", "--warmup", "0", "--format", "json", "--quiet"])
            .stdout;
    let newer = whole.replace("rpsbench.result/1", "rpsbench.result/2");
    refused(&["report", &path("truncated.json", &whole[..whole.len() / 2])], 1, &["truncated.json"]);
    refused(&["report", &path("newer.json", &newer)], 1, &["newer"]);
    refused(&["report", &path("empty.json", "")], 1, &["empty"]);
    refused(&["report", &path("text.json", "hello")], 1, &["JSON"]);
    refused(&["report", &path("other.json", "{\"a\": 1}")], 1, &["schema"]);
    refused(&["report", "/does/not/exist.json"], 1, &["/does/not/exist.json", "check the path"]);
    refused(&["report", &folder.path().display().to_string()], 1, &["directory"]);
    assert_eq!(run(&["report", &path("whole.json", &whole), "--format", "json"]).stdout, whole);
}

#[test]
fn the_environment_gives_what_the_command_line_does_not() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = program();
        command.env("RPSBENCH_URL", server.url()).env("RPSBENCH_WARMUP", "0").env("RPSBENCH_QUIET", "yes");
        command.env("RPSBENCH_FORMAT", "json").envs(variables.iter().copied()).args(arguments);
        let ended = end_of(&mut command);
        let document: Value =
            serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
        assert!(ended.stderr.is_empty(), "RPSBENCH_QUIET: {}", ended.stderr);
        document
    };
    let document =
        with(&[("RPSBENCH_RATE", "100"), ("RPSBENCH_REQUESTS", "20"), ("RPSBENCH_NO_KEEPALIVE", "1")], &[]);
    assert_eq!((&document["ledger"]["ok"], &document["connections"]["opened"]), (&20.into(), &20.into()));
    // A flag beats the environment, also a different flag for the same thing.
    let document =
        with(&[("RPSBENCH_RATE", "100"), ("RPSBENCH_REQUESTS", "20")], &["--rate", "50", "--duration", "1s"]);
    assert_eq!((&document["ledger"]["planned"], &document["plan"]["rate_per_s"]), (&50.into(), &50.0.into()));
}

#[test]
fn a_switch_in_the_environment_reads_1_true_and_yes() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let connections = |value: &str| {
        let arguments =
            [&server.url(), "--rate", "100", "-n", "5", "--warmup", "0", "--format", "json", "--quiet"];
        let ended = end_of(program().env("RPSBENCH_NO_KEEPALIVE", value).args(arguments));
        let document: Option<Value> = serde_json::from_str(&ended.stdout).ok();
        (ended.code, document.and_then(|document| document["connections"]["opened"].as_u64()))
    };
    // On a busy machine five requests may leave late, and a run says so with 3; that is not what is asked here.
    let was_carried_out = |code: i32| [0, 3].contains(&code);
    for value in ["1", "true", "yes"] {
        let (code, opened) = connections(value);
        assert!(was_carried_out(code) && opened == Some(5), "{value}: {code} {opened:?}");
    }
    for value in ["0", "false", "no"] {
        let (code, opened) = connections(value);
        assert!(
            was_carried_out(code) && opened.is_some_and(|opened| opened < 5),
            "{value}: {code} {opened:?}"
        );
    }
    assert_eq!(connections("perhaps"), (2, None));
}

#[test]
fn help_and_version_go_to_stdout() {
    for (arguments, word) in
        [(["--help"].as_slice(), "--rate"), (&["run", "--help"], "--slo"), (&["--version"], "rpsbench ")]
    {
        let ended = run(arguments);
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains(word), "{ended:?}");
    }
    assert_eq!(run(&[]).code, 2, "without arguments the help is an answer to a mistake");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let arguments = [&server.url(), "--rate", "100", "-n", "10", "--warmup", "0", "--quiet"];
    let mut running = Running::start(program().args(arguments));
    drop(running.child().stdout.take());
    let ended = running.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_that_says_so() {
    use std::fs::File;
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let full = File::create("/dev/full").unwrap();
    let arguments = [&server.url(), "--rate", "100", "-n", "10", "--warmup", "0", "--quiet"];
    let Ended { code, stderr, .. } = end_of(program().args(arguments).stdout(full));
    assert_eq!(code, 1);
    assert!(
        stderr.contains("could not write the result to stdout") && stderr.contains("No space left"),
        "{stderr}"
    );
}

#[test]
fn a_saved_result_is_printed_again_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let run_arguments =
        [&server.url(), "--rate", "200", "-n", "100", "--warmup", "0", "--quiet", "--details"];
    let outputs = ["-o", &path("a.json"), "-o", &path("a.csv"), "-o", &path("a.hgrm"), "-o", &path("a.txt")];
    let printed = run(&[run_arguments.as_slice(), &outputs].concat());
    assert_eq!(printed.code, 0, "{printed:?}");
    for (format, name) in [("text", "a.txt"), ("csv", "a.csv"), ("hgrm", "a.hgrm"), ("json", "a.json")] {
        let again = run(&["report", &path("a.json"), "--format", format, "--details"]);
        assert_eq!(again.stdout, fs::read_to_string(path(name)).unwrap(), "{format}");
    }
    assert_eq!(printed.stdout, fs::read_to_string(path("a.txt")).unwrap());
    assert_eq!(run(&["report", &path("a.json"), "-o", &path("b.csv"), "--details"]).stdout, printed.stdout);
    assert_eq!(fs::read_to_string(path("b.csv")).unwrap(), fs::read_to_string(path("a.csv")).unwrap());
}
