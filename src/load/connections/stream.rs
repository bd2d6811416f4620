//! One stream: room for one request at a time on a connection, and the arrivals it carries, one after another. It is the
//! only task there is for either. A connection of HTTP/1.1 has one stream, a multiplexed one as many as the peer allows.

use std::borrow::Cow;
use std::rc::Rc;
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue};

use super::event::{Desk, Event};
use super::mailbox::Mailbox;
use super::outcome::{answered, failed, headers_of, lacking, nothing_sent};
use super::pool::StreamId;
use super::state::ConnectionState;
use super::ticket::Ticket;
use super::walks::Onward;
use crate::measure::{Detail, ErrorKind, Outcome, Sample};
use crate::request::{Answered, BodyWatch, Outgoing};
use crate::time::{Clock, Watchdog};
use crate::transport::{Answer, Connection, Failure, Transport};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// How often a request that was certainly not processed is sent again.
const MOST_RETRIES: u8 = 3;
/// How much of a body is kept of a sample.
const BODY_KEPT: usize = 1_024;

/// The connection that a worker's streams use.
type ConnectionOf<D> = <<D as Desk>::Transport as Transport>::Connection;

/// Opens a connection for an arrival, then carries it and the ones after it until the connection ends.
pub(crate) async fn open<D: Desk>(desk: Rc<D>, id: StreamId, mailbox: Rc<Mailbox>, mut ticket: Ticket) {
    let context = desk.context();
    let mut watchdog = Watchdog::new(context.clock.clone(), context.rules().timeout_ns);
    let connecting_ns = context.clock.now_ns();
    let origin = ticket.route.origin;
    let opening = context.transport.connect(origin);
    let connection = match within(&mut watchdog, connecting_ns, opening).await {
        Some(Ok(connection)) => connection,
        refused => {
            let failure = match refused {
                Some(Err(failure)) => failure,
                _ => context.transport.given_up(),
            };
            let sample = failed(&ticket, Outcome::ConnectionError(failure.kind), context.clock.now_ns());
            let (sample, walked) = context.ended(&ticket, sample);
            let step = context.workload.step_place(ticket.sequence, ticket.step);
            let detail = Detail { step, ..nothing_sent(&ticket) };
            remember_failure(&*desk, &sample, &failure, detail);
            desk.settle(id, Event::ConnectFailed { sample, walked, origin });
            return;
        }
    };
    let state = desk.opened(id, origin, &connection);
    let ready_ns = desk.context().clock.now_ns();
    ticket.ready_ns = Some(ready_ns);
    let connecting_ns = ready_ns - connecting_ns;
    let stream = Stream { desk, id, mailbox, state, connection, watchdog, connecting_ns };
    stream.carry(Some(ticket)).await;
}

/// Carries arrivals on another handle of a connection that is open already.
pub(crate) async fn share<D: Desk>(
    desk: Rc<D>,
    id: StreamId,
    mailbox: Rc<Mailbox>,
    state: Rc<ConnectionState>,
    connection: ConnectionOf<D>,
) {
    let context = desk.context();
    let watchdog = Watchdog::new(context.clock.clone(), context.rules().timeout_ns);
    let connecting_ns = 0;
    let stream = Stream { desk, id, mailbox, state, connection, watchdog, connecting_ns };
    stream.carry(None).await;
}

struct Stream<D: Desk> {
    desk: Rc<D>,
    id: StreamId,
    mailbox: Rc<Mailbox>,
    state: Rc<ConnectionState>,
    connection: ConnectionOf<D>,
    watchdog: Watchdog<D::Clock>,
    /// How long it took to open the connection; 0 for a stream that came later.
    connecting_ns: u64,
}

/// What comes to a stream that waits.
enum Next {
    Arrival(Ticket),
    Over(Event),
}

