//! One request: read it, wait for its departure, answer it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};

use super::counters::{CountOnDrop, Counters};
use super::departures::Departures;
use super::queue::{Departure, Queue};
use crate::time::{Clock, MonotonicClock};

/// The path of the article, with the parameter that the study's own test sends.
pub(crate) const ARTICLE_PATH: &str = "/api/mp/article/detail?articleUid=1";

/// Larger bodies are refused: a target for load tests is not a place to send files to.
const BODY_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A body must be here within this time, or its connection would be held for ever.
const BODY_TIME: Duration = Duration::from_secs(30);

/// No more of a parameter is echoed.
const ECHO_MAX_CHARS: usize = 64;

const GENERIC: &[u8] = br#"{"ok":true,"service":"rpsbench"}"#;
const FULL: &[u8] = br#"{"ok":false,"error":"the queue is full"}"#;
const TOO_SLOW: &[u8] = br#"{"ok":false,"error":"the request body took too long"}"#;
const TOO_LARGE: &[u8] = br#"{"ok":false,"error":"the request body is too large"}"#;

/// What the connections of one service share; it belongs to one thread.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) queue: RefCell<Queue>,
    /// The queue before its first request.
    pub(super) fresh: Queue,
    /// Set when the service is to begin anew with its next request.
    pub(super) renewed: Arc<AtomicBool>,
    pub(super) departures: Rc<Departures>,
    pub(super) counters: Arc<Counters>,
}

/// Why a body was not read to its end.
enum BodyFault {
    TooSlow,
    TooLarge,
    Broken(hyper::Error),
}

impl Shared {
    /// Answers one request when the model says so. It arrives at the queue when it is complete, body included:
    /// a service cannot work on what it has not got.
    ///
    /// # Errors
    /// A body that breaks off or is malformed; hyper then closes the connection.
    pub(super) async fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let counters = &self.counters;
        Counters::count(&counters.received);
        // What is counted if the client goes away and this future is dropped.
        let mut ending = CountOnDrop(&counters.abandoned);
        let (head, body) = request.into_parts();
        match read_to_end(body).await {
            Ok(()) => {}
            Err(BodyFault::Broken(error)) => return Err(error),
            Err(BodyFault::TooSlow) => {
                ending.0 = &counters.refused;
                return Ok(last_word(StatusCode::REQUEST_TIMEOUT, TOO_SLOW));
            }
            Err(BodyFault::TooLarge) => {
                ending.0 = &counters.refused;
                return Ok(last_word(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE));
            }
        }
        if self.renewed.load(Ordering::Relaxed) && self.renewed.swap(false, Ordering::Relaxed) {
            *self.queue.borrow_mut() = self.fresh.clone();
        }
        let departure = self.queue.borrow_mut().arrive(MonotonicClock.now_ns());
        match departure {
            Departure::Answered { at_ns, .. } => {
                self.leave_at(at_ns).await;
                ending.0 = &counters.answered;
                Ok(json(StatusCode::OK, content(&head.uri)))
            }
            Departure::Rejected { at_ns } => {
                self.leave_at(at_ns).await;
                ending.0 = &counters.rejected;
                Ok(json(StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(FULL)))
            }
        }
    }

    /// An answer that is due already does not queue behind the departures.
    async fn leave_at(&self, at_ns: u64) {
        if at_ns > MonotonicClock.now_ns() {
            self.departures.wait_until(at_ns).await;
        }
    }
}

/// Reads the body and drops it frame by frame. Most requests have none, and pay for no timer.
async fn read_to_end(body: Incoming) -> Result<(), BodyFault> {
    if body.is_end_stream() {
        return Ok(());
    }
    if body.size_hint().lower() > BODY_MAX_BYTES {
        return Err(BodyFault::TooLarge);
    }
    tokio::time::timeout(BODY_TIME, drain(body)).await.unwrap_or(Err(BodyFault::TooSlow))
}

async fn drain(mut body: Incoming) -> Result<(), BodyFault> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(BodyFault::Broken)?;
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if bytes > BODY_MAX_BYTES {
            return Err(BodyFault::TooLarge);
        }
    }
    Ok(())
}

/// What is found at a path: an article where the study's test looks for one, a short sign of life elsewhere.
fn content(uri: &Uri) -> Bytes {
    match article_uid(uri) {
        Some(uid) => {
            let data = serde_json::json!({ "articleUid": uid, "title": "An article", "body": "Its text." });
            Bytes::from(serde_json::json!({ "ok": true, "data": data }).to_string())
        }
        None => Bytes::from_static(GENERIC),
    }
}

/// The article asked for, as it stands in the query and cut to a length that is safe to echo.
fn article_uid(uri: &Uri) -> Option<String> {
    let (path, _) = ARTICLE_PATH.split_once('?')?;
    if uri.path() != path {
        return None;
    }
    let uid = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("articleUid="))?;
    Some(uid.chars().take(ECHO_MAX_CHARS).collect())
}

fn json(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The rest of a body that was not read would be taken for the next request: the connection has to go.
fn last_word(status: StatusCode, body: &'static [u8]) -> Response<Full<Bytes>> {
    let mut response = json(status, Bytes::from_static(body));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(uri: &str) -> serde_json::Value {
        serde_json::from_slice(&content(&uri.parse().unwrap())).unwrap()
    }

    #[test]
    fn the_article_echoes_its_uid_and_any_other_path_answers() {
        assert_eq!(answered(ARTICLE_PATH)["data"]["articleUid"], "1");
        assert_eq!(answered("/api/mp/article/detail?a=b&articleUid=x-7&c")["data"]["articleUid"], "x-7");
        for other in ["/", "/articleUid=1", "/api/mp/article/detail", "/api/mp/article/detail?", "*"] {
            assert_eq!(answered(other), serde_json::json!({ "ok": true, "service": "rpsbench" }), "{other}");
        }
    }

    #[test]
    fn what_is_echoed_is_cut_and_stays_json() {
        let long = format!("/api/mp/article/detail?articleUid={}", "9".repeat(1000));
        assert_eq!(answered(&long)["data"]["articleUid"], "9".repeat(64));
        let hostile = "/api/mp/article/detail?articleUid=\",\"ok\":false\\";
        if let Ok(uri) = hostile.parse::<Uri>() {
            let body: serde_json::Value = serde_json::from_slice(&content(&uri)).unwrap();
            assert_eq!(body["ok"], true);
        }
    }
}
