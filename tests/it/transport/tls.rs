//! TLS against servers in the same process, with certificates of every kind.

use std::path::PathBuf;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use tokio::io::AsyncWriteExt;

use crate::support::certificates::{Authority, Issued, serve};
use crate::support::wire::{accept, error_of, exchange, get, local, origin, prepare, wire};

use rpsbench::internals::{
    Connection, ErrorKind, HttpVersions, Protocol, TlsOptions, Transport, WireOptions,
};

fn trusting(authority: &Authority) -> WireOptions {
    with_tls(TlsOptions { cacert: Some(authority.cacert()), ..TlsOptions::default() })
}

fn with_tls(tls: TlsOptions) -> WireOptions {
    WireOptions { tls, ..WireOptions::default() }
}

/// The name is not resolved by the system's resolver: tests must not depend on it.
fn to(name: &str, port: u16, options: WireOptions) -> WireOptions {
    let entry = format!("{name}:{port}:127.0.0.1").parse().expect("an entry");
    WireOptions { overrides: vec![entry], ..options }
}

const BOTH: [&str; 2] = ["h2", "http/1.1"];

#[test]
fn a_good_certificate_and_what_was_agreed_on() {
    local(async {
        let authority = Authority::new();
        let port = serve(authority.acceptor(&authority.issue(&["good.example"]), &["http/1.1"], false)).await;
        let options = to("good.example", port, trusting(&authority));
        let (network, probed) = prepare(options, origin(true, "good.example", port)).await.unwrap();
        assert_eq!((probed.protocol, probed.streams), (Protocol::Http1, 1));
        let facts = probed.tls.unwrap();
        assert_eq!((facts.version.as_str(), facts.alpn.as_deref()), ("TLSv1.3", Some("http/1.1")));
        assert!(facts.cipher.starts_with("TLS13_"), "{}", facts.cipher);
        let mut connection = wire(&network).connect(0).await.unwrap();
        let opened = connection.opened();
        assert!(opened.tcp_ns > 0 && opened.tls.as_ref().unwrap().handshake_ns > 0);
        assert_eq!(opened.tls.unwrap().facts, facts);
        let (answer, body) = exchange(&mut connection, get("/path")).await.unwrap();
        assert_eq!((answer.status, body), (200, b"/path".to_vec()));
        assert!(connection.is_reusable());
    });
}

#[test]
fn alpn_chooses_what_both_speak() {
    local(async {
        let authority = Authority::new();
        let issued = authority.issue(&["a.example"]);
        let both = serve(authority.acceptor(&issued, &BOTH, false)).await;
        let old = serve(authority.acceptor(&issued, &["http/1.1"], false)).await;
        let silent = serve(authority.acceptor(&issued, &[], false)).await;
        let found = async |port, versions| {
            let options = WireOptions { versions, ..to("a.example", port, trusting(&authority)) };
            let prepared = prepare(options, origin(true, "a.example", port)).await;
            prepared.map(|(_, probed)| probed.protocol).map_err(|error| error.to_string())
        };
        assert_eq!(found(both, HttpVersions::Auto).await, Ok(Protocol::Http2));
        assert_eq!(found(both, HttpVersions::Http1).await, Ok(Protocol::Http1));
        assert_eq!(found(both, HttpVersions::Http2).await, Ok(Protocol::Http2));
        assert_eq!(found(old, HttpVersions::Auto).await, Ok(Protocol::Http1));
        assert_eq!(found(silent, HttpVersions::Auto).await, Ok(Protocol::Http1));
        assert!(found(old, HttpVersions::Http2).await.unwrap_err().contains("none of the versions of HTTP"));
        assert!(found(silent, HttpVersions::Http2).await.unwrap_err().contains("did not agree to HTTP/2"));
    });
}

