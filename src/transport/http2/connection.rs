//! A handle of an HTTP/2 connection: one exchange at a time, beside those of the other handles.

use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{RecvStream, client::ResponseFuture};
use http::Request;
use http::uri::Scheme;

use super::super::http1::PARTS_PER_TURN;
use super::super::receive_clock::{Arrived, ReceiveClock};
use super::super::{Answer, Connection, Failure};
use super::open::Open;
use super::request::{AuthorityCache, to_http2};
use super::shared::{Exchanging, Shared, drive};
use crate::measure::{ErrorKind, Opened};
use crate::request::{BodyWatch, Origin};
use crate::time::Clock;

/// A handle of an HTTP/2 connection.
pub struct Http2Connection<C> {
    shared: Rc<Shared>,
    sender: SendRequest<Bytes>,
    /// Where this handle waits.
    place: usize,
    authorities: AuthorityCache,
    clock: ReceiveClock<C>,
}

impl<C: Clock> Http2Connection<C> {
    /// The first handle of a connection, which is driven by a task on this thread from now on. Instants are read from
    /// `clock`.
    pub(in super::super) fn start(
        open: Open,
        opened: Opened,
        origin: Option<&Origin>,
        clock: ReceiveClock<C>,
    ) -> Self {
        let scheme = if opened.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP };
        let authority = origin.and_then(|origin| origin.authority().parse().ok());
        let shared = Rc::new(Shared::new(open.sender, opened, open.streams, scheme, authority));
        tokio::task::spawn_local(drive(Rc::downgrade(&shared), open.driver));
        Self::handle(shared, AuthorityCache::default(), clock)
    }

    fn handle(shared: Rc<Shared>, authorities: AuthorityCache, clock: ReceiveClock<C>) -> Self {
        let (sender, place) = (shared.sender(), shared.take_place());
        Self { shared, sender, place, authorities, clock }
    }

    /// A failure of h2 in the middle of an exchange.
    fn failed(&self, error: &h2::Error, before_answer: bool) -> Failure {
        Failure::streaming(error, before_answer, self.shared.is_going_away())
    }

    /// Opens a stream and hands its frames to the driver.
    async fn send(&mut self, request: Request<Bytes>) -> Result<(ResponseFuture, Exchanging), Failure> {
        // Ready at once, unless the server has taken room back since the load engine asked.
        std::future::poll_fn(|context| self.sender.poll_ready(context))
            .await
            .map_err(|error| Failure::not_sent(&error))?;
        let (scheme, authority) = (&self.shared.scheme, self.shared.authority.as_ref());
        let (head, body) = to_http2(request, scheme, authority, &mut self.authorities)
            .ok_or_else(|| Failure::new(ErrorKind::Protocol, true, true))?;
        let exchanging = self.shared.begin_exchange();
        let sent = self.sender.send_request(head, body.is_empty());
        let (response, mut stream) = sent.map_err(|error| Failure::not_sent(&error))?;
        if !body.is_empty() {
            // The body is in memory already: h2 sends it as the server's windows allow, and holds a reference meanwhile.
            stream.send_data(body, true).map_err(|error| self.failed(&error, true))?;
        }
        Ok((response, exchanging))
    }
}

impl<C> Drop for Http2Connection<C> {
    fn drop(&mut self) {
        self.shared.leave_place(self.place);
    }
}

impl<C: Clock> Connection for Http2Connection<C> {
    fn opened(&self) -> Opened {
        self.shared.opened.clone()
    }

    fn streams(&self) -> u64 {
        self.shared.streams
    }

    fn is_multiplexed(&self) -> bool {
        true
    }

    fn share(&self) -> Option<Self> {
        let more = self.shared.streams > 1;
        more.then(|| Self::handle(Rc::clone(&self.shared), self.authorities.clone(), self.clock.clone()))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.shared.poll_room(self.place, context)
    }

    /// Dropping the future resets the stream (CANCEL) and leaves the connection and this handle as they were.
    async fn exchange(
        &mut self,
        request: Request<Bytes>,
        sent_ns: u64,
        watch: &mut BodyWatch,
    ) -> Result<Answer, Failure> {
        let (response, _exchanging) = self.send(request).await?;
        let response = response.await.map_err(|error| self.failed(&error, true))?;
        let first_byte = self.clock.received();
        let status = response.status().as_u16();
        let (head, mut body) = response.into_parts();
        watch.head_has_come(&head.headers);
        let mut body_bytes = 0;
        std::future::poll_fn(|context| poll_body(context, &mut body, watch, &mut body_bytes))
            .await
            .map_err(|error| self.failed(&error, false))?;
        let Arrived { first_byte_ns, end_ns, receive_lag_ns } = self.clock.arrived(first_byte, sent_ns);
        Ok(Answer { status, headers: head.headers, first_byte_ns, end_ns, receive_lag_ns, body_bytes })
    }

    fn is_reusable(&mut self) -> bool {
        !self.shared.is_closed()
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.shared.poll_closed(self.place, context)
    }
}

/// Reads a body and its trailers to their end, counting and dropping what comes, and gives the server room for as much
/// again. After a number of parts the other exchanges have their turn.
fn poll_body(
    context: &mut Context<'_>,
    body: &mut RecvStream,
    watch: &mut BodyWatch,
    body_bytes: &mut u64,
) -> Poll<Result<(), h2::Error>> {
    for _ in 0..PARTS_PER_TURN {
        if body.is_end_stream() {
            return Poll::Ready(Ok(()));
        }
        match ready!(body.poll_data(context)) {
            Some(part) => {
                let part = part?;
                watch.part(&part);
                *body_bytes += part.len() as u64;
                body.flow_control().release_capacity(part.len())?;
            }
            None => return body.poll_trailers(context).map_ok(drop),
        }
    }
    context.waker().wake_by_ref();
    Poll::Pending
}
