//! Single tunnels: what a proxy is told, and whose bytes are whose.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use rpsbench::internals::{Connection, ErrorKind, HttpVersions, Protocol, Transport, WireOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::support::wire::{
    accept, error_of, exchange, get, local, origin, prepare, serve_http1, serve_http2, wire,
};

type Told = Rc<RefCell<Vec<String>>>;

fn through(proxy: &str, versions: HttpVersions) -> WireOptions {
    WireOptions { proxy: Some(proxy.parse().expect("a proxy")), versions, ..WireOptions::default() }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    String::from_utf8(head).expect("text")
}

/// An HTTP proxy to `target`. It hands over its answer with what the target says first, if that is waited for.
async fn http_proxy(target: SocketAddr, waits: bool, told: &Told) -> SocketAddr {
    let told = Rc::clone(told);
    accept(move |mut stream| {
        let told = Rc::clone(&told);
        async move {
            // The probe of the address.
            if matches!(stream.peek(&mut [0]).await, Ok(0) | Err(_)) {
                return;
            }
            let head = read_head(&mut stream).await;
            told.borrow_mut().push(head.lines().next().unwrap_or_default().to_owned());
            let mut other = TcpStream::connect(target).await.expect("the target accepts");
            let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
            if waits {
                other.read_buf(&mut answer).await.expect("the target begins");
            }
            stream.write_all(&answer).await.expect("the client listens");
            let _ = copy_bidirectional(&mut stream, &mut other).await;
        }
    })
    .await
}

/// A SOCKS5 proxy to `target` that notes the type of the address and the address.
async fn socks_proxy(target: SocketAddr, told: &Told) -> SocketAddr {
    let told = Rc::clone(told);
    accept(move |mut stream| {
        let told = Rc::clone(&told);
        async move {
            let mut greeting = [0; 3];
            if stream.read_exact(&mut greeting).await.is_err() {
                return;
            }
            stream.write_all(&[5, 0]).await.expect("the client listens");
            let mut head = [0; 4];
            stream.read_exact(&mut head).await.expect("a request");
            let length = if head[3] == 3 { stream.read_u8().await.expect("a length") } else { 4 };
            let mut address = vec![0; usize::from(length)];
            stream.read_exact(&mut address).await.expect("an address");
            let port = stream.read_u16().await.expect("a port");
            let shown = match head[3] {
                3 => String::from_utf8(address).expect("text"),
                _ => format!("{address:?}"),
            };
            told.borrow_mut().push(format!("{shown} {port}"));
            let mut other = TcpStream::connect(target).await.expect("the target accepts");
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("the client listens");
            let _ = copy_bidirectional(&mut stream, &mut other).await;
        }
    })
    .await
}

#[test]
fn a_name_is_resolved_by_the_proxy_or_here_as_the_scheme_says() {
    local(async {
        let target = accept(serve_http1).await;
        let told: Told = Rc::default();
        let (http, socks) = (http_proxy(target, false, &told).await, socks_proxy(target, &told).await);
        let here = || "nowhere.invalid:81:127.0.0.7,127.0.0.8".parse().expect("an entry");
        for (proxy, expected) in [
            (format!("http://{http}"), vec!["CONNECT nowhere.invalid:81 HTTP/1.1"; 3]),
            (format!("socks5h://{socks}"), vec!["nowhere.invalid 81"; 3]),
            // Both addresses are tried before the run, and have their turn in it.
            (
                format!("socks5://{socks}"),
                vec!["[127, 0, 0, 7] 81", "[127, 0, 0, 8] 81", "[127, 0, 0, 7] 81", "[127, 0, 0, 8] 81"],
            ),
        ] {
            let mut options = through(&proxy, HttpVersions::Auto);
            options.overrides = if proxy.starts_with("socks5:") { vec![here()] } else { Vec::new() };
            let (network, _) = prepare(options, origin(false, "nowhere.invalid", 81)).await.unwrap();
            let wire = wire(&network);
            for _ in 0..2 {
                let mut connection = wire.connect(0).await.unwrap();
                let (_, body) = exchange(&mut connection, get("/through")).await.unwrap();
                assert_eq!(body, b"/through");
            }
            assert_eq!(told.take(), expected);
        }
    });
}

