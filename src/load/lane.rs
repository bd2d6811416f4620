//! One connection and the arrivals it carries, one after another: the only task there is for either.

use std::rc::Rc;
use std::task::Poll;

use http::header::RETRY_AFTER;

use super::Clock;
use super::dispatch::LaneId;
use super::shared::{Mailbox, Shared};
use super::ticket::Ticket;
use super::watchdog::Watchdog;
use crate::measure::{ErrorKind, Outcome, Sample};
use crate::request::{BodyWatch, Expectation, Moment};
use crate::transport::{Answer, Connection, Failure, Transport};

/// How long after the send a dead connection may show itself, beyond two times to connect.
const DEATH_SHOWS_NS: u64 = 5_000_000;

/// Opens a connection for an arrival, then carries it and the ones after it until the connection ends.
pub(super) async fn run<T: Transport, C: Clock>(
    shared: Rc<Shared<T, C>>,
    id: LaneId,
    mailbox: Rc<Mailbox>,
    first: Ticket,
) {
    let mut watchdog = Watchdog::new(shared.clock.clone(), shared.timeout_ns);
    let mut ticket = first;
    let connecting_ns = shared.clock.now_ns();
    let mut connection =
        match within(&mut watchdog, connecting_ns, shared.transport.connect(first.route.origin)).await {
            Some(Ok(connection)) => connection,
            refused => {
                let failure = match refused {
                    Some(Err(failure)) => failure,
                    _ => Failure::new(ErrorKind::ConnectTimeout, true, true),
                };
                let sample = failed(&ticket, Outcome::ConnectionError(failure.kind), shared.clock.now_ns());
                shared.connect_failed(id, &sample, &failure);
                return;
            }
        };
    shared.opened(&connection.opened());
    let ready_ns = shared.clock.now_ns();
    ticket.ready_ns = Some(ready_ns);
    let death_shows_within_ns = 2 * (ready_ns - connecting_ns) + DEATH_SHOWS_NS;
    let mut used = false;
    let mut watch = BodyWatch::new(0);
    loop {
        let sent_ns = shared.clock.now_ns();
        ticket.sent_ns = Some(sent_ns);
        mailbox.carries(ticket);
        let expectation = shared.workload.expectation(ticket.route.endpoint);
        watch.begin(expectation);
        let outgoing = shared.workload.request(shared.sequence(ticket.slot), Moment::default());
        let exchange = connection.exchange(outgoing.request, &mut watch);
        match within(&mut watchdog, sent_ns, exchange).await {
            Some(Ok(answer)) => {
                let reusable = shared.keepalive && connection.is_reusable();
                shared.ended(id, &mailbox, &answered(&ticket, &answer, expectation, &watch), reusable);
                if !reusable {
                    return;
                }
            }
            Some(Err(failure)) if used && may_retry(&shared, &ticket, &failure, death_shows_within_ns) => {
                shared.retry(id, &mailbox, ticket);
                return;
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
                let sample = failed(&ticket, outcome, shared.clock.now_ns());
                shared.note_error(&sample, failure.kind, || failure.describe());
                shared.ended(id, &mailbox, &sample, false);
                return;
            }
        }
        used = true;
        let next = std::future::poll_fn(|context| {
            if let Poll::Ready(ticket) = mailbox.poll_take(context) {
                return Poll::Ready(Some(ticket));
            }
            connection.poll_closed(context).map(|()| None)
        });
        match next.await {
            Some(next) => ticket = next,
            None => {
                shared.idle_closed(id);
                return;
            }
        }
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

/// Whether a failure on a connection that had been idle is the connection's death in its sleep: then the request is sent
/// once more on a new connection, unless the server may have acted on it (RFC 9112, 9.3.1). A death shows within a round
/// trip, of which the time to connect is a measure; what breaks later broke at work, and is a failure.
fn may_retry<T: Transport, C: Clock>(
    shared: &Shared<T, C>,
    ticket: &Ticket,
    failure: &Failure,
    death_shows_within_ns: u64,
) -> bool {
    let since_sent_ns = ticket.sent_ns.map_or(0, |sent_ns| shared.clock.now_ns() - sent_ns);
    let died = failure.before_answer
        && since_sent_ns <= death_shows_within_ns
        && matches!(failure.kind, ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Io);
    !ticket.retried
        && (failure.unsent || (died && shared.workload.is_idempotent(shared.sequence(ticket.slot))))
}

fn answered(ticket: &Ticket, answer: &Answer, expectation: &Expectation, watch: &BodyWatch) -> Sample {
    let retry_after = answer.headers.contains_key(RETRY_AFTER);
    let outcome = expectation.judge(answer.status, retry_after, watch.is_good());
    let timeline = Some(ticket.timeline(Some(answer.first_byte_ns), answer.end_ns));
    Sample {
        slot: ticket.slot,
        endpoint: ticket.route.endpoint,
        outcome,
        timeline,
        body_bytes: answer.body_bytes,
    }
}

fn failed(ticket: &Ticket, outcome: Outcome, now_ns: u64) -> Sample {
    Sample {
        slot: ticket.slot,
        endpoint: ticket.route.endpoint,
        outcome,
        timeline: Some(ticket.timeline(None, now_ns)),
        body_bytes: 0,
    }
}
