//! What a stream may read of its worker: nothing here changes while a run lasts.

use std::cell::{Cell, RefCell};

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::plan::Plan;
use crate::request::{Moment, Workload};
use crate::time::Clock;

/// How requests are sent, to where, and what time it is.
pub(crate) struct Context<T, C> {
    pub(crate) transport: T,
    pub(crate) workload: Workload,
    pub(crate) clock: C,
    rules: Cell<Rules>,
    chance: RefCell<Xoshiro256PlusPlus>,
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
        Self { transport, workload, clock, rules: Cell::new(rules), chance: RefCell::new(rand::make_rng()) }
    }

    /// What the plan of this run says.
    pub(crate) fn rules(&self) -> Rules {
        self.rules.get()
    }

    /// Another run begins.
    pub(crate) fn begin(&self, rules: Rules) {
        self.rules.set(rules);
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
