//! One worker's connections, whatever they speak.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::Transport;
use super::any_connection::WireConnection;
use super::failure::Failure;
use super::network::Network;
use super::tls::TlsClient;
use crate::time::{Clock, StampClock};

/// Opens one worker's connections to the origins of a [`Network`], over all their addresses in turn.
pub struct Wire<C> {
    network: Arc<Network>,
    tls: Option<TlsClient>,
    /// The next connection's turn among the addresses, by origin. Workers start at different ones.
    turns: Vec<Cell<usize>>,
    stamps: Rc<StampClock<C>>,
}

impl<C: Clock> Wire<C> {
    /// Worker `worker`'s transport. Instants are read from `clock`.
    pub fn new(network: &Arc<Network>, worker: u64, clock: C) -> Self {
        let tls = network.tls_for_worker();
        let turns = network.places.iter().map(|_| Cell::new(worker as usize)).collect();
        Self { network: Arc::clone(network), tls, turns, stamps: Rc::new(StampClock::new(clock)) }
    }
}

impl<C: Clock> Transport for Wire<C> {
    type Connection = WireConnection<C>;

    async fn connect(&self, origin: u32) -> Result<Self::Connection, Failure> {
        let origin = origin as usize;
        let turn = self.turns.get(origin).map_or(0, |turn| turn.replace(turn.get().wrapping_add(1)));
        self.network.dial(origin, turn, self.tls.as_ref(), &self.stamps).await
    }
}
