//! One worker's users of a closed loop: who sends next, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Phase, Slot};

/// One worker's users: those who wait to send. The others wait for an answer.
#[derive(Debug, Clone)]
pub struct Users {
    /// When each waiting user sends.
    pub(super) ready: BinaryHeap<Reverse<u64>>,
    pub(super) think_ns: u64,
    /// Who would send between these two times of the warm-up rests until the second.
    pub(super) rest_from_ns: u64,
    pub(super) measured_from_ns: u64,
    pub(super) next_warmup_index: u64,
    pub(super) warmup_issued: u64,
    pub(super) next_index: u64,
    pub(super) issued: u64,
    /// Measured requests still to be sent.
    pub(super) left: u64,
    /// Nothing is sent from here on.
    pub(super) ends_ns: u64,
}

impl Users {
    /// A user's request has ended, well or not: the user will send again after thinking.
    pub fn answered(&mut self, now_ns: u64) {
        let ready_ns = now_ns.saturating_add(self.think_ns);
        let rests = (self.rest_from_ns..self.measured_from_ns).contains(&ready_ns);
        self.ready.push(Reverse(if rests { self.measured_from_ns } else { ready_ns }));
    }

    /// When the next user sends; `None` while all of them wait for answers, or when nothing more is sent.
    pub fn next_ns(&self) -> Option<u64> {
        if self.left == 0 {
            return None;
        }
        self.ready.peek().map(|Reverse(at_ns)| *at_ns).filter(|at_ns| *at_ns < self.ends_ns)
    }

    /// The request of a user who is ready at `now_ns`. Its intended time is when the user was ready.
    pub fn next_due(&mut self, now_ns: u64) -> Option<Slot> {
        let intended_ns = self.next_ns().filter(|at_ns| *at_ns <= now_ns && now_ns < self.ends_ns)?;
        self.ready.pop();
        if intended_ns < self.measured_from_ns {
            let index = self.next_warmup_index;
            self.next_warmup_index += 1;
            self.warmup_issued += 1;
            return Some(Slot { index, phase: Phase::Warmup, intended_ns });
        }
        self.left = self.left.saturating_sub(1);
        let index = self.next_index;
        self.next_index += 1;
        self.issued += 1;
        Some(Slot { index, phase: Phase::Measured, intended_ns })
    }

    /// Whether nothing more is sent, whatever is answered.
    pub fn is_over(&self, now_ns: u64) -> bool {
        self.left == 0 || now_ns >= self.ends_ns
    }

    /// When the time of these users is over: the largest number where their requests are counted instead.
    pub fn ends_ns(&self) -> u64 {
        self.ends_ns
    }

    /// Requests sent so far or still to be sent: measured ones, and those of the warm-up.
    pub fn planned(&self) -> (u64, u64) {
        (self.issued + self.cancelled(), self.warmup_issued)
    }

