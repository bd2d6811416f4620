//! The login of a scenario: one request for each row of the data before the load, a few at a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::{JoinSet, LocalSet};

use super::error::CommandError;
use super::sender::Sender;
use crate::cli::Login;
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
    let told = RefCell::new(vec![Vec::new(); login.rows as usize]);
    let shared = Rc::new(Shared { login, next: Cell::new(0), told });
    let sending = async {
        let mut users = JoinSet::new();
        for user in 0..AT_ONCE.min(shared.login.rows) {
            let sender = Sender::new(&shared.login.workload, &network, user, patience);
            users.spawn_local(ask_all(sender, Rc::clone(&shared)));
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
    login: Login,
    /// The next row that nobody has asked for.
    next: Cell<u64>,
    told: RefCell<Told>,
}

/// Asks for one row after another, until there is none left.
async fn ask_all(mut sender: Sender, shared: Rc<Shared>) -> Result<(), CommandError> {
    loop {
        let row = shared.next.replace(shared.next.get() + 1);
        if row >= shared.login.rows {
            return Ok(());
        }
        let place = shared.login.place(row);
        let values = sender.send(row, |_| {}).await.map_err(|why| LoginError { row: row + 1, place, why })?;
        if let Some(told) = shared.told.borrow_mut().get_mut(row as usize) {
            *told = values;
        }
    }
}
