//! HTTP/1.1 on hyper, one connection at a time.
//!
//! hyper's connection future is driven by the same task that waits for the answer: one task for each connection,
//! no hand-over between tasks, and the answer's instants are read in the very poll that received it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::unconstrained;

use super::driver_waker::DriverWaker;
use super::receive_clock::{Arrived, ReceiveClock};
use super::socket::Socket;
use super::{Answer, Connection, Failure};
use crate::measure::{ErrorKind, Opened};
use crate::request::BodyWatch;
use crate::time::Clock;

/// Parts of a body that are read at a stretch.
pub(super) const PARTS_PER_TURN: u32 = 64;

/// Header fields that an answer may have once one had more than hyper's 100: browsers take hundreds.
const MANY_FIELDS: usize = 1_000;

/// Whether an origin has sent a head with more fields than hyper takes unasked. To take more costs every answer the room for
/// them, so it is done only where it was seen to be needed, from the next connection on.
#[derive(Debug, Default)]
pub(super) struct LargeHeads(AtomicBool);

type Driver = http1::Connection<TokioIo<Socket>, Full<Bytes>>;

/// One HTTP/1.1 connection.
pub struct Http1Connection<C> {
    sender: SendRequest<Full<Bytes>>,
    /// hyper's side of the connection; `None` once it has ended.
    driver: Option<Driver>,
    driver_waker: DriverWaker,
    opened: Opened,
    clock: ReceiveClock<C>,
    heads: Arc<LargeHeads>,
}

impl<C: Clock> Http1Connection<C> {
    /// Speaks HTTP/1.1 on an open stream. Instants are read from `clock`.
    pub(super) async fn open(
        stream: Socket,
        opened: Opened,
        clock: ReceiveClock<C>,
        heads: &Arc<LargeHeads>,
        large_bodies: bool,
    ) -> Result<Self, Failure> {
        let mut builder = http1::Builder::new();
        // A small request is one buffer: a plain write is cheaper than a vectored one.
        builder.writev(large_bodies);
        // A user agent replaces a fold by spaces (RFC 9112, 5.2).
        builder.allow_obsolete_multiline_headers_in_responses(true);
        if heads.0.load(Ordering::Relaxed) {
            builder.max_headers(MANY_FIELDS);
        }
        let (sender, driver) = builder
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::exchanging(error, true, true))?;
        Ok(Self {
            sender,
            driver: Some(driver),
            driver_waker: DriverWaker::new(),
            opened,
            clock,
            heads: Arc::clone(heads),
        })
    }
}

impl LargeHeads {
    /// A head was too large: the next connection takes more of it.
    fn too_large(&self) -> Failure {
        self.0.store(true, Ordering::Relaxed);
        let words = format!(
            "the head of the answer is too large: more than 100 fields (new connections take up to {MANY_FIELDS}), or more than \
             400 kB"
        );
        Failure::in_words(ErrorKind::Protocol, true, false, words)
    }
}

impl<C> Http1Connection<C> {
    /// Lets hyper read and write, if it has something to. What ended the connection reaches the exchange as its own error.
    /// Returns whether it had.
    fn drive(&mut self, context: &Context<'_>) -> bool {
        if !self.driver_waker.was_woken(context) {
            return false;
        }
        if let Some(driver) = &mut self.driver
            && Pin::new(driver).poll(&mut Context::from_waker(self.driver_waker.waker())).is_ready()
        {
            self.driver = None;
        }
        true
    }

    /// Reads a body to its end, counting and dropping what comes: an endless body takes time but no memory. After a number
    /// of parts the other connections have their turn.
    fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        body: &mut Incoming,
        watch: &mut BodyWatch,
        body_bytes: &mut u64,
    ) -> Poll<hyper::Result<()>> {
        for _ in 0..PARTS_PER_TURN {
            if body.is_end_stream() {
                return Poll::Ready(Ok(()));
            }
            // The part that is there is taken before hyper is asked for more: its channel holds one part. As for the head,
            // nobody else can bring it.
            let part = self
                .driver_waker
                .muted(|| Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop())));
            match part {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(frame)) => {
                    if let Some(data) = frame?.data_ref() {
                        watch.part(data);
                        *body_bytes += data.len() as u64;
                    }
                }
                Poll::Pending if self.drive(context) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<C: Clock> Connection for Http1Connection<C> {
    fn opened(&self) -> Opened {
        self.opened.clone()
    }

    async fn exchange(
        &mut self,
        request: Request<Bytes>,
        sent_ns: u64,
        watch: &mut BodyWatch,
    ) -> Result<Answer, Failure> {
        let request = request.map(Full::new);
        let head = self.driver_waker.muted(|| self.sender.try_send_request(request));
        // Only `drive` can bring the answer about, so it need wake nobody; and so tokio must not put it off either.
        let mut head = std::pin::pin!(unconstrained(head));
        let response = std::future::poll_fn(|context| {
            self.drive(context);
            head.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        })
        .await
        .map_err(|mut error| {
            let unsent = error.take_message().is_some();
            let error = error.into_error();
            if error.is_parse_too_large() {
                return self.heads.too_large();
            }
            Failure::exchanging(error, true, unsent)
        })?;
        let first_byte = self.clock.received();
        let status = response.status().as_u16();
        let (head, mut body) = response.into_parts();
        watch.head_has_come(&head.headers);
        let mut body_bytes = 0;
        std::future::poll_fn(|context| self.poll_body(context, &mut body, watch, &mut body_bytes))
            .await
            .map_err(|error| Failure::exchanging(error, false, false))?;
        let Arrived { first_byte_ns, end_ns, receive_lag_ns } = self.clock.arrived(first_byte, sent_ns);
        Ok(Answer { status, headers: head.headers, first_byte_ns, end_ns, receive_lag_ns, body_bytes })
    }

    fn is_reusable(&mut self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.drive(context);
        if self.driver.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }
}