    /// Measured requests that were to be sent and have not been; 0 where only the time is limited.
    pub fn cancelled(&self) -> u64 {
        if self.ends_ns == u64::MAX { self.left } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::{ClosedLoop, LoopEnd};

    fn requests(users: u64, n: u64) -> ClosedLoop {
        ClosedLoop::new(users, LoopEnd::Requests(n)).unwrap()
    }

    #[test]
    fn a_user_sends_again_when_the_answer_has_come_and_the_thinking_is_over() {
        let mut users = requests(1, 3).with_think_time(10).users_of(0, 1, 100);
        assert_eq!(users.next_due(99), None);
        assert_eq!(users.next_due(105).unwrap().intended_ns, 100, "ready since 100");
        assert_eq!((users.next_ns(), users.next_due(200)), (None, None), "its answer is missing");
        users.answered(150);
        assert_eq!((users.next_ns(), users.next_due(159)), (Some(160), None));
        assert_eq!(users.next_due(160).unwrap().index, 1);
        users.answered(170);
        assert!(!users.is_over(180) && users.next_due(180).is_some() && users.is_over(180));
        users.answered(190);
        assert_eq!(users.next_due(1_000), None, "three requests were asked for");
        assert_eq!((users.planned(), users.cancelled()), ((3, 0), 0));
    }

    #[test]
    fn a_loop_of_a_duration_sends_nothing_at_its_end() {
        let mut users = ClosedLoop::new(2, LoopEnd::Duration(50)).unwrap().users_of(0, 1, 100);
        assert!(users.next_due(100).is_some() && users.next_due(149).is_some());
        users.answered(140);
        assert_eq!(users.next_due(150), None);
        users.answered(160);
        assert!(users.is_over(150) && users.next_ns() == Some(140));
        assert_eq!((users.planned(), users.cancelled()), ((2, 0), 0));
    }

    #[test]
    fn users_begin_evenly_over_the_ramp() {
        let mut users = requests(4, 4).with_ramp(100).users_of(0, 1, 1_000);
        let begin: Vec<u64> =
            std::iter::from_fn(|| users.next_due(2_000)).map(|slot| slot.intended_ns).collect();
        assert_eq!(begin, [1_000, 1_025, 1_050, 1_075]);
    }

    #[test]
    fn users_rest_at_the_end_of_the_warm_up_and_the_measurement_begins_with_all_of_them() {
        let mut users = requests(2, 3).with_warmup(100).unwrap().users_of(0, 1, 1_000);
        let next =
            |users: &mut Users, now_ns| users.next_due(now_ns).map(|slot| (slot.phase, slot.intended_ns));
        assert_eq!(next(&mut users, 1_000), Some((Phase::Warmup, 1_000)));
        assert_eq!(
            (next(&mut users, 1_036), users.next_ns()),
            (None, Some(1_037)),
            "half of three quarters of 100"
        );
        assert_eq!(next(&mut users, 1_040), Some((Phase::Warmup, 1_037)));
        users.answered(1_050);
        assert_eq!(next(&mut users, 1_050), Some((Phase::Warmup, 1_050)), "75 are for sending");
        users.answered(1_075);
        assert_eq!((next(&mut users, 1_099), users.next_ns()), (None, Some(1_100)));
        // The other one answers late: that user begins when the answer is there.
        assert_eq!(
            (next(&mut users, 1_101), next(&mut users, 1_101)),
            (Some((Phase::Measured, 1_100)), None)
        );
        users.answered(1_130);
        assert_eq!(next(&mut users, 1_130), Some((Phase::Measured, 1_130)));
        assert_eq!((users.planned(), users.cancelled()), ((3, 3), 1), "the warm-up takes none of the three");
    }

    #[test]
    fn a_warm_up_comes_before_the_time_of_a_loop_by_time() {
        let users =
            ClosedLoop::new(1, LoopEnd::Duration(50)).unwrap().with_warmup(8).unwrap().users_of(0, 1, 100);
        assert_eq!((users.ends_ns(), users.is_over(157), users.is_over(158)), (158, false, true));
    }

    proptest! {
        #[test]
        fn the_parts_of_all_workers_are_the_loop(users in 1_u64..500, n in 1_u64..5_000, workers in 1_u64..9) {
            let closed = requests(users, n);
            let mut indices = Vec::new();
            let mut begun = 0;
            for worker in 0..workers {
                let mut part = closed.users_of(worker, workers, 0);
                begun += part.ready.len() as u64;
                // A worker without users has no requests.
                while let Some(slot) = part.next_due(0) {
                    indices.push(slot.index);
                    part.answered(0);
                }
                prop_assert_eq!(part.left, 0);
            }
            prop_assert_eq!(begun, users);
            indices.sort_unstable();
            prop_assert_eq!(indices, (0..n).collect::<Vec<_>>());
        }

        #[test]
        fn workers_of_a_loop_by_time_never_number_two_requests_alike(users in 1_u64..500, workers in 2_u64..9) {
            let closed = ClosedLoop::new(users, LoopEnd::Duration(1_000)).unwrap();
            let mut first: Vec<u64> = (0..workers).filter_map(|worker| {
                closed.users_of(worker, workers, 0).next_due(0).map(|slot| slot.index)
            }).collect();
            first.sort_unstable();
            prop_assert!(first.windows(2).all(|pair| pair[1] - pair[0] > 1_000_000_000_000));
        }
    }
}
