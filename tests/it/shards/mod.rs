//! Several processes that send one schedule.

mod by_hand;
mod compare;
mod engines;
mod folder;
mod frozen;
mod manifest;
mod rendezvous;
mod sweeps;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Ended, Running, program};
use crate::support::servers::{GOOD, Server, read_request};

/// A server that counts the requests that reach it.
fn counting() -> (Server, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&count);
    let server = Server::start(move |mut stream| {
        while read_request(&mut stream).is_some() {
            seen.fetch_add(1, Ordering::SeqCst);
            if std::io::Write::write_all(&mut stream, GOOD).is_err() {
                return;
            }
        }
    });
    (server, count)
}

/// A place to meet that nobody uses.
fn meeting_place() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("bound"))
}

/// A load of one schedule, for all its shards.
const LOAD: [&str; 6] = ["--rate", "200", "--warmup", "500ms", "--baseline", "0"];
/// Its arrivals in two seconds, measured and in the warm-up.
const PLANNED: u64 = 400;
const WARMUP: u64 = 50;

/// Long enough to be in the middle of the second rung.
const LONG_LADDER: [&str; 6] = ["--rates", "100,200,300", "--step-duration", "3s", "--warmup", "0"];

/// Starts a shard of a command whose report is JSON.
fn start_of(command: &str, index: u64, count: u64, url: &str, place: &str, more: &[&str]) -> Running {
    let shard = format!("{index}/{count}");
    let own = [command, url, "--shard", &shard, "--rendezvous", place, "--format", "json"];
    Running::start(program().args(own).args(["--baseline", "0"]).args(more))
}

/// Starts a shard of a run of that length.
fn start_for(duration: &str, index: u64, count: u64, url: &str, place: &str, more: &[&str]) -> Running {
    let load = ["--rate", "200", "--warmup", "500ms", "--duration", duration];
    start_of("run", index, count, url, place, &[&load[..], more].concat())
}

fn document(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

fn rungs(document: &Value) -> &[Value] {
    document["rungs"].as_array().map_or(&[], Vec::as_slice)
}

#[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
fn wait(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Waits until that is so, which other processes bring about.
fn until_written(mut is_so: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        wait(10);
    }
    panic!("it is not so within 30 s");
}

/// How long it takes until a process has ended.
fn time_to_end(running: &mut Running) -> Duration {
    let mut waited = 0;
    while running.child().try_wait().expect("it can be waited for").is_none() {
        wait(20);
        waited += 20;
        assert!(waited < 60_000, "it does not end");
    }
    Duration::from_millis(waited)
}
