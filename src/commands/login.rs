//! The login of a scenario: one request for each row of the data before the load, a few at a time.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::{JoinSet, LocalSet};

use super::console::Console;
use super::error::CommandError;
use super::sender::Sender;
use crate::cli::Login;
use crate::report::text::numbers::count;
use crate::request::Secret;
use crate::transport::{Network, WireOptions};

/// So many are under way at once: enough that a thousand users are there within seconds, too few to be a load.
const AT_ONCE: u64 = 8;

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

/// Why there is no login although nobody answered badly.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginDefect {
    /// A task panicked.
    #[error("internal error: a login stopped unexpectedly, so nothing is loaded; please report this")]
    Stopped,
    /// A row was left out.
    #[error("internal error: row {0} was not logged in, so nothing is loaded; please report this")]
    LeftOut(u64),
}

/// How often is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// What the answers told: for each row its values, from the first row that was asked for.
pub(super) type Told = Vec<Vec<Secret<Bytes>>>;

/// Sends them all. Each may take `patience`, and to connect as long again.
///
/// # Errors
/// The first row that got no good answer, or one that lacks what is taken from it.
pub(super) async fn log_in(
    login: Login,
    wire: WireOptions,
    patience: Duration,
    console: Console,
) -> Result<Told, CommandError> {
    let (network, _, _) = Network::prepare(wire, login.workload.origins()).await?;
    let network = Arc::new(network);
    let told = RefCell::new(vec![None; login.count() as usize]);
    let next = Cell::new(login.rows.start);
    let shared = Rc::new(Shared { login, next, done: Cell::new(0), told });
    let sending = async {
        let mut users = JoinSet::new();
        for user in 0..AT_ONCE.min(shared.login.count()) {
            let sender = Sender::new(&shared.login.workload, &network, user, patience);
            users.spawn_local(ask_all(sender, Rc::clone(&shared)));
        }
        all_of(users).await
    };
    let users = LocalSet::new();
    let sending = users.run_until(sending);
    tokio::select! {
        sent = sending => sent?,
        never = tell(console, &shared) => match never {},
    }
    filled(shared.login.rows.start, shared.told.take())
}

/// What those who ask share.
struct Shared {
    login: Login,
    /// The next row that nobody has asked for.
    next: Cell<u64>,
    /// Rows that have their answer.
    done: Cell<u64>,
    told: RefCell<Vec<Option<Vec<Secret<Bytes>>>>>,
}

/// Asks for one row after another, until there is none left.
async fn ask_all(mut sender: Sender, shared: Rc<Shared>) -> Result<(), CommandError> {
    let rows = &shared.login.rows;
    loop {
        let row = shared.next.replace(shared.next.get() + 1);
        if row >= rows.end {
            return Ok(());
        }
        let place = shared.login.place(row);
        let values = sender.send(row, |_| {}).await.map_err(|why| LoginError { row: row + 1, place, why })?;
        if let Some(told) = shared.told.borrow_mut().get_mut((row - rows.start) as usize) {
            *told = Some(values);
        }
        shared.done.set(shared.done.get() + 1);
    }
}

/// Waits for all who ask; the first that fails ends it.
async fn all_of(mut users: JoinSet<Result<(), CommandError>>) -> Result<(), CommandError> {
    while let Some(ended) = users.join_next().await {
        ended.map_err(|_| LoginDefect::Stopped)??;
    }
    Ok(())
}

/// Tells how far it is for as long as it is polled.
#[expect(clippy::disallowed_methods, reason = "a note may be late, unlike an arrival")]
async fn tell(console: Console, shared: &Shared) -> Infallible {
    loop {
        tokio::time::sleep(TOLD_EVERY).await;
        let (done, rows) = (count(shared.done.get()), count(shared.login.count()));
        console.note(format_args!("logging in: {done} of {rows}"));
    }
}

/// What every row was told; `first` is the number of the first, from 0.
fn filled(first: u64, told: Vec<Option<Vec<Secret<Bytes>>>>) -> Result<Told, CommandError> {
    let all = (first + 1..).zip(told);
    all.map(|(row, values)| values.ok_or_else(|| LoginDefect::LeftOut(row).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_breaks_down_or_is_left_out_is_an_error() {
        let runtime = crate::commands::runtime::runtime().unwrap();
        let ended = runtime.block_on(LocalSet::new().run_until(async {
            let mut users = JoinSet::new();
            users.spawn_local(async { Ok(()) });
            users.spawn_local(async {
                std::panic::resume_unwind(Box::new("broken"));
            });
            all_of(users).await
        }));
        assert!(ended.unwrap_err().to_string().contains("a login stopped unexpectedly"));
        let value = vec![Secret::new(Bytes::from_static(b"t"))];
        assert_eq!(filled(0, vec![Some(value.clone()), Some(value.clone())]).unwrap().len(), 2);
        let left_out = filled(4, vec![Some(value), None]).unwrap_err().to_string();
        assert!(left_out.contains("row 6 was not logged in"), "{left_out}");
    }
}
