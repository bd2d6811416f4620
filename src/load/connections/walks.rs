//! The arrivals of a worker that take more than one request: where each has come to, and how it is accounted for.
//!
//! On its way an arrival keeps its place under the cap. Each step is measured from when the step before it ended; the arrival
//! from its intended time to the end of its last answer. What the client added to any of its requests (lag, waits) is added up
//! as the client's, so that the service of the whole is the sum of the services of its requests.

use std::cell::RefCell;
use std::collections::HashMap;

use super::outcome::missing;
use super::ticket::Ticket;
use crate::measure::{Sample, Timeline, Walked};
use crate::request::{Answered, Walk, Way, Workload};
use crate::schedule::Slot;

/// The ways of all arrivals that are under way, by their place in the sequence.
#[derive(Default)]
pub(crate) struct Walks(RefCell<HashMap<u64, Box<UnderWay>>>);

struct UnderWay {
    walk: Walk,
    /// All requests before the last.
    whole: Requests,
    /// Those of the step that is under way.
    step: Requests,
    redirects: u32,
}

/// Requests that one came after another, as one.
#[derive(Default)]
struct Requests {
    /// What was due when the first of them was, and when that was sent; `None` where there was none.
    first: Option<(Slot, u64)>,
    send_lag_ns: u64,
    slot_wait_ns: u64,
    connect_ns: u64,
    bytes: u64,
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
        now_ns: impl FnOnce() -> u64,
    ) -> Onward {
        let (sequence, endpoint) = (ticket.sequence, ticket.route.endpoint);
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
        // What was taken apart meanwhile took the client's time.
        let (end_ns, now_ns) = (sample.timeline.map_or(0, |timeline| timeline.end_ns), now_ns());
        let mut next = Ticket {
            due_ns: now_ns,
            admitted_ns: Some(now_ns),
            ready_ns: None,
            sent_ns: None,
            retries: 0,
            ..*ticket
        };
        next.slot.intended_ns = end_ns;
        next.route.origin = origin;
        if !is_step {
            under_way.whole.add(sample);
            under_way.step.add(sample);
            under_way.redirects += 1;
            return Onward::Send(next, None);
        }
        let place = workload.step_place(sequence, ticket.step);
        let step = place.map(|place| (place, under_way.step.and(sample)));
        under_way.whole.add(sample);
        under_way.step = Requests::default();
        next.step = under_way.walk.step();
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
        let step = place.map(|place| (place, under_way.step.and(&sample)));
        let whole = under_way.whole.and(&sample);
        (whole, Some(Box::new(Walked { step, redirects: under_way.redirects })))
    }

    /// When the first request of the step that an arrival has come to was sent, where a redirect has led to another.
    pub(crate) fn step_sent_ns(&self, sequence: u64) -> Option<u64> {
        self.0.borrow().get(&sequence)?.step.first.map(|(_, sent_ns)| sent_ns)
    }

    /// An arrival has ended.
    pub(crate) fn forget(&self, sequence: u64) {
        self.0.borrow_mut().remove(&sequence);
    }
}

impl UnderWay {
    fn new(workload: &Workload, sequence: u64) -> Box<Self> {
        let walk = workload.walk(sequence);
        Box::new(Self { walk, whole: Requests::default(), step: Requests::default(), redirects: 0 })
    }
}

impl Requests {
    /// One more of them has ended.
    fn add(&mut self, sample: &Sample) {
        let Some(timeline) = &sample.timeline else { return };
        self.first.get_or_insert((sample.slot, timeline.sent_ns));
        self.send_lag_ns += timeline.send_lag_ns(sample.slot);
        self.slot_wait_ns += timeline.slot_wait_ns();
        self.connect_ns += timeline.connect_ns();
        self.bytes += sample.body_bytes;
    }

    /// All of them and the last, as one that ended as the last did: as if whatever the client added had come first.
    fn and(&self, last: &Sample) -> Sample {
        let (Some((slot, _)), Some(end)) = (self.first, last.timeline) else { return *last };
        let due_ns = slot.intended_ns + self.send_lag_ns + end.send_lag_ns(last.slot);
        let admitted_ns = due_ns + self.slot_wait_ns + end.slot_wait_ns();
        let ready_ns = admitted_ns + self.connect_ns + end.connect_ns();
        let timeline = Some(Timeline { due_ns, admitted_ns, ready_ns, sent_ns: ready_ns, ..end });
        Sample { slot, timeline, body_bytes: last.body_bytes + self.bytes, ..*last }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::Outcome;
    use crate::schedule::Phase;

    proptest! {
        /// However many requests there are, the parts of the whole are the sums of theirs and add up to its response.
        #[test]
        fn the_whole_is_the_sum_of_its_requests(
            steps in prop::collection::vec(prop::array::uniform6(0_u64..1_000_000), 1..6), intended_ns in 0_u64..1_000,
        ) {
            let mut all = Requests::default();
            let mut from_ns = intended_ns;
            let (mut sums, mut whole) = ([0; 4], None);
            for (place, [lag, wait, connect, late, first, rest]) in steps.iter().copied().enumerate() {
                let slot = Slot { index: 7, phase: Phase::Measured, intended_ns: from_ns };
                let due_ns = from_ns + lag;
                let (admitted_ns, ready_ns) = (due_ns + wait, due_ns + wait + connect);
                let sent_ns = ready_ns + late;
                let (first_byte_ns, end_ns) = (sent_ns + first, sent_ns + first + rest);
                let timeline = Timeline { due_ns, admitted_ns, ready_ns, sent_ns, first_byte_ns, end_ns, receive_lag_ns: None };
                let sample = Sample { slot, endpoint: 0, outcome: Outcome::Ok { status: 200 }, timeline: Some(timeline), body_bytes: 1 };
                for (sum, part) in sums.iter_mut().zip([lag + late, wait, connect, first + rest]) {
                    *sum += part;
                }
                whole = Some(all.and(&sample));
                prop_assert_eq!(whole.unwrap().body_bytes, place as u64 + 1);
                all.add(&sample);
                from_ns = end_ns;
            }
            let whole = whole.unwrap();
            let timeline = whole.timeline.unwrap();
            let parts = [timeline.send_lag_ns(whole.slot), timeline.slot_wait_ns(), timeline.connect_ns(), timeline.service_ns()];
            prop_assert_eq!(parts, sums);
            prop_assert_eq!(timeline.response_ns(whole.slot), from_ns - intended_ns);
            prop_assert!(timeline.time_to_first_byte_ns() <= timeline.service_ns());
        }
    }
}
