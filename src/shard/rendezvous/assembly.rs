//! What shard 0 and those who answer for it share: what is known, who waits for a change of it, and who is spoken to.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use super::messages::{Join, Told};
use super::place::is_authorized;
use super::state::{State, TurnedAway};
use super::words::{Ending, Word};
use crate::result::Summary;
use crate::time::{Clock, MonotonicClock};

/// All shards, as shard 0 knows them.
#[derive(Debug)]
pub(super) struct Assembly {
    state: Mutex<State>,
    token: Option<String>,
    /// Where words go, by the shard that hears them.
    speaking: Mutex<BTreeMap<u64, UnboundedSender<Word>>>,
    changes: watch::Sender<()>,
    /// Guests that are being talked to.
    connections: watch::Sender<usize>,
    /// When something was said last that is to be answered, in nanoseconds of the monotonic clock.
    asked_ns: Mutex<u64>,
}

impl Assembly {
    pub(super) fn new(count: u64, told: Told, token: Option<String>) -> Self {
        Self {
            state: Mutex::new(State::new(count, told)),
            token,
            speaking: Mutex::default(),
            changes: watch::Sender::new(()),
            connections: watch::Sender::new(0),
            asked_ns: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Something happens. If all end by it, all hear of it; and who is lost by it hears nothing after that, and is not waited
    /// for at the end.
    pub(super) fn change<R>(&self, what: impl FnOnce(&mut State) -> R) -> R {
        let (result, ending) = {
            let mut state = self.state();
            let before = state.ending();
            let result = what(&mut state);
            (result, state.ending().filter(|_| before.is_none()))
        };
        if let Some(why) = ending {
            self.ask(&Word::Stop(why));
        }
        let lost = self.state().lost();
        locked(&self.speaking).retain(|index, _| !lost.contains(index));
        self.changes.send_replace(());
        result
    }

    pub(super) fn say(&self, word: &Word) {
        // Who has gone hears nothing.
        locked(&self.speaking).values().for_each(|to| drop(to.send(word.clone())));
    }

    /// Says what everybody answers at once who is there and awake.
    pub(super) fn ask(&self, word: &Word) {
        self.state().forget_who_is_awake();
        *locked(&self.asked_ns) = MonotonicClock.now_ns();
        self.say(word);
    }

    /// How long ago that was said last, in nanoseconds.
    pub(super) fn asked_since_ns(&self) -> u64 {
        MonotonicClock.now_ns().saturating_sub(*locked(&self.asked_ns))
    }

    /// Waits until that is so.
    pub(super) async fn until(&self, is_so: impl Fn(&State) -> bool) {
        let mut changes = self.changes.subscribe();
        while !is_so(&self.state()) {
            // The other end is here.
            let _ = changes.changed().await;
        }
    }

    /// Waits until nobody is being talked to.
    pub(super) async fn until_all_have_gone(&self) {
        let mut connections = self.connections.subscribe();
        let _ = connections.wait_for(|connections| *connections == 0).await;
    }

    pub(super) fn join(&self, join: &Join) -> Result<UnboundedReceiver<Word>, TurnedAway> {
        let (to, coming) = mpsc::unbounded_channel();
        // Before anybody knows that it is here: it must hear what is said then.
        self.change(|state| {
            state.join(join)?;
            locked(&self.speaking).insert(join.index, to);
            Ok(coming)
        })
    }

    pub(super) fn leave(&self, index: u64) {
        self.change(|state| state.leave(index));
    }

    pub(super) fn hand_over(&self, run: u64, result: Summary) -> Result<(), TurnedAway> {
        self.change(|state| state.hand_over(run, result))
    }

    /// A shard has answered what was said to all.
    pub(super) fn is_awake(&self, index: u64) {
        self.change(|state| state.is_awake(index));
    }

    pub(super) fn end(&self, why: Ending) {
        self.change(|state| state.end(why));
    }

    pub(super) fn came(&self) {
        self.connections.send_modify(|connections| *connections += 1);
    }

    pub(super) fn went(&self) {
        self.connections.send_modify(|connections| *connections = connections.saturating_sub(1));
    }

    /// Whether a header holds the token, on a connection of that name, if it has one.
    pub(super) fn knows(&self, given: &[u8], connection: Option<&str>) -> bool {
        self.token.as_ref().is_none_or(|token| is_authorized(given, token, connection))
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
