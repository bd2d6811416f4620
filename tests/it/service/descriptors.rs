//! The built-in service when the process has no descriptors left.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use rpsbench::internals::{Clock, MonotonicClock, Service, ServiceModel};

use crate::support::program::end_of;

const MS: u64 = 1_000_000;
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn cpu_ns() -> u64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as u64 * 1_000 * MS + used.tv_nsec as u64
}

/// The limit is that of a whole process, so the test runs in one of its own: this binary again, which knows by a variable
/// that it is the one to be limited.
#[test]
fn without_descriptors_the_service_waits_without_spinning_and_recovers() {
    const NAME: &str =
        "service::descriptors::without_descriptors_the_service_waits_without_spinning_and_recovers";
    const VARIABLE: &str = "TEST_WITHOUT_DESCRIPTORS";
    if std::env::var_os(VARIABLE).is_some() {
        return waits_without_spinning_and_recovers();
    }
    let mut itself = Command::new(std::env::current_exe().unwrap());
    let ended = end_of(itself.args(["--exact", NAME]).env(VARIABLE, "1"));
    assert!(ended.code == 0 && ended.stdout.contains("1 passed"), "{}{}", ended.stdout, ended.stderr);
}

fn waits_without_spinning_and_recovers() {
    let service = Service::start(&ServiceModel::immediate(), SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let limit = Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    // Both ends are in this process: the clients take what is left, the last ones without being accepted.
    let mut clients: Vec<TcpStream> =
        std::iter::from_fn(|| TcpStream::connect(service.addr()).ok()).take(100).collect();
    let from_ns = (MonotonicClock.now_ns(), cpu_ns());
    let mut last = clients.pop().unwrap();
    last.set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
    last.write_all(GET).unwrap();
    // The last client's descriptor is still in use, so nobody accepts it.
    let mut byte = [0];
    assert!(last.read_exact(&mut byte).is_err(), "there were descriptors left");
    let (waited_ns, worked_ns) = (MonotonicClock.now_ns() - from_ns.0, cpu_ns() - from_ns.1);
    assert!(waited_ns >= 290 * MS && worked_ns < waited_ns / 4, "{worked_ns} of {waited_ns} ns");

    drop(clients);
    last.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    last.read_exact(&mut byte).unwrap();
    assert_eq!(&byte, b"H");
}
