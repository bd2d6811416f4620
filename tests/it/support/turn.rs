//! Tests run side by side, but those that measure real time must not measure their neighbours.
//!
//! Whatever loads the machine does so in a turn: the helpers that run the program, serve a connection or simulate a queue
//! take one for as long as that lasts. Whoever needs the machine asks to be alone, waits for the turns under way, and
//! holds off the next ones.

use std::cell::Cell;
use std::sync::{LockResult, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::new(());

thread_local! {
    /// A second turn on the same thread would wait for a test that waits for the first.
    static HAS_A_TURN: Cell<bool> = const { Cell::new(false) };
}

/// The right to load the machine. It ends when it is dropped.
#[must_use = "it ends when it is dropped"]
pub struct Turn<Guard>(Option<Guard>);

pub type SideBySide = Turn<RwLockReadGuard<'static, ()>>;
pub type Alone = Turn<RwLockWriteGuard<'static, ()>>;

impl<Guard> Turn<Guard> {
    fn take(lock: impl FnOnce() -> LockResult<Guard>) -> Self {
        let is_first = !HAS_A_TURN.replace(true);
        // A test that failed in its turn has only ended it.
        Self(is_first.then(|| lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl<Guard> Drop for Turn<Guard> {
    fn drop(&mut self) {
        if self.0.is_some() {
            HAS_A_TURN.set(false);
        }
    }
}

/// A turn that others may share; for a thread that has one already, that one.
pub fn side_by_side() -> SideBySide {
    Turn::take(|| MACHINE.read())
}

/// A turn that nobody shares.
pub fn alone() -> Alone {
    assert!(!HAS_A_TURN.get(), "a test must ask to be alone before it loads the machine");
    Turn::take(|| MACHINE.write())
}
