//! Shard 0: it listens, and says when to start.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::messages::{Agreed, ClockReading, Join, Refusal, Told};
use super::state::{State, TurnedAway};
use super::{MeetingPlace, RendezvousError};
use crate::result::{Summary, read_result};
use crate::time::{Clock, MonotonicClock};

/// Largest message to join, and largest result.
const MOST_OF_A_JOIN: usize = 1 << 20;
const MOST_OF_A_RESULT: usize = 256 << 20;

/// How long guests may take to hear the last word.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What the shards wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Gathering,
    Begun(Agreed),
    /// There is no run, and why.
    CalledOff(String),
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    token: Option<String>,
    phase: watch::Sender<Phase>,
    stop: watch::Sender<bool>,
    changed: Notify,
    /// Guests that are being talked to.
    connections: watch::Sender<usize>,
}

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
            phase: watch::Sender::new(Phase::Gathering),
            stop: watch::Sender::new(false),
            changed: Notify::new(),
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
        let gathering = async {
            loop {
                let changed = self.shared.changed.notified();
                if self.shared.state().are_all_here() {
                    return;
                }
                changed.await;
            }
        };
        if timeout(patience, gathering).await.is_ok() {
            return Ok(());
        }
        let (here, missing, count) = {
            let state = self.shared.state();
            (state.here(), state.missing(), state.count())
        };
        if here >= least {
            return Ok(());
        }
        let missing: Vec<String> = missing.iter().take(20).map(u64::to_string).collect();
        let missing = missing.join(", ");
        self.shared.phase.send_replace(Phase::CalledOff(format!("shards {missing} did not come")));
        Err(RendezvousError::Missing { count, missing, waited_s: patience.as_secs_f64() })
    }

    /// Tells everybody who is here when to start, in nanoseconds since 1970 by this clock.
    pub(crate) fn begin(&self, start_ns: u64) {
        self.shared.state().begin();
        self.shared.phase.send_replace(Phase::Begun(Agreed { start_ns }));
    }

    /// Ends the run of all.
    pub(crate) fn say_stop(&self) {
        self.shared.stop.send_replace(true);
    }

    /// Waits until somebody was interrupted.
    pub(crate) async fn told_to_stop(&self) {
        // The other end is here.
        let _ = self.shared.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Waits until everybody has heard what was to be said, for a second or two at most.
    pub(crate) async fn close(self) {
        let mut connections = self.shared.connections.subscribe();
        let _ = timeout(LAST_WORDS, connections.wait_for(|connections| *connections == 0)).await;
    }

    /// The results of the others, once all have handed them over, are lost, or so long has passed.
    pub(crate) async fn results(&self, patience: Duration) -> Vec<Summary> {
        let complete = async {
            loop {
                let changed = self.shared.changed.notified();
                if self.shared.state().is_complete() {
                    return;
                }
                changed.await;
            }
        };
        // Whatever came by then counts; what is missing will be named.
        let _ = timeout(patience, complete).await;
        self.shared.state().take_results()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, request: &Request<Incoming>) -> bool {
        let Some(token) = &self.token else { return true };
        let given = request.headers().get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        let given = given.strip_prefix(b"Bearer ").unwrap_or_default();
        // In a time that does not tell how much of it was right.
        let differs = given.iter().zip(token.as_bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        given.len() == token.len() && differs == 0
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, say: it may pass.
            let _ = timeout(Duration::from_millis(50), std::future::pending::<()>()).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        shared.connections.send_modify(|connections| *connections += 1);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(answer(request, &shared).await) }
            });
            // A guest that goes away in the middle is noticed by whoever waits for it.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            shared.connections.send_modify(|connections| *connections = connections.saturating_sub(1));
        });
    }
}