impl<D: Desk> Stream<D> {
    async fn carry(mut self, first: Option<Ticket>) {
        let rules = self.desk.context().rules();
        // The first stream of a connection is the one that minds how long all of them have been idle.
        let idle_ns = rules.idle_ns.filter(|_| first.is_some());
        let mut idle = idle_ns.map(|idle_ns| Watchdog::new(self.desk.context().clock.clone(), idle_ns));
        let mut watch = BodyWatch::new(if rules.keeps_samples { BODY_KEPT } else { 0 });
        let mut next = first;
        loop {
            if let Some(ticket) = next.take() {
                let event = self.exchange(ticket, &mut watch).await;
                if !self.desk.settle(self.id, event) {
                    return;
                }
            }
            match std::future::poll_fn(|context| self.poll_next(context, &mut idle)).await {
                Next::Arrival(ticket) => next = Some(ticket),
                Next::Over(event) => {
                    self.desk.settle(self.id, event);
                    return;
                }
            }
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>, idle: &mut Option<Watchdog<D::Clock>>) -> Poll<Next> {
        match self.mailbox.poll_take(context) {
            Poll::Ready(Some(ticket)) => return Poll::Ready(Next::Arrival(ticket)),
            Poll::Ready(None) => return Poll::Ready(Next::Over(Event::Closed)),
            Poll::Pending => {}
        }
        if self.connection.poll_closed(context).is_ready() {
            return Poll::Ready(Next::Over(Event::Closed));
        }
        if let Some(idle) = idle {
            let since_ns = self.state.idle_since_ns(self.desk.context().clock.now_ns());
            return idle.poll_overdue(context, since_ns).map(|()| Next::Over(Event::IdledOut));
        }
        Poll::Pending
    }

    /// Sends the request of an arrival, and says how it ended.
    async fn exchange(&mut self, mut ticket: Ticket, watch: &mut BodyWatch) -> Event {
        let has_room = self.wait_for_room(&mut ticket).await;
        let desk = Rc::clone(&self.desk);
        let context = desk.context();
        let (expectation, holds_body) = context.expectation(&ticket);
        watch.begin(expectation, holds_body);
        // What it takes to make a request is the client's time and not the service's.
        let Outgoing { request, row, trace_id, token } = context.request(&ticket);
        let asked = context.workload.has_walks().then(|| (request.uri().clone(), request.method().clone()));
        let sent_ns = context.clock.now_ns();
        ticket.sent_ns = Some(sent_ns);
        self.mailbox.carries(ticket);
        let step = context.workload.step_place(ticket.sequence, ticket.step);
        let detail = Detail { step, row, trace_id, token, ..nothing_sent(&ticket) };
        let started_ns = context.started_ns(&ticket, sent_ns);
        if started_ns < sent_ns {
            self.watchdog.hurry(started_ns);
        }
        let exchanged = if has_room {
            within(&mut self.watchdog, started_ns, self.connection.exchange(request, sent_ns, watch)).await
        } else {
            None
        };
        match exchanged {
            Some(Ok(answer)) => {
                let reusable = context.rules().keepalive && self.connection.is_reusable();
                let sample = answered(&ticket, &answer, expectation, watch);
                let next = asked.map(|(uri, method)| {
                    let body = if holds_body { watch.body() } else { Cow::default() };
                    let answered = Answered {
                        status: answer.status,
                        headers: &answer.headers,
                        body,
                        is_good: matches!(sample.outcome, Outcome::Ok { .. }),
                        uri: &uri,
                        method: &method,
                        origin: ticket.route.origin,
                        unix_s: context.clock.wall().as_secs() as i64,
                    };
                    context.advance(&ticket, &sample, answered)
                });
                let (sample, error) = match next {
                    None | Some(Onward::Over(None)) => (sample, None),
                    Some(Onward::Over(Some(name))) => lacking(sample, &name),
                    Some(Onward::Send(ticket, walked)) => {
                        if let Some((_, step)) = walked.as_ref().and_then(|walked| walked.step) {
                            note(&*desk, &step, &answer, watch);
                        }
                        return Event::Continues { ticket, walked, reusable };
                    }
                };
                let (sample, walked) = context.ended(&ticket, sample);
                let step = walked.as_ref().and_then(|walked| walked.step).map(|(_, step)| step);
                note(&*desk, &step.unwrap_or(sample), &answer, watch);
                let body_bytes = walked.is_some().then_some(answer.body_bytes);
                let shown = || {
                    let (headers, body) = (headers_of(&answer), watch.head().to_vec());
                    Detail { headers, body, body_bytes, error, ..detail }
                };
                desk.keep(&sample, shown);
                Event::Ended { sample, walked, reusable }
            }
            Some(Err(failure)) if self.may_retry(&ticket, &failure) => {
                Event::Unprocessed { ticket, cause: failure.kind, reusable: self.survives_failure() }
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
                let sample = failed(&ticket, outcome, context.clock.now_ns());
                let (sample, walked) = context.ended(&ticket, sample);
                let detail = Detail { body: watch.head().to_vec(), ..detail };
                remember_failure(&*desk, &sample, &failure, detail);
                Event::Ended { sample, walked, reusable: self.survives_failure() }
            }
        }
    }

    /// Waits until the peer has room for one more request. Only a multiplexed connection can lack it, after the peer has
    /// taken room back: what looked like a free stream was none. Returns whether there is room within the timeout.
    async fn wait_for_room(&mut self, ticket: &mut Ticket) -> bool {
        if !self.state.multiplexed {
            return true;
        }
        let clock = &self.desk.context().clock;
        let mut had_to_wait = false;
        let room = std::future::poll_fn(|context| {
            let room = self.connection.poll_ready(context);
            had_to_wait |= room.is_pending();
            room
        });
        let has_room = within(&mut self.watchdog, clock.now_ns(), room).await.is_some();
        if had_to_wait {
            let now_ns = clock.now_ns();
            ticket.admitted_ns = Some(now_ns);
            ticket.ready_ns = Some(now_ns);
        }
        has_room
    }

    /// An exchange that failed spoils a connection that carries one at a time, and costs one that carries many only
    /// that exchange.
    fn survives_failure(&mut self) -> bool {
        self.desk.context().rules().keepalive && self.state.multiplexed && self.connection.is_reusable()
    }

    /// Whether a request is sent once more. A request that was certainly not processed is (RFC 9113, 8.7); so is one
    /// whose idle connection had died before the request reached it, unless the server may have acted on it (RFC 9112,
    /// 9.3.1). A death shows within a round trip, of which the time to connect is a measure; what breaks later broke at
    /// work, and is a failure.
    fn may_retry(&self, ticket: &Ticket, failure: &Failure) -> bool {
        let context = self.desk.context();
        let since_sent_ns = ticket.sent_ns.map_or(0, |sent_ns| context.clock.now_ns() - sent_ns);
        let was_idle = self.state.carried() > 1;
        let died = was_idle && failure.is_of_a_dead_connection(since_sent_ns, self.connecting_ns);
        if failure.unsent && (was_idle || self.state.multiplexed) {
            return ticket.retries < MOST_RETRIES;
        }
        died && ticket.retries == 0 && context.is_idempotent(ticket)
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

/// Notes what an answer says besides: that of a step, where the arrival has steps.
fn note<D: Desk>(desk: &D, sample: &Sample, answer: &Answer, watch: &BodyWatch) {
    for header in answer.headers.get_all(SERVER_TIMING) {
        desk.note_server_timing(sample, header.as_bytes());
    }
    if let Some(bytes) = watch.decoded_size() {
        desk.note_decoded(sample, bytes);
    }
    if let Some(name) = desk.context().workload.count_by() {
        let value = answer.headers.get(name).map(HeaderValue::as_bytes);
        desk.note_value(sample, name.as_str(), value);
    }
}

/// Notes the cause of a failure, and keeps the arrival where it is one to look at.
fn remember_failure<D: Desk>(desk: &D, sample: &Sample, failure: &Failure, detail: Detail) {
    desk.note_failure(sample, failure.kind, || failure.describe());
    desk.keep(sample, || {
        let error = Some(desk.context().workload.redact(&failure.describe()));
        Detail { error, ..detail }
    });
}
