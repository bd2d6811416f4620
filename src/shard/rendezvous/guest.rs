//! Every other shard: it comes to shard 0.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::messages::{Agreed, ClockReading, Join, Refusal, Told};
use super::{MeetingPlace, RendezvousError};
use crate::result::Summary;
use crate::shard::clock_offset::{ClockOffset, Exchange};
use crate::time::{Clock, MonotonicClock};

/// How often the clocks are compared.
const EXCHANGES: usize = 8;
/// How long an answer may take that nobody waits for others to give.
const PROMPT: Duration = Duration::from_secs(10);
/// How long until shard 0 is looked for again.
const RETRY: Duration = Duration::from_millis(200);

/// A shard that comes to the host.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    place: MeetingPlace,
    index: u64,
}

/// What became of a question.
enum Answer {
    Here(Bytes),
    Refused(StatusCode, String),
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
        let guest = Self { place, index };
        let mut why_nobody = "no answer".to_owned();
        let looking = async {
            loop {
                match guest.ask(Method::GET, "/clock", Bytes::new(), Some(PROMPT)).await {
                    Ok(answer) => return guest.read::<ClockReading>(answer),
                    Err(why) => why_nobody = why,
                }
                let _ = timeout(RETRY, std::future::pending::<()>()).await;
            }
        };
        let Ok(found) = timeout(patience, looking).await else { return Err(guest.nobody(why_nobody)) };
        found?;
        let mut exchanges = Vec::new();
        for _ in 0..EXCHANGES {
            let asked_ns = wall_ns();
            let answer = guest.ask(Method::GET, "/clock", Bytes::new(), Some(PROMPT)).await;
            let answered_ns = wall_ns();
            let reading: ClockReading = guest.read(answer.map_err(|why| guest.nobody(why))?)?;
            exchanges.push(Exchange { asked_ns, other_ns: reading.now_ns, answered_ns });
        }
        let offset = ClockOffset::best(&exchanges).ok_or_else(|| guest.nobody("no answer".to_owned()))?;
        Ok((guest, offset))
    }

    /// Asks to be part of the run, and waits until all others have done so. Returns when to start, in nanoseconds since 1970
    /// by the host's clock.
    ///
    /// # Errors
    /// [`RendezvousError`] where there will be no run, or not with this shard.
    pub(crate) async fn join(&self, count: u64, told: Told) -> Result<u64, RendezvousError> {
        let join = serde_json::to_vec(&Join { index: self.index, count, told }).unwrap_or_default();
        let answer = self.ask(Method::POST, "/join", join.into(), None).await;
        let agreed: Agreed = self.read(answer.map_err(|why| self.nobody(why))?)?;
        Ok(agreed.start_ns)
    }

    /// Waits until another shard was interrupted; for ever where the host is gone.
    pub(crate) async fn told_to_stop(&self) {
        let path = format!("/stop?shard={}", self.index);
        match self.ask(Method::GET, &path, Bytes::new(), None).await {
            Ok(Answer::Here(_)) => {}
            Ok(Answer::Refused(..)) | Err(_) => std::future::pending().await,
        }
    }

    /// Tells the others that this shard was interrupted.
    pub(crate) async fn say_stop(&self) {
        // A host that is gone has nobody to tell.
        let _ = self.ask(Method::POST, "/stop", Bytes::new(), Some(PROMPT)).await;
    }

    /// Hands the result to the host.
    ///
    /// # Errors
    /// [`RendezvousError`] where it does not take it.
    pub(crate) async fn hand_over(&self, result: &Summary) -> Result<(), RendezvousError> {
        let result = serde_json::to_vec(result).unwrap_or_default();
        let answer = self.ask(Method::POST, "/result", result.into(), Some(PROMPT)).await;
        self.read::<()>(answer.map_err(|why| self.nobody(why))?)
    }

    fn nobody(&self, why: String) -> RendezvousError {
        RendezvousError::Nobody { place: self.place.authority.clone(), why }
    }

    fn read<T: DeserializeOwned>(&self, answer: Answer) -> Result<T, RendezvousError> {
        match answer {
            Answer::Here(body) => serde_json::from_slice(&body)
                .map_err(|_| self.nobody("what answers there is no rendezvous of rpsbench".to_owned())),
            Answer::Refused(StatusCode::GONE, why) => Err(RendezvousError::Late(why)),
            Answer::Refused(_, why) => Err(RendezvousError::Refused(why)),
        }
    }

    /// One question on a connection of its own.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        patience: Option<Duration>,
    ) -> Result<Answer, String> {
        let asking = self.ask_patiently(method, path, body);
        match patience {
            None => asking.await,
            Some(patience) => timeout(patience, asking).await.unwrap_or_else(|_| Err("no answer".to_owned())),
        }
    }

    async fn ask_patiently(&self, method: Method, path: &str, body: Bytes) -> Result<Answer, String> {
        let stream = timeout(PROMPT, TcpStream::connect(&self.place.authority))
            .await
            .map_err(|_| "no connection within 10 s".to_owned())?
            .map_err(|error| error.to_string())?;
        let _ = stream.set_nodelay(true);
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.place.authority);
        if let Some(token) = &self.place.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let answered = async {
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok(if status.is_success() {
                Answer::Here(body)
            } else {
                let why = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.error);
                Answer::Refused(status, why.unwrap_or_else(|_| format!("status {status}")))
            })
        };
        // The connection lives as long as the question: when this is dropped, the host learns of it.
        tokio::pin!(connection);
        tokio::pin!(answered);
        tokio::select! {
            answer = &mut answered => answer,
            ended = &mut connection => match ended {
                // It may have read the whole answer before it ended.
                Ok(()) => answered.await,
                Err(error) => Err(error.to_string()),
            },
        }
    }
}

fn wall_ns() -> u64 {
    u64::try_from(MonotonicClock.wall().as_nanos()).unwrap_or(u64::MAX)
}
