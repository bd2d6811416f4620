//! TLS and HTTP/2 against a real server: nginx, started by the test on a free port and stopped after it.
//!
//! These tests need nginx and are left out of a plain `cargo test`; `bash tests/run.sh` installs it and runs them.

mod wire;

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use wire::certificates::Authority;
use wire::{exchange, get, local, origin, prepare, wire};

use rpsbench::internals::{
    Connection, ErrorKind, HttpVersions, Protocol, TlsOptions, Transport, WireOptions,
};

/// A running nginx that speaks TLS. It allows 32 streams, and closes a connection after 200 requests.
struct Nginx {
    child: Child,
    port: u16,
    authority: Authority,
}

impl Nginx {
    fn start() -> Self {
        let authority = Authority::new();
        let issued = authority.issue(&["localhost"]);
        let (cert, key) = (authority.file("cert.pem", &issued.cert), authority.file("key.pem", &issued.key));
        let root = cert.parent().expect("a folder").display();
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let configuration = format!(
            "daemon off; master_process off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; keepalive_requests 200; http2_max_concurrent_streams 32;\n\
               client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;\n\
               uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;\n\
               server {{ listen 127.0.0.1:{port} ssl http2 backlog=1024;\n\
                 ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {}; ssl_certificate_key {};\n\
                 location / {{ return 200 '$server_protocol $ssl_protocol $host'; }} }} }}\n",
            cert.display(),
            key.display()
        );
        let file = authority.file("nginx.conf", &configuration);
        let child = Command::new("nginx")
            .args(["-c", &file.display().to_string(), "-p", &root.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts; `bash tests/run.sh` installs it");
        let nginx = Self { child, port, authority };
        nginx.wait_until_it_listens();
        nginx
    }

    fn options(&self, versions: HttpVersions) -> WireOptions {
        let tls = TlsOptions { cacert: Some(self.authority.cacert()), ..TlsOptions::default() };
        let entry = format!("localhost:{}:127.0.0.1", self.port).parse().expect("an entry");
        WireOptions { versions, tls, overrides: vec![entry], ..WireOptions::default() }
    }

    #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
    fn wait_until_it_listens(&self) {
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("nginx does not listen within 5 s");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn nginx_speaks_both_versions_on_tls_and_resumes_sessions() {
    let nginx = Nginx::start();
    local(async {
        for (versions, protocol, name) in [
            (HttpVersions::Auto, Protocol::Http2, "HTTP/2.0"),
            (HttpVersions::Http1, Protocol::Http1, "HTTP/1.1"),
        ] {
            let target = origin(true, "localhost", nginx.port);
            let (network, probed) = prepare(nginx.options(versions), target).await.unwrap();
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
    let nginx = Nginx::start();
    local(async {
        let options = nginx.options(HttpVersions::Http2);
        let (network, _) = prepare(options, origin(true, "localhost", nginx.port)).await.unwrap();
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
    let nginx = Nginx::start();
    local(async {
        let (network, _) =
            prepare(WireOptions::default(), origin(false, "127.0.0.1", nginx.port)).await.unwrap();
        let mut connection = wire(&network).connect(0).await.unwrap();
        assert_eq!(exchange(&mut connection, get("/")).await.unwrap().0.status, 400);
    });
}
