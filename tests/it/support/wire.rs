//! What the tests of the wire share: a runtime like a worker's, and a transport to a server
//! in the same thread.

use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};

use rpsbench::internals::{
    Answer, BodyWatch, Clock, Connection, Expectation, Failure, MonotonicClock, Network, NetworkError,
    Origin, Probed, Target, Wire, WireOptions,
};

use super::turn::side_by_side;

/// Runs a test as a worker runs: on one thread, with tasks that stay on it. A test that hangs fails.
pub fn local<T>(test: impl Future<Output = T>) -> T {
    let _turn = side_by_side();
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.expect("a runtime").block_on(async {
        tokio::time::timeout(Duration::from_secs(20), test).await.expect("the test ends within 20 s")
    })
}

/// Accepts connections on a free port for as long as the test runs.
pub async fn accept<F: Future<Output = ()> + 'static>(
    serve: impl Fn(TcpStream) -> F + 'static,
) -> SocketAddr {
    accept_at("127.0.0.1:0", serve).await
}

pub async fn accept_at<F: Future<Output = ()> + 'static>(
    address: &str,
    serve: impl Fn(TcpStream) -> F + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(address).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::task::spawn_local(serve(stream));
        }
    });
    address
}

pub fn http_origin(address: SocketAddr) -> Origin {
    origin(false, &address.ip().to_string(), address.port())
}

pub fn origin(is_tls: bool, host: &str, port: u16) -> Origin {
    let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let scheme = if is_tls { "https" } else { "http" };
    let target: Target = format!("{scheme}://{authority}/").parse().expect("a target");
    target.origin().clone()
}

/// A prepared network with one origin, and what was found there.
pub async fn prepare(options: WireOptions, origin: Origin) -> Result<(Arc<Network>, Probed), NetworkError> {
    let (network, mut probed, _) = Network::prepare(options, &[origin]).await?;
    Ok((Arc::new(network), probed.remove(0)))
}

pub async fn error_of(options: WireOptions, origin: Origin) -> String {
    prepare(options, origin).await.expect_err("it cannot be prepared").to_string()
}

pub fn wire(network: &Arc<Network>) -> Wire<MonotonicClock> {
    Wire::new(network, 0, MonotonicClock)
}

pub fn get(path: &str) -> Request<Bytes> {
    Request::get(path).header("host", "some.where").body(Bytes::new()).expect("a request")
}

/// One exchange; the watch keeps up to 1 KiB of the body.
pub async fn exchange(
    connection: &mut impl Connection,
    request: Request<Bytes>,
) -> Result<(Answer, Vec<u8>), Failure> {
    let mut watch = BodyWatch::new(1024);
    watch.begin(&Expectation::default(), false);
    let answer = connection.exchange(request, MonotonicClock.now_ns(), &mut watch).await?;
    Ok((answer, watch.head().to_vec()))
}

/// Waits until something has come to pass, at most as long as the test may run.
pub async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// Serves HTTP/1.1 on a stream: the body is the path.
pub async fn serve_http1(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static) {
    let answer = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| async move {
        let path = Bytes::from(request.uri().path().to_owned());
        Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Full::new(path)))
    });
    let io = hyper_util::rt::TokioIo::new(stream);
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, answer).await;
}

/// Serves HTTP/2 on a stream: the body is what was sent, or the path.
pub async fn serve_http2(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    settings: Rc<h2::server::Builder>,
) {
    let Ok(mut connection) = settings.handshake::<_, Bytes>(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        tokio::task::spawn_local(async move {
            let path = request.uri().path().to_owned();
            let mut body = request.into_body();
            let mut received = 0;
            while let Some(Ok(part)) = body.data().await {
                received += part.len();
                let _ = body.flow_control().release_capacity(part.len());
            }
            let content = match path.strip_prefix("/large/").map(str::parse::<usize>) {
                Some(Ok(length)) => vec![b'x'; length],
                _ if received > 0 => received.to_string().into_bytes(),
                _ => path.into_bytes(),
            };
            if let Ok(mut stream) = respond.send_response(http::Response::new(()), false) {
                let _ = stream.send_data(content.into(), false);
                let mut trailers = http::HeaderMap::new();
                trailers.insert("x-end", http::HeaderValue::from_static("yes"));
                let _ = stream.send_trailers(trailers);
            }
        });
    }
}
