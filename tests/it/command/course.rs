//! The course of a run: a line each second, runs that are hopeless, and the one request of `--debug`.

use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Running, assert_ledger_adds_up, ledger, program, run};
use crate::support::servers::{GOOD, Server, Witness, answer_always};

const LOAD: [&str; 8] = ["--rate", "50", "--duration", "60s", "--warmup", "0", "--baseline", "0"];
const ERROR: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops";

#[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
fn wait(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

#[test]
fn a_service_that_has_gone_ends_the_run_after_five_seconds_of_refusals() {
    for (more, is_ended) in
        [(&["--duration", "60s"][..], true), (&["--duration", "8s", "--no-abort"][..], false)]
    {
        let server = Server::start(|stream| answer_always(stream, GOOD));
        let load =
            ["--rate", "50", "--warmup", "0", "--baseline", "0", "--no-keepalive", "--format", "json", "-q"];
        let running = Running::start(program().arg(server.url()).args(load).args(more));
        wait(1_500);
        drop(server);
        let ended = running.end();
        let document: Value = serde_json::from_str(&ended.stdout).expect("a whole report");
        assert_ledger_adds_up(&document);
        assert_eq!(document["verdict"]["result"], "died", "{ended:?}");
        if is_ended {
            assert!(
                ended.code == 1 && ended.stderr.contains("every connection was refused for 5 s"),
                "{ended:?}"
            );
            let (planned, cancelled) = (ledger(&document, "planned"), ledger(&document, "cancelled"));
            assert!(planned == 3_000 && (2_000..=2_700).contains(&cancelled), "{}", document["ledger"]);
            assert!(document["aborted"].as_str().is_some_and(|why| why.contains("--no-abort")), "{document}");
        } else {
            assert_eq!(
                (ended.code, ledger(&document, "cancelled"), &document["aborted"]),
                (98, 0, &Value::Null)
            );
        }
    }
}

#[test]
fn a_condition_that_holds_ends_the_run_and_the_report_says_why() {
    let server = Server::start(|stream| answer_always(stream, ERROR));
    let rule = ["--abort-on", "error_rate>50% for 2s"];
    let ended = run(&[&[server.url().as_str()], &LOAD[..], &rule].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stdout.contains("aborted after") && ended.stdout.contains("error_rate>50% for 2s"),
        "{}",
        ended.stdout
    );
    let ended = run(&["closed", &server.url(), "-c", "1", "--duration", "2s", "--abort-on", "rps>5 for 2s"]);
    assert!(ended.code == 2 && ended.stderr.contains("are watched"), "{ended:?}");
}

#[test]
fn debug_sends_one_request_and_shows_it_and_its_answer_without_credentials() {
    let answer = b"HTTP/1.1 201 Created\r\nset-cookie: sid=hunter3\r\nx-from: shop\r\ncontent-length: 11\r\n\r\n{\"id\": \"7\"}";
    let witness = Witness::start(answer);
    let target = format!("{}orders?limit=5", witness.url());
    let ended = run(&[
        &target,
        "--rate",
        "50",
        "--debug",
        "-H",
        "Authorization: Bearer hunter2",
        "-H",
        "X-Shop: north",
        "-d",
        "{\"n\": 1}",
    ]);
    assert_eq!(ended.code, 0, "{ended:?}");
    for line in [
        "> POST /orders?limit=*** ",
        "> x-shop: north",
        "> authorization: ***",
        "> {\"n\": 1}",
        "< 201 in ",
        "< x-from: shop",
        "< {\"id\": \"7\"}",
    ] {
        assert!(ended.stdout.contains(line.trim_end()), "{line}: {}", ended.stdout);
    }
    assert!(!ended.stdout.contains("hunter"), "{}", ended.stdout);
    assert_eq!(witness.seen().len(), 1);
    let server = Server::start(|stream| answer_always(stream, ERROR));
    let ended = run(&[&server.url(), "--rate", "50", "--debug"]);
    assert!(
        ended.code == 1 && ended.stdout.contains("< 500 in") && ended.stderr.contains("no good answer: 500"),
        "{ended:?}"
    );
}

#[test]
fn a_stream_has_a_line_for_each_second_and_they_add_up_to_the_ledger() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().expect("a folder");
    let (saved, stream) = (folder.path().join("r.json"), folder.path().join("s.ndjson"));
    let load = ["--rate", "100", "--duration", "3s", "--warmup", "0", "--baseline", "0", "-q"];
    for to in [stream.to_str().unwrap(), "-"] {
        let own = [
            server.url(),
            "--stream".to_owned(),
            to.to_owned(),
            "-o".to_owned(),
            saved.display().to_string(),
        ];
        let ended = run(&[&own.each_ref().map(String::as_str)[..], &load[..]].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        let text =
            if to == "-" { ended.stdout } else { std::fs::read_to_string(&stream).expect("the stream") };
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect();
        let sum = |column: &str| lines.iter().map(|line| line[column].as_u64().unwrap()).sum::<u64>();
        let document = serde_json::from_slice(&std::fs::read(&saved).unwrap()).unwrap();
        assert_eq!(
            (sum("offered"), sum("completed")),
            (ledger(&document, "planned"), ledger(&document, "ok")),
            "{text}"
        );
        assert!(lines.len() >= 3, "{text}");
    }
    // What is lost is said, quiet or not.
    let url = server.url();
    let ended = run(&[&[url.as_str(), "--stream", "/dev/full"], &load[..]].concat());
    assert!(ended.code == 0 && ended.stderr.contains("lines were lost"), "{ended:?}");
    let ended = run(&[&server.url(), "--rate", "50", "--stream", "/no/such/folder/s.ndjson"]);
    assert!(ended.code == 1 && ended.stderr.contains("/no/such/folder"), "{ended:?}");
}
