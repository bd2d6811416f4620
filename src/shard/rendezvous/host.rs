//! Shard 0: it listens, orders one run after another, and collects the results.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answers::serve;
use super::messages::{Join, Told};
use super::state::{State, TurnedAway};
use super::words::{Ending, Load, Order, Word};
use super::{MeetingPlace, RendezvousError};
use crate::result::Summary;

/// How long guests may take to hear the last word.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long results may be on their way once all were told to stop: an interrupted run waits a second for its last answers.
const AFTER_A_STOP: Duration = Duration::from_secs(4);

/// The shard that the others come to.
#[derive(Debug)]
pub(crate) struct Host {
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Host {
    /// Listens at the meeting place.
    ///
    /// # Errors
    /// [`RendezvousError::Listen`]
    pub(crate) async fn listen(
        place: &MeetingPlace,
        count: u64,
        told: Told,
    ) -> Result<Self, RendezvousError> {
        let listener = TcpListener::bind(&place.authority)
            .await
            .map_err(|source| RendezvousError::Listen { place: place.authority.clone(), source })?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(count, told)),
            token: place.token.clone(),
            speaking: Mutex::default(),
            changes: watch::Sender::new(()),
            connections: watch::Sender::new(0),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { shared, serving })
    }

    /// Waits until all shards are here, or at least so many after so long.
    ///
    /// # Errors
    /// [`RendezvousError::Missing`]: then nobody starts.
    pub(crate) async fn gather(&self, patience: Duration, least: u64) -> Result<(), RendezvousError> {
        if timeout(patience, self.until(State::are_all_here)).await.is_err() {
            let (here, missing, count, instead) = {
                let state = self.shared.state();
                (state.here(), state.missing(), state.count(), state.instead_of_all())
            };
            if here < least {
                let missing: Vec<String> = missing.iter().take(20).map(u64::to_string).collect();
                let missing = missing.join(", ");
                self.shared.say(&Word::CalledOff(format!("shards {missing} did not come")));
                let waited_s = patience.as_secs_f64();
                return Err(RendezvousError::Missing { count, missing, waited_s, instead });
            }
        }
        self.shared.state().begin();
        Ok(())
    }

    /// The lowest ceiling that any of the others said, requests per second.
    pub(crate) fn least_ceiling_per_s(&self) -> Option<f64> {
        self.shared.state().least_ceiling_per_s()
    }

    /// Tells all to run this, from so many nanoseconds since 1970 by this clock on. Says whether there is to be such a run.
    pub(crate) fn order(&self, start_ns: u64, load: Load, purpose: String) -> bool {
        let number = self.shared.state().order();
        if let Some(number) = number {
            self.shared.say(&Word::Run(Order { number, start_ns, load, purpose }));
        }
        number.is_some()
    }

    /// The results of the others, once all have handed them over, are lost, or so long has passed.
    pub(crate) async fn results(&self, patience: Duration) -> Vec<Summary> {
        let ending = async {
            self.ended().await;
            let _ = timeout(AFTER_A_STOP, std::future::pending::<()>()).await;
        };
        let complete = async {
            tokio::select! {
                () = self.until(State::is_complete) => {}
                () = ending => {}
            }
        };
        // Whatever came by then counts; what is missing will be named.
        let _ = timeout(patience, complete).await;
        self.shared.change(State::close)
    }

    /// A shard's result was of no use.
    pub(crate) fn refuse(&self, index: u64) {
        self.shared.change(|state| state.refuse(index));
    }

    /// Those who are lost.
    pub(crate) fn lost(&self) -> Vec<u64> {
        self.shared.state().lost()
    }

    /// Ends the run of all, and there is no other.
    pub(crate) fn end(&self, why: Ending) {
        self.shared.end(why);
    }

    /// Why there is to be no other run, where that is so.
    pub(crate) fn ending(&self) -> Option<Ending> {
        self.shared.state().ending()
    }

    /// Waits until there is to be no other run.
    pub(crate) async fn ended(&self) {
        self.until(|state| state.ending().is_some()).await;
    }

    /// Says that it is over, and waits until everybody has heard that, for a second or two at most.
    pub(crate) async fn close(self) {
        self.shared.state().finish();
        self.shared.say(&Word::Done);
        let mut connections = self.shared.connections.subscribe();
        let _ = timeout(LAST_WORDS, connections.wait_for(|connections| *connections == 0)).await;
    }

    async fn until(&self, is_so: impl Fn(&State) -> bool) {
        let mut changes = self.shared.changes.subscribe();
        while !is_so(&self.shared.state()) {
            // The other end is here.
            let _ = changes.changed().await;
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What those who answer share with the host.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    token: Option<String>,
    /// Where words go, by the shard that hears them.
    speaking: Mutex<BTreeMap<u64, UnboundedSender<Word>>>,
    changes: watch::Sender<()>,
    /// Guests that are being talked to.
    connections: watch::Sender<usize>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn speaking(&self) -> MutexGuard<'_, BTreeMap<u64, UnboundedSender<Word>>> {
        self.speaking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happens. If all end by it, all hear of it.
    fn change<R>(&self, what: impl FnOnce(&mut State) -> R) -> R {
        let (result, ending) = {
            let mut state = self.state();
            let before = state.ending();
            let result = what(&mut state);
            (result, state.ending().filter(|_| before.is_none()))
        };
        if let Some(why) = ending {
            self.say(&Word::Stop(why));
        }
        self.changes.send_replace(());
        result
    }

    fn say(&self, word: &Word) {
        // Who has gone hears nothing.
        self.speaking().values().for_each(|to| drop(to.send(word.clone())));
    }

    pub(super) fn join(&self, join: &Join) -> Result<UnboundedReceiver<Word>, TurnedAway> {
        let (to, coming) = mpsc::unbounded_channel();
        // Before anybody knows that it is here: it must hear what is said then.
        self.change(|state| {
            state.join(join)?;
            self.speaking().insert(join.index, to);
            Ok(coming)
        })
    }

    pub(super) fn leave(&self, index: u64) {
        self.change(|state| state.leave(index));
    }

    pub(super) fn hand_over(&self, run: u64, result: Summary) -> Result<(), TurnedAway> {
        self.change(|state| state.hand_over(run, result))
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

    /// Whether a header holds the token. In a time that does not tell how much of it was right.
    pub(super) fn knows(&self, given: &[u8]) -> bool {
        let Some(token) = &self.token else { return true };
        let given = given.strip_prefix(b"Bearer ").unwrap_or_default();
        let differs = given.iter().zip(token.as_bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        given.len() == token.len() && differs == 0
    }
}
