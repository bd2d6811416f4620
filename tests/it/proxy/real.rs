//! The program through tinyproxy and microsocks, which both ask for a user and a password.

use serde_json::Value;

use crate::support::certificates::Authority;
use crate::support::nginx::Nginx;
use crate::support::program::{assert_ledger_adds_up, ledger, run, run_json};
use crate::support::proxies::{KNOWN, Proxy};
use crate::support::servers::{GOOD, Witness};

const LOAD: [&str; 8] = ["--rate", "200", "-n", "100", "--warmup", "0", "--baseline", "0"];

fn opened(document: &Value) -> u64 {
    document["connections"]["opened"].as_u64().expect("a count")
}

#[test]
#[ignore = "needs tinyproxy: run `bash tests/run.sh`"]
fn all_that_was_planned_arrives_through_a_tunnel_and_is_what_goes_without_one() {
    let proxy = Proxy::tinyproxy("");
    let witness = Witness::start(GOOD);
    let url = witness.url();
    let through = format!("http://{KNOWN}@127.0.0.1:{}", proxy.port);
    let (ended, document) = run_json(&[&[url.as_str(), "-x", &through, "-H", "X-A: b"], &LOAD[..]].concat());
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    assert_ledger_adds_up(&document);
    assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (100, 100), "{document}");
    assert_eq!(document["plan"]["proxy"], "http");
    let tunnelled = witness.seen();
    assert_eq!(tunnelled.len(), 100);
    let asked_for = format!("CONNECT 127.0.0.1:{} HTTP/1.1", witness.server.address.port());
    // One more was tried before the run.
    assert_eq!(proxy.logged(&asked_for), opened(&document) + 1);
    run(&[&[url.as_str(), "-x", &through, "--local-address", "127.0.0.3"], &LOAD[..]].concat());
    assert!(proxy.logged("127.0.0.3") > 0, "connections to the proxy come from the local address");
    run(&[&[url.as_str(), "-H", "X-A: b"], &LOAD[..]].concat());
    let straight = witness.seen().remove(200);
    assert_eq!(tunnelled[0].head, straight.head, "the proxy has no part in the request");
    assert!(!tunnelled[0].head.to_lowercase().contains("proxy"), "{}", tunnelled[0].head);
}

#[test]
#[ignore = "needs microsocks: run `bash tests/run.sh`"]
fn all_that_was_planned_arrives_through_socks5_whoever_resolves_the_name() {
    let proxy = Proxy::microsocks();
    let witness = Witness::start(GOOD);
    let port = witness.server.address.port();
    let (named, resolved) = (format!("http://localhost:{port}/"), format!("localhost:{port}:127.0.0.1"));
    for (scheme, more) in [("socks5", &["--resolve", resolved.as_str()][..]), ("socks5h", &[])] {
        let (before, logged) = (witness.seen().len(), proxy.logged("connected to"));
        let through = format!("{scheme}://{KNOWN}@127.0.0.1:{}", proxy.port);
        let (ended, document) = run_json(&[&[&named, "-x", &through], more, &LOAD[..]].concat());
        assert!([0, 3].contains(&ended.code), "{ended:?}");
        assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (100, 100), "{document}");
        assert_eq!(document["plan"]["proxy"], scheme);
        assert_eq!(witness.seen().len() - before, 100);
        assert_eq!(proxy.logged("connected to") - logged, opened(&document) + 1);
    }
    let (through, both) = (
        format!("socks5://{KNOWN}@127.0.0.1:{}", proxy.port),
        format!("localhost:{port}:127.0.0.1,127.0.0.9"),
    );
    let ended = run(&[&[named.as_str(), "-x", &through, "--resolve", &both], &LOAD[..]].concat());
    assert!(ended.code == 0 && ended.stderr.contains("1 of 2 addresses of host-1"), "{ended:?}");
    let unknown = format!("socks5h://bench:wrong@127.0.0.1:{}", proxy.port);
    for (through, cause) in [
        (unknown.as_str(), "the proxy wants other credentials"),
        (&format!("socks5://127.0.0.1:{}", proxy.port), "the proxy wants a user and a password"),
    ] {
        let ended = run(&[&[witness.url().as_str(), "-x", through], &LOAD[..]].concat());
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains(cause) && ended.stderr.contains("USER:PASSWORD@"), "{}", ended.stderr);
    }
    let nobody = format!("socks5://{KNOWN}@127.0.0.1:{}", proxy.port);
    let ended = run(&[&["http://127.0.0.1:1/", "-x", &nobody], &LOAD[..]].concat());
    assert!(ended.code == 1 && ended.stderr.contains("connection refused (SOCKS5 reply 5)"), "{ended:?}");
}

