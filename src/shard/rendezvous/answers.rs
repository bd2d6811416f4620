//! What shard 0 answers to questions, over HTTP, whichever way that comes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;

use super::assembly::Assembly;
use super::messages::{ClockReading, Join, Refusal};
use super::speaking::Words;
use super::state::TurnedAway;
use super::way::{Listener, Way, pause};
use super::words::Ending;
use crate::result::read_result;
use crate::time::{Clock, MonotonicClock};

/// Largest message to join, and largest result.
const MOST_OF_A_JOIN: usize = 1 << 20;
const MOST_OF_A_RESULT: usize = 256 << 20;

/// Said at once, or word after word.
type Answer = Response<Either<Full<Bytes>, Words>>;

/// Answers whoever comes, until it is dropped.
pub(super) async fn serve(mut listener: Listener, assembly: Arc<Assembly>) {
    loop {
        let Ok(Way { stream, name, carrying }) = listener.accept().await else {
            // Out of descriptors, say: it may pass.
            pause(Duration::from_millis(50)).await;
            continue;
        };
        let assembly = Arc::clone(&assembly);
        assembly.came();
        tokio::spawn(async move {
            let name = name.as_deref();
            let service = service_fn(|request| {
                let assembly = Arc::clone(&assembly);
                async move { Ok::<_, Infallible>(answer(request, name, &assembly).await) }
            });
            // A guest that goes away in the middle is noticed by what was being said to it.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            if let Some(carrying) = carrying {
                let _ = carrying.await;
            }
            assembly.went();
        });
    }
}

/// `connection`: the name of the one that it came by, if it has one.
async fn answer(request: Request<Incoming>, connection: Option<&str>, assembly: &Arc<Assembly>) -> Answer {
    let token = request.headers().get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    if !assembly.knows(token, connection) {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "its token is not that of shard 0; give all shards the same RPSBENCH_RENDEZVOUS_TOKEN",
        );
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let numbered = |prefix: &str| path.strip_prefix(prefix).and_then(|number| number.parse().ok());
    match (method, path.as_str()) {
        (Method::GET, "/clock") => {
            let now = MonotonicClock.wall().as_nanos();
            json(&ClockReading { now_ns: u64::try_from(now).unwrap_or(u64::MAX) })
        }
        (Method::POST, "/join") => join(request, assembly).await,
        (Method::POST, "/stop") => {
            assembly.end(Ending::Interrupted);
            json(&())
        }
        (Method::POST, _) => match (numbered("/result/"), numbered("/awake/")) {
            (Some(run), _) => hand_over(request, run, assembly).await,
            (_, Some(index)) => {
                assembly.is_awake(index);
                json(&())
            }
            _ => nothing_there(),
        },
        _ => nothing_there(),
    }
}

async fn join(request: Request<Incoming>, assembly: &Arc<Assembly>) -> Answer {
    let join = match body_of(request, MOST_OF_A_JOIN).await {
        Some(body) => serde_json::from_slice::<Join>(&body),
        None => return refusal(StatusCode::BAD_REQUEST, "what it says is too long, or was cut off"),
    };
    let join = match join {
        Ok(join) => join,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &format!("it cannot be understood: {error}")),
    };
    match assembly.join(&join) {
        Ok(coming) => {
            let mut response =
                Response::new(Either::Right(Words::new(coming, Arc::clone(assembly), join.index)));
            // After the last word there is nothing to ask.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }
        Err(away) => turned_away(&away),
    }
}

async fn hand_over(request: Request<Incoming>, run: u64, assembly: &Assembly) -> Answer {
    let Some(body) = body_of(request, MOST_OF_A_RESULT).await else {
        return refusal(StatusCode::BAD_REQUEST, "the result is too long, or was cut off");
    };
    let handed = match read_result(&body) {
        Ok(result) => assembly.hand_over(run, result),
        Err(error) => Err(TurnedAway::Conflict(error.to_string())),
    };
    match handed {
        Ok(()) => json(&()),
        Err(away) => turned_away(&away),
    }
}

async fn body_of(request: Request<Incoming>, most: usize) -> Option<Bytes> {
    Some(Limited::new(request.into_body(), most).collect().await.ok()?.to_bytes())
}

fn json(value: &impl Serialize) -> Answer {
    Response::new(Either::Left(Full::new(serde_json::to_vec(value).unwrap_or_default().into())))
}

fn refusal(status: StatusCode, why: &str) -> Answer {
    let mut response = json(&Refusal { error: why.to_owned() });
    *response.status_mut() = status;
    response
}

fn nothing_there() -> Answer {
    refusal(StatusCode::NOT_FOUND, "this is the rendezvous of an rpsbench run, which has nothing there")
}

fn turned_away(away: &TurnedAway) -> Answer {
    match away {
        TurnedAway::Conflict(why) => refusal(StatusCode::CONFLICT, why),
        TurnedAway::Late(why) => refusal(StatusCode::GONE, why),
    }
}
