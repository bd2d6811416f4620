//! Every other shard: it comes to shard 0, and asks.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::hearing::Hearing;
use super::messages::{ClockReading, Join, Refusal, Told};
use super::{MeetingPlace, RendezvousError};
use crate::result::Summary;
use crate::shard::clock_offset::{ClockOffset, Exchange};
use crate::time::{Clock, MonotonicClock};

/// How often the clocks are compared.
const EXCHANGES: usize = 8;
/// How long an answer may take.
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
                match guest.ask(Method::GET, "/clock", Bytes::new()).await {
                    Ok(answer) => return guest.read::<ClockReading>(answer),
                    Err(why) => why_nobody = why,
                }
                let _ = timeout(RETRY, std::future::pending::<()>()).await;
            }
        };
        let Ok(found) = timeout(patience, looking).await else { return Err(guest.nobody(why_nobody)) };
        found?;
        let offset = guest.compare_clocks().await?;
        Ok((guest, offset))
    }

    /// How far the host's clock is ahead.
    ///
    /// # Errors
    /// [`RendezvousError`] where it does not answer.
    pub(crate) async fn compare_clocks(&self) -> Result<ClockOffset, RendezvousError> {
        let mut exchanges = Vec::new();
        for _ in 0..EXCHANGES {
            let asked_ns = wall_ns();
            let reading = self.clock().await?;
            exchanges.push(Exchange { asked_ns, other_ns: reading.now_ns, answered_ns: wall_ns() });
        }
        ClockOffset::best(&exchanges).ok_or_else(|| self.nobody("no answer".to_owned()))
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
        let join =
            serde_json::to_vec(&Join { index: self.index, count, told, ceiling_per_s }).unwrap_or_default();
        let (connection, mut sender) = timeout(PROMPT, self.connect())
            .await
            .unwrap_or_else(|_| Err("no connection within 10 s".to_owned()))
            .map_err(|why| self.nobody(why))?;
        // Its own task: it must be heard at any time that this shard is to stop.
        let driving = tokio::spawn(connection);
        let answered = async {
            let request = self.request(Method::POST, "/join", join.into())?;
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            match response.status().is_success() {
                true => Ok(Ok(response.into_body())),
                false => Ok(Err(refused(response).await?)),
            }
        };
        let answered = timeout(PROMPT, answered).await.unwrap_or_else(|_| Err("no answer".to_owned()));
        match answered.map_err(|why| self.nobody(why))? {
            Ok(words) => Ok(Hearing::of(words, &driving, self.clone())),
            Err(answer) => self.read::<()>(answer).and(Err(self.nobody("no answer".to_owned()))),
        }
    }

    /// What the host's clock says.
    pub(super) async fn clock(&self) -> Result<ClockReading, RendezvousError> {
        let answer = self.ask(Method::GET, "/clock", Bytes::new()).await;
        self.read(answer.map_err(|why| self.nobody(why))?)
    }

    /// Tells the others that this shard was interrupted.
    pub(crate) async fn say_stop(&self) {
        // A host that is gone has nobody to tell.
        let _ = self.ask(Method::POST, "/stop", Bytes::new()).await;
    }

    /// Hands the result of a run to the host.
    ///
    /// # Errors
    /// [`RendezvousError`] where it does not take it.
    pub(crate) async fn hand_over(&self, run: u64, result: &Summary) -> Result<(), RendezvousError> {
        let result = serde_json::to_vec(result).unwrap_or_default();
        let answer = self.ask(Method::POST, &format!("/result/{run}"), result.into()).await;
        self.read::<()>(answer.map_err(|why| self.nobody(why))?)
    }

    pub(super) fn nobody(&self, why: String) -> RendezvousError {
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
    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Answer, String> {
        let asking = async {
            let (connection, mut sender) = self.connect().await?;
            let request = self.request(method, path, body)?;
            let answered = async {
                let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
                if !response.status().is_success() {
                    return refused(response).await;
                }
                let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
                Ok(Answer::Here(body.to_bytes()))
            };
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
        };
        timeout(PROMPT, asking).await.unwrap_or_else(|_| Err("no answer".to_owned()))
    }

    async fn connect(
        &self,
    ) -> Result<(http1::Connection<TokioIo<TcpStream>, Full<Bytes>>, http1::SendRequest<Full<Bytes>>), String>
    {
        let stream = TcpStream::connect(&self.place.authority).await.map_err(|error| error.to_string())?;
        let _ = stream.set_nodelay(true);
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        Ok((connection, sender))
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.place.authority);
        if let Some(token) = &self.place.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(Full::new(body)).map_err(|error| error.to_string())
    }
}

/// Why it was refused, in the host's words.
async fn refused(response: Response<Incoming>) -> Result<Answer, String> {
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    let why = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.error);
    Ok(Answer::Refused(status, why.unwrap_or_else(|_| format!("status {status}"))))
}

fn wall_ns() -> u64 {
    u64::try_from(MonotonicClock.wall().as_nanos()).unwrap_or(u64::MAX)
}
