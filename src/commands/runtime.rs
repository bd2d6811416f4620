//! The runtime of a thread that waits for the network: one thread, nothing shared.

use tokio::runtime::{Builder, Runtime};

use super::error::CommandError;

/// A runtime for the thread that asks.
///
/// # Errors
/// When the system has no room for it.
pub(super) fn runtime() -> Result<Runtime, CommandError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|source| CommandError::System { what: "could not start the runtime", source })
}
