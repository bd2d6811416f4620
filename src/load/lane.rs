//! One lane: room for one request at a time on a connection, and the arrivals it carries, one after another. It is the
//! only task there is for either. A connection of HTTP/1.1 has one lane, one of HTTP/2 as many as it has streams.

use std::rc::Rc;
use std::task::{Context, Poll};

use http::header::RETRY_AFTER;

use super::link::ConnectionState;
use super::mailbox::Mailbox;
use super::pool::StreamId;
use super::shared::Shared;
use super::ticket::Ticket;
use crate::measure::{Detail, ErrorKind, Outcome, Protocol, Sample};
use crate::request::{BodyWatch, Expectation, Outgoing};
use crate::time::{Clock, Watchdog};
use crate::transport::{Answer, Connection, Failure, Transport};

/// How long after the send a dead connection may show itself, beyond two times to connect.
const DEATH_SHOWS_NS: u64 = 5_000_000;
/// How often a request that was certainly not processed is sent again.
const MOST_RETRIES: u8 = 3;
/// How much of a body is kept of a sample.
const BODY_KEPT: usize = 1_024;
/// How many headers are kept of a sample, and how much of each.
const HEADERS_KEPT: usize = 64;
const HEADER_VALUE_KEPT: usize = 1_024;

/// Opens a connection for an arrival, then carries it and the ones after it until the connection ends.
pub(super) async fn open<T: Transport, C: Clock>(
    shared: Rc<Shared<T, C>>,
    id: StreamId,
    mailbox: Rc<Mailbox>,
    mut ticket: Ticket,
) {
    let mut watchdog = Watchdog::new(shared.clock.clone(), shared.rules.timeout_ns);
    let connecting_ns = shared.clock.now_ns();
    let origin = ticket.route.origin;
    let connection = match within(&mut watchdog, connecting_ns, shared.transport.connect(origin)).await {
        Some(Ok(connection)) => connection,
        refused => {
            let failure = match refused {
                Some(Err(failure)) => failure,
                _ => Failure::new(ErrorKind::ConnectTimeout, true, true),
            };
            let sample = failed(&ticket, Outcome::ConnectionError(failure.kind), shared.clock.now_ns());
            remember_failure(&shared, &sample, &failure, None);
            shared.connect_failed(id, origin, &sample);
            return;
        }
    };
    let link = shared.connected(id, origin, &connection, &connection.opened());
    let ready_ns = shared.clock.now_ns();
    ticket.ready_ns = Some(ready_ns);
    let death_shows_within_ns = 2 * (ready_ns - connecting_ns) + DEATH_SHOWS_NS;
    let lane = Stream { shared, id, mailbox, link, connection, watchdog, death_shows_within_ns };
    lane.carry(Some(ticket)).await;
}

/// Carries arrivals on another handle of a connection that is open already.
pub(super) async fn share<T: Transport, C: Clock>(
    shared: Rc<Shared<T, C>>,
    id: StreamId,
    mailbox: Rc<Mailbox>,
    link: Rc<ConnectionState>,
    connection: T::Connection,
) {
    let watchdog = Watchdog::new(shared.clock.clone(), shared.rules.timeout_ns);
    let lane =
        Stream { shared, id, mailbox, link, connection, watchdog, death_shows_within_ns: DEATH_SHOWS_NS };
    lane.carry(None).await;
}

struct Stream<T: Transport, C: Clock> {
    shared: Rc<Shared<T, C>>,
    id: StreamId,
    mailbox: Rc<Mailbox>,
    link: Rc<ConnectionState>,
    connection: T::Connection,
    watchdog: Watchdog<C>,
    death_shows_within_ns: u64,
}

/// Why a lane that waits for an arrival has got none.
enum Waited {
    For(Ticket),
    Gone,
    IdledOut,
}

