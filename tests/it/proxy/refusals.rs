//! Proxies that open no tunnel, scripted: what is wrong is named before the run, and counted in it.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::program::{Ended, assert_ledger_adds_up, end_of, ledger, program, run, run_json};
use crate::support::proxies::tunnels;
use crate::support::servers::{GOOD, Server, Witness, answer_always, read_request};

const LOAD: [&str; 6] = ["--rate", "100", "-n", "20", "--warmup", "0"];

/// A proxy that reads a request and answers it with these bytes.
fn answering(answer: &'static [u8]) -> Server {
    Server::start(move |mut stream| {
        if read_request(&mut stream).is_some() {
            let _ = stream.write_all(answer);
        }
    })
}

/// A SOCKS5 proxy that takes anybody, and gives this reply.
fn replying(code: u8) -> Server {
    Server::start(move |mut stream| {
        let mut bytes = [0; 64];
        let _ = stream.read(&mut bytes);
        let _ = stream.write_all(&[5, 0]);
        let _ = stream.read(&mut bytes);
        let _ = stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
    })
}

fn through(proxy: &Server, scheme: &str) -> Ended {
    let proxy = format!("{scheme}://{}", proxy.address);
    run(&[&["http://nowhere.invalid:8443/", "-x", &proxy], &LOAD[..]].concat())
}

