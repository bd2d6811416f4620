//! HTTP/2 on plain TCP against servers in the same process: a library's, and one that speaks in frames made by hand.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::spawn_local;

use crate::support::frames::{DATA, END_STREAM, Frames, GOAWAY, HEADERS, RST_STREAM};
use crate::support::wire::{
    accept, error_of, exchange, get, http_origin, local, prepare, serve_http2, until, wire,
};

use rpsbench::internals::{
    Connection, ErrorKind, HttpVersions, MonotonicClock, Protocol, Transport, WireConnection, WireOptions,
};

const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;
const NO_ERROR: u32 = 0;

type Handle = WireConnection<MonotonicClock>;

fn http2() -> WireOptions {
    WireOptions { versions: HttpVersions::Http2, ..WireOptions::default() }
}

/// A connection to a server that behaves like this. The connection that probes the server is not one of its tests.
async fn connected<F: Future<Output = ()> + 'static>(
    options: WireOptions,
    serve: impl Fn(TcpStream) -> F + 'static,
) -> Handle {
    let address = accept(serve).await;
    let (network, probed) = prepare(options, http_origin(address)).await.expect("it is prepared");
    assert_eq!(probed.protocol, Protocol::Http2);
    wire(&network).connect(0).await.expect("it connects")
}

async fn library_server(settings: h2::server::Builder) -> Handle {
    let settings = Rc::new(settings);
    connected(http2(), move |stream| serve_http2(stream, Rc::clone(&settings))).await
}

/// A server in frames; it allows 100 streams.
async fn frames_server<F: Future<Output = ()> + 'static>(serve: impl Fn(Frames) -> F + 'static) -> Handle {
    let serve = Rc::new(serve);
    connected(http2(), move |stream| {
        let serve = Rc::clone(&serve);
        async move {
            if let Some(frames) = Frames::start(stream, 100).await {
                serve(frames).await;
            }
        }
    })
    .await
}

/// Another handle.
fn another(connection: &Handle) -> Handle {
    connection.share().expect("there is room")
}

/// Starts an exchange on a handle of its own.
fn start(
    connection: &Handle,
    path: &'static str,
) -> tokio::task::JoinHandle<Result<Vec<u8>, (ErrorKind, bool, bool)>> {
    let mut handle = another(connection);
    spawn_local(async move {
        let ended = exchange(&mut handle, get(path)).await;
        ended.map(|(_, body)| body).map_err(|failure| (failure.kind, failure.before_answer, failure.unsent))
    })
}

#[test]
fn a_hundred_streams_share_one_connection() {
    local(async {
        let most = Rc::new(Cell::new(0));
        let seen = Rc::clone(&most);
        let connection = frames_server(move |mut frames| {
            let most = Rc::clone(&seen);
            async move {
                let mut streams = Vec::new();
                while let Some(stream) = frames.request().await {
                    streams.push(stream);
                    most.set(most.get().max(streams.len()));
                    // Nobody is answered before everybody has asked.
                    if streams.len() == 100 {
                        for stream in streams.drain(..) {
                            frames.answer(stream, b"ok").await;
                        }
                    }
                }
            }
        })
        .await;
        assert_eq!(connection.streams(), 100);
        for _ in 0..3 {
            let started: Vec<_> = (0..100).map(|_| start(&connection, "/")).collect();
            for exchange in started {
                assert_eq!(exchange.await.unwrap(), Ok(b"ok".to_vec()));
            }
        }
        assert_eq!(most.get(), 100);
    });
}

#[test]
fn the_server_s_limit_is_the_room_and_ours_if_it_is_lower() {
    local(async {
        let mut settings = h2::server::Builder::new();
        settings.max_concurrent_streams(7);
        let connection = library_server(settings.clone()).await;
        assert_eq!((connection.streams(), connection.share().is_some()), (7, true));
        let settings = Rc::new(settings);
        let single = WireOptions { streams: 1, ..http2() };
        let connection = connected(single, move |stream| serve_http2(stream, Rc::clone(&settings))).await;
        assert_eq!((connection.streams(), connection.share().is_some()), (1, false));
        // A server that does not say sets no limit.
        assert_eq!(library_server(h2::server::Builder::new()).await.streams(), 100);
    });
}

