//! Questions to shard 0, and its answers.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::messages::{ClockReading, Refusal};
use super::place::authorization;
use super::way::{self, Way};
use super::{MeetingPlace, RendezvousError, Spot};
use crate::shard::clock_offset::Exchange;
use crate::time::{Clock, MonotonicClock};

/// How long an answer may take.
const PROMPT: Duration = Duration::from_secs(10);

/// Whoever asks shard 0.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    place: MeetingPlace,
}

/// A connection to shard 0, for one question after another.
#[derive(Debug)]
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driving: AbortHandle,
    /// What is said of the token.
    authorization: Option<String>,
    host: String,
}

/// What became of a question.
pub(super) enum Answer {
    Here(Bytes),
    Refused(StatusCode, String),
}

impl Asker {
    pub(super) fn new(place: MeetingPlace) -> Self {
        Self { place }
    }

    /// Comes to shard 0.
    ///
    /// # Errors
    /// Why it does not get there.
    pub(super) async fn connect(&self) -> Result<Connection, String> {
        let connecting = async {
            let Way { stream, name, .. } = way::to(&self.place.spot).await?;
            let handshake = http1::handshake(TokioIo::new(stream)).await;
            let (sender, connection) = handshake.map_err(|error| error.to_string())?;
            let driving = tokio::spawn(connection).abort_handle();
            let token = self.place.token.as_deref();
            let authorization = token.map(|token| authorization(token, name.as_deref()));
            Ok(Connection { sender, driving, authorization, host: self.host() })
        };
        promptly(connecting, "no connection").await
    }

    /// One question on a connection of its own.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Answer, String> {
        self.connect().await?.ask(method, path, body).await
    }

    /// What the clock of shard 0 says, so many times, if it answers all of them.
    ///
    /// # Errors
    /// [`RendezvousError`] where it does not.
    pub(super) async fn clock(&self, times: usize) -> Result<Vec<Exchange>, RendezvousError> {
        let mut connection = self.connect().await.map_err(|why| self.nobody(why))?;
        let mut exchanges = Vec::with_capacity(times);
        for _ in 0..times {
            let asked_ns = wall_ns();
            let answer = connection.ask(Method::GET, "/clock", Bytes::new()).await;
            let answered_ns = wall_ns();
            let reading: ClockReading = self.read(answer.map_err(|why| self.nobody(why))?)?;
            exchanges.push(Exchange { asked_ns, other_ns: reading.now_ns, answered_ns });
        }
        Ok(exchanges)
    }

    /// An answer, understood.
    ///
    /// # Errors
    /// [`RendezvousError`] where it is a refusal, or is none of ours.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: Answer) -> Result<T, RendezvousError> {
        match answer {
            Answer::Here(body) => serde_json::from_slice(&body)
                .map_err(|_| self.nobody("what answers there is no rendezvous of rpsbench".to_owned())),
            Answer::Refused(StatusCode::GONE, why) => Err(RendezvousError::Late(why)),
            Answer::Refused(_, why) => Err(RendezvousError::Refused(why)),
        }
    }

    pub(super) fn nobody(&self, why: String) -> RendezvousError {
        RendezvousError::Nobody { place: self.place.spot.to_string(), why }
    }

    /// For the header of that name.
    fn host(&self) -> String {
        match &self.place.spot {
            Spot::Address(authority) => authority.clone(),
            Spot::Folder(_) => "shard-0".to_owned(),
        }
    }
}

impl Connection {
    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer, String> {
        let asking = async {
            let response = self.send(method, path, body).await?;
            if !response.status().is_success() {
                return refused(response).await;
            }
            let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
            Ok(Answer::Here(body.to_bytes()))
        };
        promptly(asking, "no answer").await
    }

    /// Asks for an answer that goes on: its body, or why it is refused.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn open(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Result<Incoming, Answer>, String> {
        let asking = async {
            let response = self.send(method, path, body).await?;
            match response.status().is_success() {
                true => Ok(Ok(response.into_body())),
                false => Ok(Err(refused(response).await?)),
            }
        };
        promptly(asking, "no answer").await
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, String> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let sending = async {
            self.sender.ready().await?;
            self.sender.send_request(request).await
        };
        sending.await.map_err(|error| error.to_string())
    }
}

/// The way to shard 0 ends with it.
impl Drop for Connection {
    fn drop(&mut self) {
        self.driving.abort();
    }
}

async fn promptly<T>(what: impl Future<Output = Result<T, String>>, otherwise: &str) -> Result<T, String> {
    let in_vain = || Err(format!("{otherwise} within {} s", PROMPT.as_secs()));
    timeout(PROMPT, what).await.unwrap_or_else(|_| in_vain())
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::runtime::Builder;

    use super::super::way::Listener;
    use super::*;

    /// What a guest writes first, to a shard 0 that only listens.
    fn written_at(spot: Spot) -> String {
        let token = Some("s3cret".to_owned());
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (mut listener, _) = Listener::at(&spot).await.unwrap();
            let asker = Asker::new(MeetingPlace { spot, token });
            let asking = asker.ask(Method::GET, "/clock", Bytes::new());
            let listening = async {
                let mut written = vec![0; 1 << 10];
                let mut way = listener.accept().await.unwrap();
                let length = way.stream.read(&mut written).await.unwrap();
                written.truncate(length);
                (String::from_utf8(written).unwrap(), way.name)
            };
            let (_, (written, name)) = tokio::join!(asking, listening);
            let expected = authorization("s3cret", name.as_deref());
            assert!(written.contains(&format!("authorization: {expected}\r\n")), "{written}");
            written
        })
    }

    #[test]
    fn no_file_holds_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let written = written_at(Spot::Folder(folder.path().to_owned()));
        assert!(written.contains("GET /clock") && !written.contains("s3cret"), "{written}");
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(written_at(Spot::Address(free.to_string())).contains("Bearer s3cret"));
    }
}
