//! Servers that misbehave: each is classified, counted and survived, and the schedule goes on.

use std::io::{Read, Write};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::program::{assert_ledger_adds_up, end_of, ledger, run, run_json};
use crate::support::servers::{GOOD, Server, answer_always, read_request};

/// 100 requests in half a second, with a short timeout.
fn against(server: &Server) -> Value {
    let url = server.url();
    // A client that is late sends its last request when the schedule has ended: the drain must leave it its timeout.
    let arguments =
        [&url, "--rate", "200", "-n", "100", "--warmup", "0", "--timeout", "300ms", "--drain", "5s"];
    let (ended, document) = run_json(&arguments);
    assert!([0, 3, 98].contains(&ended.code), "{ended:?}");
    assert_ledger_adds_up(&document);
    assert_eq!(ledger(&document, "planned"), 100);
    assert_eq!(ledger(&document, "overflow") + ledger(&document, "missed"), 0, "{}", document["ledger"]);
    document
}

fn kinds(document: &Value) -> Vec<(String, u64)> {
    let errors = document["errors"].as_array().expect("errors is a list");
    let kind = |error: &'_ Value| error["kind"].as_str().expect("a kind").to_owned();
    errors.iter().map(|error| (kind(error), error["count"].as_u64().expect("a count"))).collect()
}

#[test]
fn a_server_that_answers_is_the_control() {
    let document = against(&Server::start(|stream| answer_always(stream, GOOD)));
    assert_eq!(ledger(&document, "ok"), 100);
    assert!(kinds(&document).is_empty());
    assert_eq!(document["body_bytes"], 200);
}

#[test]
fn a_server_that_closes_in_the_middle_of_the_body() {
    let document = against(&Server::start(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it");
    }));
    assert_eq!(kinds(&document), [("closed".to_owned(), 100)]);
    assert_eq!(ledger(&document, "connection_error"), 100);
}

#[test]
fn a_server_that_closes_without_an_answer() {
    let document = against(&Server::start(|mut stream| {
        read_request(&mut stream);
    }));
    assert_eq!(kinds(&document), [("closed".to_owned(), 100)]);
    assert_eq!(document["connections"]["retries"], 0, "a fresh connection is no dead idle one");
}

#[test]
fn a_server_that_closes_after_every_answer_without_saying_so() {
    let document = against(&Server::start(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(GOOD);
    }));
    assert_eq!(ledger(&document, "ok"), 100, "{:?}", kinds(&document));
}

#[test]
fn a_server_that_dies_at_work_on_a_used_connection_is_not_covered_up_by_a_retry() {
    let document = against(&Server::start(|mut stream| {
        // The first request of a connection is answered; the second is read, worked on, and lost.
        read_request(&mut stream);
        let _ = stream.write_all(GOOD);
        read_request(&mut stream);
        pause(Duration::from_millis(50));
    }));
    assert_eq!(document["connections"]["retries"], 0);
    assert!(ledger(&document, "connection_error") >= 30, "{}", document["ledger"]);
    assert_eq!(kinds(&document), [("closed".to_owned(), ledger(&document, "connection_error"))]);
}

#[test]
fn a_server_that_sends_a_flood_of_tiny_chunks() {
    let server = Server::start(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunks = b"1\r\nx\r\n".repeat(10_000);
        while stream.write_all(&chunks).is_ok() {}
    });
    let arguments =
        [&server.url(), "--rate", "20", "-n", "20", "--warmup", "0", "--timeout", "300ms", "--drain", "5s"];
    let (_, document) = run_json(&arguments);
    assert_ledger_adds_up(&document);
    assert_eq!(kinds(&document), [("timeout".to_owned(), 20)]);
}

#[test]
fn a_server_that_sends_garbage() {
    let document =
        against(&Server::start(|stream| answer_always(stream, b"\x00\x01garbage\xff\r\n\r\n\r\n")));
    assert_eq!(kinds(&document), [("protocol".to_owned(), 100)]);
}

#[test]
fn a_server_that_sends_a_broken_chunk() {
    let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nXYZ\r\nhello\r\n";
    let document = against(&Server::start(|stream| answer_always(stream, answer)));
    assert_eq!(kinds(&document), [("protocol".to_owned(), 100)]);
}

#[test]
fn a_server_that_sends_a_head_without_end() {
    let server = Server::start(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        let line = [b"x-flood: ".as_slice(), &[b'a'; 4_000], b"\r\n"].concat();
        while stream.write_all(&line).is_ok() {}
    });
    // The client gives up after 400 KB of head. With a short timeout, a busy machine would time out before that; with a long
    // one, only a client that reads on for ever does. The cap is rate x timeout: far above 20.
    let arguments = [&server.url(), "--rate", "20", "-n", "20", "--warmup", "0", "--timeout", "30s"];
    let (_, document) = run_json(&arguments);
    assert_ledger_adds_up(&document);
    assert_eq!(kinds(&document), [("protocol".to_owned(), 20)]);
}