#[test]
#[ignore = "needs nginx and tinyproxy: run `bash tests/run.sh`"]
fn http2_is_agreed_on_through_the_tunnel() {
    let authority = Authority::new();
    let issued = authority.issue(&["localhost"]);
    let (cert, key) = (authority.file("cert.pem", &issued.cert), authority.file("key.pem", &issued.key));
    let nginx = Nginx::start(|_, port| {
        format!(
            "server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {}; ssl_certificate_key {};\n\
               location / {{ return 200 'hello'; }} }}",
            cert.display(),
            key.display()
        )
    });
    let proxy = Proxy::tinyproxy("");
    let through = format!("{KNOWN}@127.0.0.1:{}", proxy.port);
    let (url, cacert) =
        (format!("https://localhost:{}/", nginx.port), authority.cacert().display().to_string());
    for (flag, protocol, name) in [("--http2", "HTTP/2", "HTTP/2.0"), ("--http1", "HTTP/1.1", "HTTP/1.1")] {
        let before = nginx.logged().len();
        let flags = [url.as_str(), "--proxy", &through, "--cacert", &cacert, flag];
        let (ended, document) = run_json(&[&flags[..], &LOAD[..]].concat());
        assert_eq!(ledger(&document, "ok"), 100, "{ended:?}");
        assert_eq!(document["connections"]["kinds"][0]["protocol"], protocol);
        let logged = nginx.logged().split_off(before);
        assert!(logged.len() == 100 && logged.iter().all(|[http, ..]| http == name), "{logged:?}");
        let handshakes = &document["connections"];
        assert_eq!(handshakes["tcp_handshake"]["count"], handshakes["opened"]);
        assert_eq!(handshakes["tls_handshake"]["count"], handshakes["opened"]);
    }
}

#[test]
#[ignore = "needs tinyproxy: run `bash tests/run.sh`"]
fn what_a_real_proxy_refuses_is_named_with_its_remedy() {
    let witness = Witness::start(GOOD);
    let proxy = Proxy::tinyproxy("ConnectPort 1");
    let address = format!("127.0.0.1:{}", proxy.port);
    for (url, through, cause, remedy) in [
        (witness.url(), address.clone(), "wants a user and a password", "USER:PASSWORD@"),
        (witness.url(), format!("bench:wrong@{address}"), "wants other credentials", "USER:PASSWORD@"),
        (
            witness.url(),
            format!("{KNOWN}@{address}"),
            "answered CONNECT with 403 Forbidden",
            "may this machine",
        ),
        (
            "http://127.0.0.1:1/".to_owned(),
            format!("{KNOWN}@{address}"),
            "answered CONNECT with 500",
            "own log",
        ),
        (witness.url(), format!("socks5://{address}"), "opens no tunnel within 5 s", "its scheme"),
    ] {
        let ended = run(&[&[url.as_str(), "-x", &through], &LOAD[..]].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
        assert!(ended.stderr.contains(cause) && ended.stderr.contains(remedy), "{cause}: {}", ended.stderr);
        assert!(!ended.stderr.contains("127.0.0.1") && !ended.stderr.contains("s3cret"), "{}", ended.stderr);
    }
    assert!(witness.seen().is_empty(), "nothing was sent");
}
