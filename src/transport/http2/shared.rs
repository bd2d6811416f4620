//! What the handles of one connection share, and the task that drives it.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use http::uri::{Authority, Scheme};

use super::one_read::OneRead;
use crate::measure::Opened;

/// One connection, as its handles see it.
pub(super) struct Shared {
    pub(super) opened: Opened,
    /// The room for exchanges that was known when the connection was opened.
    pub(super) streams: u64,
    pub(super) scheme: Scheme,
    /// The origin's own; a `Host` header stands in its place.
    pub(super) authority: Option<Authority>,
    sender: RefCell<SendRequest<Bytes>>,
    active: Cell<u64>,
    is_closed: Cell<bool>,
    is_going_away: Cell<bool>,
    is_room_wanted: Cell<bool>,
    waiters: RefCell<Waiters>,
}

/// The wakers of the handles, each in a place of its own.
#[derive(Default)]
struct Waiters {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Shared {
    pub(super) fn new(
        sender: SendRequest<Bytes>,
        opened: Opened,
        streams: u64,
        scheme: Scheme,
        authority: Option<Authority>,
    ) -> Self {
        Self {
            opened,
            streams,
            scheme,
            authority,
            sender: RefCell::new(sender),
            active: Cell::new(0),
            is_closed: Cell::new(false),
            is_going_away: Cell::new(false),
            is_room_wanted: Cell::new(false),
            waiters: RefCell::default(),
        }
    }

    /// A sender for a new handle.
    pub(super) fn sender(&self) -> SendRequest<Bytes> {
        self.sender.borrow().clone()
    }

    /// A place for a handle to wait at.
    pub(super) fn take_place(&self) -> usize {
        let mut waiters = self.waiters.borrow_mut();
        waiters.free.pop().unwrap_or_else(|| {
            waiters.wakers.push(None);
            waiters.wakers.len() - 1
        })
    }

    pub(super) fn leave_place(&self, place: usize) {
        let mut waiters = self.waiters.borrow_mut();
        if let Some(waker) = waiters.wakers.get_mut(place) {
            *waker = None;
            waiters.free.push(place);
        }
    }

    fn wait(&self, place: usize, context: &Context<'_>) {
        if let Some(waker) = self.waiters.borrow_mut().wakers.get_mut(place)
            && !waker.as_ref().is_some_and(|known| known.will_wake(context.waker()))
        {
            *waker = Some(context.waker().clone());
        }
    }

    fn wake_all(&self) {
        // By reference: a handle that is woken for room still waits to hear of the end.
        self.waiters.borrow().wakers.iter().flatten().for_each(Waker::wake_by_ref);
    }

    /// Whether the connection takes no more requests.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    /// Whether the server has said so (GOAWAY).
    pub(super) fn is_going_away(&self) -> bool {
        self.is_going_away.get()
    }

    pub(super) fn poll_closed(&self, place: usize, context: &Context<'_>) -> Poll<()> {
        if self.is_closed() {
            return Poll::Ready(());
        }
        self.wait(place, context);
        Poll::Pending
    }

    /// Ready once there is room for another exchange, and when there never will be: then sending says so.
    pub(super) fn poll_room(&self, place: usize, context: &Context<'_>) -> Poll<()> {
        if self.is_closed() || self.has_room() {
            return Poll::Ready(());
        }
        self.is_room_wanted.set(true);
        self.wait(place, context);
        Poll::Pending
    }

    fn has_room(&self) -> bool {
        self.active.get() < self.sender.borrow().current_max_send_streams() as u64
    }

    /// Counts an exchange for as long as the guard lives.
    pub(super) fn begin_exchange(self: &Rc<Self>) -> Exchanging {
        self.active.set(self.active.get() + 1);
        Exchanging(Rc::clone(self))
    }

    /// After h2 has read and written: has the state changed for those who wait?
    fn look(&self, has_ended: bool, context: &mut Context<'_>) {
        if !self.is_closed() {
            // Nothing of ours is pending on this sender: it is ready as long as requests are taken.
            let taken = self.sender.borrow_mut().poll_ready(context);
            if let Poll::Ready(Err(error)) = &taken {
                self.is_going_away.set(error.is_go_away() && error.is_remote());
            }
            if has_ended || matches!(taken, Poll::Ready(Err(_))) {
                self.is_closed.set(true);
                self.wake_all();
            }
        }
        self.offer_room();
    }

    fn offer_room(&self) {
        if self.is_room_wanted.get() && self.has_room() {
            self.is_room_wanted.set(false);
            self.wake_all();
        }
    }
}

/// An exchange under way.
pub(super) struct Exchanging(Rc<Shared>);

impl Drop for Exchanging {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get().saturating_sub(1));
        self.0.offer_room();
    }
}

/// Reads and writes until the connection has ended: after its last handle has gone, or because the server ended it.
/// What ended it reaches the exchanges as their own error.
pub(super) async fn drive(shared: Weak<Shared>, mut connection: Connection<OneRead>) {
    std::future::poll_fn(|context| {
        let ended = Pin::new(&mut connection).poll(context).map(drop);
        if let Some(shared) = shared.upgrade() {
            shared.look(ended.is_ready(), context);
        }
        ended
    })
    .await;
}
