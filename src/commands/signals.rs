//! The one place that hears signals (Ctrl-C, SIGTERM, and SIGHUP when the terminal goes away), in every phase of a command:
//! the first ends what is under way and has it reported, the second leaves at once.

use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::error::CommandError;
use super::exit::Exit;
use super::live;
use crate::load::Stop;

/// How long a command may take to leave by itself after the second signal, and to remove its unfinished files. One that does
/// not listen, as while a report is written to a pipe that nobody reads, is ended then.
const LEAVING: Duration = Duration::from_millis(250);

/// What the user's signals have asked for so far.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    stopping: watch::Sender<Stop>,
    stop: watch::Receiver<Stop>,
    left: watch::Receiver<bool>,
}

impl Signals {
    /// Takes the signals over from the system, which would end the process. They are heard on a thread of their own until
    /// the process ends, also while the others are busy.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn listen() -> Result<Self, CommandError> {
        let refused = |source| CommandError::System { what: "could not listen for signals", source };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(refused)?;
        let mut ending = {
            let _entered = runtime.enter();
            Ending::new().map_err(refused)?
        };
        let (stop_sender, stop) = watch::channel(Stop::Run);
        let stopping = stop_sender.clone();
        let (left_sender, left) = watch::channel(false);
        let hear = async move {
            ending.next().await;
            stop_sender.send_replace(Stop::Drain);
            ending.next().await;
            left_sender.send_replace(true);
            let _ = timeout(LEAVING, std::future::pending::<()>()).await;
            put_terminal_back().await;
            std::process::exit(Exit::Interrupted.code().into());
        };
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(hear))
            .map_err(refused)?;
        Ok(Self { stopping, stop, left })
    }

    /// Whether a signal has come: there should be no other run.
    pub(super) fn are_stopping(&self) -> bool {
        *self.stop.borrow() == Stop::Drain
    }

    /// Ends what is under way, as the first signal does: another shard was interrupted.
    pub(super) fn end(&self) {
        self.stopping.send_replace(Stop::Drain);
    }

    /// What the workers of a run are told.
    pub(super) fn stop(&self) -> watch::Receiver<Stop> {
        self.stop.clone()
    }

    /// Waits for the first signal.
    pub(super) async fn stopped(&self) {
        // The other end lives as long as the process.
        let _ = self.stop().wait_for(|stop| *stop == Stop::Drain).await;
    }

    /// What `work` comes to, unless the user leaves by a second signal.
    pub(super) async fn unless_left<T, E: Into<CommandError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CommandError> {
        let mut left = self.left.clone();
        tokio::select! {
            done = work => done.map_err(Into::into),
            _ = left.wait_for(|left| *left) => Err(CommandError::Left),
        }
    }

    /// The same for what has nothing to report when it is cut short: the first signal ends it.
    pub(super) async fn unless_stopped<T, E: Into<CommandError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CommandError> {
        tokio::select! {
            done = work => done.map_err(Into::into),
            () = self.stopped() => Err(CommandError::Left),
        }
    }
}

/// Takes the live screen away, unless the terminal takes nothing.
async fn put_terminal_back() {
    let (done, is_done) = oneshot::channel();
    let put_back = move || {
        live::leave();
        let _ = done.send(());
    };
    if thread::Builder::new().spawn(put_back).is_ok() {
        let _ = timeout(LEAVING, is_done).await;
    }
}

/// The signals that end a command.
struct Ending {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Ending {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: hangup_counts().then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether a lost terminal ends the command: not under `nohup`, which has SIGHUP ignored. Where the system does not say, it
/// is left as it is.
fn hangup_counts() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is that of signal 1.
    ignored.is_some_and(|mask| mask & 1 == 0)
}
