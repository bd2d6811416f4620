//! How an arrival is handed to the task of a stream.

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll, Waker};

use super::ticket::Ticket;

/// One stream's letter box.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    next: Cell<Option<Ticket>>,
    /// The arrival that the stream carries now, so that it can be accounted for when the run ends first.
    current: Cell<Option<Ticket>>,
    closed: Cell<bool>,
    /// Whether the task has found nothing here and must be woken.
    waits: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Mailbox {
    /// Hands over an arrival.
    pub(crate) fn put(&self, ticket: Ticket) {
        self.next.set(Some(ticket));
        self.wake();
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.closed.set(true);
        self.wake();
    }

    /// The arrival that was put here, or `None` once nothing more will come; until then the task is woken.
    pub(crate) fn poll_take(&self, context: &mut Context<'_>) -> Poll<Option<Ticket>> {
        self.waits.set(false);
        if let Some(ticket) = self.next.take() {
            self.current.set(Some(ticket));
            return Poll::Ready(Some(ticket));
        }
        if self.closed.get() {
            return Poll::Ready(None);
        }
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
        self.waits.set(true);
        Poll::Pending
    }

    /// Notes how far the arrival under way has come.
    pub(crate) fn carries(&self, ticket: Ticket) {
        self.current.set(Some(ticket));
    }

    /// The arrival under way has ended.
    pub(crate) fn carries_nothing(&self) {
        self.current.set(None);
    }

    /// The arrival that was under way when the run ended.
    pub(crate) fn take_unfinished(&self) -> Option<Ticket> {
        self.current.take().or_else(|| self.next.take())
    }

    fn wake(&self) {
        // A task that hands itself the next arrival is at work already.
        if !self.waits.replace(false) {
            return;
        }
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }
}
