//! Metrics while a run goes on: asked for by a real Prometheus, and told to a collector.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Running, ledger, program, run};
use crate::support::servers::{GOOD, Server, answer_always, read_body, read_request};

fn wait(millis: u64) {
    #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
    std::thread::sleep(Duration::from_millis(millis));
}

/// A port that was free just now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port()
}

/// The body of `GET path`, once there is an answer.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

/// The value of the first line that begins so.
fn value(text: &str, start: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

const LOAD: [&str; 9] = ["--rate", "100", "--warmup", "0", "--baseline", "0", "--format", "json", "-q"];

#[test]
#[ignore = "needs prometheus and promtool: run `bash tests/run.sh`"]
fn a_real_prometheus_scrapes_what_the_ledger_counts() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let folder = tempfile::tempdir().unwrap();
    let (own, of_prometheus) = (free_port(), free_port());
    let config = folder.path().join("prometheus.yml");
    let scrape = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: rpsbench\n  static_configs:\n  - targets: ['127.0.0.1:{own}']\n"
    );
    std::fs::write(&config, scrape).unwrap();
    let mut prometheus = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{of_prometheus}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prometheus");
    for _ in 0..100 {
        if get(of_prometheus, "/-/ready").is_some() {
            break;
        }
        wait(100);
    }
    let address = own.to_string();
    let metrics = ["--duration", "8s", "--prometheus", &address, "--label", "team=shop"];
    let running = Running::start(program().arg(server.url()).args(LOAD).args(metrics));
    wait(6_500);
    let text = get(own, "/metrics").expect("the metrics");
    let query =
        "/api/v1/query?query=rpsbench_requests_offered_total%7Bphase%3D%22measured%22%2Cteam%3D%22shop%22%7D";
    let answer: Value = serde_json::from_str(&get(of_prometheus, query).expect("an answer")).unwrap();
    let linted = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut linted = linted.expect("promtool");
    linted.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let linted = linted.wait_with_output().unwrap();
    prometheus.kill().unwrap();
    prometheus.wait().unwrap();
    let ended = running.end();
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    assert!(ended.is_measured() && ledger(&document, "planned") == 800, "{ended:?}");
    assert!(linted.status.success() && linted.stderr.is_empty() && linted.stdout.is_empty(), "{linted:?}");
    let scraped: f64 = answer["data"]["result"][0]["value"][1]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .parse()
        .unwrap();
    assert!((200.0..=800.0).contains(&scraped), "5 s or so of 100/s: {scraped}");
    let own = value(&text, "rpsbench_requests_offered_total{team=\"shop\",phase=\"measured\"}");
    assert!(own >= scraped && own <= 800.0, "{own} after {scraped}");
    let good = value(&text, "rpsbench_response_seconds_count{team=\"shop\",phase=\"measured\"}");
    assert!((own - good).abs() <= 110.0, "{good} good answers of {own}");
    assert!(!text.contains("127.0.0.1"), "no host: {text}");
}

/// A collector that keeps what it is told.
fn collector(told: Arc<Mutex<Vec<Value>>>) -> Server {
    Server::start(move |mut stream| {
        let Some(head) = read_request(&mut stream) else { return };
        let body = read_body(&mut stream, &head).unwrap_or_default();
        assert!(head.starts_with("POST /v1/metrics "), "{head}");
        told.lock().expect("nobody panics with it").push(serde_json::from_slice(&body).expect("JSON"));
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
    })
}

#[test]
fn a_collector_is_told_what_the_ledger_counts() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let told = Arc::new(Mutex::new(Vec::new()));
    let collector = collector(Arc::clone(&told));
    let flags = ["--duration", "2s", "--otlp", &collector.url(), "--label", "team=shop"];
    let ended = Running::start(program().arg(server.url()).args(LOAD).args(flags)).end();
    assert!(ended.is_measured() && ended.stderr.is_empty(), "{ended:?}");
    let told = told.lock().unwrap();
    let last = told.last().expect("told at the end, at the latest");
    let metrics = last["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
    let offered = metrics.iter().find(|metric| metric["name"] == "rpsbench_requests_offered").unwrap();
    let points = offered["sum"]["dataPoints"].as_array().unwrap();
    let counts: u64 =
        points.iter().map(|point| point["asInt"].as_str().unwrap().parse::<u64>().unwrap()).sum();
    assert!((100..=200).contains(&counts), "whole seconds of 100/s: {counts}");
    assert!(points[0]["attributes"].to_string().contains("shop"), "{points:?}");
}

#[test]
fn one_that_does_not_listen_costs_its_exports_and_never_the_run() {
    let server = Server::start(|stream| answer_always(stream, GOOD));
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let flags = ["--duration", "1s", "--otlp", &nobody];
    let ended = Running::start(program().arg(server.url()).args(LOAD).args(flags)).end();
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    assert!(ended.is_measured() && ledger(&document, "ok") == 100, "{ended:?}");
    assert!(ended.stderr.contains("1 of 1 exports failed"), "{ended:?}");
    // A port in use is known before anything is sent.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(&[&server.url(), "--rate", "5", "--prometheus", &address]);
    assert!(ended.code == 1 && ended.stderr.contains("choose another --prometheus"), "{ended:?}");
}
