//! Metrics while a run goes on, for those who watch it beside the service: `--prometheus`, `--otlp`.
//!
//! ```text
//! Progress ── once a second ──► Counted ── families ──► exposition (Prometheus asks) or otlp (is told)
//! ```
//!
//! Both stand on threads of their own. Nobody who asks, or does not listen, holds a request up.

mod counted;
mod endpoint;
mod exposition;
mod family;
mod otlp;

use std::sync::{Arc, Mutex, PoisonError};

use super::error::CommandError;
use crate::cli::Watchers;
use crate::load::Progress;
use crate::time::{Clock, MonotonicClock};
use counted::Counted;
use otlp::Exporter;

/// What is counted, and those who look at it.
pub(super) struct Metrics {
    counted: Arc<Mutex<Counted>>,
    exporter: Option<Exporter>,
}

impl Metrics {
    /// Listens where Prometheus shall ask, and begins to tell the collector; `None` where nobody wants to know. `about`: method,
    /// target and name of the run, as they may be shown.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub(super) fn start(watchers: &Watchers, about: [String; 3]) -> Result<Option<Self>, CommandError> {
        if watchers.prometheus.is_none() && watchers.otlp.is_none() {
            return Ok(None);
        }
        let wall_ns = u64::try_from(MonotonicClock.wall().as_nanos()).unwrap_or(u64::MAX);
        let counted = Arc::new(Mutex::new(Counted::new(about, watchers.labels.clone(), wall_ns)));
        if let Some(address) = watchers.prometheus {
            endpoint::serve(address, Arc::clone(&counted))?;
        }
        let exporter =
            watchers.otlp.as_ref().map(|target| Exporter::start(target.clone(), Arc::clone(&counted)));
        let exporter = exporter.transpose().map_err(|source| CommandError::System {
            what: "could not start the thread of --otlp",
            source,
        })?;
        Ok(Some(Self { counted, exporter }))
    }

    /// A second has passed.
    pub(super) fn second(&self, progress: &Progress) {
        locked(&self.counted).add(progress);
    }

    /// Tells the collector once more. Says what it did not take, if there is such.
    pub(super) fn close(self) -> Option<String> {
        self.exporter.and_then(Exporter::close)
    }
}

/// What is counted, whatever became of a thread that held it.
fn locked(counted: &Mutex<Counted>) -> std::sync::MutexGuard<'_, Counted> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}
