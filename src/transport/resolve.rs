//! From a target to an address that answers, before the run.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::Failure;
use crate::measure::ErrorKind;
use crate::request::Target;

/// How long the name and then the connection may take. A wrong address is known within seconds instead of a whole
/// run of failures.
const PATIENCE: Duration = Duration::from_secs(1);

/// The target does not answer. The address is left out: it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot reach the target: {cause}; {remedy}")]
pub struct Unreachable {
    cause: String,
    remedy: &'static str,
}

/// Looks the target up and opens one connection, to the first address that accepts it. The connection is closed
/// without a request.
///
/// # Errors
/// [`Unreachable`] when the name does not resolve or no address accepts a connection within a second.
pub async fn resolve_and_probe(target: &Target) -> Result<SocketAddr, Unreachable> {
    let unresolved = |cause: String| Unreachable { cause, remedy: "check the host name in the URL" };
    let addresses: Vec<SocketAddr> =
        match timeout(PATIENCE, lookup_host((target.host(), target.port()))).await {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(error)) => return Err(unresolved(format!("{} ({error})", ErrorKind::Dns))),
            Err(_) => return Err(unresolved("the host name did not resolve within a second".to_owned())),
        };
    let mut last = unresolved("the host name has no address".to_owned());
    for address in addresses {
        last = match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(address),
            Ok(Err(error)) => {
                let failure = Failure::connecting(error);
                Unreachable {
                    cause: failure.kind.to_string(),
                    remedy: "is the service running, and the port right?",
                }
            }
            Err(_) => Unreachable {
                cause: "no connection within a second".to_owned(),
                remedy: "check the address and any firewall in between",
            },
        };
    }
    Err(last)
}