#[test]
fn a_server_that_takes_room_back_is_waited_for() {
    local(async {
        let connection = frames_server(|mut frames| async move {
            let Some(first) = frames.request().await else { return };
            frames.allow(1).await;
            frames.head(first).await;
            let Some(second) = frames.request().await else { return };
            // The second request comes from whoever waited; the first is still open.
            frames.answer(second, b"second").await;
            frames.send(DATA, END_STREAM, first, b"first").await;
            while frames.next().await.is_some() {}
        })
        .await;
        let mut second = another(&connection);
        let first = start(&connection, "/");
        // The limit has come once the handle is not ready any more.
        while poll_fn(|context| std::task::Poll::Ready(second.poll_ready(context).is_ready())).await {
            tokio::task::yield_now().await;
        }
        first.abort();
        poll_fn(|context| second.poll_ready(context)).await;
        assert_eq!(exchange(&mut second, get("/")).await.unwrap().1, b"second");
    });
}

#[test]
fn a_reset_costs_one_request_and_a_refused_one_was_never_processed() {
    local(async {
        let codes = Rc::new(RefCell::new(vec![INTERNAL_ERROR, REFUSED_STREAM]));
        let mut connection = frames_server(move |mut frames| {
            let codes = Rc::clone(&codes);
            async move {
                while let Some(stream) = frames.request().await {
                    let code = codes.borrow_mut().pop();
                    match code {
                        Some(code) => frames.reset(stream, code).await,
                        None => frames.answer(stream, b"ok").await,
                    }
                }
            }
        })
        .await;
        let refused = exchange(&mut connection, get("/")).await.unwrap_err();
        assert_eq!(
            (refused.kind, refused.before_answer, refused.unsent),
            (ErrorKind::StreamReset, true, true)
        );
        let reset = exchange(&mut connection, get("/")).await.unwrap_err();
        assert_eq!((reset.kind, reset.before_answer, reset.unsent), (ErrorKind::StreamReset, true, false));
        assert!(reset.describe().contains("INTERNAL_ERROR"), "{}", reset.describe());
        assert!(connection.is_reusable());
        assert_eq!(exchange(&mut connection, get("/")).await.unwrap().1, b"ok");
    });
}

#[test]
fn a_goaway_loses_nothing_that_was_processed_and_marks_the_rest_unsent() {
    local(async {
        let connection = frames_server(|mut frames| async move {
            let mut streams = Vec::new();
            while streams.len() < 4 {
                let Some(stream) = frames.request().await else { return };
                streams.push(stream);
            }
            frames.go_away(streams[1], NO_ERROR).await;
            frames.answer(streams[0], b"first").await;
            frames.answer(streams[1], b"second").await;
            while frames.next().await.is_some() {}
        })
        .await;
        let mut idle = another(&connection);
        let started: Vec<_> = (0..4).map(|_| start(&connection, "/")).collect();
        let mut ended = Vec::new();
        for exchange in started {
            ended.push(exchange.await.unwrap());
        }
        let never_processed = Err((ErrorKind::GoAway, true, true));
        assert_eq!(
            ended,
            [Ok(b"first".to_vec()), Ok(b"second".to_vec()), never_processed.clone(), never_processed]
        );
        poll_fn(|context| idle.poll_closed(context)).await;
        assert!(!idle.is_reusable());
        let late = exchange(&mut idle, get("/")).await.unwrap_err();
        assert!(late.unsent, "{late:?}");
    });
}

#[test]
fn a_request_that_the_server_took_and_broke_off_with_a_goaway_is_a_failure() {
    local(async {
        let mut connection = frames_server(|mut frames| async move {
            let Some(stream) = frames.request().await else { return };
            frames.go_away(stream, NO_ERROR).await;
        })
        .await;
        let failure = exchange(&mut connection, get("/")).await.unwrap_err();
        assert_eq!((failure.kind, failure.unsent), (ErrorKind::GoAway, false), "{failure:?}");
    });
}

#[test]
fn a_connection_that_ends_without_a_word_is_closed() {
    local(async {
        let mut connection = frames_server(|mut frames| async move {
            frames.request().await;
        })
        .await;
        let mut idle = another(&connection);
        let failure = exchange(&mut connection, get("/")).await.unwrap_err();
        assert_eq!((failure.kind, failure.before_answer, failure.unsent), (ErrorKind::Closed, true, false));
        poll_fn(|context| idle.poll_closed(context)).await;
    });
}

