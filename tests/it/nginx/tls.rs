//! The program against nginx with TLS and HTTP/2.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::certificates::{Authority, Issued};
use crate::support::nginx::Nginx;
use crate::support::program::{Ended, assert_ledger_adds_up, ledger, run, run_json};

/// Connections that carry as many requests as come.
const FOR_EVER: &str = "keepalive_requests 1000000;";

/// An nginx that speaks TLS and HTTP/2 as `localhost`, with a certificate of an authority of its own.
struct Server {
    nginx: Nginx,
    authority: Authority,
    cacert: PathBuf,
}

impl Server {
    /// Starts one with further directives.
    fn start(directives: &str) -> Self {
        Self::start_as(Authority::new(), "server", directives)
    }

    /// Starts one that shows the certificate of this name, in the authority's folder: `server`, or `$turns` for one that
    /// is `stranger` at every fifth connection from the tenth on.
    fn start_as(authority: Authority, shown: &str, directives: &str) -> Self {
        write(&authority, "server", &authority.issue(&["localhost"]));
        let cacert = authority.cacert();
        let folder = cacert.parent().expect("a folder").display();
        let nginx = Nginx::start(|_, port| {
            format!(
                "http2_max_concurrent_streams 128;\n\
                 map $connection $turns {{ ~^.$ server; ~[05]$ stranger; default server; }}\n\
                 server {{ listen 127.0.0.1:{port} ssl http2 backlog=1024; ssl_protocols TLSv1.2 TLSv1.3;\n\
                   ssl_certificate {folder}/{shown}.pem; ssl_certificate_key {folder}/{shown}.key; {directives}\n\
                   location / {{ return 200 'hello'; }} }}"
            )
        });
        Self { nginx, authority, cacert }
    }

    /// The URL, and where its host is: tests must not depend on the system's resolver.
    fn arguments(&self) -> [String; 3] {
        let port = self.nginx.port;
        let address = format!("localhost:{port}:127.0.0.1");
        [format!("https://localhost:{port}/"), "--resolve".to_owned(), address]
    }

    /// A run without warm-up that trusts the authority. It must succeed.
    fn run(&self, more: &[&str]) -> Value {
        let cacert = self.cacert.display().to_string();
        let (ended, document) = self.run_json(&[&["--cacert", &cacert], more].concat());
        assert!([0, 3, 98].contains(&ended.code), "{ended:?}");
        assert_ledger_adds_up(&document);
        document
    }

    fn run_json(&self, more: &[&str]) -> (Ended, Value) {
        let [url, resolve, address] = &self.arguments();
        run_json(&[&[url, resolve, address, "--warmup", "0", "--baseline", "0"], more].concat())
    }

    /// A run that is expected to end before its first request.
    fn fail(&self, more: &[&str]) -> Ended {
        let [url, resolve, address] = &self.arguments();
        run(&[&[url, resolve, address, "--rate", "50", "-n", "5", "--warmup", "0"], more].concat())
    }
}

