//! Several processes that send one schedule.

mod by_hand;
mod engines;
mod rendezvous;
mod sweeps;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
