//! What the terminal and its shell tell this process as a job, and how it stops.

use std::io;

use rustix::process::{Signal as ProcessSignal, getpid, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::terminal;

/// The signals of the terminal and of its shell. Those that end the process are heard elsewhere.
pub(super) struct Signals {
    pub(super) resized: Signal,
    /// Ctrl-Z.
    pub(super) stopped: Signal,
    /// `fg` and `bg`.
    pub(super) continued: Signal,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let of = |number: ProcessSignal| signal(SignalKind::from_raw(number.as_raw()));
        Ok(Self {
            resized: signal(SignalKind::window_change())?,
            stopped: of(ProcessSignal::TSTP)?,
            continued: of(ProcessSignal::CONT)?,
        })
    }
}

/// Stops the process, as the system does at Ctrl-Z where nobody has asked to be told.
pub(super) fn stop() {
    if terminal::can_be_continued() {
        let _ = kill_process(getpid(), ProcessSignal::STOP);
    }
}
