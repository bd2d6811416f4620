//! An open connection as its lanes share it.

use std::cell::{Cell, RefCell};

use super::pool::StreamId;
use crate::measure::Protocol;

/// What the lanes of one connection have in common.
#[derive(Debug)]
pub(super) struct ConnectionState {
    pub(super) origin: u32,
    pub(super) protocol: Protocol,
    lanes: RefCell<Vec<StreamId>>,
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
    /// A connection with its first lane, which carries the arrival it was opened for.
    pub(super) fn new(origin: u32, protocol: Protocol, lane: StreamId, now_ns: u64) -> Self {
        Self {
            origin,
            protocol,
            lanes: RefCell::new(vec![lane]),
            retired: Cell::new(false),
            place_is_free: Cell::new(false),
            carried: Cell::new(1),
            busy: Cell::new(1),
            last_used_ns: Cell::new(now_ns),
        }
    }

    pub(super) fn add(&self, lane: StreamId) {
        self.lanes.borrow_mut().push(lane);
    }

    /// A lane has ended. Returns whether it was the last.
    pub(super) fn remove(&self, lane: StreamId) -> bool {
        let mut lanes = self.lanes.borrow_mut();
        lanes.retain(|other| *other != lane);
        lanes.is_empty()
    }

    pub(super) fn lanes(&self) -> Vec<StreamId> {
        self.lanes.borrow().clone()
    }

    /// Another request is handed to it. Returns how many that makes.
    pub(super) fn carries_another(&self) -> u64 {
        self.busy.set(self.busy.get() + 1);
        self.carried.set(self.carried.get() + 1);
        self.carried.get()
    }

    /// How many requests have been handed to it.
    pub(super) fn carried(&self) -> u64 {
        self.carried.get()
    }

    /// A request has ended.
    pub(super) fn ended(&self, now_ns: u64) {
        self.busy.set(self.busy.get().saturating_sub(1));
        self.last_used_ns.set(now_ns);
    }

    /// Since when nothing has used it; `now_ns` while something does.
    pub(super) fn idle_since_ns(&self, now_ns: u64) -> u64 {
        if self.busy.get() > 0 { now_ns } else { self.last_used_ns.get() }
    }

    /// It takes no more requests. Returns whether that is new.
    pub(super) fn retire(&self) -> bool {
        !self.retired.replace(true)
    }

    /// Another connection may be opened in its place. Returns whether that is new.
    pub(super) fn leaves_its_place(&self) -> bool {
        !self.place_is_free.replace(true)
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired.get()
    }
}
