//! The built-in service on a real socket, spoken to byte by byte.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rpsbench::internals::{
    Clock, Freeze, ModelError, MonotonicClock, Running, Service, ServiceModel, ServiceStats,
};

use crate::support::turn::{SideBySide, side_by_side};

const MS: u64 = 1_000_000;
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A service, and the turn in which it runs.
fn start(model: &ServiceModel) -> (Running, SideBySide) {
    let turn = side_by_side();
    (Service::start(model, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap(), turn)
}

fn connect(service: &Running) -> TcpStream {
    let stream = TcpStream::connect(service.addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Reads one response: its head and its body.
fn read_response(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0;
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn exchange(stream: &mut TcpStream, request: &[u8]) -> (String, String) {
    stream.write_all(request).unwrap();
    read_response(stream)
}

/// Waits until the counters say so: what a client causes is counted a little later.
fn eventually(service: &Running, holds: impl Fn(&ServiceStats) -> bool) {
    let give_up_ns = MonotonicClock.now_ns() + 5_000 * MS;
    while !holds(&service.stats()) {
        assert!(MonotonicClock.now_ns() < give_up_ns, "{:?}", service.stats());
        std::thread::yield_now();
    }
}

#[test]
fn a_connection_is_kept_and_pipelined_requests_are_answered_in_order() {
    let (service, _turn) = start(&ServiceModel::immediate());
    assert_eq!(service.url(), format!("http://127.0.0.1:{}/", service.addr().port()));
    let mut stream = connect(&service);
    let requests: Vec<u8> = (0..50)
        .flat_map(|uid| {
            format!("GET /api/mp/article/detail?articleUid={uid} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
        })
        .collect();
    stream.write_all(&requests).unwrap();
    for uid in 0..50 {
        let (head, body) = read_response(&mut stream);
        assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
        assert!(head.contains("content-type: application/json\r\n"), "{head}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&body["ok"], body["data"]["articleUid"].as_str()),
            (&true.into(), Some(&*uid.to_string()))
        );
    }
    drop(stream);
    eventually(&service, |s| s.connections_open == 0);
    let expected = ServiceStats { connections: 1, received: 50, answered: 50, ..ServiceStats::default() };
    assert_eq!(service.stop(), expected);
}

#[test]
fn bodies_are_read_to_their_end_and_larger_ones_than_allowed_are_refused() {
    let (service, _turn) = start(&ServiceModel::immediate());
    let mut stream = connect(&service);
    let sized = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    assert!(exchange(&mut stream, sized).0.starts_with("http/1.1 200"));
    let chunked = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    assert!(exchange(&mut stream, chunked).0.starts_with("http/1.1 200"));
    let large = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n";
    let (head, _) = exchange(&mut stream, large);
    assert!(head.starts_with("http/1.1 413") && head.contains("connection: close"), "{head}");
    eventually(&service, |s| (s.answered, s.refused, s.connections_open) == (2, 1, 0));
}

#[test]
fn a_fixed_delay_is_never_undercut_and_hardly_exceeded() {
    let delay_ns = 25 * MS + 300_000;
    let (service, _turn) = start(&ServiceModel::fixed_delay(delay_ns));
    let mut stream = connect(&service);
    for _ in 0..20 {
        let sent_ns = MonotonicClock.now_ns();
        exchange(&mut stream, GET);
        let took_ns = MonotonicClock.now_ns() - sent_ns;
        assert!((delay_ns..delay_ns + 20 * MS).contains(&took_ns), "{took_ns} ns");
    }
}

#[test]
fn requests_on_many_connections_wait_side_by_side() {
    let (service, _turn) = start(&ServiceModel::fixed_delay(100 * MS));
    let mut streams: Vec<TcpStream> = (0..100).map(|_| connect(&service)).collect();
    let sent_ns = MonotonicClock.now_ns();
    streams.iter_mut().for_each(|stream| stream.write_all(GET).unwrap());
    streams.iter_mut().for_each(|stream| assert!(read_response(stream).0.starts_with("http/1.1 200")));
    let took_ns = MonotonicClock.now_ns() - sent_ns;
    assert!((100 * MS..1_000 * MS).contains(&took_ns), "{took_ns} ns");
}

#[test]
fn garbage_is_refused_and_the_service_survives_it() {
    let (service, _turn) = start(&ServiceModel::immediate());
    let endless_head = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &[b'a'; 300_000]].concat();
    let broken_chunk = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n".to_vec();
    let attacks =
        [b"\x16\x03\x01\x02\x00garbage\r\n\r\n".to_vec(), vec![0; 1000], endless_head, broken_chunk];
    for attack in attacks {
        let mut stream = connect(&service);
        // The service may close before everything is written.
        let _ = stream.write_all(&attack);
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{ended:?} {answer}");
    }
    assert!(exchange(&mut connect(&service), GET).0.starts_with("http/1.1 200"));
    eventually(&service, |s| s.connections_open == 0);
}

#[test]
fn beyond_the_limit_of_the_queue_the_answer_is_503() {
    let one_worker = ServiceModel { workers: 1, queue_max: Some(1), ..ServiceModel::fixed_delay(300 * MS) };
    let (service, _turn) = start(&one_worker);
    let mut streams: Vec<TcpStream> = (0..4).map(|_| connect(&service)).collect();
    for (sent, stream) in streams.iter_mut().enumerate() {
        stream.write_all(GET).unwrap();
        eventually(&service, |s| s.received == sent as u64 + 1);
    }
    let heads: Vec<String> = streams.iter_mut().map(|stream| read_response(stream).0).collect();
    let status: Vec<&str> = heads.iter().map(|head| &head[9..12]).collect();
    assert_eq!(status, ["200", "200", "503", "503"]);
    eventually(&service, |s| (s.answered, s.rejected) == (2, 2));
}

#[test]
fn a_freeze_is_seen_by_whoever_arrives_in_it() {
    let freeze = Some(Freeze { at_ns: 50 * MS, for_ns: 300 * MS });
    let (service, _turn) = start(&ServiceModel { freeze, ..ServiceModel::immediate() });
    let mut stream = connect(&service);
    let first_ns = MonotonicClock.now_ns();
    let (mut slow, mut longest_ns) = (0, 0);
    while MonotonicClock.now_ns() - first_ns < 450 * MS {
        let sent_ns = MonotonicClock.now_ns();
        exchange(&mut stream, GET);
        let took_ns = MonotonicClock.now_ns() - sent_ns;
        longest_ns = longest_ns.max(took_ns);
        slow += u32::from(took_ns > 100 * MS);
    }
    // A closed loop of one user sees one slow request.
    assert_eq!(slow, 1);
    assert!((280 * MS..350 * MS).contains(&longest_ns), "{longest_ns} ns");
}

#[test]
fn a_client_that_goes_away_leaves_nothing_behind() {
    let (service, _turn) = start(&ServiceModel::fixed_delay(3_600_000 * MS));
    for sent in 0..20 {
        let mut stream = connect(&service);
        stream.write_all(GET).unwrap();
        // A client that leaves in the same instant may never be heard at all.
        eventually(&service, |s| s.received == sent + 1);
    }
    eventually(&service, |s| s.connections == 20 && s.connections_open == 0);
    let stats = service.stop();
    assert_eq!((stats.received, stats.abandoned), (20, 20));
}

#[test]
fn stopping_takes_no_time_even_with_requests_waiting() {
    let (service, _turn) = start(&ServiceModel::fixed_delay(3_600_000 * MS));
    let addr = service.addr();
    let mut stream = connect(&service);
    stream.write_all(GET).unwrap();
    eventually(&service, |s| s.received == 1);
    let from_ns = MonotonicClock.now_ns();
    let stats = service.stop();
    assert!(MonotonicClock.now_ns() - from_ns < 500 * MS);
    assert_eq!((stats.received, stats.abandoned, stats.connections_open), (1, 1, 0));
    let mut nothing = Vec::new();
    assert!(!matches!(stream.read_to_end(&mut nothing), Ok(length) if length > 0));
    // The port is free again at once.
    drop(Service::start(&ServiceModel::immediate(), addr).unwrap());
}

#[test]
fn what_cannot_be_started_says_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let error = Service::start(&ServiceModel::default(), addr).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("cannot listen on {addr}: ")), "{error}");

    let no_workers = ServiceModel { workers: 0, ..ServiceModel::default() };
    let error = Service::start(&no_workers, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(error.get_ref().unwrap().downcast_ref(), Some(&ModelError::NoWorkers));
}

#[test]
fn a_service_on_every_address_is_named_by_loopback() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let service = Service::start(&ServiceModel::immediate(), everywhere).unwrap();
    let expected = format!("http://127.0.0.1:{}/", service.addr().port());
    assert_eq!(service.url(), expected);
}