#[test]
fn http2_on_tls_carries_requests() {
    local(async {
        let authority = Authority::new();
        let port = serve(authority.acceptor(&authority.issue(&["a.example"]), &BOTH, false)).await;
        let options = to("a.example", port, trusting(&authority));
        let (network, probed) = prepare(options, origin(true, "a.example", port)).await.unwrap();
        assert_eq!((probed.protocol, probed.streams), (Protocol::Http2, 100));
        let mut connection = wire(&network).connect(0).await.unwrap();
        let (answer, body) = exchange(&mut connection, get("/two")).await.unwrap();
        assert_eq!((answer.status, body), (200, b"/two".to_vec()));
    });
}

#[test]
fn the_second_connection_resumes_the_first_ones_session() {
    local(async {
        let authority = Authority::new();
        let port = serve(authority.acceptor(&authority.issue(&["a.example"]), &["http/1.1"], false)).await;
        let options = to("a.example", port, trusting(&authority));
        let (network, _) = prepare(options, origin(true, "a.example", port)).await.unwrap();
        let wire = wire(&network);
        let mut resumed = Vec::new();
        for _ in 0..3 {
            let mut connection = wire.connect(0).await.unwrap();
            // The tickets come with the first answer.
            exchange(&mut connection, get("/")).await.unwrap();
            resumed.push(connection.opened().tls.unwrap().resumed);
        }
        assert_eq!(resumed, [false, true, true]);
    });
}

#[test]
fn a_bad_certificate_is_named_by_its_problem_and_never_by_its_names() {
    local(async {
        let (authority, stranger) = (Authority::new(), Authority::new());
        let names = ["planted.example"];
        let cases = [
            (authority.expired(&names), "has expired"),
            (authority.not_valid_yet(&names), "is not valid yet"),
            (authority.issue(&["other-planted.example"]), "is for another name"),
            (stranger.issue(&names), "issued by nobody this machine trusts"),
        ];
        for (issued, problem) in &cases {
            let port = serve(authority.acceptor(issued, &BOTH, false)).await;
            let options = to("planted.example", port, trusting(&authority));
            let error = error_of(options.clone(), origin(true, "planted.example", port)).await;
            assert!(error.contains(problem), "{problem}: {error}");
            assert!(!error.contains("planted") && !error.contains("127.0.0.1"), "{error}");
            assert!(!error.contains(&port.to_string()), "{error}");
            let insecure = TlsOptions { insecure: true, ..TlsOptions::default() };
            let accepted = WireOptions { tls: insecure, ..options };
            prepare(accepted, origin(true, "planted.example", port)).await.expect("--insecure accepts it");
        }
    });
}

/// The verifier tries the trusted key of that name, and then speaks of signatures: the cause is the trust.
/// `openssl req -x509` makes CA:TRUE, and such certificates are given with --cacert everywhere: the very one is trusted, for its
/// names and within its dates, and no other.
#[test]
fn the_very_certificate_that_was_given_is_trusted_even_where_it_is_a_ca() {
    local(async {
        let authority = Authority::new();
        let found = async |shown: &Issued, given: &Issued, name: &str| {
            let port = serve(authority.acceptor(shown, &["http/1.1"], false)).await;
            let cacert = Some(authority.file("given.pem", &given.cert));
            let options = to(name, port, with_tls(TlsOptions { cacert, ..TlsOptions::default() }));
            let prepared = prepare(options, origin(true, name, port)).await;
            prepared.map(|(_, probed)| probed.protocol).map_err(|error| error.to_string())
        };
        let one = Authority::self_signed(&["a.example"], |_| {});
        let other = Authority::self_signed(&["a.example"], |_| {});
        let old = Authority::self_signed(&["a.example"], |params| {
            params.not_before = rcgen::date_time_ymd(2001, 1, 1);
            params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        });
        assert_eq!(found(&one, &one, "a.example").await, Ok(Protocol::Http1));
        assert!(found(&one, &one, "b.example").await.unwrap_err().contains("another name"));
        assert!(found(&old, &old, "a.example").await.unwrap_err().contains("has expired"));
        let refused = found(&one, &other, "a.example").await.unwrap_err();
        assert!(refused.contains("--insecure"), "{refused}");
    });
}

