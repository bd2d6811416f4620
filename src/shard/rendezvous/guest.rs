//! Every other shard: it comes to shard 0, and asks.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use tokio::time::timeout;

use super::asking::Asker;
use super::hearing::Hearing;
use super::messages::{ClockReading, Join, Told};
use super::way::pause;
use super::{MeetingPlace, RendezvousError};
use crate::result::Summary;
use crate::shard::clock_offset::ClockOffset;

/// How often the clocks are compared.
const EXCHANGES: usize = 8;
/// How long until shard 0 is looked for again.
const RETRY: Duration = Duration::from_millis(200);

/// A shard that comes to the host.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    asker: Asker,
    index: u64,
}

impl Guest {
    /// Looks for the host, as long as `patience` lasts: it may come later than this shard. Says how far its clock is ahead.
    ///
    /// # Errors
    /// [`RendezvousError`] where nobody is there, or it turns this shard away.
    pub(crate) async fn find(
        place: MeetingPlace,
        index: u64,
        patience: Duration,
    ) -> Result<(Self, ClockOffset), RendezvousError> {
        let guest = Self { asker: Asker::new(place), index };
        let mut why_nobody = "no answer".to_owned();
        let looking = async {
            loop {
                match guest.asker.ask(Method::GET, "/clock", Bytes::new()).await {
                    Ok(answer) => return guest.asker.read::<ClockReading>(answer),
                    Err(why) => why_nobody = why,
                }
                pause(RETRY).await;
            }
        };
        let Ok(found) = timeout(patience, looking).await else { return Err(guest.asker.nobody(why_nobody)) };
        found?;
        let offset = guest.compare_clocks().await?;
        Ok((guest, offset))
    }

    /// How far the host's clock is ahead.
    ///
    /// # Errors
    /// [`RendezvousError`] where it does not answer.
    pub(crate) async fn compare_clocks(&self) -> Result<ClockOffset, RendezvousError> {
        let exchanges = self.asker.clock(EXCHANGES).await?;
        ClockOffset::best(&exchanges).ok_or_else(|| self.asker.nobody("no answer".to_owned()))
    }

    /// Asks to be part of it. `ceiling_per_s`: the highest rate that this machine holds its schedule at, requests per second,
    /// where that was found out.
    ///
    /// # Errors
    /// [`RendezvousError`] where there will be no run, or not with this shard.
    pub(crate) async fn join(
        &self,
        count: u64,
        told: Told,
        ceiling_per_s: Option<f64>,
    ) -> Result<Hearing, RendezvousError> {
        let nobody = |why| self.asker.nobody(why);
        let join =
            serde_json::to_vec(&Join { index: self.index, count, told, ceiling_per_s }).unwrap_or_default();
        let mut connection = self.asker.connect().await.map_err(nobody)?;
        match connection.open(Method::POST, "/join", join.into()).await.map_err(nobody)? {
            Ok(words) => Ok(Hearing::of(words, connection, self.asker.clone(), self.index)),
            Err(answer) => self.asker.read::<()>(answer).and(Err(nobody("no answer".to_owned()))),
        }
    }

    /// Tells the others that this shard was interrupted.
    pub(crate) async fn say_stop(&self) {
        // A host that is gone has nobody to tell.
        let _ = self.asker.ask(Method::POST, "/stop", Bytes::new()).await;
    }

    /// Hands the result of a run to the host.
    ///
    /// # Errors
    /// [`RendezvousError`] where it does not take it.
    pub(crate) async fn hand_over(&self, run: u64, result: &Summary) -> Result<(), RendezvousError> {
        let result = serde_json::to_vec(result).unwrap_or_default();
        let answer = self.asker.ask(Method::POST, &format!("/result/{run}"), result.into()).await;
        self.asker.read::<()>(answer.map_err(|why| self.asker.nobody(why))?)
    }
}
