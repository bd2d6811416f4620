//! What a collector of OpenTelemetry is told: OTLP over HTTP, in its JSON encoding (OTLP 1.x, `POST /v1/metrics`).

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::counted::Counted;
use super::family::{Buckets, Family, Labels, Points};
use super::locked;
use crate::commands::console;
use crate::commands::runtime::runtime;
use crate::time::{Clock, MonotonicClock};

/// Time between two exports.
const EVERY: Duration = Duration::from_secs(5);
/// Longest that an export may take; what is late comes with the next one, as all of it only ever grows.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most that is read of an answer.
const MOST_OF_AN_ANSWER: usize = 64 << 10;
/// A sum since the beginning (AGGREGATION_TEMPORALITY_CUMULATIVE).
const CUMULATIVE: u8 = 2;

/// Tells a collector, on a thread of its own.
pub(super) struct Exporter {
    /// Dropped to end it.
    going: mpsc::Sender<()>,
    thread: JoinHandle<Told>,
}

/// How it went.
#[derive(Debug, Default)]
struct Told {
    exports: u64,
    failed: u64,
    last: String,
}

impl Exporter {
    pub(super) fn start(target: Uri, counted: Arc<Mutex<Counted>>) -> io::Result<Self> {
        let (going, ended) = mpsc::channel::<()>();
        let thread = thread::Builder::new().name("otlp".to_owned()).spawn(move || {
            let mut told = Told::default();
            let Ok(runtime) = runtime() else { return told };
            loop {
                let is_last = ended.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
                told.exports += 1;
                let (families, began_ns) = {
                    let counted = locked(&counted);
                    (counted.families(), counted.began_ns)
                };
                let now_ns = u64::try_from(MonotonicClock.wall().as_nanos()).unwrap_or(u64::MAX);
                let body = document(&families, began_ns, now_ns).to_string();
                if let Err(why) = runtime.block_on(post(&target, body)) {
                    told.failed += 1;
                    if told.failed == 1 && !is_last {
                        console::tell(format_args!("warning: --otlp: {why}; the run goes on"));
                    }
                    told.last = why;
                }
                if is_last {
                    // A name lookup that hangs must not hold the report up.
                    runtime.shutdown_background();
                    return told;
                }
            }
        })?;
        Ok(Self { going, thread })
    }

    /// Tells it all once more. Says what was not taken, if anything was not.
    pub(super) fn close(self) -> Option<String> {
        drop(self.going);
        let told = self.thread.join().unwrap_or_default();
        (told.failed > 0).then(|| {
            format!(
                "--otlp: {} of {} exports failed, the last with: {}",
                told.failed, told.exports, told.last
            )
        })
    }
}

/// Posts a body, and waits a little for the answer.
async fn post(target: &Uri, body: String) -> Result<(), String> {
    let exchange = async {
        let authority = target.authority().ok_or("it has no host")?;
        let stream = TcpStream::connect((
            authority.host().trim_matches(['[', ']']),
            authority.port_u16().unwrap_or(80),
        ))
        .await
        .map_err(|error| error.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let path = match target.path() {
            "" | "/" => "/v1/metrics",
            path => path,
        };
        let request = Request::post(path)
            .header(HOST, authority.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let _ = Limited::new(answer.into_body(), MOST_OF_AN_ANSWER).collect().await;
        connection.abort();
        if status.is_success() { Ok(()) } else { Err(format!("it answered {}", status.as_u16())) }
    };
    timeout(PATIENCE, exchange)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

/// The request's body: numbers of 64 bits are texts there, as JSON has none (protobuf's JSON mapping).
fn document(families: &[Family], began_ns: u64, now_ns: u64) -> Value {
    let metrics: Vec<Value> = families.iter().map(|family| metric(family, began_ns, now_ns)).collect();
    json!({
        "resourceMetrics": [{
            "resource": { "attributes": attributes(&vec![("service.name".to_owned(), "rpsbench".to_owned())]) },
            "scopeMetrics": [{
                "scope": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
                "metrics": metrics,
            }],
        }],
    })
}

fn metric(family: &Family, began_ns: u64, now_ns: u64) -> Value {
    let point = |labels: &Labels| {
        json!({
            "attributes": attributes(labels),
            "startTimeUnixNano": began_ns.to_string(),
            "timeUnixNano": now_ns.to_string(),
        })
    };
    let with = |mut point: Value, name: &str, value: Value| {
        point[name] = value;
        point
    };
    let mut metric = json!({ "name": family.name, "description": family.help, "unit": family.unit });
    match &family.points {
        Points::Counters(points) => {
            let points: Vec<Value> = points
                .iter()
                .map(|(labels, count)| with(point(labels), "asInt", json!(count.to_string())))
                .collect();
            metric["sum"] =
                json!({ "dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": true });
        }
        Points::Gauges(points) => {
            let points: Vec<Value> =
                points.iter().map(|(labels, value)| with(point(labels), "asDouble", json!(value))).collect();
            metric["gauge"] = json!({ "dataPoints": points });
        }
        Points::Histograms(points) => {
            let points: Vec<Value> =
                points.iter().map(|(labels, buckets)| histogram(point(labels), buckets)).collect();
            metric["histogram"] = json!({ "dataPoints": points, "aggregationTemporality": CUMULATIVE });
        }
    }
    metric
}

/// Its buckets are not cumulative, and there is one more of them than bounds.
fn histogram(mut point: Value, buckets: &Buckets) -> Value {
    let mut before = 0;
    let mut counts: Vec<String> = Vec::new();
    for (_, up_to) in &buckets.up_to {
        counts.push((up_to - before).to_string());
        before = *up_to;
    }
    counts.push((buckets.count - before).to_string());
    point["count"] = json!(buckets.count.to_string());
    point["sum"] = json!(buckets.sum_s);
    point["bucketCounts"] = json!(counts);
    point["explicitBounds"] = json!(buckets.up_to.iter().map(|(bound, _)| bound).collect::<Vec<_>>());
    point
}

fn attributes(labels: &Labels) -> Value {
    let attribute =
        |(name, value): &(String, String)| json!({ "key": name, "value": { "stringValue": value } });
    labels.iter().map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use super::super::counted::example;
    use super::*;

    #[test]
    fn the_body_is_as_the_protocol_has_it() {
        let counted = example();
        let body = document(&counted.families(), counted.began_ns, counted.began_ns + 5);
        let metrics = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
        let of = |name: &str| metrics.iter().find(|metric| metric["name"] == name).unwrap();
        let offered = &of("rpsbench_requests_offered")["sum"];
        assert_eq!((&offered["isMonotonic"], &offered["aggregationTemporality"]), (&true.into(), &2.into()));
        assert_eq!(offered["dataPoints"][1]["asInt"], "200", "64 bits are a text");
        assert_eq!(offered["dataPoints"][1]["timeUnixNano"], "1700000000000000005");
        let response = &of("rpsbench_response_seconds")["histogram"]["dataPoints"][1];
        let counts: Vec<u64> = response["bucketCounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|count| count.as_str().unwrap().parse().unwrap())
            .collect();
        assert_eq!(counts.len(), response["explicitBounds"].as_array().unwrap().len() + 1);
        assert_eq!(counts.iter().sum::<u64>().to_string(), response["count"].as_str().unwrap());
    }
}