#[test]
fn a_tunnel_leads_where_connect_to_says() {
    local(async {
        let (target, told) = (accept(serve_http1).await, Told::default());
        let proxy = format!("http://{}", http_proxy(target, false, &told).await);
        let rules = vec!["a.example:80:b.example:8080".parse().expect("a rule")];
        let options = WireOptions { connect_to: rules, ..through(&proxy, HttpVersions::Auto) };
        let (network, _) = prepare(options, origin(false, "a.example", 80)).await.unwrap();
        wire(&network).connect(0).await.unwrap();
        assert_eq!(told.take(), ["CONNECT b.example:8080 HTTP/1.1"; 2]);
    });
}

/// A server of HTTP/2 without TLS may begin (RFC 9113, 3.4), and what it says may come with the proxy's answer.
#[test]
fn what_the_target_says_first_is_not_lost_behind_the_answer_of_the_proxy() {
    local(async {
        let settings = Rc::new(h2::server::Builder::new());
        let target = accept(move |stream| serve_http2(stream, Rc::clone(&settings))).await;
        let proxy = format!("http://{}", http_proxy(target, true, &Rc::default()).await);
        let (network, probed) =
            prepare(through(&proxy, HttpVersions::Http2), origin(false, "a.example", 80)).await.unwrap();
        assert_eq!(probed.protocol, Protocol::Http2);
        let mut connection = wire(&network).connect(0).await.unwrap();
        assert_eq!(exchange(&mut connection, get("/x")).await.unwrap().1, b"/x");
        // Nobody who speaks HTTP/1.1 does so: there it can only be a part of the proxy's answer.
        let error = error_of(through(&proxy, HttpVersions::Auto), origin(false, "a.example", 80)).await;
        assert!(error.contains("more than the head"), "{error}");
    });
}

#[test]
fn the_time_to_connect_is_that_until_the_tunnel_is_open() {
    const SLOW: Duration = Duration::from_millis(60);
    local(async {
        let target = accept(serve_http1).await;
        let proxy = accept(move |mut stream| async move {
            let mut bytes = [0; 1_024];
            if !matches!(stream.read(&mut bytes).await, Ok(1..)) {
                return;
            }
            let mut other = TcpStream::connect(target).await.expect("the target accepts");
            #[expect(clippy::disallowed_methods, reason = "a slow proxy is what is tested")]
            tokio::time::sleep(SLOW).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("the client listens");
            let _ = copy_bidirectional(&mut stream, &mut other).await;
        })
        .await;
        let options = through(&format!("http://{proxy}"), HttpVersions::Auto);
        let (network, _) = prepare(options, origin(false, "a.example", 80)).await.unwrap();
        let mut connection = wire(&network).connect(0).await.unwrap();
        assert!(connection.opened().tcp_ns >= SLOW.as_nanos() as u64, "{:?}", connection.opened());
        let (answer, _) = exchange(&mut connection, get("/")).await.unwrap();
        assert_eq!(answer.status, 200);
    });
}

#[test]
fn a_refusal_in_a_run_never_reached_the_target() {
    local(async {
        let target = accept(serve_http1).await;
        let turns = Rc::new(RefCell::new(0));
        let proxy = accept(move |mut stream| {
            let turns = Rc::clone(&turns);
            async move {
                let mut bytes = [0; 1_024];
                if !matches!(stream.read(&mut bytes).await, Ok(1..)) {
                    return;
                }
                *turns.borrow_mut() += 1;
                if *turns.borrow() == 1 {
                    let mut other = TcpStream::connect(target).await.expect("the target accepts");
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                    let _ = copy_bidirectional(&mut stream, &mut other).await;
                } else {
                    let _ = stream.write_all(b"HTTP/1.1 403 No\r\n\r\n").await;
                }
            }
        })
        .await;
        let options = through(&format!("http://{proxy}"), HttpVersions::Auto);
        let (network, _) = prepare(options, origin(false, "a.example", 80)).await.unwrap();
        let Err(failure) = wire(&network).connect(0).await else { panic!("there is a tunnel") };
        assert_eq!((failure.kind, failure.unsent), (ErrorKind::ProxyRefused, true), "{failure:?}");
        assert_eq!(failure.describe(), "the proxy answered CONNECT with 403 Forbidden");
    });
}
