//! What a stream may read of its worker: nothing here changes while a run lasts.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::measure::Detail;
use crate::plan::Plan;
use crate::request::{Moment, Outgoing, RecordedRequest, Workload};
use crate::time::Clock;

/// How requests are sent, to where, and what time it is.
pub(crate) struct Context<T, C> {
    pub(crate) transport: T,
    pub(crate) workload: Workload,
    pub(crate) clock: C,
    rules: Cell<Rules>,
    chance: RefCell<Xoshiro256PlusPlus>,
    /// The rows of a replay whose arrivals are under way, by their place in the sequence.
    rows: RefCell<HashMap<u64, Box<RecordedRequest>>>,
}

/// What a stream needs of the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Longest service time, and longest wait for a new connection.
    pub(crate) timeout_ns: u64,
    /// Whether connections are kept for the next request.
    pub(crate) keepalive: bool,
    /// How long a connection that nothing uses is kept.
    pub(crate) idle_ns: Option<u64>,
    /// Requests that a connection may carry in its life.
    pub(crate) max_requests: u64,
    /// Whether single arrivals are kept with their details.
    pub(crate) keeps_samples: bool,
}

impl Rules {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self {
            timeout_ns: plan.timeout_ns,
            keepalive: plan.keepalive,
            idle_ns: plan.idle_ns,
            max_requests: plan.max_requests.unwrap_or(u64::MAX),
            keeps_samples: plan.samples > 0,
        }
    }
}

impl<T, C: Clock> Context<T, C> {
    pub(crate) fn new(transport: T, workload: Workload, clock: C, rules: Rules) -> Self {
        let chance = RefCell::new(rand::make_rng());
        Self { transport, workload, clock, rules: Cell::new(rules), chance, rows: RefCell::default() }
    }

    /// What the plan of this run says.
    pub(crate) fn rules(&self) -> Rules {
        self.rules.get()
    }

    /// Another run begins.
    pub(crate) fn begin(&self, rules: Rules) {
        self.rules.set(rules);
        self.rows.borrow_mut().clear();
    }

    /// An arrival of a replay is on its way; its row is kept until it has ended.
    pub(crate) fn keep_row(&self, sequence: u64, row: Box<RecordedRequest>) {
        self.rows.borrow_mut().insert(sequence, row);
    }

    /// An arrival has ended.
    pub(crate) fn forget_row(&self, sequence: u64) {
        // Nothing to look for where nothing is replayed.
        if self.workload.recording().is_some() {
            self.rows.borrow_mut().remove(&sequence);
        }
    }

    /// The request of an arrival.
    pub(crate) fn request(&self, sequence: u64) -> Outgoing {
        match self.rows.borrow().get(&sequence) {
            Some(row) => self.workload.request_of(sequence, Some(row), self.moment()),
            None => self.workload.request(sequence, self.moment()),
        }
    }

    /// Whether that request may be sent twice.
    pub(crate) fn is_idempotent(&self, sequence: u64) -> bool {
        match self.rows.borrow().get(&sequence) {
            Some(row) => self.workload.is_idempotent_of(sequence, Some(row)),
            None => self.workload.is_idempotent(sequence),
        }
    }

    /// The details of an arrival without what its row holds, which will be gone when they are written.
    pub(crate) fn without_row(&self, mut detail: Detail) -> Detail {
        if let Some(row) = self.rows.borrow().get(&detail.sequence) {
            let values = detail.headers.iter_mut().map(|(_, value)| value);
            values.chain([&mut detail.body]).for_each(|bytes| *bytes = self.workload.without_row(bytes, row));
        }
        detail
    }

    /// What is new at the request that is made now.
    pub(crate) fn moment(&self) -> Moment {
        if self.workload.needs_moment() {
            let mut chance = self.chance.borrow_mut();
            let nonce = u128::from(chance.next_u64()) << 64 | u128::from(chance.next_u64());
            Moment { unix_ms: self.clock.wall().as_millis() as u64, nonce, span: chance.next_u64() }
        } else {
            Moment::default()
        }
    }
}