impl<T: Transport, C: Clock> Stream<T, C> {
    async fn carry(mut self, first: Option<Ticket>) {
        // The first lane of a connection is the one that minds how long all of them have been idle.
        let idle_ns = self.shared.rules.idle_ns.filter(|_| first.is_some());
        let mut idle = idle_ns.map(|idle_ns| Watchdog::new(self.shared.clock.clone(), idle_ns));
        let mut watch = BodyWatch::new(if self.shared.rules.keeps_samples { BODY_KEPT } else { 0 });
        let mut next = first;
        loop {
            if let Some(ticket) = next.take()
                && !self.carry_one(ticket, &mut watch).await
            {
                return;
            }
            match std::future::poll_fn(|context| self.poll_next(context, &mut idle)).await {
                Waited::For(ticket) => next = Some(ticket),
                Waited::Gone => return self.shared.gone(self.id, &self.link),
                Waited::IdledOut => return self.shared.idled_out(self.id, &self.link),
            }
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>, idle: &mut Option<Watchdog<C>>) -> Poll<Waited> {
        match self.mailbox.poll_take(context) {
            Poll::Ready(Some(ticket)) => return Poll::Ready(Waited::For(ticket)),
            Poll::Ready(None) => return Poll::Ready(Waited::Gone),
            Poll::Pending => {}
        }
        if self.connection.poll_closed(context).is_ready() {
            return Poll::Ready(Waited::Gone);
        }
        if let Some(idle) = idle {
            let since_ns = self.link.idle_since_ns(self.shared.clock.now_ns());
            return idle.poll_overdue(context, since_ns).map(|()| Waited::IdledOut);
        }
        Poll::Pending
    }

    /// Sends the request of an arrival and accounts for its end. Returns whether the lane goes on.
    async fn carry_one(&mut self, mut ticket: Ticket, watch: &mut BodyWatch) -> bool {
        let Self { shared, id, mailbox, link, connection, watchdog, .. } = self;
        let sequence = shared.sequence(ticket.slot);
        let expectation = shared.workload.expectation(ticket.route.endpoint);
        let mut has_room = true;
        if link.protocol == Protocol::Http2 {
            let since_ns = shared.clock.now_ns();
            let mut had_to_wait = false;
            let room = std::future::poll_fn(|context| {
                let room = connection.poll_ready(context);
                had_to_wait |= room.is_pending();
                room
            });
            has_room = within(watchdog, since_ns, room).await.is_some();
            if had_to_wait {
                // The server has taken room back: what looked like a free lane was none.
                let now_ns = shared.clock.now_ns();
                ticket.admitted_ns = Some(now_ns);
                ticket.ready_ns = Some(now_ns);
            }
        }
        let sent_ns = shared.clock.now_ns();
        ticket.sent_ns = Some(sent_ns);
        mailbox.carries(ticket);
        watch.begin(expectation);
        let outgoing = shared.workload.request(sequence, shared.moment());
        let Outgoing { request, row, trace_id } = outgoing;
        let detail = Detail { sequence, row, trace_id, headers: Vec::new(), body: Vec::new(), error: None };
        let exchanged = if has_room {
            within(watchdog, sent_ns, connection.exchange(request, watch)).await
        } else {
            None
        };
        match exchanged {
            Some(Ok(answer)) => {
                let reusable = shared.rules.keepalive && connection.is_reusable();
                let sample = answered(&ticket, &answer, expectation, watch);
                shared.keep(&sample, || Detail {
                    headers: headers_of(&answer),
                    body: watch.head().to_vec(),
                    ..detail
                });
                shared.ended(*id, link, mailbox, &sample, reusable)
            }
            Some(Err(failure)) if self.may_retry(&ticket, &failure) => {
                let reusable = self.is_reusable_after_failure();
                self.shared.retry(self.id, &self.link, &self.mailbox, ticket, failure.kind, reusable)
            }
            other => {
                let failure = match other {
                    Some(Err(failure)) => failure,
                    _ => Failure::new(ErrorKind::Timeout, true, false),
                };
                let outcome = match failure.kind {
                    ErrorKind::Timeout => Outcome::Timeout,
                    kind => Outcome::ConnectionError(kind),
                };
                let sample = failed(&ticket, outcome, self.shared.clock.now_ns());
                let head = watch.head().to_vec();
                remember_failure(&self.shared, &sample, &failure, Some(Detail { body: head, ..detail }));
                let reusable = self.is_reusable_after_failure();
                self.shared.ended(self.id, &self.link, &self.mailbox, &sample, reusable)
            }
        }
    }

    /// An exchange that failed spoils a connection that carries one at a time, and costs one that carries many only
    /// that exchange.
    fn is_reusable_after_failure(&mut self) -> bool {
        self.shared.rules.keepalive && self.link.protocol == Protocol::Http2 && self.connection.is_reusable()
    }

    /// Whether a request is sent once more. A request that was certainly not processed is (RFC 9113, 8.7); so is one
    /// that met the death of a connection in its sleep, unless the server may have acted on it (RFC 9112, 9.3.1). A
    /// death shows within a round trip, of which the time to connect is a measure; what breaks later broke at work, and
    /// is a failure.
    fn may_retry(&self, ticket: &Ticket, failure: &Failure) -> bool {
        let since_sent_ns = ticket.sent_ns.map_or(0, |sent_ns| self.shared.clock.now_ns() - sent_ns);
        let had_slept = self.link.carried() > 1;
        let died = had_slept
            && failure.before_answer
            && since_sent_ns <= self.death_shows_within_ns
            && matches!(failure.kind, ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Io);
        if failure.unsent && (had_slept || self.link.protocol == Protocol::Http2) {
            return ticket.retries < MOST_RETRIES;
        }
        died && ticket.retries == 0 && self.shared.workload.is_idempotent(self.shared.sequence(ticket.slot))
    }
}

/// Runs a future until it is overdue; `None` then.
async fn within<C: Clock, F: Future>(
    watchdog: &mut Watchdog<C>,
    started_ns: u64,
    future: F,
) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => watchdog.poll_overdue(context, started_ns).map(|()| None),
    })
    .await
}

