//! What real servers send, from bug reports of many clients: each is answered as RFC 9110 and 9112 want it, or told by name.

use std::io::Write;
use std::time::Duration;

use crate::support::program::{assert_ledger_adds_up, ledger, run_json};
use crate::support::servers::{Server, read_request};

/// What a server does after its bytes.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Keep,
    Close,
    /// Nothing more comes, and the connection stays open.
    Stall,
}
use Then::{Close, Keep, Stall};

fn head(fields: &[&str], body: &str) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{fields}\r\n{body}").into_bytes()
}

fn numbered(fields: usize) -> Vec<u8> {
    let many: Vec<String> = (0..fields).map(|i| format!("X-{i}: v")).collect();
    let mut all: Vec<&str> = many.iter().map(String::as_str).collect();
    all.push("Content-Length: 2");
    head(&all, "ok")
}

fn server(answer: Vec<u8>, then: Then) -> Server {
    Server::start(move |mut stream| {
        while read_request(&mut stream).is_some() {
            if stream.write_all(&answer).is_err() || then == Close {
                return;
            }
            if then == Stall {
                std::thread::park_timeout(Duration::from_secs(20));
                return;
            }
        }
    })
}

/// Ten requests; how many were good.
#[track_caller]
fn good(name: &str, answer: Vec<u8>, then: Then, more: &[&str]) -> u64 {
    let server = server(answer, then);
    let url = server.url();
    let arguments = [url.as_str(), "--rate", "50", "-n", "10", "--timeout", "500ms", "--drain", "2s"];
    let (ended, document) = run_json(&[&arguments[..], more].concat());
    assert!([0, 3, 98].contains(&ended.code), "{name}: {ended:?}");
    assert_ledger_adds_up(&document);
    assert_eq!(ledger(&document, "planned"), 10, "{name}");
    ledger(&document, "ok")
}

#[test]
fn answers_that_are_odd_and_right_are_good() {
    let interim = |times: usize| {
        let mut bytes = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(times);
        bytes.extend(head(&["Content-Length: 2"], "ok"));
        bytes
    };
    let chunked = |body: &str| head(&["Transfer-Encoding: chunked"], body);
    let plain = |line: &str| format!("{line}\r\nContent-Length: 2\r\n\r\nok").into_bytes();
    let cases = [
        ("no reason phrase", plain("HTTP/1.1 200"), Keep),
        (
            "a reason in Latin-1",
            [b"HTTP/1.1 200 \xe9t\xe9\r\n".to_vec(), b"Content-Length: 2\r\n\r\nok".to_vec()].concat(),
            Keep,
        ),
        ("an empty value", head(&["Server:", "Content-Length: 2"], "ok"), Keep),
        ("folded lines", head(&["X-Long: a\r\n b\r\n\tc", "Content-Length: 2"], "ok"), Keep),
        ("bare line feeds", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok".to_vec(), Keep),
        (
            "an early hint",
            [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec(), plain("HTTP/1.1 200 OK")].concat(),
            Keep,
        ),
        ("two hundred interim answers", interim(200), Keep),
        ("trailers", chunked("2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"), Keep),
        ("chunk extensions", chunked("2;a=b;c=\"d e\"\r\nok\r\n0;z\r\n\r\n"), Keep),
        ("a hundred fields", numbered(99), Keep),
        ("the same length twice", head(&["Content-Length: 2", "Content-Length: 2"], "ok"), Keep),
        ("more than was announced", head(&["Content-Length: 2"], "ok and more"), Keep),
        (
            "HTTP/1.0 that keeps alive",
            [
                b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n".to_vec(),
                b"Content-Length: 2\r\n\r\nok".to_vec(),
            ]
            .concat(),
            Keep,
        ),
        ("HTTP/1.0 that closes", b"HTTP/1.0 200 OK\r\n\r\nall of it".to_vec(), Close),
        ("no length", head(&[], "all of it"), Close),
        ("closes and says so", head(&["Connection: close", "Content-Length: 2"], "ok"), Close),
    ];
    for (name, answer, then) in cases {
        assert_eq!(good(name, answer, then, &[]), 10, "{name}");
    }
    let none = b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n".to_vec();
    assert_eq!(good("a 204 that announces a body", none, Keep, &[]), 10);
    let of_head = head(&["Content-Length: 1234"], "");
    assert_eq!(good("an answer to HEAD", of_head, Keep, &["-m", "HEAD"]), 10);
}

#[test]
fn answers_that_are_wrong_are_not_good_and_not_waited_for_beyond_the_timeout() {
    let chunked = |body: &str| head(&["Transfer-Encoding: chunked"], body);
    let cases = [
        ("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), Close),
        ("two lengths", head(&["Content-Length: 2", "Content-Length: 5"], "okokk"), Keep),
        ("a length with a sign", head(&["Content-Length: +2"], "ok"), Keep),
        ("a length beyond all", head(&["Content-Length: 99999999999999999999999"], "ok"), Close),
        ("a chunk size with a sign", chunked("+2\r\nok\r\n0\r\n\r\n"), Keep),
        ("a chunk size with 0x", chunked("0x2\r\nok\r\n0\r\n\r\n"), Keep),
        ("a chunk size beyond all", chunked("FFFFFFFFFFFFFFFFF\r\nok\r\n"), Stall),
        ("an answer within a chunk", chunked("2\r\nok\r\nHTTP/1.1 502 Bad\r\n\r\n"), Keep),
        ("interim answers only", b"HTTP/1.1 102 Processing\r\n\r\n".to_vec(), Stall),
        ("no end", head(&[], "never ends"), Stall),
        ("cut short", head(&["Content-Length: 100"], "ten bytes."), Close),
        ("nothing", Vec::new(), Close),
    ];
    for (name, answer, then) in cases {
        assert_eq!(good(name, answer, then, &[]), 0, "{name}");
    }
}

/// hyper takes 100 fields unasked; more are taken from the connection on that follows the first such answer.
#[test]
fn heads_with_hundreds_of_fields_are_taken_once_one_was_seen() {
    assert_eq!(good("300 fields", numbered(300), Keep, &["--check"]), 10);
    assert!(good("300 fields, nobody asked before", numbered(300), Keep, &[]) >= 8);
    assert_eq!(good("more than anybody sends", numbered(3_000), Keep, &[]), 0);
}

/// A compressed body is searched as it was before, after the answer has ended.
#[test]
fn an_expected_text_is_found_in_a_compressed_body() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(b"the needle is in here").expect("in memory");
    let body = gzip.finish().expect("in memory");
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len())
            .into_bytes();
    answer.extend(body);
    assert_eq!(good("gzip, and in it", answer.clone(), Keep, &["--expect-body", "needle"]), 10);
    assert_eq!(good("gzip, and not in it", answer, Keep, &["--expect-body", "hay"]), 0);
}
