//! What the service has seen, for tests and for the foreground command.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// A moment's view of what the service has seen. The counters are read one after another, so the sums hold
/// exactly once the traffic is over:
/// `received = answered + rejected + refused + abandoned`, and `connections_open` is 0 when all clients are gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServiceStats {
    /// Connections accepted.
    pub connections: u64,
    /// Of these, connections still open.
    pub connections_open: u64,
    /// Requests whose head was understood.
    pub received: u64,
    /// Requests answered with 200.
    pub answered: u64,
    /// Requests answered with 503, the queue being full.
    pub rejected: u64,
    /// Requests answered with 408 or 413: the body came too slowly or was too large.
    pub refused: u64,
    /// Requests whose client went away before the answer left.
    pub abandoned: u64,
}

impl fmt::Display for ServiceStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, received, answered, rejected, refused, abandoned, .. } = self;
        write!(f, "{received} requests on {connections} connections: {answered} answered")?;
        for (count, what) in [(rejected, "rejected"), (refused, "refused"), (abandoned, "abandoned")] {
            if *count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// Relaxed atomics: they are statistics, nothing is ordered by them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) connections: AtomicU64,
    pub(super) connections_closed: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) answered: AtomicU64,
    pub(super) rejected: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) abandoned: AtomicU64,
}

impl Counters {
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stats(&self) -> ServiceStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // Closed before opened, so that the difference cannot be negative.
        let closed = read(&self.connections_closed);
        let connections = read(&self.connections);
        ServiceStats {
            connections,
            connections_open: connections.saturating_sub(closed),
            received: read(&self.received),
            answered: read(&self.answered),
            rejected: read(&self.rejected),
            refused: read(&self.refused),
            abandoned: read(&self.abandoned),
        }
    }
}

/// Counts when it is dropped, however the work it belongs to came to its end.
#[derive(Debug)]
pub(super) struct CountOnDrop<'a>(pub(super) &'a AtomicU64);

impl Drop for CountOnDrop<'_> {
    fn drop(&mut self) {
        Counters::count(self.0);
    }
}