async fn answer(request: Request<Incoming>, shared: &Arc<Shared>) -> Response<Full<Bytes>> {
    if !shared.knows(&request) {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "its token is not that of shard 0; give all shards the same RPSBENCH_RENDEZVOUS_TOKEN",
        );
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    match (method, path.as_str()) {
        (Method::GET, "/clock") => {
            let now = MonotonicClock.wall().as_nanos();
            json(&ClockReading { now_ns: u64::try_from(now).unwrap_or(u64::MAX) })
        }
        (Method::POST, "/join") => join(request, shared).await,
        (Method::GET, "/stop") => {
            let index = request.uri().query().and_then(|query| query.strip_prefix("shard=")?.parse().ok());
            let gone = index.map(|index| Gone { shared: Arc::clone(shared), index, is_waiting: true });
            let _ = shared.stop.subscribe().wait_for(|stop| *stop).await;
            // It will hand over what it has.
            gone.into_iter().for_each(Gone::stays);
            json(&())
        }
        (Method::POST, "/stop") => {
            shared.stop.send_replace(true);
            json(&())
        }
        (Method::POST, "/result") => hand_over(request, shared).await,
        _ => refusal(
            StatusCode::NOT_FOUND,
            "this is the rendezvous of an rpsbench run, which has nothing there",
        ),
    }
}

async fn join(request: Request<Incoming>, shared: &Arc<Shared>) -> Response<Full<Bytes>> {
    let join = match body_of(request, MOST_OF_A_JOIN).await {
        Some(body) => serde_json::from_slice::<Join>(&body),
        None => return refusal(StatusCode::BAD_REQUEST, "what it says is too long, or was cut off"),
    };
    let join = match join {
        Ok(join) => join,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &format!("it cannot be understood: {error}")),
    };
    if let Err(away) = shared.state().join(&join) {
        return turned_away(&away);
    }
    let gone = Gone { shared: Arc::clone(shared), index: join.index, is_waiting: true };
    shared.changed.notify_waiters();
    let mut phase = shared.phase.subscribe();
    let reached = phase.wait_for(|phase| *phase != Phase::Gathering).await.map(|phase| phase.clone());
    gone.stays();
    match reached {
        Ok(Phase::Begun(agreed)) => json(&agreed),
        Ok(Phase::CalledOff(why)) => refusal(StatusCode::SERVICE_UNAVAILABLE, &why),
        _ => refusal(StatusCode::SERVICE_UNAVAILABLE, "shard 0 has gone"),
    }
}

async fn hand_over(request: Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    let Some(body) = body_of(request, MOST_OF_A_RESULT).await else {
        return refusal(StatusCode::BAD_REQUEST, "the result is too long, or was cut off");
    };
    let handed = match read_result(&body) {
        Ok(result) => shared.state().hand_over(result),
        Err(error) => Err(TurnedAway::Conflict(error.to_string())),
    };
    shared.changed.notify_waiters();
    match handed {
        Ok(()) => json(&()),
        Err(away) => turned_away(&away),
    }
}

/// A guest that waits for something. If it goes away before it has it, the state knows.
struct Gone {
    shared: Arc<Shared>,
    index: u64,
    is_waiting: bool,
}

impl Gone {
    /// It has what it waited for.
    fn stays(mut self) {
        self.is_waiting = false;
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        if self.is_waiting {
            self.shared.state().leave(self.index);
            self.shared.changed.notify_waiters();
        }
    }
}

async fn body_of(request: Request<Incoming>, most: usize) -> Option<Bytes> {
    Some(Limited::new(request.into_body(), most).collect().await.ok()?.to_bytes())
}

fn json(value: &impl Serialize) -> Response<Full<Bytes>> {
    Response::new(Full::new(serde_json::to_vec(value).unwrap_or_default().into()))
}

fn refusal(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    let mut response = json(&Refusal { error: why.to_owned() });
    *response.status_mut() = status;
    response
}

fn turned_away(away: &TurnedAway) -> Response<Full<Bytes>> {
    match away {
        TurnedAway::Conflict(why) => refusal(StatusCode::CONFLICT, why),
        TurnedAway::Late(why) => refusal(StatusCode::GONE, why),
    }
}