#[test]
fn a_server_that_never_answers() {
    let document = against(&Server::start(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    }));
    assert_eq!(kinds(&document), [("timeout".to_owned(), 100)]);
    assert_eq!(ledger(&document, "timeout"), 100);
    let response = &document["latency"]["response"];
    assert_eq!(response["p50_ms"], 300.0);
    assert!(response["lower_bounds"].as_array().unwrap().contains(&Value::from("p50")), "{response}");
    assert_eq!(document["verdict"]["service"], "saturated");
}

#[test]
fn a_server_that_answers_a_byte_a_second() {
    let document = against(&Server::start(|mut stream| {
        read_request(&mut stream);
        for byte in GOOD {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            pause(Duration::from_secs(1));
        }
    }));
    assert_eq!(kinds(&document), [("timeout".to_owned(), 100)]);
}

#[test]
fn a_server_that_sends_a_body_without_end() {
    let server = Server::start(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[0; 65_536]).is_ok() {}
    });
    // Few requests: each is a flood that takes whatever the machine has, which makes the client late as well.
    let arguments =
        [&server.url(), "--rate", "20", "-n", "20", "--warmup", "0", "--timeout", "300ms", "--drain", "5s"];
    let (_, document) = run_json(&arguments);
    assert_ledger_adds_up(&document);
    assert_eq!(kinds(&document), [("timeout".to_owned(), 20)]);
}

#[test]
fn a_server_that_sends_a_large_body() {
    const BODY_BYTES: usize = 1_000_000;
    let document = against(&Server::start(|stream| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
        answer_always(stream, &[head.as_bytes(), &vec![b'x'; BODY_BYTES]].concat());
    }));
    assert_eq!(document["body_bytes"], ledger(&document, "ok") * BODY_BYTES as u64);
    assert!(ledger(&document, "ok") > 50, "{}", document["ledger"]);
}

#[test]
fn a_server_that_resets_on_accept() {
    let document = against(&Server::start(|stream| {
        // Closing with a linger time of zero sends a reset.
        rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).expect("linger is set");
    }));
    let counted: u64 = kinds(&document).iter().map(|(_, count)| count).sum();
    assert_eq!((counted, ledger(&document, "connection_error")), (100, 100));
    assert!(
        kinds(&document).iter().all(|(kind, _)| ["reset", "closed"].contains(&kind.as_str())),
        "{:?}",
        kinds(&document)
    );
}

#[test]
fn a_server_that_answers_twice() {
    // The second answer belongs to no request: the connection cannot be trusted any more.
    let document = against(&Server::start(|stream| answer_always(stream, &[GOOD, GOOD].concat())));
    assert_eq!(ledger(&document, "ok") + ledger(&document, "connection_error"), 100);
    assert!(ledger(&document, "ok") >= 90, "{}: {:?}", document["ledger"], kinds(&document));
}

#[test]
fn http_errors_are_answers_and_not_good() {
    let document = against(&Server::start(|stream| {
        answer_always(stream, b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
    }));
    assert_eq!((ledger(&document, "http_error"), ledger(&document, "ok")), (100, 0));
    assert_eq!(document["status_codes"]["503"], 100);
    assert_eq!(document["rates"]["error_rate"], 1.0);
}

#[test]
fn a_port_where_nobody_listens_is_an_error_within_a_second() {
    let address = {
        let server = Server::start(|_| {});
        server.address
    };
    let ended = run(&[&format!("http://{address}/"), "--rate", "10", "--duration", "60s"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("connection refused") && ended.stderr.contains("is the service running"),
        "{ended:?}"
    );
    assert!(ended.stdout.is_empty());
}

#[test]
fn a_name_that_does_not_resolve_is_an_error() {
    let ended = run(&["http://does-not-exist.invalid/", "--rate", "10", "--duration", "60s"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("did not resolve") && ended.stderr.contains("check the host name"),
        "{ended:?}"
    );
}

#[expect(clippy::disallowed_methods, reason = "the slowness of the server is what is tested")]
fn pause(length: Duration) {
    std::thread::sleep(length);
}

#[test]
fn a_client_without_descriptors_says_so_and_blames_itself() {
    let server = Server::start(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    // 40 descriptors for a service that needs a connection for each of 200 requests.
    let command = format!(
        "ulimit -n 40; exec '{}' {} --rate 400 -n 200 --warmup 0 --timeout 2s --drain 3s --max-in-flight 1000 --format json",
        env!("CARGO_BIN_EXE_rpsbench"),
        server.url()
    );
    let ended = end_of(Command::new("sh").args(["-c", &command]));
    let document: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    assert_ledger_adds_up(&document);
    let exhausted = kinds(&document).into_iter().find(|(kind, _)| kind == "descriptors_exhausted");
    assert!(exhausted.as_ref().is_some_and(|(_, count)| *count > 100), "{:?}", kinds(&document));
    assert_eq!((&document["verdict"]["generator"], ended.code), (&"invalid".into(), 3));
    assert!(ended.stderr.contains("raise `ulimit -n`"), "{}", ended.stderr);
}
