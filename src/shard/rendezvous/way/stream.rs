//! A way that was found, and the waiting for one.

use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::either::Either;

/// A way between shard 0 and another.
pub(in crate::shard::rendezvous) struct Way {
    pub(in crate::shard::rendezvous) stream: Either<TcpStream, DuplexStream>,
    /// What both ends know it by, where what is said on it is written to files.
    pub(in crate::shard::rendezvous) name: Option<String>,
    /// What carries it on, where the system does not. It ends some time after the stream: when all that was said is out of its
    /// hands.
    pub(in crate::shard::rendezvous) carrying: Option<JoinHandle<()>>,
}

/// Waits for so long.
pub(in crate::shard::rendezvous) async fn pause(length: Duration) {
    let _ = timeout(length, std::future::pending::<()>()).await;
}
