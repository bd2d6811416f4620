//! The program against nginx on plain TCP.

use std::fs;

use crate::support::nginx::Nginx;
use crate::support::program::{assert_ledger_adds_up, ledger, run, run_json};

/// An nginx that serves a small page at `/`, a 404 elsewhere, and closes after one request under `/close`.
fn start() -> Nginx {
    Nginx::start(|folder, port| {
        // What `return` answers never comes to the limit.
        fs::write(folder.join("page"), "within the limit").expect("the page is written");
        let root = folder.display();
        format!(
            "keepalive_requests 1000000; limit_req_zone $server_port zone=all:1m rate=200r/s;\n\
             server {{ listen 127.0.0.1:{port} backlog=1024;\n\
               location = / {{ return 200 'hello from a real server'; }}\n\
               location = /limited {{ limit_req zone=all burst=2 nodelay; root {root}; try_files /page =404; }}\n\
               location = /close {{ keepalive_timeout 0; return 200 'bye'; }}\n\
               location = /echo {{ return 200 '$request_method $http_x_test $http_host'; }}\n\
               location / {{ return 404; }} }}"
        )
    })
}

fn url(nginx: &Nginx, path: &str) -> String {
    format!("http://127.0.0.1:{}{path}", nginx.port)
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn every_planned_request_arrives_and_is_answered() {
    let nginx = start();
    let (ended, document) = run_json(&[
        &url(&nginx, "/"),
        "--rate",
        "2000",
        "--duration",
        "3s",
        "--warmup",
        "500ms",
        "--baseline",
        "0",
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
    assert_eq!(nginx.logged().len(), 6_500, "nginx's own count, warm-up included");
    assert_eq!(document["connections"]["retries"], 0);
    let opened = document["connections"]["opened"].as_u64().unwrap();
    assert!(opened < 650, "connections are kept: {opened} were opened");
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn without_keep_alive_every_request_has_its_own_connection() {
    let nginx = start();
    for arguments in
        [[url(&nginx, "/"), "--no-keepalive".to_owned()], [url(&nginx, "/close"), "--quiet".to_owned()]]
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
    let nginx = start();
    let arguments =
        ["--rate", "50", "-n", "10", "--warmup", "0", "-H", "X-Test: yes", "-H", "Host: some.where"];
    let (_, document) = run_json(
        &[[url(&nginx, "/echo").as_str(), "-m", "put", "-d", "body"].as_slice(), &arguments].concat(),
    );
    assert_eq!(document["body_bytes"], 10 * "PUT yes some.where".len());
    assert_eq!(document["plan"]["method"], "PUT");
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn a_404_is_an_http_error_and_fails_its_objective() {
    let nginx = start();
    let (ended, document) = run_json(&[
        &url(&nginx, "/missing"),
        "--rate",
        "100",
        "-n",
        "50",
        "--warmup",
        "0",
        "--slo",
        "error_rate<1%",
    ]);
    assert_eq!((ledger(&document, "http_error"), ended.code), (50, 98));
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn neither_host_nor_query_is_in_any_result() {
    let nginx = start();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let url = url(&nginx, "/?token=planted-secret");
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
    let nginx = start();
    let (ended, document) = run_json(&[
        "sweep",
        &url(&nginx, "/limited"),
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
