//! What a stream may read of its worker: nothing here changes while a run lasts.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::ticket::Ticket;
use super::walks::{Onward, Walks};
use crate::measure::{Detail, Sample, Walked};
use crate::plan::Plan;
use crate::request::{Answered, Expectation, Moment, Outgoing, RecordedRequest, Workload};
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
    walks: Walks,
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
        Self {
            transport,
            workload,
            clock,
            rules: Cell::new(rules),
            chance,
            rows: RefCell::default(),
            walks: Walks::default(),
        }
    }

    /// What the plan of this run says.
    pub(crate) fn rules(&self) -> Rules {
        self.rules.get()
    }

    /// Another run begins.
    pub(crate) fn begin(&self, rules: Rules) {
        self.rules.set(rules);
        self.rows.borrow_mut().clear();
        self.walks.clear();
    }

    /// Whether nothing is kept for any arrival.
    pub(crate) fn is_idle(&self) -> bool {
        self.rows.borrow().is_empty() && self.walks.is_empty()
    }

    /// An arrival of a replay is on its way; its row is kept until it has ended.
    pub(crate) fn keep_row(&self, sequence: u64, row: Box<RecordedRequest>) {
        self.rows.borrow_mut().insert(sequence, row);
    }

    /// An arrival has ended.
    pub(crate) fn forget(&self, sequence: u64) {
        if self.workload.has_walks() {
            self.walks.forget(sequence);
        }
        let mut rows = self.rows.borrow_mut();
        // Nothing to look for where nothing is replayed.
        if !rows.is_empty() {
            rows.remove(&sequence);
        }
    }

    /// What counts as a good answer to the request that an arrival sends next, and whether its body is to be held.
    pub(crate) fn expectation(&self, ticket: &Ticket) -> (&Expectation, bool) {
        let endpoint = ticket.route.endpoint;
        match self.workload.has_walks() {
            true => self.workload.expectation_at(ticket.sequence, endpoint, ticket.step),
            false => (self.workload.expectation(endpoint), false),
        }
    }

    /// The request that an arrival sends next.
    pub(crate) fn request(&self, ticket: &Ticket) -> Outgoing {
        let (sequence, origin) = (ticket.sequence, ticket.route.origin);
        let rows = self.rows.borrow();
        let row = rows.get(&sequence).map(Box::as_ref);
        self.walks.with(&self.workload, sequence, |walk| match (row, walk) {
            (None, None) => self.workload.request(sequence, self.moment()),
            (row, walk) => {
                let walk = walk.map(|walk| (walk, origin));
                self.workload.request_of(sequence, row, walk, self.moment())
            }
        })
    }

    /// Whether that request may be sent twice.
    pub(crate) fn is_idempotent(&self, ticket: &Ticket) -> bool {
        let sequence = ticket.sequence;
        let rows = self.rows.borrow();
        let row = rows.get(&sequence).map(Box::as_ref);
        self.walks.with(&self.workload, sequence, |walk| match (row, walk) {
            (None, None) => self.workload.is_idempotent(sequence),
            (row, walk) => self.workload.is_idempotent_of(sequence, row, walk),
        })
    }

    /// Takes in the answer to that request, which ended as `sample` says, and says what follows.
    pub(crate) fn advance(&self, ticket: &Ticket, sample: &Sample, answered: Answered<'_>) -> Onward {
        self.walks.advance(&self.workload, ticket, sample, answered, || self.clock.now_ns())
    }

    /// When the time limit of a request begins that is sent at `sent_ns`: redirects share that of the request they follow.
    pub(crate) fn started_ns(&self, ticket: &Ticket, sent_ns: u64) -> u64 {
        match self.workload.has_walks() {
            true => self.walks.step_sent_ns(ticket.sequence).unwrap_or(sent_ns),
            false => sent_ns,
        }
    }

    /// The whole arrival whose last request ended as `sample` says, and what it came to besides.
    pub(crate) fn ended(&self, ticket: &Ticket, sample: Sample) -> (Sample, Option<Box<Walked>>) {
        self.walks.ended(&self.workload, ticket, sample)
    }

    /// The details of an arrival without what only it knows, which will be gone when they are written: what its row holds, and
    /// what was taken from answers.
    pub(crate) fn without_own(&self, mut detail: Detail) -> Detail {
        let (sequence, workload) = (detail.sequence, &self.workload);
        if let Some(row) = self.rows.borrow().get(&sequence) {
            let values = detail.headers.iter_mut().map(|(_, value)| value);
            values.chain([&mut detail.body]).for_each(|bytes| *bytes = workload.without_row(bytes, row));
        }
        self.walks.with(workload, sequence, |walk| {
            let Some(walk) = walk else { return };
            detail.headers.iter_mut().for_each(|(_, value)| *value = workload.without_taken(value, walk));
            detail.body = workload.body_without_taken(sequence, &detail.body, walk);
        });
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