/// Notes the cause of a failure, and keeps the arrival where it is one to look at.
fn remember_failure<T: Transport, C: Clock>(
    shared: &Shared<T, C>,
    sample: &Sample,
    failure: &Failure,
    detail: Option<Detail>,
) {
    shared.note_error(sample, failure.kind, || failure.describe());
    shared.keep(sample, || {
        let sequence = shared.sequence(sample.slot);
        let nothing_sent = Detail {
            sequence,
            row: None,
            trace_id: None,
            headers: Vec::new(),
            body: Vec::new(),
            error: None,
        };
        let error = Some(shared.workload.redact(&failure.describe()));
        Detail { error, ..detail.unwrap_or(nothing_sent) }
    });
}

fn headers_of(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    let kept = |value: &[u8]| value[..value.len().min(HEADER_VALUE_KEPT)].to_vec();
    let headers = answer.headers.iter().take(HEADERS_KEPT);
    headers.map(|(name, value)| (name.as_str().to_owned(), kept(value.as_bytes()))).collect()
}

fn answered(ticket: &Ticket, answer: &Answer, expectation: &Expectation, watch: &BodyWatch) -> Sample {
    let retry_after = answer.headers.contains_key(RETRY_AFTER);
    let outcome = expectation.judge(answer.status, retry_after, watch.is_good());
    let timeline = Some(ticket.timeline(Some(answer.first_byte_ns), answer.end_ns));
    let body_bytes = answer.body_bytes;
    Sample { slot: ticket.slot, endpoint: ticket.route.endpoint, outcome, timeline, body_bytes }
}

fn failed(ticket: &Ticket, outcome: Outcome, now_ns: u64) -> Sample {
    let timeline = Some(ticket.timeline(None, now_ns));
    Sample { slot: ticket.slot, endpoint: ticket.route.endpoint, outcome, timeline, body_bytes: 0 }
}