#[test]
fn an_issuer_with_the_name_of_a_trusted_one_is_said_to_be_untrusted() {
    local(async {
        let generated = |algorithm| KeyPair::generate_for(algorithm).expect("a key");
        let stranger = Authority::named("planted authority", generated(&PKCS_ECDSA_P256_SHA256));
        let port = serve(stranger.acceptor(&stranger.issue(&["a.example"]), &BOTH, false)).await;
        let cases = [
            (&PKCS_ED25519, "an algorithm that is not supported, or its issuer is not trusted"),
            (&PKCS_ECDSA_P256_SHA256, "is not that of the issuer which this machine trusts"),
        ];
        for (algorithm, problem) in cases {
            let trusted = Authority::named("planted authority", generated(algorithm));
            let error =
                error_of(to("a.example", port, trusting(&trusted)), origin(true, "a.example", port)).await;
            assert!(error.contains(problem), "{problem}: {error}");
            assert!(error.contains("give") && error.contains("--cacert"), "{error}");
            assert!(!error.contains("planted"), "{error}");
        }
        prepare(to("a.example", port, trusting(&stranger)), origin(true, "a.example", port)).await.unwrap();
    });
}

#[test]
fn a_certificate_that_turns_bad_is_an_error_of_its_own_kind_in_the_run() {
    local(async {
        let (authority, stranger) = (Authority::new(), Authority::new());
        let issued = authority.issue(&["a.example"]);
        let good = authority.acceptor(&issued, &["http/1.1"], false);
        let bad = stranger.acceptor(&stranger.issue(&["a.example"]), &["http/1.1"], false);
        let count = std::cell::Cell::new(0);
        let address = accept(move |stream| {
            let acceptor = if count.replace(count.get() + 1) == 0 { good.clone() } else { bad.clone() };
            async move {
                let _ = acceptor.accept(stream).await;
            }
        })
        .await;
        let options = to("a.example", address.port(), trusting(&authority));
        let (network, _) = prepare(options, origin(true, "a.example", address.port())).await.unwrap();
        let failure = wire(&network).connect(0).await.err().unwrap();
        assert_eq!((failure.kind, failure.before_answer), (ErrorKind::TlsHandshake, true));
        assert!(failure.describe().contains("issued by nobody"), "{}", failure.describe());
    });
}

#[test]
fn the_name_asked_for_can_be_another_than_the_host() {
    local(async {
        let authority = Authority::new();
        let port = serve(authority.acceptor(&authority.issue(&["inner.example"]), &BOTH, false)).await;
        let tls = TlsOptions {
            cacert: Some(authority.cacert()),
            sni: Some("inner.example".to_owned()),
            ..TlsOptions::default()
        };
        prepare(with_tls(tls), origin(true, "127.0.0.1", port)).await.unwrap();
        let tls = TlsOptions { sni: Some("not a name".to_owned()), ..TlsOptions::default() };
        let error = error_of(with_tls(tls), origin(true, "127.0.0.1", port)).await;
        assert!(error.contains("check --sni"), "{error}");
    });
}

#[test]
fn an_address_can_be_in_a_certificate() {
    local(async {
        let authority = Authority::new();
        let port = serve(authority.acceptor(&authority.issue(&["127.0.0.1"]), &BOTH, false)).await;
        prepare(trusting(&authority), origin(true, "127.0.0.1", port)).await.unwrap();
    });
}

