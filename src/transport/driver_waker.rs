//! What wakes hyper's side of a connection.
//!
//! hyper's connection is polled by the task that uses it, and only when something has happened to it: every poll asks the
//! socket several times. And when that task itself gives hyper a request, it need not be woken for it, for it goes on at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

/// A waker that notes that it was woken, and wakes a task unless it is muted.
#[derive(Debug)]
pub(super) struct DriverWaker {
    bell: Arc<Bell>,
    waker: Waker,
    /// The task that the bell wakes, once it is known.
    task: Option<Waker>,
}

#[derive(Debug)]
struct Bell {
    task: Mutex<Option<Waker>>,
    is_muted: AtomicBool,
    has_rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        if self.is_muted.load(Ordering::Acquire) {
            return;
        }
        if let Some(task) = &*self.task.lock().unwrap_or_else(PoisonError::into_inner) {
            task.wake_by_ref();
        }
    }
}

impl DriverWaker {
    /// One that has just been woken: whoever is new has to be polled.
    pub(super) fn new() -> Self {
        let bell = Arc::new(Bell {
            task: Mutex::new(None),
            is_muted: AtomicBool::new(false),
            has_rung: AtomicBool::new(true),
        });
        Self { waker: Waker::from(Arc::clone(&bell)), bell, task: None }
    }

    /// Whether it was woken since the last call. From now on it wakes the task of `context`.
    pub(super) fn was_woken(&mut self, context: &Context<'_>) -> bool {
        if !self.task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            self.task = Some(context.waker().clone());
            *self.bell.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        }
        self.bell.has_rung.swap(false, Ordering::AcqRel)
    }

    /// Does something that the task goes on with by itself, and so need not be woken for.
    pub(super) fn muted<R>(&self, act: impl FnOnce() -> R) -> R {
        self.bell.is_muted.store(true, Ordering::Release);
        let result = act();
        self.bell.is_muted.store(false, Ordering::Release);
        result
    }

    /// The waker to poll with.
    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicU64);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_wake_reaches_the_task_that_polled_last_and_is_told_once() {
        let (first, second) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let wakers = [Waker::from(Arc::clone(&first)), Waker::from(Arc::clone(&second))];
        let mut driver = DriverWaker::new();
        assert!(driver.was_woken(&Context::from_waker(&wakers[0])), "whoever is new has to be polled");
        assert!(!driver.was_woken(&Context::from_waker(&wakers[0])));
        driver.waker().wake_by_ref();
        assert!(driver.was_woken(&Context::from_waker(&wakers[1])));
        driver.waker().wake_by_ref();
        assert!(driver.was_woken(&Context::from_waker(&wakers[1])));
        assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (1, 1));
    }

    #[test]
    fn what_the_task_does_itself_wakes_nobody_and_is_not_forgotten() {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut driver = DriverWaker::new();
        assert!(driver.was_woken(&Context::from_waker(&waker)));
        let inner = driver.waker().clone();
        driver.muted(|| inner.wake_by_ref());
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        assert!(driver.was_woken(&Context::from_waker(&waker)));
        inner.wake_by_ref();
        assert_eq!(count.0.load(Ordering::Relaxed), 1, "muted only while it acts");
    }
}
