//! An open connection as its streams share it.

use std::cell::{Cell, RefCell};
use std::num::NonZeroU64;

use super::pool::StreamId;

/// What the streams of one connection have in common.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    /// Tells it from every other connection of the client while a run lasts.
    pub(crate) number: NonZeroU64,
    pub(crate) origin: u32,
    /// Whether it carries several requests at once, so that one that fails costs only itself.
    pub(crate) multiplexed: bool,
    streams: RefCell<Vec<StreamId>>,
    /// It takes no more requests; those under way go on.
    retired: Cell<bool>,
    /// Another connection may be opened in its place.
    place_is_free: Cell<bool>,
    /// Requests handed to it.
    carried: Cell<u64>,
    /// Requests under way.
    busy: Cell<u64>,
    last_used_ns: Cell<u64>,
}

impl ConnectionState {
    /// A connection with its first stream, which carries the arrival it was opened for.
    pub(crate) fn new(
        number: NonZeroU64,
        origin: u32,
        multiplexed: bool,
        stream: StreamId,
        now_ns: u64,
    ) -> Self {
        Self {
            number,
            origin,
            multiplexed,
            streams: RefCell::new(vec![stream]),
            retired: Cell::new(false),
            place_is_free: Cell::new(false),
            carried: Cell::new(1),
            busy: Cell::new(1),
            last_used_ns: Cell::new(now_ns),
        }
    }

    pub(crate) fn add(&self, stream: StreamId) {
        self.streams.borrow_mut().push(stream);
    }

    /// A stream has ended. Returns whether it was the last.
    pub(crate) fn remove(&self, stream: StreamId) -> bool {
        let mut streams = self.streams.borrow_mut();
        streams.retain(|other| *other != stream);
        streams.is_empty()
    }

    pub(crate) fn streams(&self) -> Vec<StreamId> {
        self.streams.borrow().clone()
    }

    /// Another request is handed to it. Returns how many that makes.
    pub(crate) fn carries_another(&self) -> u64 {
        self.busy.set(self.busy.get() + 1);
        self.carried.set(self.carried.get() + 1);
        self.carried.get()
    }

    /// How many requests have been handed to it.
    pub(crate) fn carried(&self) -> u64 {
        self.carried.get()
    }

    /// A request has ended.
    pub(crate) fn ended(&self, now_ns: u64) {
        self.busy.set(self.busy.get().saturating_sub(1));
        self.last_used_ns.set(now_ns);
    }

    /// Since when nothing has used it; `now_ns` while something does.
    pub(crate) fn idle_since_ns(&self, now_ns: u64) -> u64 {
        if self.busy.get() > 0 { now_ns } else { self.last_used_ns.get() }
    }

    /// It takes no more requests. Returns whether that is new.
    pub(crate) fn retire(&self) -> bool {
        !self.retired.replace(true)
    }

    /// Another connection may be opened in its place. Returns whether that is new.
    pub(crate) fn leaves_its_place(&self) -> bool {
        !self.place_is_free.replace(true)
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.get()
    }
}
