//! The login of a scenario: one request for each row of the data before the load, a few at a time.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;

use super::error::CommandError;
use crate::cli::Login;
use crate::measure::Outcome;
use crate::report::clean;
use crate::request::{Answered, BodyWatch, Moment, Secret, Walk, Way};
use crate::time::{Clock, MonotonicClock};
use crate::transport::{Connection, Failure, Network, Transport, Wire, WireConnection, WireOptions};

/// So many are under way at once: enough that a thousand users are there within seconds, too few to be a load.
const AT_ONCE: u64 = 8;
/// Bytes of a body that are kept for an error.
const KEPT: usize = 1 << 10;
/// Lines of it that are shown, and characters of each.
const LINES: usize = 5;
const COLUMNS: usize = 160;

/// Why there is no login.
#[derive(Debug, thiserror::Error)]
#[error(
    "the login of row {row}{place} {why}\nnothing is loaded, because the requests of the load need what it tells"
)]
pub(super) struct LoginError {
    /// The row, from 1.
    row: u64,
    /// Where that row stands.
    place: String,
    why: String,
}

/// What the answers told: for each row its values.
pub(super) type Told = Vec<Vec<Secret<Bytes>>>;

/// Sends them all. Each may take `patience`, and to connect as long again.
///
/// # Errors
/// The first row that got no good answer, or one that lacks what is taken from it.
pub(super) async fn log_in(
    login: Login,
    wire: WireOptions,
    patience: Duration,
) -> Result<Told, CommandError> {
    let (network, _, _) = Network::prepare(wire, login.workload.origins()).await?;
    let network = Arc::new(network);
    let login = Rc::new(login);
    let shared =
        Rc::new(Shared { next: Cell::new(0), told: RefCell::new(vec![Vec::new(); login.rows as usize]) });
    let sending = async {
        let mut users = JoinSet::new();
        for user in 0..AT_ONCE.min(login.rows) {
            let client = Client {
                login: Rc::clone(&login),
                wire: Wire::new(&network, user, MonotonicClock),
                open: HashMap::new(),
                watch: BodyWatch::new(KEPT),
                chance: rand::make_rng(),
                patience,
            };
            users.spawn_local(client.ask_all(Rc::clone(&shared)));
        }
        while let Some(ended) = users.join_next().await {
            // A task that broke down has said so; its row is then without values, which the load would show.
            ended.unwrap_or(Ok(()))?;
        }
        Ok::<(), CommandError>(())
    };
    LocalSet::new().run_until(sending).await?;
    Ok(shared.told.take())
}

/// What those who ask share.
struct Shared {
    /// The next row that nobody has asked for.
    next: Cell<u64>,
    told: RefCell<Told>,
}

/// One of those who ask, with a connection to each origin.
struct Client {
    login: Rc<Login>,
    wire: Wire<MonotonicClock>,
    open: HashMap<u32, WireConnection<MonotonicClock>>,
    watch: BodyWatch,
    chance: Xoshiro256PlusPlus,
    patience: Duration,
}

impl Client {
    /// Asks for one row after another, until there is none left.
    async fn ask_all(mut self, shared: Rc<Shared>) -> Result<(), CommandError> {
        loop {
            let row = shared.next.replace(shared.next.get() + 1);
            if row >= self.login.rows {
                return Ok(());
            }
            let place = self.login.place(row);
            let values = self.ask(row).await.map_err(|why| LoginError { row: row + 1, place, why })?;
            if let Some(told) = shared.told.borrow_mut().get_mut(row as usize) {
                *told = values;
            }
        }
    }

    /// The values of a row, or why there are none.
    async fn ask(&mut self, row: u64) -> Result<Vec<Secret<Bytes>>, String> {
        let workload = self.login.workload.clone();
        let route = workload.route(row);
        let (mut walk, mut origin) = (workload.walk(row), route.origin);
        loop {
            let way = self.send(row, &mut walk, origin, route.endpoint).await?;
            match way {
                Way::Redirected(next) | Way::Step(next) => origin = next,
                Way::Missing(name) => {
                    return Err(format!("got an answer without a value for {{{name}}}{}", self.body(row)));
                }
                Way::Over => return Ok(walk.into_taken()),
            }
        }
    }

    async fn send(&mut self, row: u64, walk: &mut Walk, origin: u32, endpoint: u32) -> Result<Way, String> {
        let workload = self.login.workload.clone();
        let (expectation, holds_body) = workload.expectation_at(row, endpoint, walk.step());
        let clock = MonotonicClock;
        // A connection that was kept may have died since; a new one has not.
        for is_kept in [true, false] {
            let kept = self.open.remove(&origin).filter(|_| is_kept);
            if kept.is_none() && is_kept {
                continue;
            }
            let mut connection = match kept {
                Some(connection) => connection,
                None => match timeout(self.patience, self.wire.connect(origin)).await {
                    Ok(opened) => opened.map_err(|failure| self.failed(&failure))?,
                    Err(_) => return Err(self.failed(&self.wire.given_up())),
                },
            };
            let unix = clock.wall();
            let moment = Moment {
                unix_ms: unix.as_millis() as u64,
                nonce: u128::from(self.chance.next_u64()),
                span: self.chance.next_u64(),
            };
            let request = workload.request_of(row, None, Some((walk, origin)), moment).request;
            let (uri, method) = (request.uri().clone(), request.method().clone());
            self.watch.begin(expectation, holds_body);
            let exchange = connection.exchange(request, clock.now_ns(), &mut self.watch);
            let answer = match timeout(self.patience, exchange).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(failure)) if is_kept && failure.before_answer => continue,
                Ok(Err(failure)) => return Err(self.failed(&failure)),
                Err(_) => return Err(format!("got no answer within {} s", self.patience.as_secs_f64())),
            };
            if connection.is_reusable() {
                self.open.insert(origin, connection);
            }
            let outcome = expectation.judge(answer.status, false, self.watch.is_good());
            let answered = Answered {
                status: answer.status,
                headers: &answer.headers,
                body: if holds_body { self.watch.body() } else { Cow::default() },
                is_good: matches!(outcome, Outcome::Ok { .. }),
                uri: &uri,
                method: &method,
                origin,
                unix_s: unix.as_secs() as i64,
            };
            let is_good = answered.is_good;
            return match workload.advance(walk, row, endpoint, answered) {
                Way::Over if !is_good => Err(format!("got {}{}", described(answer.status), self.body(row))),
                way => Ok(way),
            };
        }
        Err("found no connection".to_owned())
    }

    fn failed(&self, failure: &Failure) -> String {
        format!("failed: {}", self.login.workload.redact(&failure.describe()))
    }

    /// The first lines of the answer, redacted.
    fn body(&self, row: u64) -> String {
        let secrets = self.login.workload.secrets(row, None);
        let text = self.login.workload.redact_knowing(self.watch.head(), &secrets);
        let lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
        lines
            .map(|line| format!("\n  | {}", clean(&line.chars().take(COLUMNS).collect::<String>())))
            .collect()
    }
}

fn described(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let hint = match status {
        200..=299 => ", but not as expected",
        300..=399 => " (a redirect, which -L follows; or write expect_status for it)",
        _ => "",
    };
    format!("{status} {}{hint}", reason.unwrap_or_default())
}
