//! Every result line, provoked by a server that does what it says, with the exit code that CI sees.

#![allow(clippy::disallowed_methods, reason = "a server dies while a run is under way, not before it")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Ended, Running, program, run};
use crate::support::servers::{GOOD, Server, answer_always};

/// The line that matters, and the exit code.
fn result_of(ended: &Ended) -> (String, i32) {
    let line = ended.stdout.lines().find(|line| line.starts_with("RESULT"));
    (line.unwrap_or_else(|| panic!("no result line: {ended:?}")).to_owned(), ended.code)
}

/// Asserts what a run came to, in text and in JSON; returns the evidence.
#[track_caller]
fn assert_comes_to(arguments: &[&str], code: i32, words: &str, conclusion: &str) -> String {
    let ended = run(&[arguments, &["--quiet"]].concat());
    let (line, got) = result_of(&ended);
    assert!(line.contains(words), "{words}: {ended:?}");
    assert_eq!(got, code, "{ended:?}");
    assert!(ended.stdout.lines().count() <= 16, "{}", ended.stdout);
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("result.json").display().to_string();
    let saved = run(&[arguments, &["--quiet", "-o", &file]].concat());
    assert_eq!(saved.code, code, "{saved:?}");
    let text = std::fs::read_to_string(&file).expect("the result was saved");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["verdict"]["result"], conclusion, "{}", document["verdict"]);
    // Printed again it says the same, and its exit code is that of printing.
    let printed = run(&["report", &file]);
    assert_eq!(result_of(&printed).1, 0);
    assert!(result_of(&printed).0.contains(words), "{printed:?}");
    document["verdict"]["evidence"].as_str().expect("evidence").to_owned()
}

const SHORT: [&str; 6] = ["--rate", "100", "--duration", "2s", "--warmup", "0"];

/// Answers every request with this.
fn always(answer: &'static [u8]) -> Server {
    Server::start(move |stream| answer_always(stream, answer))
}

#[test]
fn a_service_that_answers_keeps_up() {
    let server = always(GOOD);
    let url = server.url();
    let evidence = assert_comes_to(&[&[url.as_str()], &SHORT[..]].concat(), 0, "KEEPING UP", "keeping_up");
    assert!(evidence.contains("of 100.0/s answered"), "{evidence}");
}

#[test]
fn a_service_that_only_refuses_was_not_tested() {
    for (answer, status) in [
        (b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n".as_slice(), "401"),
        (b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", "302"),
        (b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "500"),
    ] {
        let server = always(answer);
        let url = server.url();
        let arguments = [&[url.as_str()], &SHORT[..]].concat();
        let evidence = assert_comes_to(&arguments, 98, "NOT TESTED: every answer was", "not_tested");
        assert_eq!(evidence, format!("every answer was {status}"));
    }
}

#[test]
fn a_service_that_gives_bad_answers_now_and_then_fails() {
    // Every fourth connection answers with 503; each request has its own.
    let turn = std::sync::atomic::AtomicU64::new(0);
    let server = Server::start(move |stream| {
        let bad = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 4 == 3;
        answer_always(stream, if bad { b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n" } else { GOOD });
    });
    let url = server.url();
    let arguments = [&[url.as_str(), "--no-keepalive"], &SHORT[..]].concat();
    let evidence = assert_comes_to(&arguments, 0, "FAILING: 25 %", "failing");
    assert!(evidence.contains("x 503"), "{evidence}");
    let strict = run(&[&arguments[..], &["--quiet", "--fail-on", "too_much,failing"]].concat());
    assert_eq!(strict.code, 98, "{strict:?}");
}

#[test]
fn more_than_the_service_can_do_is_too_much() {
    let arguments = ["--rate", "400", "--duration", "8s", "--drain", "1s"];
    let evidence = assert_comes_to(&arguments, 0, "TOO MUCH", "too_much");
    assert!(evidence.contains("falls behind"), "{evidence}");
    let failed = run(&[&arguments[..], &["--quiet", "--slo", "p99<100ms"]].concat());
    assert_eq!(failed.code, 99, "an objective is missed: {failed:?}");
    let strict = run(&[&arguments[..], &["--quiet", "--fail-on", "too_much"]].concat());
    assert_eq!(strict.code, 98, "{strict:?}");
}

/// The built-in service as a process of its own.
fn service(arguments: &[&str]) -> (Child, String) {
    let mut command = program();
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the service starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("it says where it is");
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("a URL");
    (child, url.trim_end_matches([',', ';']).to_owned())
}

#[test]
fn a_service_that_is_killed_died_and_when() {
    let (mut child, url) = service(&["--workers", "100", "--service-time", "1ms", "--sigma", "0"]);
    let mut command = program();
    command.args([&url, "--rate", "100", "--duration", "5s", "--warmup", "0", "--baseline", "0", "--quiet"]);
    let running = Running::start(&mut command);
    sleep(Duration::from_millis(2_500));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let ended = running.end();
    let (line, code) = result_of(&ended);
    assert_eq!(code, 98, "{ended:?}");
    let at_s: f64 = line
        .split("DIED at ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .expect(&line)
        .parse()
        .expect("a time");
    assert!((1.0..4.0).contains(&at_s), "{line}");
    assert!(line.contains("refused") || line.contains("reset") || line.contains("closed"), "{line}");
}

#[test]
fn a_client_without_descriptors_was_the_limit() {
    let line = "ulimit -n 96; rpsbench --workers 100000 --service-time 100ms --sigma 0 --rate 2000 --duration 2s --warmup 0 \
         --baseline 0 --quiet";
    let ended = crate::support::program::end_of(&mut crate::support::program::shell(line));
    let (line, code) = result_of(&ended);
    assert!(line.contains("THE CLIENT WAS THE LIMIT") && code == 3, "{ended:?}");
}

#[test]
fn details_hold_the_brief_and_end_with_the_result() {
    let server = always(GOOD);
    let url = server.url();
    let brief = run(&[&[url.as_str()], &SHORT[..], &["--quiet"]].concat());
    let whole = run(&[&[url.as_str()], &SHORT[..], &["--quiet", "--details"]].concat());
    assert!(brief.stdout.contains("--details") && !brief.stdout.contains("Percentiles"), "{}", brief.stdout);
    assert!(whole.stdout.lines().last().is_some_and(|line| line.starts_with("RESULT")), "{}", whole.stdout);
    assert!(whole.stdout.contains("Latency in ms"), "{}", whole.stdout);
    // Neither is a terminal: the host stays hidden.
    assert!(!brief.stdout.contains("127.0.0.1") && !whole.stdout.contains("127.0.0.1"));
}

#[test]
fn a_number_of_requests_is_what_the_server_receives() {
    let witness = crate::support::servers::Witness::start(GOOD);
    for command in [&["--rate", "200"][..], &["closed", "-c", "3"]] {
        let before = witness.seen().len();
        let mut arguments = command.to_vec();
        let url = witness.url();
        arguments.insert(usize::from(command[0] == "closed"), &url);
        let ended = run(&[&arguments[..], &["-n", "30", "--quiet"]].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(witness.seen().len() - before, 30, "{command:?}");
    }
}