#[test]
fn a_proxy_that_opens_no_tunnel_is_named_with_its_remedy() {
    let hangs = |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new());
    };
    let garbage = |mut stream: TcpStream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
    };
    let long = |mut stream: TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx: ");
        while stream.write_all(&[b'a'; 1_000]).is_ok() {}
    };
    let asks = answering(b"HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm=\"secret.example\"\r\n\r\n");
    let asks_otherwise = answering(b"HTTP/1.1 407 No\r\nproxy-authenticate: Negotiate\r\n\r\n");
    for (proxy, scheme, cause, remedy) in [
        (asks, "http", "wants a user and a password", "--proxy http://USER:PASSWORD@HOST:PORT"),
        (asks_otherwise, "http", "by Basic authentication", "Basic"),
        (answering(b"HTTP/1.1 403 No\r\n\r\n"), "http", "CONNECT with 403 Forbidden", "own log"),
        (
            answering(b"HTTP/1.1 502 No\r\n\r\n"),
            "http",
            "CONNECT with 502 Bad Gateway",
            "is the target running",
        ),
        (answering(b"HTTP/1.1 200 OK\r\n\r\nhello"), "http", "more than the head", "scheme"),
        (Server::start(garbage), "http", "does not speak HTTP", "scheme"),
        (Server::start(garbage), "socks5h", "does not speak SOCKS5", "scheme"),
        (Server::start(long), "http", "larger than 16 KiB", "scheme"),
        (Server::start(drop), "http", "before the tunnel was open", "scheme"),
        (Server::start(drop), "socks5h", "before the tunnel was open", "scheme"),
        (Server::start(hangs), "http", "no tunnel within 5 s", "scheme"),
        (replying(2), "socks5h", "its rules do not allow it (SOCKS5 reply 2)", "own log"),
        (replying(5), "socks5h", "connection refused (SOCKS5 reply 5)", "is the target running"),
    ] {
        let ended = through(&proxy, scheme);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{cause}: {ended:?}");
        assert!(ended.stderr.contains(cause) && ended.stderr.contains(remedy), "{cause}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("through the proxy") && !ended.stderr.contains("127.0.0.1"),
            "{ended:?}"
        );
        assert!(!ended.stderr.contains("invalid") && !ended.stderr.contains("example"), "{}", ended.stderr);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_not_taken_for_the_target() {
    for (proxy, words) in [
        ("127.0.0.1:1", "cannot reach the proxy: connection refused; is the proxy running"),
        ("nowhere.invalid:1", "check the host name given with --proxy"),
    ] {
        let ended = run(&[&["http://127.0.0.1:1/", "-x", proxy], &LOAD[..]].concat());
        assert!(ended.code == 1 && ended.stderr.contains(words), "{ended:?}");
    }
}

/// The tunnels before the run are opened, and every second one in it.
#[test]
fn in_a_run_a_refusal_is_a_connection_error_and_never_an_answer_of_the_service() {
    let witness = Witness::start(GOOD);
    let target = witness.server.address;
    for (status, kind) in [("407", "proxy_auth"), ("503", "proxy_refused"), ("", "proxy_failed")] {
        let before = witness.seen().len();
        // The first is the one before the run.
        let opens = |turn: u64| !turn.is_multiple_of(2) || turn == 0;
        let proxy = tunnels(target, opens, move |mut stream| {
            if !status.is_empty() {
                let _ = write!(stream, "HTTP/1.1 {status} No\r\ncontent-length: 2\r\n\r\nno");
            }
        });
        let through = proxy.address.to_string();
        let flags = ["http://nowhere.invalid/", "-x", &through, "--no-keepalive", "--baseline", "0"];
        let (_, document) = run_json(&[&flags[..], &LOAD[..]].concat());
        assert_ledger_adds_up(&document);
        let counts = ["ok", "connection_error", "http_error"].map(|column| ledger(&document, column));
        assert_eq!(counts, [10, 10, 0], "{}", document["errors"]);
        assert_eq!(document["errors"][0]["kind"], kind);
        assert_eq!((witness.seen().len() - before, &document["status_codes"]["200"]), (10, &10.into()));
    }
}

/// What it was before the run it is no more when the first request comes.
#[test]
fn the_first_request_names_the_proxy_and_what_to_do() {
    let target = Server::start(|stream| answer_always(stream, GOOD));
    let proxy = tunnels(
        target.address,
        |turn| turn == 0,
        |mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 407 No\r\n\r\n");
        },
    );
    let through = proxy.address.to_string();
    let flags = [target.url(), "-x".to_owned(), through, "--check".to_owned()];
    let ended = end_of(program().args(flags).args(LOAD));
    assert_eq!(ended.code, 1, "{ended:?}");
    for words in ["the proxy wants a user and a password", "--proxy http://USER:PASSWORD@HOST:PORT"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[test]
fn a_proxy_that_falls_silent_is_given_up_after_the_timeout() {
    let target = Server::start(|stream| answer_always(stream, GOOD));
    let proxy = tunnels(
        target.address,
        |turn| turn == 0,
        |mut stream| {
            let _ = stream.read_to_end(&mut Vec::new());
        },
    );
    let through = format!("http://{}", proxy.address);
    let url = target.url();
    let flags = [url.as_str(), "-x", &through, "--timeout", "500ms", "--rate", "10", "-n", "3"];
    let (_, document) = run_json(&[&flags[..], &["--warmup", "0"]].concat());
    assert_eq!(ledger(&document, "connection_error"), 3, "{document}");
    let error = &document["errors"][0];
    assert_eq!(error["kind"], "connect_timeout");
    assert!(error["example"].as_str().expect("words").contains("through the proxy"), "{error}");
}

#[test]
fn proxies_of_the_environment_are_not_used_and_that_is_said_once() {
    // Nobody listens at that address (RFC 5737), and nothing is sent to it.
    let away = "http://192.0.2.1:9/";
    let with = |url: &str, more: &[&str]| {
        let mut command = program();
        command.env("https_proxy", "http://127.0.0.1:1").env("HTTP_PROXY", "http://127.0.0.1:1");
        command.env("no_proxy", "*").args([url]).args(more).args(LOAD);
        end_of(&mut command)
    };
    let ended = with(away, &[]);
    assert_eq!(ended.stderr.matches("is set, but not used").count(), 1, "{}", ended.stderr);
    assert!(!with(away, &["--quiet"]).stderr.contains("not used"));
    assert!(!with(away, &["-x", "127.0.0.1:1"]).stderr.contains("not used"));
    let here = Server::start(|stream| answer_always(stream, GOOD));
    let ended = with(&here.url(), &["--baseline", "0"]);
    assert!(ended.code == 0 && !ended.stderr.contains("not used"), "{ended:?}");
}

#[test]
fn resolve_is_of_no_use_where_the_proxy_resolves_and_serves_to_find_the_proxy() {
    let target = Server::start(|stream| answer_always(stream, GOOD));
    let proxy = tunnels(target.address, |_| true, drop);
    let port = proxy.address.port();
    let (named, resolved) = (format!("proxy.invalid:{port}"), format!("proxy.invalid:{port}:127.0.0.1"));
    for (through, resolve, is_said) in
        [(proxy.address.to_string(), "nowhere.invalid:80:127.0.0.1", true), (named, resolved.as_str(), false)]
    {
        let flags = ["http://nowhere.invalid/", "-x", &through, "--resolve", resolve, "--baseline", "0"];
        let ended = run(&[&flags[..], &LOAD[..]].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(
            ended.stderr.contains("--resolve has no effect: the proxy resolves"),
            is_said,
            "{ended:?}"
        );
    }
}
