//! From an open stream of bytes to an HTTP/2 connection whose room is known.

use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};

use super::super::Failure;
use super::super::socket::Socket;
use super::one_read::OneRead;

/// What the server may send before we have taken anything of it, on a connection and on one stream of it. With the 64 KiB
/// that HTTP/2 starts with, a large answer would come in pieces, one for each round trip, and the benchmark would
/// measure its own window. Four MiB a stream fill 3 Gbit/s over a path of 10 ms; what h2 holds for a connection is
/// at most the sixteen.
const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;
const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// Streams given up by us that h2 remembers for a while, so that answers on their way are dropped in silence.
const REMEMBERED_RESETS: usize = 1024;

/// A number of streams that no SETTINGS frame can give: it holds 32 bits, and no limit is the highest number.
const NOT_SAID: usize = usize::MAX - 1;

/// A connection whose room is known, not yet driven.
pub(in super::super) struct Open {
    pub(super) sender: SendRequest<Bytes>,
    pub(super) driver: Connection<OneRead>,
    /// Exchanges at once.
    pub(in super::super) streams: u64,
}

/// Starts HTTP/2 and waits for the server's SETTINGS: then the room is `streams`, or less where the server allows fewer
/// (SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113, 6.5.2). A server that allows none yet may allow all of them later: requests
/// wait for that, and it is no part of the time that a connection takes to open.
///
/// # Errors
/// A [`Failure`] when the other side is no HTTP/2 server or closes.
pub(in super::super) async fn open(socket: Socket, streams: u64) -> Result<Open, Failure> {
    let (sender, mut driver) = Builder::new()
        .enable_push(false)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_window_size(STREAM_WINDOW_BYTES)
        // Until the server has said how many: h2 then takes its word, or, where it says nothing, sets no limit.
        .initial_max_send_streams(NOT_SAID)
        .max_concurrent_reset_streams(REMEMBERED_RESETS)
        // Answers that come after we have given up are a slow server's, not an attacker's.
        .max_local_error_reset_streams(None)
        .handshake::<_, Bytes>(OneRead::new(socket))
        .await
        .map_err(|error| Failure::opening_http2(&error))?;
    std::future::poll_fn(|context| match Pin::new(&mut driver).poll(context) {
        Poll::Ready(Ok(())) => Poll::Ready(Err(Failure::closed_before_settings())),
        Poll::Ready(Err(error)) => Poll::Ready(Err(Failure::opening_http2(&error))),
        Poll::Pending if sender.current_max_send_streams() != NOT_SAID => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    })
    .await?;
    let streams = match sender.current_max_send_streams() as u64 {
        0 => streams,
        allowed => streams.min(allowed),
    };
    Ok(Open { sender, driver, streams })
}
