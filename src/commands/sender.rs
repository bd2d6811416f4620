//! One arrival after another, request by request, without an engine: what is sent before the load, and what `--debug` shows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::time::timeout;

use crate::measure::{Opened, Outcome};
use crate::report::clean;
use crate::request::{Answered, BodyWatch, Moment, Secret, Walk, Way, Workload};
use crate::time::{Clock, MonotonicClock};
use crate::transport::{Answer, Connection, Failure, Network, Transport, Wire, WireConnection};

/// Bytes of a body that are kept to be shown.
const KEPT: usize = 1 << 10;
/// Lines of it that an error shows, and characters of each.
const LINES: usize = 5;
const COLUMNS: usize = 160;

/// Sends arrivals, with one connection to each origin.
pub(super) struct Sender {
    workload: Workload,
    wire: Wire<MonotonicClock>,
    open: HashMap<u32, Kept>,
    watch: BodyWatch,
    chance: Xoshiro256PlusPlus,
    patience: Duration,
}

/// A connection, ready for the next request.
struct Kept {
    connection: WireConnection<MonotonicClock>,
    /// How long it took to open it.
    connecting_ns: u64,
}

/// One request and its answer.
pub(super) struct Exchange<'e> {
    pub request: &'e Request<Bytes>,
    pub answer: &'e Answer,
    /// The beginning of its body.
    pub body: &'e [u8],
    /// From the send to the end of the answer, in milliseconds.
    pub service_ms: f64,
    /// The connection, where it was opened for this.
    pub opened: Option<Opened>,
    /// What the arrival has come to with that answer.
    pub walk: &'e Walk,
}

impl Sender {
    /// Each request may take `patience`, and to connect as long again.
    pub(super) fn new(workload: &Workload, network: &Arc<Network>, number: u64, patience: Duration) -> Self {
        Self {
            workload: workload.clone(),
            wire: Wire::new(network, number, MonotonicClock),
            open: HashMap::new(),
            watch: BodyWatch::new(KEPT),
            chance: rand::make_rng(),
            patience,
        }
    }

    /// Sends the arrival at `sequence`, all its requests, and shows each with its answer. Returns what was taken.
    ///
    /// # Errors
    /// What was not as expected, in words that may be shown: "got 404 Not Found".
    pub(super) async fn send(
        &mut self,
        sequence: u64,
        mut show: impl FnMut(Exchange<'_>),
    ) -> Result<Vec<Secret<Bytes>>, String> {
        let workload = self.workload.clone();
        let route = workload.route(sequence);
        let (mut walk, mut origin) = (workload.walk(sequence), route.origin);
        loop {
            match self.exchange(sequence, &mut walk, origin, route.endpoint, &mut show).await? {
                Way::Redirected(next) | Way::Step(next) => origin = next,
                Way::Missing(name) => {
                    let body = self.body(sequence, &walk);
                    return Err(format!("got an answer without a value for {{{name}}}{body}"));
                }
                // A redirect that is not followed is not good, and has been said to be.
                Way::Over | Way::NotFollowed(_) => return Ok(walk.into_taken()),
            }
        }
    }

    async fn exchange(
        &mut self,
        sequence: u64,
        walk: &mut Walk,
        origin: u32,
        endpoint: u32,
        show: &mut impl FnMut(Exchange<'_>),
    ) -> Result<Way, String> {
        let workload = self.workload.clone();
        let (expectation, holds_body) = workload.expectation_at(sequence, endpoint, walk.step());
        let clock = MonotonicClock;
        let mut kept = self.open.remove(&origin);
        loop {
            // A connection that was kept may have died since; a new one has not.
            let was_kept = kept.is_some();
            let Kept { mut connection, connecting_ns } = match kept.take() {
                Some(kept) => kept,
                None => self.connect(origin).await?,
            };
            let opened = (!was_kept).then(|| connection.opened());
            let unix = clock.wall();
            let nonce = u128::from(self.chance.next_u64()) << 64 | u128::from(self.chance.next_u64());
            let moment = Moment { unix_ms: unix.as_millis() as u64, nonce, span: self.chance.next_u64() };
            let request = workload.request_of(sequence, None, Some((walk, origin)), moment).request;
            self.watch.begin(expectation, holds_body);
            let sent_ns = clock.now_ns();
            let exchange = connection.exchange(request.clone(), sent_ns, &mut self.watch);
            let answer = match timeout(self.patience, exchange).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(failure)) if was_kept => {
                    let since_sent_ns = clock.now_ns() - sent_ns;
                    let had_died = failure.is_of_a_dead_connection(since_sent_ns, connecting_ns);
                    let is_idempotent = workload.is_idempotent_of(sequence, None, Some(walk));
                    if failure.unsent || (had_died && is_idempotent) {
                        continue;
                    }
                    return Err(self.failed(&failure));
                }
                Ok(Err(failure)) => return Err(self.failed(&failure)),
                Err(_) => return Err(format!("got no answer within {} s", self.patience.as_secs_f64())),
            };
            let outcome = expectation.judge(answer.status, false, self.watch.is_good());
            let is_good = matches!(outcome, Outcome::Ok { .. });
            let answered = Answered {
                status: answer.status,
                headers: &answer.headers,
                body: if holds_body { self.watch.body() } else { Cow::default() },
                is_good,
                uri: request.uri(),
                method: request.method(),
                origin,
                unix_s: unix.as_secs() as i64,
            };
            let way = workload.advance(walk, sequence, endpoint, answered);
            let service_ms = answer.end_ns.saturating_sub(sent_ns) as f64 / 1e6;
            let body = self.watch.head();
            show(Exchange { request: &request, answer: &answer, body, service_ms, opened, walk });
            if connection.is_reusable() {
                self.open.insert(origin, Kept { connection, connecting_ns });
            }
            return match way {
                Way::NotFollowed(reason) => Err(format!(
                    "got {}, but {}: {}{}",
                    in_words(answer.status),
                    reason.words(),
                    reason.remedy(),
                    self.body(sequence, walk)
                )),
                Way::Over if !is_good => {
                    Err(format!("got {}{}", described(answer.status), self.body(sequence, walk)))
                }
                way => Ok(way),
            };
        }
    }

    async fn connect(&mut self, origin: u32) -> Result<Kept, String> {
        let connecting_ns = MonotonicClock.now_ns();
        let connection = match timeout(self.patience, self.wire.connect(origin)).await {
            Ok(opened) => opened.map_err(|failure| self.failed(&failure))?,
            Err(_) => return Err(self.failed(&self.wire.given_up())),
        };
        Ok(Kept { connection, connecting_ns: MonotonicClock.now_ns() - connecting_ns })
    }

    fn failed(&self, failure: &Failure) -> String {
        format!("failed: {}", self.workload.redact(&failure.describe()))
    }

    /// The first lines of the answer, redacted.
    fn body(&self, sequence: u64, walk: &Walk) -> String {
        let text = self.workload.shown_of(sequence, walk, self.watch.head());
        let lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
        lines
            .map(|line| format!("\n  | {}", clean(&line.chars().take(COLUMNS).collect::<String>())))
            .collect()
    }
}

fn in_words(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

fn described(status: u16) -> String {
    let hint = match status {
        200..=299 => ", but not as expected",
        301..=303 | 307 | 308 => ": -L follows redirects within the origins of the load",
        _ => "",
    };
    in_words(status) + hint
}
