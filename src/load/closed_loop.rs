//! A closed loop in a worker: the end of a request is what makes the next one of its user due.

use std::rc::Rc;

use super::shared::Shared;
use crate::time::Clock;
use crate::transport::Transport;

impl<T: Transport, C: Clock> Shared<T, C> {
    /// Dispatches the requests of all users who are ready. Returns when the next one will be, and whether
    /// nothing more is sent.
    pub(super) fn arrive_of_users(self: &Rc<Self>, now_ns: u64) -> (u64, bool) {
        loop {
            let mut state = self.state.borrow_mut();
            let Some(users) = &mut state.users else { return (u64::MAX, true) };
            match users.next_due(now_ns) {
                Some(slot) => {
                    drop(state);
                    self.arrive(slot, now_ns, true);
                }
                None => {
                    return (users.next_ns().unwrap_or(u64::MAX).min(users.ends_ns()), users.is_over(now_ns));
                }
            }
        }
    }

    /// A user's request has ended. Where nobody thinks, the next one leaves at once, without a turn of the
    /// worker's loop.
    pub(super) fn user_answered(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        let Some(users) = &mut state.users else { return };
        let now_ns = self.clock.now_ns();
        let expected_ns = users.next_ns();
        users.answered(now_ns);
        let next_ns = users.next_ns();
        drop(state);
        if next_ns.is_some_and(|next_ns| next_ns <= now_ns) {
            let (_, is_over) = self.arrive_of_users(now_ns);
            if is_over {
                self.changed.notify_one();
            }
        } else if next_ns != expected_ns {
            self.changed.notify_one();
        }
    }

    /// Nobody sends any more. Returns how many requests were planned, and how many of them were not sent: measured ones, and
    /// those of the warm-up.
    pub(super) fn dismiss_users(&self) -> ((u64, u64), (u64, u64)) {
        let users = self.state.borrow_mut().users.take();
        users.map_or(((0, 0), (0, 0)), |users| (users.planned(), (users.cancelled(), 0)))
    }
}