#[test]
fn frames_that_make_no_sense_are_a_failure_of_the_protocol() {
    local(async {
        let mut connection = frames_server(|mut frames| async move {
            if let Some(stream) = frames.request().await {
                // An index that is in no table.
                frames.send(HEADERS, 4, stream, &[0xff, 0xff, 0x7f]).await;
                while frames.next().await.is_some() {}
            }
        })
        .await;
        let failure = exchange(&mut connection, get("/")).await.unwrap_err();
        assert_eq!((failure.kind, failure.unsent), (ErrorKind::Protocol, false), "{failure:?}");
    });
}

#[test]
fn a_dropped_exchange_resets_its_stream_and_nothing_else() {
    local(async {
        let resets = Rc::new(Cell::new(0));
        let seen = Rc::clone(&resets);
        let mut connection = frames_server(move |mut frames| {
            let resets = Rc::clone(&seen);
            async move {
                let mut is_first = true;
                while let Some((kind, stream)) = frames.next().await {
                    match kind {
                        HEADERS if is_first => is_first = false,
                        HEADERS => frames.answer(stream, b"ok").await,
                        RST_STREAM => resets.set(resets.get() + 1),
                        GOAWAY => panic!("the connection lives on"),
                        _ => {}
                    }
                }
            }
        })
        .await;
        tokio::select! {
            ended = exchange(&mut connection, get("/")) => panic!("nobody answers: {ended:?}"),
            () = async { for _ in 0..50 { tokio::task::yield_now().await } } => {}
        }
        assert!(connection.is_reusable());
        assert_eq!(exchange(&mut connection, get("/")).await.unwrap().1, b"ok");
        until(|| resets.get() == 1).await;
    });
}

#[test]
fn bodies_larger_than_every_window_arrive_both_ways() {
    local(async {
        let mut settings = h2::server::Builder::new();
        settings.initial_window_size(16 * 1024);
        let mut connection = library_server(settings).await;
        let body = Bytes::from(vec![b'x'; 3_000_000]);
        let request = Request::post("/up").header("host", "some.where").body(body).unwrap();
        assert_eq!(exchange(&mut connection, request).await.unwrap().1, b"3000000");
        let (answer, body) = exchange(&mut connection, get("/large/50000000")).await.unwrap();
        assert_eq!((answer.body_bytes, body), (50_000_000, vec![b'x'; 1024]));
        assert!(answer.end_ns > answer.first_byte_ns);
    });
}

#[test]
fn the_connection_ends_with_its_last_handle() {
    local(async {
        let ended = Rc::new(Cell::new(false));
        let seen = Rc::clone(&ended);
        let connection = frames_server(move |mut frames| {
            let ended = Rc::clone(&seen);
            ended.set(false);
            async move {
                while frames.next().await.is_some() {}
                ended.set(true);
            }
        })
        .await;
        let other = another(&connection);
        drop(connection);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        drop(other);
        until(|| ended.get()).await;
    });
}

#[test]
fn a_server_without_http2_is_named() {
    local(async {
        let old = accept(|mut stream| async move {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        });
        let error = error_of(http2(), http_origin(old.await)).await;
        assert!(error.contains("does not speak HTTP/2 here; leave out --http2"), "{error}");
        let closing = accept(|stream| async move { drop(stream) }).await;
        let error = error_of(http2(), http_origin(closing)).await;
        assert!(error.contains("HTTP/2") || error.contains("reset"), "{error}");
    });
}

#[test]
fn answers_given_up_in_the_middle_do_not_use_the_window_up() {
    local(async {
        let mut connection = library_server(h2::server::Builder::new()).await;
        // Each leaves up to a stream's window unread; together they are more than the connection's.
        for _ in 0..10 {
            let mut handle = another(&connection);
            tokio::select! {
                ended = exchange(&mut handle, get("/large/50000000")) => panic!("too soon: {ended:?}"),
                () = async { for _ in 0..20 { tokio::task::yield_now().await } } => {}
            }
        }
        let (answer, _) = exchange(&mut connection, get("/large/20000000")).await.unwrap();
        assert_eq!(answer.body_bytes, 20_000_000);
    });
}
