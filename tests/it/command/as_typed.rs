//! What was typed is what is sent: what would be misread, or not be true on the wire, is refused or said.

use crate::support::program::{end_of, file, program, run};
use crate::support::servers::{GOOD, Witness};

/// An empty variable is how scripts leave one out; a switch that was typed beats one in the environment; two variables that
/// exclude each other are named.
#[test]
fn the_environment_gives_way_to_what_was_typed() {
    let witness = Witness::start(GOOD);
    let url = witness.url();
    let with = |variables: &[(&str, &str)], more: &[&str]| {
        let mut command = program();
        command.args([url.as_str(), "--rate", "50", "-n", "2"]).args(more).envs(variables.iter().copied());
        end_of(&mut command)
    };
    let ended = with(&[("RPSBENCH_HTTP2", "yes")], &["--http1"]);
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    let ended = with(&[("RPSBENCH_HTTP2", ""), ("RPSBENCH_WARMUP", ""), ("RPSBENCH_BODY", "")], &[]);
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    let ended = with(&[("RPSBENCH_HTTP2", "1"), ("RPSBENCH_HTTP1", "1")], &[]);
    assert!(ended.code == 2 && ended.stderr.contains("RPSBENCH_HTTP1 and RPSBENCH_HTTP2"), "{ended:?}");
    let ended = with(&[("RPSBENCH_BODY", "a"), ("RPSBENCH_BODY_FILE", "b")], &[]);
    assert!(ended.code == 2 && ended.stderr.contains("RPSBENCH_BODY and RPSBENCH_BODY_FILE"), "{ended:?}");
    assert!(witness.seen().iter().all(|seen| seen.line().starts_with("GET")));
}

/// What would not be true on the wire, or not be sent at all, is refused before the first request.
#[test]
fn headers_and_urls_that_would_be_misread_are_refused() {
    let witness = Witness::start(GOOD);
    let url = witness.url();
    let folder = tempfile::tempdir().expect("a folder");
    let targets = folder.path().join("targets").display().to_string();
    std::fs::write(&targets, "GET http://127.0.0.2:1/\n").expect("written");
    for (more, words) in [
        (&["-H", "Content-Length: 99", "-d", "abc"][..], "not the length of the body (3 bytes)"),
        (&["-H", "Transfer-Encoding: chunked", "-d", "abc"], "bodies are sent whole"),
        (&["-H", "Expect: 100-continue", "-d", "abc"], "bodies are sent whole"),
        (&["-H", "Host: a", "-H", "Host: b"], "given twice"),
        (&["-H", "X: a\r\nX-Admin: 1"], "a line break"),
        (&["--header=X: a\nX-Admin: 1"], "a line break"),
        (&["--targets", &targets], "a URL of its own"),
    ] {
        let ended = run(&[&[url.as_str(), "--rate", "50", "-n", "2"], more].concat());
        assert!(ended.code == 2 && ended.stderr.contains(words), "{more:?}: {ended:?}");
    }
    assert!(witness.seen().is_empty(), "nothing was sent");
    let ended = run(&[url.as_str(), "--rate", "50", "-n", "2", "-H", "Content-Length: 3", "-d", "abc"]);
    assert!([0, 3].contains(&ended.code), "the true length does no harm: {ended:?}");
    assert!(witness.seen().iter().all(|seen| seen.header("content-length") == ["3"]));
}

#[test]
fn a_post_without_a_body_says_so_and_a_get_does_not() {
    let witness = Witness::start(GOOD);
    let url = witness.url();
    for (method, lengths) in
        [("POST", &["0"][..]), ("PUT", &["0"]), ("PATCH", &["0"]), ("GET", &[]), ("DELETE", &[])]
    {
        run(&[url.as_str(), "--rate", "50", "-n", "1", "-m", method]);
        let seen = witness.seen();
        assert_eq!(seen.last().expect("it was sent").header("content-length"), lengths, "{method}");
    }
}

#[test]
fn a_url_is_sent_as_a_browser_would() {
    let witness = Witness::start(GOOD);
    let address = witness.server.address;
    run(&[&format!("{address}/ü/a|b?q=\"x y\"#part"), "--rate", "50", "-n", "1"]);
    assert_eq!(witness.seen()[0].line(), "GET /%C3%BC/a%7Cb?q=%22x%20y%22 HTTP/1.1");
}

/// A missed objective of repeats is named, with the run.
#[test]
fn a_missed_objective_of_repeats_is_named() {
    let witness = Witness::start(GOOD);
    let url = witness.url();
    let ended = run(&[url.as_str(), "--rate", "50", "-n", "5", "--repeat", "2", "--slo", "p50<0.001ms"]);
    assert_eq!(ended.code, 99, "{ended:?}");
    assert!(
        ended.stdout.contains("SLO FAILED p50<0.001ms: measured") && ended.stdout.contains("#2"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_command_of_curl_is_sent_as_curl_would_send_it() {
    let witness = Witness::start(GOOD);
    let command = format!(
        "curl '{}orders?limit={{5}}' -X PUT -H 'x-shop: north' -u user:pass -b 'a=1' --compressed -sL --data-raw $'{{\"who\":\"it\\'s\"}}'",
        witness.url()
    );
    let ended = run(&["--rate", "50", "-n", "1", "--curl", &command]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let seen = witness.seen();
    let [request] = seen.as_slice() else { panic!("one request: {seen:?}") };
    assert!(
        request.line().starts_with("PUT /orders?limit=") && request.line().contains("5"),
        "{}",
        request.line()
    );
    assert_eq!(request.header("x-shop"), ["north"]);
    assert_eq!(request.header("authorization"), ["Basic dXNlcjpwYXNz"]);
    assert_eq!(request.header("cookie"), ["a=1"]);
    assert_eq!(request.header("content-type"), ["application/x-www-form-urlencoded"]);
    assert_eq!(request.body, b"{\"who\":\"it's\"}");
    assert!(ended.stderr.contains("left out: --silent"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("pass"), "{}", ended.stderr);
    // From a file, and what cannot be meant.
    let folder = tempfile::tempdir().expect("a folder");
    let saved = file(&folder, "request.sh", format!("curl {} \\\n  -H 'x-shop: south'\n", witness.url()));
    assert!(run(&["--rate", "50", "-n", "1", "-q", "--curl", &saved]).is_measured());
    assert_eq!(witness.seen()[1].header("x-shop"), ["south"]);
    let ended = run(&["--rate", "50", "--curl", "curl http://127.0.0.1:9/ -T a"]);
    assert!(ended.code == 2 && ended.stderr.contains("--upload-file cannot be sent"), "{ended:?}");
}
