//! Where Prometheus asks: `GET /metrics`.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::counted::Counted;
use super::{exposition, locked};
use crate::commands::error::CommandError;
use crate::commands::runner;

/// Longest that one who asks may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most who ask at once: the others wait to be accepted.
const AT_ONCE: usize = 16;

/// Answers whoever asks, until the program ends.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) fn serve(address: SocketAddr, counted: Arc<Mutex<Counted>>) -> Result<(), CommandError> {
    let failed = |source: std::io::Error| CommandError::System {
        what: "cannot listen for Prometheus",
        source: std::io::Error::new(
            source.kind(),
            format!("{address}: {source}; choose another --prometheus HOST:PORT"),
        ),
    };
    // Before anything is sent, so that a port in use is known.
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let runtime = runner::runtime()?;
    thread::Builder::new()
        .name("prometheus".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let room = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
                loop {
                    let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
                    let Ok((stream, _)) = listener.accept().await else {
                        // Out of descriptors, say: it may pass.
                        let _ = timeout(Duration::from_millis(50), std::future::pending::<()>()).await;
                        continue;
                    };
                    let counted = Arc::clone(&counted);
                    tokio::spawn(async move {
                        let service = service_fn(|request| {
                            let answer = answer(&request, &counted);
                            async move { Ok::<_, Infallible>(answer) }
                        });
                        let connection = http1::Builder::new()
                            .keep_alive(false)
                            .serve_connection(TokioIo::new(stream), service);
                        let _ = timeout(PATIENCE, connection).await;
                        drop(permit);
                    });
                }
            });
        })
        .map(drop)
        .map_err(failed)
}

fn answer(request: &Request<Incoming>, counted: &Mutex<Counted>) -> Response<Full<Bytes>> {
    let said = |status, content_type: &'static str, text: Vec<u8>| {
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        response
    };
    if request.method() == Method::GET && request.uri().path() == "/metrics" {
        // Written outside of the lock: the run must not wait for a text.
        let families = locked(counted).families();
        return said(StatusCode::OK, exposition::CONTENT_TYPE, exposition::text_of(&families));
    }
    said(StatusCode::NOT_FOUND, "text/plain", b"the metrics are at GET /metrics\n".to_vec())
}
