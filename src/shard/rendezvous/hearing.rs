//! What one of the other shards hears of shard 0: word after word, on a connection that lasts as long as both are there.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::RendezvousError;
use super::asking::{Asker, Connection};
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
    asker: Asker,
    listening: AbortHandle,
    /// Open as long as there is somebody to listen.
    _connection: Connection,
}

/// Where words go that were heard.
struct Ear {
    words: UnboundedSender<Word>,
    ends: watch::Sender<Option<Ending>>,
    asker: Asker,
    index: u64,
}

impl Hearing {
    /// Listens to this answer, which comes by that connection, for the shard of that number.
    pub(super) fn of(answer: Incoming, connection: Connection, asker: Asker, index: u64) -> Self {
        let (heard, words) = mpsc::unbounded_channel();
        let (ends, ending) = watch::channel(None);
        let ear = Ear { words: heard, ends, asker: asker.clone(), index };
        let listening = tokio::spawn(ear.listen(answer)).abort_handle();
        Self { words, ending, asker, listening, _connection: connection }
    }

    /// The next word, however long that takes.
    ///
    /// # Errors
    /// [`RendezvousError::Nobody`] where shard 0 has gone without a last word.
    pub(crate) async fn next(&mut self) -> Result<Word, RendezvousError> {
        loop {
            match timeout(SILENCE, self.words.recv()).await {
                Ok(Some(word)) => return Ok(word),
                Ok(None) => return Err(self.asker.nobody("it has gone".to_owned())),
                Err(_) => {
                    self.asker.clock(1).await?;
                }
            }
        }
    }

    /// Why all stop, as soon as that is so.
    pub(crate) fn ending(&self) -> watch::Receiver<Option<Ending>> {
        self.ending.clone()
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Ear {
    async fn listen(self, mut answer: Incoming) {
        let mut text = BytesMut::new();
        while let Some(Ok(frame)) = answer.frame().await {
            text.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line = text.split_to(end);
                text.advance(1);
                // No word of ours ends it as well.
                let Ok(word) = serde_json::from_slice(&line) else { return self.ends.send_modify(gone) };
                if self.hears(word) {
                    // What comes after it is not that shard 0 is gone.
                    return std::future::pending().await;
                }
            }
            if text.len() > MOST_OF_A_WORD {
                break;
            }
        }
        self.ends.send_modify(gone);
    }

    /// Passes a word on. Says whether it is the last that matters.
    fn hears(&self, word: Word) -> bool {
        match word {
            Word::Ask => self.answer(),
            Word::Stop(why) => {
                self.answer();
                self.ends.send_replace(Some(why));
            }
            word => {
                let is_last = word.is_last();
                return self.words.send(word).is_err() || is_last;
            }
        }
        false
    }

    /// Says that this shard is awake, beside whatever else it does.
    fn answer(&self) {
        let (asker, path) = (self.asker.clone(), format!("/awake/{}", self.index));
        // Where nobody hears it, shard 0 is gone, which is seen otherwise.
        tokio::spawn(async move { asker.ask(Method::POST, &path, Bytes::new()).await.is_ok() });
    }
}

/// Without a last word: shard 0 is lost, unless it had said why all stop.
fn gone(ending: &mut Option<Ending>) {
    ending.get_or_insert(Ending::Lost(0));
}
