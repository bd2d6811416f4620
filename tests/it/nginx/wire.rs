//! Single connections to nginx, with TLS and HTTP/2.

use crate::support::certificates::Authority;
use crate::support::nginx::Nginx;
use crate::support::wire::{exchange, get, local, origin, prepare, wire};
use rpsbench::internals::{
    Connection, ErrorKind, HttpVersions, Origin, Protocol, TlsOptions, Transport, WireOptions,
};

/// An nginx that speaks TLS. It allows 32 streams, and closes a connection after 200 requests.
struct Server {
    nginx: Nginx,
    authority: Authority,
}

impl Server {
    fn start() -> Self {
        let authority = Authority::new();
        let issued = authority.issue(&["localhost"]);
        let (cert, key) = (authority.file("cert.pem", &issued.cert), authority.file("key.pem", &issued.key));
        let nginx = Nginx::start(|_, port| {
            format!(
                "keepalive_requests 200; http2_max_concurrent_streams 32;\n\
                 server {{ listen 127.0.0.1:{port} ssl http2 backlog=1024; ssl_protocols TLSv1.2 TLSv1.3;\n\
                   ssl_certificate {}; ssl_certificate_key {};\n\
                   location / {{ return 200 '$server_protocol $ssl_protocol $host'; }} }}",
                cert.display(),
                key.display()
            )
        });
        Self { nginx, authority }
    }

    fn origin(&self) -> Origin {
        origin(true, "localhost", self.nginx.port)
    }

    fn options(&self, versions: HttpVersions) -> WireOptions {
        let tls = TlsOptions { cacert: Some(self.authority.cacert()), ..TlsOptions::default() };
        let entry = format!("localhost:{}:127.0.0.1", self.nginx.port).parse().expect("an entry");
        WireOptions { versions, tls, overrides: vec![entry], ..WireOptions::default() }
    }
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn nginx_speaks_both_versions_on_tls_and_resumes_sessions() {
    let server = Server::start();
    local(async {
        for (versions, protocol, name) in [
            (HttpVersions::Auto, Protocol::Http2, "HTTP/2.0"),
            (HttpVersions::Http1, Protocol::Http1, "HTTP/1.1"),
        ] {
            let (network, probed) = prepare(server.options(versions), server.origin()).await.unwrap();
            assert_eq!(probed.protocol, protocol);
            assert_eq!(probed.streams, if protocol == Protocol::Http2 { 32 } else { 1 });
            let wire = wire(&network);
            for is_resumed in [false, true] {
                let mut connection = wire.connect(0).await.unwrap();
                let (answer, body) = exchange(&mut connection, get("/")).await.unwrap();
                assert_eq!(answer.status, 200);
                let expected = format!("{name} TLSv1.3 some.where");
                assert_eq!(String::from_utf8(body).unwrap(), expected);
                assert_eq!(connection.opened().tls.unwrap().resumed, is_resumed);
            }
        }
    });
}

/// nginx announces the end of a connection with a GOAWAY after a number of requests. Whatever it had taken it answers;
/// the rest is safe to send again.
#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn a_goaway_of_nginx_costs_no_request() {
    let server = Server::start();
    local(async {
        let options = server.options(HttpVersions::Http2);
        let (network, _) = prepare(options, server.origin()).await.unwrap();
        let wire = wire(&network);
        let (mut answered, mut unsent, mut connections) = (0, 0, 0);
        while answered < 1_000 {
            let connection = wire.connect(0).await.unwrap();
            connections += 1;
            let mut lanes = Vec::new();
            for _ in 0..connection.streams() {
                let mut handle = connection.share().unwrap();
                lanes.push(tokio::task::spawn_local(async move {
                    let mut answered = 0;
                    while handle.is_reusable() {
                        match exchange(&mut handle, get("/")).await {
                            Ok(_) => answered += 1,
                            Err(failure) => return (answered, Some(failure)),
                        }
                    }
                    (answered, None)
                }));
            }
            for lane in lanes {
                let (good, failure) = lane.await.unwrap();
                answered += good;
                if let Some(failure) = failure {
                    assert!(failure.unsent && failure.kind == ErrorKind::GoAway, "{failure:?}");
                    unsent += 1;
                }
            }
        }
        assert!(connections >= 5, "each connection carries 200: {connections}");
        assert!(unsent < answered, "{unsent} of {answered}");
    });
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn plain_http_on_the_tls_port_of_nginx_is_an_answer_and_not_good() {
    let server = Server::start();
    local(async {
        let (network, _) =
            prepare(WireOptions::default(), origin(false, "127.0.0.1", server.nginx.port)).await.unwrap();
        let mut connection = wire(&network).connect(0).await.unwrap();
        assert_eq!(exchange(&mut connection, get("/")).await.unwrap().0.status, 400);
    });
}
