//! Lets each answer leave at its instant.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use crate::time::{Clock, Meanwhile, Pacer};

/// An instant, and a number that keeps equal instants in the order of their arrival.
type Key = (u64, u64);

/// The requests whose answers have not left yet, earliest first.
///
/// tokio's timer rounds up to a millisecond, which a known answer must not be off by. So one task waits for the
/// earliest departure with the pacer that the load generator uses; a request that becomes the earliest
/// makes it wait anew. Belongs to one thread.
#[derive(Debug, Default)]
pub(super) struct Departures {
    leaving: RefCell<BTreeMap<Key, Waker>>,
    next_number: Cell<u64>,
    earlier: Notify,
}

impl Departures {
    /// Returns at `at_ns`. Dropping the future, as happens when a client goes away, leaves nothing behind.
    pub(super) fn wait_until(self: &Rc<Self>, at_ns: u64) -> Departing {
        let key = (at_ns, self.next_number.replace(self.next_number.get() + 1));
        let mut leaving = self.leaving.borrow_mut();
        let is_earliest = leaving.first_key_value().is_none_or(|(first, _)| key < *first);
        leaving.insert(key, Waker::noop().clone());
        if is_earliest {
            self.earlier.notify_one();
        }
        Departing { departures: Rc::clone(self), key }
    }

    /// Wakes every request when its instant has come; never returns.
    pub(super) async fn run(&self, clock: impl Clock, mut pacer: impl Pacer) {
        loop {
            let earliest = self.leaving.borrow().first_key_value().map(|((at_ns, _), _)| *at_ns);
            let Some(at_ns) = earliest else {
                self.earlier.notified().await;
                continue;
            };
            tokio::select! {
                biased;
                () = self.earlier.notified() => continue,
                () = pacer.until(at_ns, Meanwhile::Attend) => {}
            }
            let now_ns = clock.now_ns();
            while let Some(waker) = self.take_due(now_ns) {
                waker.wake();
            }
        }
    }

    fn take_due(&self, now_ns: u64) -> Option<Waker> {
        let mut leaving = self.leaving.borrow_mut();
        let first = leaving.first_entry()?;
        (first.key().0 <= now_ns).then(|| first.remove())
    }
}

/// One request on its way out; see [`Departures::wait_until`].
#[derive(Debug)]
pub(super) struct Departing {
    departures: Rc<Departures>,
    key: Key,
}

impl Future for Departing {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.departures.leaving.borrow_mut().get_mut(&self.key) {
            Some(waker) => {
                waker.clone_from(context.waker());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Departing {
    fn drop(&mut self) {
        // Taken out first and dropped after the borrow: a waker may own whatever made it.
        let waker = self.departures.leaving.borrow_mut().remove(&self.key);
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{MonotonicClock, Pacing, SystemPacer};
    use tokio::runtime::{Builder, LocalOptions};
    use tokio::task::spawn_local;

    const MS: u64 = 1_000_000;

    fn with_departures<F: Future>(body: impl FnOnce(Rc<Departures>) -> F) -> F::Output {
        let runtime =
            Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap();
        runtime.block_on(async {
            let departures = Rc::new(Departures::default());
            let task = Rc::clone(&departures);
            spawn_local(async move {
                task.run(MonotonicClock, SystemPacer::new(MonotonicClock, Pacing::PLAIN)).await
            });
            body(departures).await
        })
    }

    #[test]
    fn each_leaves_at_its_instant_and_the_earliest_first() {
        let order = Rc::new(RefCell::new(Vec::new()));
        with_departures(|departures| {
            let order = Rc::clone(&order);
            async move {
                let start_ns = MonotonicClock.now_ns();
                let tasks = [30, 10, 20, 10].map(|after_ms| {
                    let (departures, order) = (Rc::clone(&departures), Rc::clone(&order));
                    spawn_local(async move {
                        let at_ns = start_ns + after_ms * MS;
                        departures.wait_until(at_ns).await;
                        assert!(MonotonicClock.now_ns() >= at_ns);
                        order.borrow_mut().push(after_ms);
                    })
                });
                for task in tasks {
                    task.await.unwrap();
                }
                assert!(departures.leaving.borrow().is_empty());
            }
        });
        assert_eq!(*order.borrow(), [10, 10, 20, 30]);
    }

    #[test]
    fn one_that_is_dropped_leaves_nothing_behind() {
        with_departures(|departures| async move {
            let never = departures.wait_until(u64::MAX);
            let soon = departures.wait_until(MonotonicClock.now_ns() + 5 * MS);
            assert_eq!(departures.leaving.borrow().len(), 2);
            drop(never);
            assert_eq!(departures.leaving.borrow().len(), 1);
            soon.await;
            assert!(departures.leaving.borrow().is_empty());
        });
    }
}
