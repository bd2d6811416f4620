//! Shard 0: it listens, orders one run after another, and collects the results.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answers::serve;
use super::assembly::Assembly;
use super::messages::Told;
use super::state::State;
use super::way::{Listener, pause};
use super::words::{Ending, Load, Order, Word};
use super::{MeetingPlace, RendezvousError};
use crate::result::Summary;

/// How long guests may take to hear the last word.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long results may be on their way once all were told to stop: an interrupted run waits a second for its last answers.
const AFTER_A_STOP: Duration = Duration::from_secs(4);
/// How long it may take a guest to say that it is awake, whatever else it does: after a stop, for which somebody waits, and
/// after a run. A lost packet costs a second.
const AWAKE_AFTER_A_STOP: Duration = Duration::from_secs(2);
const AWAKE: Duration = Duration::from_secs(5);

/// The shard that the others come to.
#[derive(Debug)]
pub(crate) struct Host {
    assembly: Arc<Assembly>,
    serving: JoinHandle<()>,
    /// What it found at the meeting place, for the user.
    found: Option<String>,
}

impl Host {
    /// Listens at the meeting place.
    ///
    /// # Errors
    /// [`RendezvousError::Listen`], [`RendezvousError::Folder`], [`RendezvousError::Taken`]
    pub(crate) async fn listen(
        place: &MeetingPlace,
        count: u64,
        told: Told,
    ) -> Result<Self, RendezvousError> {
        let (listener, found) = Listener::at(&place.spot).await?;
        let assembly = Arc::new(Assembly::new(count, told, place.token.clone()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&assembly)));
        Ok(Self { assembly, serving, found })
    }

    /// What was found at the meeting place, for the user: what an earlier run had left there.
    pub(crate) fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }

    /// Waits until all shards are here, or at least so many after so long.
    ///
    /// # Errors
    /// [`RendezvousError::Missing`]: then nobody starts.
    pub(crate) async fn gather(&self, patience: Duration, least: u64) -> Result<(), RendezvousError> {
        if timeout(patience, self.assembly.until(State::are_all_here)).await.is_err() {
            let (here, missing, count, instead) = {
                let state = self.assembly.state();
                (state.here(), state.missing(), state.count(), state.instead_of_all())
            };
            if here < least {
                let missing: Vec<String> = missing.iter().take(20).map(u64::to_string).collect();
                let missing = missing.join(", ");
                self.assembly.say(&Word::CalledOff(format!("shards {missing} did not come")));
                let waited_s = patience.as_secs_f64();
                return Err(RendezvousError::Missing { count, missing, waited_s, instead });
            }
        }
        self.assembly.state().begin();
        Ok(())
    }

    /// The lowest ceiling that any of the others said, requests per second.
    pub(crate) fn least_ceiling_per_s(&self) -> Option<f64> {
        self.assembly.state().least_ceiling_per_s()
    }

    /// Tells all to run this, from so many nanoseconds since 1970 by this clock on. Says whether there is to be such a run.
    pub(crate) fn order(&self, start_ns: u64, load: Load, purpose: String) -> bool {
        let number = self.assembly.state().order();
        if let Some(number) = number {
            self.assembly.say(&Word::Run(Order { number, start_ns, load, purpose }));
        }
        number.is_some()
    }

    /// The results of the others, once all have handed them over, are lost or do not answer, or so long has passed.
    pub(crate) async fn results(&self, patience: Duration) -> Vec<Summary> {
        // A stop is a question as well, and was one earlier.
        if self.ending().is_none() && !self.assembly.state().is_complete() {
            self.assembly.ask(&Word::Ask);
        }
        let complete = async {
            tokio::select! {
                () = self.assembly.until(State::is_complete) => {}
                () = self.of_the_awake() => {}
                () = self.long_after_a_stop() => {}
            }
        };
        // Whatever came by then counts; what is missing will be named.
        let _ = timeout(patience, complete).await;
        self.assembly.change(State::close)
    }

    /// Waits until those who do not answer are known, and then for the results of the others only.
    async fn of_the_awake(&self) {
        loop {
            let is_stopping = self.ending().is_some();
            let answer = if is_stopping { AWAKE_AFTER_A_STOP } else { AWAKE };
            let left = answer.saturating_sub(Duration::from_nanos(self.assembly.asked_since_ns()));
            let settled = async {
                pause(left).await;
                self.assembly.until(State::is_complete_but_for_the_silent).await;
            };
            if is_stopping {
                return settled.await;
            }
            tokio::select! {
                biased;
                // A stop is a new question, which nobody has answered yet.
                () = self.ended() => {}
                () = settled => return,
            }
        }
    }

    async fn long_after_a_stop(&self) {
        self.ended().await;
        pause(AFTER_A_STOP).await;
    }

    /// A shard's result was of no use.
    pub(crate) fn refuse(&self, index: u64) {
        self.assembly.change(|state| state.refuse(index));
    }

    /// Those who are lost.
    pub(crate) fn lost(&self) -> Vec<u64> {
        self.assembly.state().lost()
    }

    /// Ends the run of all, and there is no other.
    pub(crate) fn end(&self, why: Ending) {
        self.assembly.end(why);
    }

    /// Why there is to be no other run, where that is so.
    pub(crate) fn ending(&self) -> Option<Ending> {
        self.assembly.state().ending()
    }

    /// Waits until there is to be no other run.
    pub(crate) async fn ended(&self) {
        self.assembly.until(|state| state.ending().is_some()).await;
    }

    /// Says that it is over, and waits until everybody has heard that, for a second or two at most.
    pub(crate) async fn close(self) {
        self.assembly.state().finish();
        self.assembly.say(&Word::Done);
        let _ = timeout(LAST_WORDS, self.assembly.until_all_have_gone()).await;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
