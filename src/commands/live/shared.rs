//! What the thread of the command and that of the screen both know.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::model::Model;

/// The model, and whether something about it is new.
#[derive(Default)]
pub(super) struct Shared {
    model: Mutex<Model>,
    changed: Notify,
    is_over: AtomicBool,
}

impl Shared {
    pub(super) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Model)) {
        change(&mut self.model());
        self.changed.notify_one();
    }

    /// Waits until something has changed, or the screen is to go.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The screen is to go.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}
