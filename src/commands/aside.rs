//! A thread that writes what a run has to say meanwhile, from a bounded queue: who does not keep up, or a full disk, costs what could
//! not be written, and never the run.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// Writes one item after the other.
pub(super) trait Writer<T>: Send + 'static {
    fn write(&mut self, item: &T) -> io::Result<()>;

    /// Nothing more will come.
    fn finish(self) -> io::Result<()>;
}

/// The queue of such a thread.
pub(super) struct Aside<T> {
    pub queue: SyncSender<T>,
    /// What nobody got: what found the queue full, and what could not be written.
    pub lost: Arc<AtomicU64>,
    /// Told when all of it is written.
    written: Receiver<io::Result<()>>,
}

impl<T: Send + 'static> Aside<T> {
    /// Starts the thread. `waiting`: how many items may wait; `count`: how much is lost with one of them.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(super) fn start(
        name: &str,
        waiting: usize,
        count: fn(&T) -> u64,
        mut writer: impl Writer<T>,
    ) -> io::Result<Self> {
        let (queue, items) = sync_channel::<T>(waiting);
        let lost = Arc::new(AtomicU64::new(0));
        let not_written = Arc::clone(&lost);
        let (done, written) = channel();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut result = Ok(());
            for item in items {
                // After the first failure the others are only counted.
                if result.is_ok() {
                    result = writer.write(&item);
                }
                if result.is_err() {
                    not_written.fetch_add(count(&item), Ordering::Relaxed);
                }
            }
            // Who no longer waits for it knows why.
            let _ = done.send(result.and_then(|()| writer.finish()));
        })?;
        Ok(Self { queue, lost, written })
    }

    /// Waits a little until all is written. How much was lost, and why if that is known; `None` where it is all there.
    pub(super) fn close(self, patience: Duration) -> Option<(u64, Why)> {
        drop(self.queue);
        let why = match self.written.recv_timeout(patience) {
            Ok(Ok(())) => Why::TooSlow,
            Ok(Err(error)) => Why::Failed(error),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Why::Hangs,
        };
        let lost = self.lost.load(Ordering::Relaxed);
        (lost > 0 || !matches!(why, Why::TooSlow)).then_some((lost, why))
    }
}

/// Why something was lost.
#[derive(Debug)]
pub(super) enum Why {
    /// The queue was full for a while.
    TooSlow,
    /// It still is being written.
    Hangs,
    Failed(io::Error),
}
