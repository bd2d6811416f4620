//! Tokens that a command prints: sent, renewed beside the load, and never shown.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::program::{assert_ledger_adds_up, end_of, file, ledger, program, run, run_json};
use crate::support::servers::{GOOD, Seen, Server, Witness, read_body, read_request};

/// Prints `fresh-token-1`, `fresh-token-2` and so on, one more each time; the count stands in a file.
fn counting(folder: &tempfile::TempDir, then: &str) -> String {
    let count = file(folder, "count", "0");
    format!("n=$(($(cat {count}) + 1)); echo $n > {count}; {then}")
}

fn authorizations(seen: &[Seen]) -> Vec<String> {
    let mut all: Vec<String> = seen.iter().map(|seen| seen.header("authorization").join("|")).collect();
    all.sort();
    all.dedup();
    all
}

/// A run of a second and a half; it must have been on schedule.
fn run_with(url: &str, more: &[&str]) -> (String, Value) {
    let load = [url, "--rate", "200", "--duration", "1500ms", "--warmup", "0", "--baseline", "0"];
    let ended = end_of(program().args([&load[..], more, &["--format", "json"]].concat()));
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    assert_ledger_adds_up(&document);
    assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (300, 300), "{}", document["ledger"]);
    (ended.stderr, document)
}

#[test]
fn tokens_are_sent_as_bearer_unless_they_say_otherwise() {
    let sent = |command: &str, more: &[&str], header: &str| {
        let witness = Witness::start(GOOD);
        let (url, load) = (witness.url(), ["--rate", "500", "-n", "6", "--warmup", "0"]);
        let (_, document) =
            run_json(&[&[url.as_str()][..], &load, &["--token-command", command], more].concat());
        assert_eq!(ledger(&document, "ok"), 6);
        let mut all: Vec<String> = witness.seen().iter().map(|seen| seen.header(header).join("|")).collect();
        all.sort();
        all.dedup();
        (all, document["plan"]["tokens"].as_u64())
    };
    let (one, count) = sent("echo; echo ' tok-1 '", &[], "authorization");
    assert_eq!((one, count), (vec!["Bearer tok-1".to_owned()], Some(1)));
    let (three, count) = sent("printf 'tok-1\\n\\ntok-2\\r\\nDPoP tok-3'", &[], "authorization");
    assert_eq!(three, ["Bearer tok-1", "Bearer tok-2", "DPoP tok-3"]);
    assert_eq!(count, Some(3));
    assert_eq!(sent("echo tok-1", &["--token-header", "X-Key"], "x-key").0, ["tok-1"]);
    assert_eq!(sent("echo tok-1", &["--token-header", "Authorization"], "authorization").0, ["tok-1"]);
    assert_eq!(sent("echo tok-1", &["-H", "Authorization: other"], "authorization").0, ["Bearer tok-1"]);
}

#[test]
fn a_token_is_renewed_in_the_middle_of_a_run_and_no_request_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    for (threads, slowly) in [("1", ""), ("2", "[ $n = 1 ] || sleep 0.3; ")] {
        let witness = Witness::start(GOOD);
        let command = counting(&folder, &format!("{slowly}echo fresh-token-$n"));
        let more = ["--token-command", &command, "--token-every", "500ms", "--threads", threads];
        let (stderr, document) = run_with(&witness.url(), &more);
        let seen = witness.seen();
        let used = authorizations(&seen);
        assert!(used.len() >= 2, "{used:?}");
        assert_eq!(used[..2], ["Bearer fresh-token-1", "Bearer fresh-token-2"]);
        let changes =
            seen.windows(2).filter(|two| two[0].header("authorization") != two[1].header("authorization"));
        assert!(changes.count() >= 1);
        assert!(!stderr.contains("not renewed"), "{stderr}");
        let lag = document["latency"]["send_lag"]["p50_ms"].as_f64().unwrap();
        assert!(lag < 50.0, "a command that takes 300 ms delays nothing: {lag}");
    }
}

