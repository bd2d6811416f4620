//! The addresses of every origin, shared by all workers and renewed behind their backs.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::measure::ErrorKind;

/// How long a name, or a connection, may take. A wrong address is known within seconds instead of a whole run of
/// failures.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Asks for the addresses of a name.
pub(super) type LookUp = Box<dyn Fn(String, u16) -> Found + Send + Sync>;

/// The system's own resolver, with its files, caches and servers.
pub(super) fn system_lookup() -> LookUp {
    Box::new(|host, port| Box::pin(async move { Ok(lookup_host((host, port)).await?.collect()) }))
}

/// Whose addresses they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Target,
    /// The target's, which is to be found elsewhere.
    ConnectTo,
    Proxy,
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Target | Self::ConnectTo => "target",
            Self::Proxy => "proxy",
        })
    }
}

/// Nobody answers. The address is left out: it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot reach the {whose}: {cause}; {remedy}")]
pub struct Unreachable {
    whose: Whose,
    cause: String,
    remedy: &'static str,
}

impl Unreachable {
    pub(super) fn new(whose: Whose, cause: String, remedy: &'static str) -> Self {
        Self { whose, cause, remedy }
    }
}

/// Looks a name up; every address once, in the order of the answer.
pub(super) async fn look_up(
    lookup: &LookUp,
    host: &str,
    port: u16,
    whose: Whose,
) -> Result<Vec<SocketAddr>, Unreachable> {
    let remedy = match whose {
        Whose::Target => "check the host name in the URL",
        Whose::ConnectTo => "check the host name given with --connect-to",
        Whose::Proxy => "check the host name given with --proxy",
    };
    let unresolved = |cause: String| Unreachable::new(whose, cause, remedy);
    let mut addresses = Vec::new();
    match timeout(PATIENCE, lookup(host.to_owned(), port)).await {
        Ok(Ok(found)) => {
            for address in found {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        Ok(Err(error)) => return Err(unresolved(format!("{} ({error})", ErrorKind::Dns))),
        Err(_) => return Err(unresolved("the host name did not resolve within a second".to_owned())),
    }
    if addresses.is_empty() {
        return Err(unresolved("the host name has no address".to_owned()));
    }
    Ok(addresses)
}

/// The addresses in use, by origin. A worker reads its list when it connects, never while it sends: the lock is held for
/// as long as it takes to copy a pointer.
#[derive(Debug, Default)]
pub(super) struct AddressBook(Vec<RwLock<Arc<[SocketAddr]>>>);

impl AddressBook {
    pub(super) fn add(&mut self, addresses: Vec<SocketAddr>) {
        self.0.push(RwLock::new(addresses.into()));
    }

    /// The addresses of an origin; empty where there are none to choose from.
    pub(super) fn of(&self, origin: usize) -> Arc<[SocketAddr]> {
        let list = self.0.get(origin);
        // A list is replaced as a whole: one left behind by a panic is a good one.
        list.map_or_else(
            || Arc::from([]),
            |list| Arc::clone(&list.read().unwrap_or_else(PoisonError::into_inner)),
        )
    }

    /// Puts new addresses in place of the old ones. An empty list changes nothing.
    pub(super) fn replace(&self, origin: usize, addresses: Vec<SocketAddr>) {
        if let Some(list) = self.0.get(origin)
            && !addresses.is_empty()
        {
            *list.write().unwrap_or_else(PoisonError::into_inner) = addresses.into();
        }
    }
}
