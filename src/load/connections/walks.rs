//! The arrivals of a worker that take more than one request: where each has come to, and how it is accounted for.
//!
//! On its way an arrival keeps its place under the cap. Each step is measured from when the step before it ended; the arrival
//! from its intended time to the end of its last answer, with the lag and the waits of its first request.

use std::cell::RefCell;
use std::collections::HashMap;

use super::outcome::missing;
use super::ticket::Ticket;
use crate::measure::{Sample, Walked};
use crate::request::{Answered, Walk, Way, Workload};

/// The ways of all arrivals that are under way, by their place in the sequence.
#[derive(Default)]
pub(crate) struct Walks(RefCell<HashMap<u64, Box<UnderWay>>>);

struct UnderWay {
    walk: Walk,
    /// The arrival when its first request was sent, once there was a second.
    first: Option<Ticket>,
    /// The step when its first request was sent, once a redirect was followed.
    step: Option<Ticket>,
    /// Bytes of the bodies before, of the arrival and of the step.
    bytes: u64,
    step_bytes: u64,
    redirects: u32,
}

/// What follows an answer.
pub(crate) enum Onward {
    /// The arrival is over; where the answer alone does not say why it is not good, that in words.
    Over(Option<String>),
    /// One more request. Of a step that is over: its part.
    Send(Ticket, Option<Box<Walked>>),
}

impl Walks {
    /// A run begins.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Whether no arrival is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// What `read` reads of the way of an arrival; a session has one from its first request on.
    pub(crate) fn with<R>(
        &self,
        workload: &Workload,
        sequence: u64,
        read: impl FnOnce(Option<&Walk>) -> R,
    ) -> R {
        if !workload.has_walks() {
            return read(None);
        }
        let mut all = self.0.borrow_mut();
        if workload.is_session(sequence) {
            return read(Some(
                &all.entry(sequence).or_insert_with(|| UnderWay::new(workload, sequence)).walk,
            ));
        }
        read(all.get(&sequence).map(|under_way| &under_way.walk))
    }

    /// Takes in the answer to the last request of an arrival, which that answer ended as `sample` says.
    pub(crate) fn advance(
        &self,
        workload: &Workload,
        ticket: &Ticket,
        sample: &Sample,
        answered: Answered<'_>,
    ) -> Onward {
        let (sequence, endpoint, end_ns) = (ticket.sequence, ticket.route.endpoint, ended_at(sample));
        let mut all = self.0.borrow_mut();
        // Of plain requests only those that are redirected have a way.
        let is_redirect = (300..400).contains(&answered.status);
        if !is_redirect && !workload.is_session(sequence) && !all.contains_key(&sequence) {
            return Onward::Over(None);
        }
        let under_way = all.entry(sequence).or_insert_with(|| UnderWay::new(workload, sequence));
        let (origin, is_step) = match workload.advance(&mut under_way.walk, sequence, endpoint, answered) {
            Way::Over => return Onward::Over(None),
            Way::Missing(name) => return Onward::Over(Some(missing(&name))),
            Way::NotFollowed(reason) => return Onward::Over(Some(reason.words().to_owned())),
            Way::Redirected(origin) => (origin, false),
            Way::Step(origin) => (origin, true),
        };
        under_way.first.get_or_insert(*ticket);
        under_way.bytes += sample.body_bytes;
        let mut next =
            Ticket { admitted_ns: Some(end_ns), ready_ns: None, sent_ns: None, retries: 0, ..*ticket };
        next.route.origin = origin;
        if !is_step {
            under_way.step.get_or_insert(*ticket);
            under_way.step_bytes += sample.body_bytes;
            under_way.redirects += 1;
            return Onward::Send(next, None);
        }
        let step = workload.step_place(sequence, ticket.step).map(|place| (place, under_way.of_step(sample)));
        (under_way.step, under_way.step_bytes) = (None, 0);
        next.step = under_way.walk.step();
        next.slot.intended_ns = end_ns;
        next.due_ns = end_ns;
        Onward::Send(next, Some(Box::new(Walked { step, redirects: 0 })))
    }

    /// The whole arrival, whose last request ended as `sample` says; and the part of its last step.
    pub(crate) fn ended(
        &self,
        workload: &Workload,
        ticket: &Ticket,
        sample: Sample,
    ) -> (Sample, Option<Box<Walked>>) {
        if !workload.has_walks() {
            return (sample, None);
        }
        let place = workload.step_place(ticket.sequence, ticket.step);
        let all = self.0.borrow();
        let Some(under_way) = all.get(&ticket.sequence) else {
            // Not even its first request was made.
            let walked = place.map(|place| Box::new(Walked { step: Some((place, sample)), redirects: 0 }));
            return (sample, walked);
        };
        let step = place.map(|place| (place, under_way.of_step(&sample)));
        let mut whole = sample.from(under_way.first.as_ref());
        whole.body_bytes += under_way.bytes;
        (whole, Some(Box::new(Walked { step, redirects: under_way.redirects })))
    }

    /// An arrival has ended.
    pub(crate) fn forget(&self, sequence: u64) {
        self.0.borrow_mut().remove(&sequence);
    }
}

impl UnderWay {
    fn new(workload: &Workload, sequence: u64) -> Box<Self> {
        let walk = workload.walk(sequence);
        Box::new(Self { walk, first: None, step: None, bytes: 0, step_bytes: 0, redirects: 0 })
    }

    /// The step that ended as `sample` says, with the redirects that it followed.
    fn of_step(&self, sample: &Sample) -> Sample {
        let mut step = sample.from(self.step.as_ref());
        step.body_bytes += self.step_bytes;
        step
    }
}

impl Sample {
    /// The same from an earlier request on: what was due then, and how it was sent.
    fn from(&self, first: Option<&Ticket>) -> Self {
        let Some(first) = first else { return *self };
        let timeline =
            self.timeline.map(|end| first.timeline(Some(end.first_byte_ns), end.end_ns, end.receive_lag_ns));
        Self { slot: first.slot, timeline, ..*self }
    }
}

fn ended_at(sample: &Sample) -> u64 {
    sample.timeline.map_or(0, |timeline| timeline.end_ns)
}
