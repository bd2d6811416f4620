//! Arrivals of every kind, for property tests.

use proptest::prelude::*;

use super::{ErrorKind, HttpFault, Outcome, Sample, Timeline};
use crate::schedule::{Phase, Slot};

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![
        Outcome::Ok { status: 200 },
        Outcome::Ok { status: 204 },
        Outcome::HttpError { status: 404, fault: HttpFault::Status },
        Outcome::HttpError { status: 503, fault: HttpFault::Status },
        Outcome::HttpError { status: 429, fault: HttpFault::Throttled },
        Outcome::HttpError { status: 200, fault: HttpFault::Body },
        Outcome::Timeout,
        Outcome::ConnectionError(ErrorKind::Reset),
        Outcome::Unfinished,
        Outcome::Overflow,
        Outcome::Missed,
        Outcome::Cancelled,
    ])
}

/// Up to 80 measured arrivals with indices from 0, of `endpoints` endpoints.
pub(super) fn any_samples(endpoints: u32) -> impl Strategy<Value = Vec<Sample>> {
    let one = (any_outcome(), 0..endpoints, prop::array::uniform5(0_u64..20_000_000), 0_u64..5_000);
    prop::collection::vec(one, 0..80).prop_map(|arrivals| {
        let sample =
            |(index, (outcome, endpoint, steps, body_bytes)): (usize, (Outcome, u32, [u64; 5], u64))| {
                let slot =
                    Slot { index: index as u64, phase: Phase::Measured, intended_ns: index as u64 * 1_000 };
                let sent = !matches!(outcome, Outcome::Overflow | Outcome::Missed | Outcome::Cancelled);
                let mut now_ns = slot.intended_ns;
                let mut next = |step: u64| {
                    now_ns += step;
                    now_ns
                };
                let timeline = Timeline {
                    due_ns: next(steps[0]),
                    admitted_ns: next(steps[1]),
                    ready_ns: next(steps[2]),
                    sent_ns: next(0),
                    first_byte_ns: next(steps[3]),
                    receive_lag_ns: None,
                    end_ns: next(steps[4]),
                };
                let body_bytes = if sent { body_bytes } else { 0 };
                Sample { slot, endpoint, outcome, timeline: sent.then_some(timeline), body_bytes }
            };
        arrivals.into_iter().enumerate().map(sample).collect()
    })
}