#[test]
fn without_a_first_token_there_is_no_run() {
    let witness = Witness::start(GOOD);
    let refused = |command: &str| {
        let ended = run(&[&witness.url(), "--rate", "10", "-n", "2", "--token-command", command]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
        ended.stderr
    };
    let failed = refused("echo hunter2-token; echo nothing >&2; echo 'no hunter2-token for you' >&2; exit 7");
    assert!(failed.contains("--token-command failed (exit status: 7): no *** for you"), "{failed}");
    assert!(refused("exit 3").contains("--token-command failed (exit status: 3)\n"));
    assert!(refused("kill -9 $$").contains("signal: 9"));
    let empty = refused("echo 'hunter2' | grep nothing; echo 'no way to the issuer' >&2");
    assert!(empty.contains("it printed no token; ") && empty.contains(": no way to the issuer\n"), "{empty}");
    assert!(refused("echo null").contains("as jq does"));
    assert!(refused("echo '{\"access_token\": \"hunter2\"}'").contains("jq -r .access_token"));
    assert!(refused("printf 'a\\nhunter2\\001'").contains("line 2 of what it printed"));
    assert!(refused("head -c 9000000 /dev/zero").contains("more than 8 MiB"));
    assert!(witness.seen().is_empty(), "nothing was sent");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process of the test ends on its own time")]
fn a_renewal_that_fails_or_hangs_leaves_the_tokens_of_before_and_says_so_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let slow = file(&folder, "pid", "");
    for (later, why) in [
        (
            "echo hunter2-new; echo 'denied to hunter2-new and fresh-token-1' >&2; exit 5",
            "(exit status: 5): denied to *** and ***",
        ),
        (&*format!("echo $$ > {slow}; sleep 5; echo"), "took longer than 0.4 s and was ended"),
    ] {
        let witness = Witness::start(GOOD);
        let command = counting(&folder, &format!("[ $n = 1 ] && echo fresh-token-1 && exit; {later}"));
        let (stderr, _) = run_with(&witness.url(), &["--token-command", &command, "--token-every", "400ms"]);
        assert_eq!(authorizations(&witness.seen()), ["Bearer fresh-token-1"]);
        let said = stderr.lines().filter(|line| line.contains(why)).count();
        assert!((1..=3).contains(&said), "{stderr}");
        assert!(stderr.contains("warning: the tokens were not renewed, and those of before stay in use"));
        assert!(!stderr.contains("hunter2") && !stderr.contains("fresh-token"), "{stderr}");
    }
    let id = std::fs::read_to_string(&slow).unwrap();
    let asked = Instant::now();
    while runs(id.trim()) {
        assert!(asked.elapsed() < Duration::from_secs(2), "it was ended");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs. One that was ended, and whose parent has ended too, stays listed until somebody asks what
/// became of it, and not every machine has somebody who does.
fn runs(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with(['Z', 'X']))
}

/// Repeats what it was sent, in a header and in the body, whatever it may be.
fn echo() -> Server {
    Server::start(|mut stream: TcpStream| {
        while let Some(head) = read_request(&mut stream) {
            let Some(_) = read_body(&mut stream, &head) else { return };
            let token = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("authorization: bearer ").map(str::to_owned)
            });
            let body = format!("you sent {}", token.unwrap_or_default());
            let answer =
                format!("HTTP/1.1 500 Oh\r\nx-said: {body}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

#[test]
fn no_token_is_in_any_report_whenever_it_was_used() {
    let folder = tempfile::tempdir().unwrap();
    let server = echo();
    let outputs = ["out.json", "out.txt", "out.csv", "out.html"].map(|name| folder.path().join(name));
    let command = counting(&folder, "echo Zq9Wv7Ru5-$n; echo Xk3Jh8Tb2-$n");
    let mut run = program();
    run.args([&server.url(), "--rate", "200", "--duration", "2s", "--warmup", "0", "--samples", "50"]);
    run.args(["--token-command", &command, "--token-every", "200ms", "--no-redact"]);
    for output in &outputs {
        run.arg("-o").arg(output);
    }
    let ended = end_of(&mut run);
    let mut written = vec![ended.stdout.clone(), ended.stderr.clone()];
    written.extend(outputs.iter().map(|output| std::fs::read_to_string(output).unwrap()));
    assert!(written[2].contains("you sent ***"), "samples are there: {}", written[2]);
    let debug = end_of(program().args([&server.url(), "--debug", "--token-command", &command]));
    assert!(debug.stdout.contains("you sent ***"), "{debug:?}");
    written.extend([debug.stdout, debug.stderr]);
    for text in written {
        for secret in ["zq9wv7", "xk3jh8"] {
            assert!(!text.to_lowercase().contains(secret), "{text}");
        }
    }
}

/// As the guide shows it: OAuth's client credentials, by curl and jq.
#[test]
fn client_credentials_come_by_the_same_door() {
    let has = |tool: &str| {
        end_of(std::process::Command::new("sh").args(["-c", &format!("command -v {tool}")])).code == 0
    };
    if !has("curl") || !has("jq") {
        eprintln!("curl or jq is missing: not tested");
        return;
    }
    let tokens = Witness::start(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 76\r\n\r\n{\"access_token\": \"from-the-issuer\", \"token_type\": \"Bearer\", \"expires_in\": 9}",
    );
    let witness = Witness::start(GOOD);
    let command = format!(
        "curl --fail --silent --show-error -u \"$CLIENT_ID:$CLIENT_SECRET\" -d grant_type=client_credentials {} | jq -r .access_token",
        tokens.url()
    );
    let mut run = program();
    run.env("CLIENT_ID", "me").env("CLIENT_SECRET", "hunter2");
    run.args([&witness.url(), "--rate", "100", "-n", "5", "--token-command", &command]);
    let ended = end_of(&mut run);
    assert!([0, 3, 98].contains(&ended.code), "{ended:?}");
    assert_eq!(authorizations(&witness.seen()), ["Bearer from-the-issuer"]);
    assert_eq!(tokens.seen()[0].body, b"grant_type=client_credentials");
    assert!(!ended.stdout.contains("issuer") && !ended.stderr.contains("hunter2"), "{ended:?}");
}