#[test]
fn mutual_tls_with_a_certificate_and_without_one() {
    local(async {
        let (authority, stranger) = (Authority::new(), Authority::new());
        for alpn in [["http/1.1"], ["h2"]] {
            let issued = authority.issue(&["a.example"]);
            let port = serve(authority.acceptor(&issued, &alpn, true)).await;
            let options = |client: Option<&Issued>| {
                let mut options = to("a.example", port, trusting(&authority));
                options.tls.cert = client.map(|client| authority.file("client.pem", &client.cert));
                options.tls.key = client.map(|client| authority.file("client.key", &client.key));
                options
            };
            let target = || origin(true, "a.example", port);
            let known = authority.issue(&["client"]);
            let (network, _) = prepare(options(Some(&known)), target()).await.unwrap();
            let mut connection = wire(&network).connect(0).await.unwrap();
            assert_eq!(exchange(&mut connection, get("/")).await.unwrap().0.status, 200);
            let error = error_of(options(None), target()).await;
            assert!(error.contains("requires a client certificate; give one with --cert"), "{error}");
            let unknown = stranger.issue(&["client"]);
            let error = error_of(options(Some(&unknown)), target()).await;
            assert!(error.contains("client certificate"), "{error}");
        }
    });
}

#[test]
fn a_port_that_does_not_speak_tls_is_named() {
    local(async {
        let authority = Authority::new();
        let plain = accept(|mut stream| async move {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        });
        let port = plain.await.port();
        let error = error_of(trusting(&authority), origin(true, "127.0.0.1", port)).await;
        assert!(error.contains("does not answer in TLS") && error.contains("http://"), "{error}");
        let closing = accept(|stream| async move { drop(stream) }).await.port();
        let error = error_of(trusting(&authority), origin(true, "127.0.0.1", closing)).await;
        assert!(error.contains("the connection during the handshake"), "{error}");
    });
}

#[test]
fn files_that_are_not_what_they_should_be_are_named_with_the_line() {
    local(async {
        let authority = Authority::new();
        let (one, other) = (authority.issue(&["a.example"]), authority.issue(&["a.example"]));
        let cert = || Some(authority.file("one.pem", &one.cert));
        let broken_line = one.cert.replacen("\nM", "\n!", 1);
        let no_end = one.cert.replace("-----END CERTIFICATE-----", "");
        let wrong_der = "# a comment\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let of_old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,69F4\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let file = |name: &str, content: &str| Some(authority.file(name, content));
        let tls = |cacert: Option<PathBuf>, cert: Option<PathBuf>, key: Option<PathBuf>| {
            with_tls(TlsOptions { cacert, cert, key, ..TlsOptions::default() })
        };
        let cases: [(WireOptions, &[&str]); 11] = [
            (
                tls(Some("/does/not/exist.pem".into()), None, None),
                &["--cacert `/does/not/exist.pem`", "check the path"],
            ),
            (tls(file("text", "hello"), None, None), &["text` is not PEM", "-----BEGIN"]),
            (tls(file("broken", &broken_line), None, None), &["broken`, line 2", "not base64"]),
            (tls(file("short", &no_end), None, None), &["short`, line 1", "no `-----END"]),
            (tls(file("der", wrong_der), None, None), &["der`, line 2", "not a valid certificate"]),
            (tls(file("key", &one.key), None, None), &["key` holds no certificate"]),
            (tls(None, cert(), cert()), &["--key", "one.pem` holds no private key"]),
            (tls(None, cert(), file("encrypted", encrypted)), &["encrypted`, line 1", "openssl pkey"]),
            (tls(None, cert(), file("of_old", of_old)), &["of_old`, line 2", "openssl pkey"]),
            (
                tls(None, cert(), file("other.key", &other.key)),
                &["other.key` does not belong to", "one.pem`"],
            ),
            (tls(None, None, file("alone", &one.key)), &["--key is given without --cert"]),
        ];
        for (options, expected) in cases {
            let options = to("a.example", 1, options);
            let error = error_of(options, origin(true, "a.example", 1)).await;
            for part in expected {
                assert!(error.contains(part), "`{part}` is not in: {error}");
            }
        }
        let both = format!("{}{}", one.cert, one.key);
        let port = serve(authority.acceptor(&one, &BOTH, true)).await;
        let mut options = to("a.example", port, tls(Some(authority.cacert()), file("both.pem", &both), None));
        options.tls.insecure = true;
        prepare(options, origin(true, "a.example", port)).await.expect("one file may hold both");
    });
}