/// Writes a certificate and its key into the authority's folder, as `<name>.pem` and `<name>.key`.
fn write(authority: &Authority, name: &str, issued: &Issued) -> [String; 2] {
    [("pem", &issued.cert), ("key", &issued.key)]
        .map(|(kind, text)| path(&authority.file(&format!("{name}.{kind}"), text)))
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// The connections of a run must all be of one kind: its protocol, version of TLS and ALPN.
fn assert_agreed(document: &Value, protocol: &str, alpn: &str) {
    let kinds = document["connections"]["kinds"].as_array().expect("kinds");
    assert_eq!(kinds.len(), 1, "{kinds:?}");
    assert_eq!(kinds[0]["protocol"], protocol);
    assert_eq!((&kinds[0]["tls"]["version"], &kinds[0]["tls"]["alpn"]), (&"TLSv1.3".into(), &alpn.into()));
    assert!(kinds[0]["tls"]["cipher"].as_str().expect("a cipher").starts_with("TLS13_"), "{kinds:?}");
    let connections = &document["connections"];
    assert_eq!(kinds[0]["opened"], connections["opened"]);
    assert_eq!(connections["tls_handshake"]["count"], connections["opened"], "each opened with a handshake");
    assert_eq!(connections["tcp_handshake"]["count"], connections["opened"]);
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn the_version_of_http_is_agreed_by_alpn_and_every_planned_request_is_answered() {
    for (more, protocol, alpn, name) in [
        (&[][..], "HTTP/2", "h2", "HTTP/2.0"),
        (&["--http2"], "HTTP/2", "h2", "HTTP/2.0"),
        (&["--http1"], "HTTP/1.1", "http/1.1", "HTTP/1.1"),
    ] {
        let server = Server::start(FOR_EVER);
        let document = server.run(&[&["--rate", "500", "-n", "750", "--threads", "2"], more].concat());
        assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (750, 750), "{more:?}");
        assert_eq!(document["plan"]["tls_verification"], true);
        assert_agreed(&document, protocol, alpn);
        let logged = server.nginx.logged();
        assert_eq!(logged.len(), 750, "nginx's own count");
        assert!(logged.iter().all(|[http, tls, _]| http == name && tls == "TLSv1.3"), "{:?}", logged[0]);
        let reuses = document["connections"]["reuses"].as_u64().expect("a count");
        assert_eq!(reuses + document["connections"]["opened"].as_u64().expect("a count"), 750);
    }
}

/// nginx sends a GOAWAY after so many requests on a connection. What it had not taken by then is sent again elsewhere: at
/// 500/s there is hardly any, with 32 streams at the most that the client can send there is.
#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn a_goaway_after_every_hundred_requests_costs_none() {
    let server = Server::start("keepalive_requests 100;");
    let full = ["--rate", "20000", "--connections", "1", "--streams", "32"];
    for (more, races) in [(&["--rate", "500"][..], false), (&full[..], true)] {
        let before = server.nginx.logged().len();
        let document = server.run(&[&["-n", "1000"], more].concat());
        assert_eq!(ledger(&document, "ok"), 1_000, "{more:?}: {} {}", document["ledger"], document["errors"]);
        assert_eq!(document["errors"], Value::Array(Vec::new()));
        assert_agreed(&document, "HTTP/2", "h2");
        let opened = document["connections"]["opened"].as_u64().expect("a count");
        assert!(opened >= 10, "each connection carries 100: {opened}");
        assert!(
            !races || document["connections"]["retries"].as_u64() > Some(0),
            "{}",
            document["connections"]
        );
        assert_eq!(server.nginx.logged().len() - before, 1_000, "none was processed twice");
    }
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn one_connection_carries_a_hundred_streams() {
    let server = Server::start(FOR_EVER);
    let one = ["--connections", "1", "--streams", "100", "--threads", "1"];
    let document = server.run(&[&["--rate", "5000", "--duration", "2s"], &one[..]].concat());
    assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (10_000, 10_000));
    assert_agreed(&document, "HTTP/2", "h2");
    assert_eq!((&document["connections"]["opened"], &document["plan"]["streams"]), (&1.into(), &100.into()));
    let logged = server.nginx.logged();
    assert_eq!(logged.len(), 10_000, "nginx's own count");
    assert!(logged.iter().all(|[_, _, connection]| connection == &logged[0][2]), "all on one connection");
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn without_keep_alive_each_request_has_its_handshake_and_resumes_the_session() {
    for (more, protocol, alpn) in [(&["--http1"][..], "HTTP/1.1", "http/1.1"), (&[], "HTTP/2", "h2")] {
        let server = Server::start(FOR_EVER);
        let load = ["--rate", "100", "-n", "100", "--no-keepalive", "--threads", "1"];
        let document = server.run(&[&load[..], more].concat());
        assert_eq!(ledger(&document, "ok"), 100);
        assert_agreed(&document, protocol, alpn);
        let connections = &document["connections"];
        assert_eq!((&connections["opened"], &connections["reuses"]), (&100.into(), &0.into()), "{more:?}");
        let resumed = connections["tls_resumed"].as_u64().expect("a count");
        assert!((80..=100).contains(&resumed), "{more:?}: {resumed} of 100 resumed");
    }
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn insecure_accepts_any_certificate_and_the_report_says_so() {
    let server = Server::start(FOR_EVER);
    let (ended, document) = server.run_json(&["--rate", "100", "-n", "50", "-k"]);
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    assert_eq!((ledger(&document, "ok"), &document["plan"]["tls_verification"]), (50, &false.into()));
    let saved = server.authority.file("result.json", &ended.stdout);
    let text = run(&["report", &path(&saved), "--details"]).stdout;
    assert!(text.contains("INSECURE: certificates were NOT checked"), "{text}");
    assert!(text.contains("x HTTP/2, TLSv1.3 TLS13_"), "{text}");

    let trusted =
        server.authority.file("result.json", &server.run(&["--rate", "100", "-n", "50"]).to_string());
    assert!(!run(&["report", &path(&trusted)]).stdout.contains("INSECURE"));
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn a_certificate_of_another_authority_ends_the_run_before_it_starts() {
    let server = Server::start(FOR_EVER);
    let stranger = Authority::new();
    let ended = server.fail(&["--cacert", &path(&stranger.cacert())]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    for words in ["issued by nobody this machine trusts", "--cacert", "--insecure"] {
        assert!(ended.stderr.contains(words), "no `{words}` in {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("localhost") && !ended.stderr.contains("127.0.0.1"), "{}", ended.stderr);
    assert!(server.nginx.logged().is_empty(), "no request was sent");
}

/// The first nine connections show the right certificate: they are the test's own and the program's probe. Without
/// tickets each connection has a full handshake.
#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn a_certificate_that_turns_bad_during_the_run_is_an_error_of_its_own_kind() {
    let authority = Authority::new();
    write(&authority, "stranger", &Authority::new().issue(&["localhost"]));
    let server = Server::start_as(authority, "$turns", "ssl_session_tickets off; ssl_session_cache off;");
    let document = server.run(&["--rate", "200", "-n", "200", "--no-keepalive", "--http1"]);
    let (ok, broken) = (ledger(&document, "ok"), ledger(&document, "connection_error"));
    assert_eq!((ok + broken, ok), (200, server.nginx.logged().len() as u64), "{}", document["ledger"]);
    assert!((36..=40).contains(&broken), "a fifth of them: {broken}");
    let errors = document["errors"].as_array().expect("errors");
    assert_eq!((errors.len(), &errors[0]["kind"]), (1, &"tls_handshake".into()), "{errors:?}");
    assert_eq!(errors[0]["count"], broken);
    assert!(errors[0]["example"].as_str().expect("words").contains("issued by nobody"), "{errors:?}");
    assert_eq!(document["connections"]["failed"], broken);
    assert_eq!(document["connections"]["tls_resumed"], 0);
    let samples = document["samples"].as_array().expect("samples");
    assert_eq!(samples.iter().filter(|sample| sample["kind"] == "tls_handshake").count(), 10);
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn mutual_tls_needs_a_certificate_of_the_client() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let ca = path(&authority.cacert());
    let required = format!("{FOR_EVER} ssl_verify_client on; ssl_client_certificate {ca};");
    let [cert, key] = write(&authority, "client", &authority.issue(&["client"]));
    let [other_cert, other_key] = write(&authority, "stranger", &stranger.issue(&["client"]));
    let server = Server::start_as(authority, "server", &required);
    let load = ["--rate", "200", "-n", "100"];
    for version in ["--http1", "--http2"] {
        let document = server.run(&[&load[..], &[version, "--cert", &cert, "--key", &key]].concat());
        assert_eq!(ledger(&document, "ok"), 100, "{}", document["ledger"]);

        // nginx finishes the handshake and answers 400: the samples say why.
        let strange = ["--cert", other_cert.as_str(), "--key", other_key.as_str()];
        for (client, words) in
            [(&[][..], "No required SSL certificate was sent"), (&strange[..], "The SSL certificate error")]
        {
            let document = server.run(&[&load[..], &[version], client].concat());
            assert_eq!((ledger(&document, "ok"), ledger(&document, "http_error")), (0, 100));
            assert_eq!(document["status_codes"]["400"], 100);
            let sample = &document["samples"][0];
            assert_eq!(sample["kind"], "http_400");
            assert!(sample["body"].as_str().expect("a body").contains(words), "{sample}");
        }
    }
    for (files, words) in [
        ([cert.as_str(), other_key.as_str()], "does not"),
        ([key.as_str(), key.as_str()], "certificate"),
        ([cert.as_str(), cert.as_str()], "key"),
    ] {
        let ended = server.fail(&["--cacert", &ca, "--cert", files[0], "--key", files[1]]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(words), "no `{words}` in {}", ended.stderr);
    }
}

/// As many requests as each connection carried, the most first.
fn shares<'a>(connections: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut counts = BTreeMap::<&str, usize>::new();
    connections.for_each(|connection| *counts.entry(connection).or_default() += 1);
    let mut shares: Vec<usize> = counts.into_values().collect();
    shares.sort_unstable_by(|one, other| other.cmp(one));
    shares
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn the_request_log_divides_requests_among_connections_as_nginx_does() {
    for flags in
        [&["--http1", "--connections", "3"][..], &["--http2", "--connections", "2"], &["--no-keepalive"]]
    {
        let server = Server::start(FOR_EVER);
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log.csv");
        let load = ["--rate", "500", "-n", "300", "--threads", "1", "--log"];
        server.run(&[&load[..], &[log.to_str().expect("a path")], flags].concat());
        let text = std::fs::read_to_string(&log).expect("a log");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<BTreeMap<String, String>> =
            reader.deserialize().map(|row| row.expect("a row")).collect();
        let ours = shares(rows.iter().map(|row| row["connection"].as_str()));
        let logged = server.nginx.logged();
        let theirs = shares(logged.iter().map(|[_, _, connection]| connection.as_str()));
        assert!(ours == theirs && ours.iter().sum::<usize>() == 300, "{flags:?}: {ours:?}, {theirs:?}");
    }
}
