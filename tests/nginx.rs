//! Against a real server: nginx, started by the test on a free port and stopped after it.
//!
//! These tests need nginx and are left out of a plain `cargo test`; `bash tests/run.sh` installs it and runs them.

mod common;

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use common::{assert_ledger_adds_up, ledger, run, run_json, wait_until_it_listens};
use tempfile::TempDir;

/// A running nginx that serves a small page at `/`, a 404 elsewhere, and closes after one request under `/close`.
struct Nginx {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Nginx {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let root = folder.path().display();
        let configuration = format!(
            "daemon off; master_process off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log {root}/access.log; keepalive_requests 1000000;\n\
               client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;\n\
               uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;\n\
               limit_req_zone $server_port zone=all:1m rate=200r/s;\n\
               server {{ listen 127.0.0.1:{port} backlog=1024;\n\
                 location = / {{ return 200 'hello from a real server'; }}\n\
                 location = /limited {{ limit_req zone=all burst=2 nodelay; root {root}; try_files /page =404; }}\n\
                 location = /close {{ keepalive_timeout 0; return 200 'bye'; }}\n\
                 location = /echo {{ return 200 '$request_method $http_x_test $http_host'; }}\n\
                 location / {{ return 404; }} }} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration).expect("the configuration is written");
        // What `return` answers never comes to the limit.
        fs::write(folder.path().join("page"), "within the limit").expect("the page is written");
        let child = Command::new("nginx")
            .args(["-c", &file.display().to_string(), "-p", &root.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts; `bash tests/run.sh` installs it");
        let nginx = Self { child, port, folder };
        wait_until_it_listens(port);
        nginx
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Requests that nginx has logged. It writes the log before it closes or reads on, so after a run it is whole.
    fn logged(&self) -> usize {
        fs::read_to_string(self.folder.path().join("access.log")).expect("the log is there").lines().count()
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
fn every_planned_request_arrives_and_is_answered() {
    let nginx = Nginx::start();
    let (ended, document) = run_json(&[
        &nginx.url("/"),
        "--rate",
        "2000",
        "--duration",
        "3s",
        "--warmup",
        "500ms",
        "--threads",
        "2",
    ]);
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    assert_ledger_adds_up(&document);
    assert_eq!(
        (ledger(&document, "planned"), ledger(&document, "ok")),
        (6_000, 6_000),
        "{}",
        document["ledger"]
    );
    assert_eq!(document["body_bytes"], 6_000 * "hello from a real server".len());
    assert_eq!(document["warmup"]["ledger"]["ok"], 500);
    assert_eq!(nginx.logged(), 6_500, "nginx's own count, warm-up included");
    assert_eq!(document["connections"]["retries"], 0);
    let opened = document["connections"]["opened"].as_u64().unwrap();
    assert!(opened < 650, "connections are kept: {opened} were opened");
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn without_keep_alive_every_request_has_its_own_connection() {
    let nginx = Nginx::start();
    for arguments in
        [[nginx.url("/"), "--no-keepalive".to_owned()], [nginx.url("/close"), "--quiet".to_owned()]]
    {
        let [url, flag] = &arguments;
        let flags: Vec<&str> = if flag == "--quiet" { Vec::new() } else { vec![flag] };
        let (_, document) = run_json(
            &[[url.as_str(), "--rate", "200", "-n", "200", "--warmup", "0"].as_slice(), &flags].concat(),
        );
        assert_eq!(ledger(&document, "ok"), 200, "{}", document["ledger"]);
        assert_eq!(document["connections"]["opened"], 200, "{url}");
        assert_eq!(document["latency"]["connect"]["count"], 200, "every one waited for its connection");
    }
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn method_headers_and_body_arrive() {
    let nginx = Nginx::start();
    let arguments =
        ["--rate", "50", "-n", "10", "--warmup", "0", "-H", "X-Test: yes", "-H", "Host: some.where"];
    let (_, document) =
        run_json(&[[nginx.url("/echo").as_str(), "-m", "put", "-d", "body"].as_slice(), &arguments].concat());
    assert_eq!(document["body_bytes"], 10 * "PUT yes some.where".len());
    assert_eq!(document["plan"]["method"], "PUT");
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn a_404_is_an_http_error_and_fails_its_objective() {
    let nginx = Nginx::start();
    let (ended, document) = run_json(&[
        &nginx.url("/missing"),
        "--rate",
        "100",
        "-n",
        "50",
        "--warmup",
        "0",
        "--slo",
        "error_rate<1%",
    ]);
    assert_eq!((ledger(&document, "http_error"), ended.code), (50, 99));
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn neither_host_nor_query_is_in_any_result() {
    let nginx = Nginx::start();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let url = nginx.url("/?token=planted-secret");
    let ended = run(&[
        &url,
        "--rate",
        "100",
        "-n",
        "50",
        "--warmup",
        "0",
        "-H",
        "Authorization: planted-secret",
        "-d",
        "planted-secret",
        "-o",
        &file("a.json"),
        "-o",
        &file("a.csv"),
        "-o",
        &file("a.txt"),
    ]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let mut written = ended.stdout + &ended.stderr;
    for name in ["a.json", "a.csv", "a.txt"] {
        written += &fs::read_to_string(folder.path().join(name)).unwrap();
    }
    assert!(!written.contains("planted-secret") && !written.contains("127.0.0.1"), "{written}");
}

/// `limit_req` at 200/s answers 503 above it, so the knee of the error objective is the limit.
#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn a_search_finds_the_limit_that_a_gateway_sets() {
    let nginx = Nginx::start();
    let (ended, document) = run_json(&[
        "sweep",
        &nginx.url("/limited"),
        "--find-knee",
        "--slo",
        "error_rate<1%",
        "--min-rate",
        "20",
        "--budget",
        "110s",
        "--step-duration",
        "4s",
        "--warmup",
        "200ms",
    ]);
    let search = &document["search"];
    assert_eq!(ended.code, 0, "{ended:?}: {search}");
    let bound = |name: &str| search[name].as_f64().expect("a bound");
    // 1 % of errors are allowed and a burst of 2 passes: (200 x 4 s + 2) / (0.99 x 4 s) = 202.5/s. Within 5 % of 200.
    let (lower, upper) = (bound("lower_per_s"), bound("upper_per_s"));
    assert!(lower <= 205.0 && upper >= 200.0 && lower >= 190.0 && upper <= 213.0, "{search}");
}
