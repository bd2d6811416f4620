//! What one of the other shards hears of shard 0: word after word, on a connection that lasts as long as both are there.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use super::RendezvousError;
use super::guest::Guest;
use super::words::{Ending, Word};

/// Longest word: the reasons in it are a line or two.
const MOST_OF_A_WORD: usize = 1 << 16;
/// How long nothing may be heard between two runs before it is asked whether shard 0 is still there: a machine that lost its
/// network does not say so.
const SILENCE: Duration = Duration::from_secs(5);

/// A shard that listens.
#[derive(Debug)]
pub(crate) struct Hearing {
    words: UnboundedReceiver<Word>,
    ending: watch::Receiver<Option<Ending>>,
    guest: Guest,
    tasks: [AbortHandle; 2],
}

impl Hearing {
    /// Listens to this answer, whose connection `driving` keeps going.
    pub(super) fn of<T>(answer: Incoming, driving: &JoinHandle<T>, guest: Guest) -> Self {
        let (heard, words) = mpsc::unbounded_channel();
        let (ends, ending) = watch::channel(None);
        let listening = tokio::spawn(async move {
            let mut answer = answer;
            let mut text = BytesMut::new();
            while let Some(Ok(frame)) = answer.frame().await {
                text.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
                while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                    let line = text.split_to(end);
                    text.advance(1);
                    match serde_json::from_slice(&line) {
                        Ok(Word::Stop(why)) => drop(ends.send_replace(Some(why))),
                        Ok(word) => {
                            let is_last = word.is_last();
                            if heard.send(word).is_err() || is_last {
                                // What comes after it is not that shard 0 is gone.
                                return std::future::pending().await;
                            }
                        }
                        // No word of ours.
                        Err(_) => return ends.send_modify(gone),
                    }
                }
                if text.len() > MOST_OF_A_WORD {
                    break;
                }
            }
            ends.send_modify(gone);
        });
        Self { words, ending, guest, tasks: [listening.abort_handle(), driving.abort_handle()] }
    }

    /// The next word, however long that takes.
    ///
    /// # Errors
    /// [`RendezvousError::Nobody`] where shard 0 has gone without a last word.
    pub(crate) async fn next(&mut self) -> Result<Word, RendezvousError> {
        loop {
            match timeout(SILENCE, self.words.recv()).await {
                Ok(Some(word)) => return Ok(word),
                Ok(None) => return Err(self.guest.nobody("it has gone".to_owned())),
                Err(_) => {
                    self.guest.clock().await?;
                }
            }
        }
    }

    /// Why all stop, as soon as that is so.
    pub(crate) fn ending(&self) -> watch::Receiver<Option<Ending>> {
        self.ending.clone()
    }
}

/// Without a last word: shard 0 is lost, unless it had said why all stop.
fn gone(ending: &mut Option<Ending>) {
    ending.get_or_insert(Ending::Lost(0));
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
