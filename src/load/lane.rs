//! One connection and the arrivals it carries, one after another: the only task there is for either.

use std::rc::Rc;
use std::task::Poll;

use super::Clock;
use super::dispatch::LaneId;
use super::shared::{Mailbox, Shared};
use super::ticket::Ticket;
use super::watchdog::Watchdog;
use crate::measure::{ErrorKind, Outcome, Sample};
use crate::transport::{Answer, Connection, Failure, Transport};

/// Opens a connection for an arrival, then carries it and the ones after it until the connection ends.
pub(super) async fn run<T: Transport, C: Clock>(
    shared: Rc<Shared<T, C>>,
    id: LaneId,
    mailbox: Rc<Mailbox>,
    first: Ticket,
) {
    let mut watchdog = Watchdog::new(shared.clock.clone(), shared.timeout_ns);
    let mut ticket = first;
    let mut connection = match within(&mut watchdog, shared.clock.now_ns(), shared.transport.connect()).await
    {
        Some(Ok(connection)) => connection,
        refused => {
            let failure = match refused {
                Some(Err(failure)) => failure,
                _ => Failure::new(ErrorKind::ConnectTimeout, true, true),
            };
            let sample = failed(&ticket, Outcome::ConnectionError(failure.kind), shared.clock.now_ns());
            shared.connect_failed(id, &sample, failure.kind, failure.describe());
            return;
        }
    };
    shared.opened();
    ticket.ready_ns = Some(shared.clock.now_ns());
    let mut used = false;
    loop {
        let sent_ns = shared.clock.now_ns();
        ticket.sent_ns = Some(sent_ns);
        mailbox.carries(ticket);
        let exchange = connection.exchange(shared.template.request());
        match within(&mut watchdog, sent_ns, exchange).await {
            Some(Ok(answer)) => {
                let reusable = shared.keepalive && connection.is_reusable();
                shared.ended(id, &mailbox, &answered(&ticket, &answer), reusable);
                if !reusable {
                    return;
                }
            }
            Some(Err(failure)) if used && may_retry(&shared, &ticket, &failure) => {
                shared.retry(id, &mailbox, ticket);
                return;
            }
            other => {
                let (outcome, kind, example) = match other {
                    Some(Err(failure)) => {
                        (Outcome::ConnectionError(failure.kind), failure.kind, Some(failure.describe()))
                    }
                    _ => (Outcome::Timeout, ErrorKind::Timeout, None),
                };
                let sample = failed(&ticket, outcome, shared.clock.now_ns());
                shared.note_error(&sample, kind, || example.unwrap_or_else(|| kind.to_string()));
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

/// Whether a failure on a connection that had been idle may be the connection's death in its sleep: then the
/// request is sent once more on a new connection, unless the server may have acted on it (RFC 9112, 9.3.1).
fn may_retry<T: Transport, C: Clock>(shared: &Shared<T, C>, ticket: &Ticket, failure: &Failure) -> bool {
    let died =
        failure.before_answer && matches!(failure.kind, ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Io);
    !ticket.retried && (failure.unsent || (died && shared.template.is_idempotent()))
}

fn answered(ticket: &Ticket, answer: &Answer) -> Sample {
    let status = answer.status;
    let outcome =
        if (200..300).contains(&status) { Outcome::Ok { status } } else { Outcome::HttpError { status } };
    let timeline = Some(ticket.timeline(Some(answer.first_byte_ns), answer.end_ns));
    Sample { slot: ticket.slot, outcome, timeline, body_bytes: answer.body_bytes }
}

fn failed(ticket: &Ticket, outcome: Outcome, now_ns: u64) -> Sample {
    Sample { slot: ticket.slot, outcome, timeline: Some(ticket.timeline(None, now_ns)), body_bytes: 0 }
}
