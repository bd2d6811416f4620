//! curl's words on our own command line, and bodies byte for byte.

use crate::support::program::{file, run};
use crate::support::servers::{GOOD, Seen, Witness};

/// The one request that the flags describe, as it was received.
fn sent(flags: &[&str]) -> Seen {
    let witness = Witness::start(GOOD);
    let ended = run(&[&[witness.url().as_str(), "--rate", "9", "-n", "1", "-q"], flags].concat());
    assert!(ended.is_measured(), "{flags:?}: {ended:?}");
    let mut seen = witness.seen();
    assert_eq!(seen.len(), 1, "{flags:?}");
    seen.remove(0)
}

#[test]
fn words_of_curl_say_what_they_say_there() {
    let seen = sent(&[
        "-u",
        "user:pass",
        "-b",
        "a=1",
        "-A",
        "me",
        "-e",
        "http://from/",
        "--compressed",
        "-X",
        "put",
    ]);
    assert!(seen.line().starts_with("PUT "), "{}", seen.line());
    for (name, value) in [
        ("authorization", "Basic dXNlcjpwYXNz"),
        ("cookie", "a=1"),
        ("user-agent", "me"),
        ("referer", "http://from/"),
        ("accept-encoding", "gzip, deflate, br"),
    ] {
        assert_eq!(seen.header(name), [value], "{name}");
    }
    let seen = sent(&["--json", "{\"a\":{1}}"]);
    assert_eq!((seen.line(), &seen.body[..]), ("POST / HTTP/1.1", &b"{\"a\":{1}}"[..]));
    assert_eq!(
        (seen.header("content-type"), seen.header("accept")),
        (vec!["application/json"], vec!["application/json"])
    );
    let seen = sent(&["--data-raw", "@a=1", "--data-urlencode", "b=x y&z"]);
    assert_eq!(&seen.body[..], b"@a=1&b=x%20y%26z");
    assert_eq!(seen.header("content-type"), ["application/x-www-form-urlencoded"]);
    let typed = sent(&["--json", "{}", "-H", "Content-Type: application/x-mine"]);
    assert_eq!(typed.header("content-type"), ["application/x-mine"], "what was typed is meant");
}

#[test]
fn a_form_with_a_file_arrives_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "cat.png", b"\x89PNG\r\n\x00\xff");
    let part = format!("picture=@{path}");
    for flags in [vec!["-F", "name=Ann", "-F", &part], vec!["--form-string", "name=Ann", "--form", &part]] {
        let seen = sent(&flags);
        let content_type = seen.header("content-type")[0].to_owned();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a form");
        let text = String::from_utf8_lossy(&seen.body).into_owned();
        assert_eq!(text.matches(boundary).count(), 3, "{text}");
        assert!(
            text.contains("name=\"picture\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n\r\n"),
            "{text}"
        );
        assert!(seen.body.windows(8).any(|bytes| bytes == b"\x89PNG\r\n\x00\xff"), "byte for byte");
        assert_eq!(seen.header("content-length"), [seen.body.len().to_string()]);
    }
    let line = format!("curl -F name=Ann -F '{part}' URL");
    let witness = Witness::start(GOOD);
    let ended = run(&["--curl", &line.replace("URL", &witness.url()), "--rate", "9", "-n", "1", "-q"]);
    assert!(
        ended.is_measured() && witness.seen()[0].header("content-type")[0].starts_with("multipart/"),
        "{ended:?}"
    );
}

#[test]
fn a_form_has_its_boundary_whatever_was_typed_and_what_was_typed_beats_a_file() {
    let seen = sent(&["-F", "a=b", "-H", "Content-Type: multipart/form-data"]);
    assert!(seen.header("content-type")[0].contains("boundary="), "{:?}", seen.header("content-type"));
    let folder = tempfile::tempdir().unwrap();
    let config = file(&folder, "bench.toml", "user = 'a:b'\nbody = 'x'\n");
    let seen = sent(&["--config", &config, "--oauth2-bearer", "tok", "--json", "{}"]);
    assert_eq!((seen.header("authorization"), &seen.body[..]), (vec!["Bearer tok"], &b"{}"[..]));
    let url = Witness::start(GOOD).url();
    let ended = run(&[&url, "--rate", "5", "-u", "a:b", "--oauth2-bearer", "c"]);
    assert!(ended.code == 2 && ended.stderr.contains("--user and --oauth2-bearer"), "{ended:?}");
}

#[test]
fn a_body_is_sent_byte_for_byte_unless_it_is_a_template() {
    let seen = sent(&["-d", "{{\"n\": {index}, \"x\": {none}}}"]);
    assert_eq!(String::from_utf8_lossy(&seen.body), "{{\"n\": {index}, \"x\": {none}}}");
    let seen = sent(&["-d", "{\"n\": {index}}", "--template"]);
    assert_eq!(String::from_utf8_lossy(&seen.body), "{\"n\": 0}");
    let folder = tempfile::tempdir().unwrap();
    let rows = file(&folder, "rows.csv", "id\n7\n");
    let seen = sent(&["-d", "{\"n\": {id}}", "--data", &rows]);
    assert_eq!(String::from_utf8_lossy(&seen.body), "{\"n\": 7}");
}

#[test]
fn what_comes_from_other_tools_is_told_how_it_is_said_here() {
    let url = Witness::start(GOOD).url();
    for (flags, part) in [
        (
            &["--rate", "5", "-d", "30s"][..],
            "for a run of 30s write --duration 30s; to send the text `30s` write --data-raw",
        ),
        (&["--vus", "5"], "rpsbench closed -c N"),
        (&["-z", "5s", "--rate", "5"], "--duration 30s"),
        (&["--rate", "5", "-d", "a", "--json", "{}"], "--body and --json"),
        (&["--rate", "5", "-F", "a"], "NAME=VALUE"),
        (&["--rate", "5", "-b", "jar.txt"], "file of cookies"),
    ] {
        let ended = run(&[&[url.as_str()], flags].concat());
        assert!(ended.code == 2 && ended.stderr.contains(part), "{flags:?}: {ended:?}");
    }
    let ended = run(&["swep", "--rates", "5"]);
    assert!(ended.code == 2 && ended.stderr.contains("did you mean `sweep`"), "{ended:?}");
}
