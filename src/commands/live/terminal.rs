//! The terminal that stderr is: what the screen changes on it, and how that is undone, whatever happens.
//!
//! Not the raw mode of other programs: the terminal goes on to turn Ctrl-C and Ctrl-Z into signals for all processes of the
//! job, as without a screen. Only the echo is off, and a key is read at once.

use std::io::{self, Write};
use std::panic;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::queue;
use ratatui::crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use rustix::process::{getpgrp, getsid};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcgetwinsize,
    tcsetattr,
};

/// The terminal as far as it has to be put back.
struct State {
    /// Its modes before the screen came first.
    before: Option<Termios>,
    /// Whether it shows the screen.
    is_up: bool,
    /// Whether the screen must not come again: the process is about to end.
    is_over: bool,
}

static STATE: Mutex<State> = Mutex::new(State { before: None, is_up: false, is_over: false });

/// No key has this code (`_POSIX_VDISABLE`).
const NO_KEY: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Columns and rows; zeros where the terminal does not say.
pub(super) fn size() -> (u16, u16) {
    tcgetwinsize(io::stderr()).map_or((0, 0), |size| (size.ws_col, size.ws_row))
}

/// Whether this process may use the terminal: its job is the one in the foreground. A terminal without jobs is anybody's.
pub(super) fn is_foreground() -> bool {
    tcgetpgrp(io::stderr()).map_or(true, |group| group == getpgrp())
}

/// Whether somebody could make this process go on once it has stopped: a shell with jobs. The system itself stops no job
/// without one at Ctrl-Z.
pub(super) fn can_be_continued() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Shows the alternate screen, empty, and lets keys through. Says whether it may: not when the process is about to end.
///
/// # Errors
/// When the terminal refuses.
pub(super) fn enter() -> io::Result<bool> {
    restore_in_a_panic();
    let mut state = state();
    if state.is_over {
        return Ok(false);
    }
    let before = match &state.before {
        Some(before) => before.clone(),
        None => tcgetattr(io::stderr())?,
    };
    let mut modes = before.clone();
    modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    // Ctrl-S would hold the screen up, and the end with it.
    modes.input_modes -= InputModes::IXON;
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    // Ctrl-\ would end the process before it could put the terminal back.
    modes.special_codes[SpecialCodeIndex::VQUIT] = NO_KEY;
    state.before = Some(before);
    tcsetattr(io::stderr(), OptionalActions::Now, &modes)?;
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, Hide, Clear(ClearType::All))?;
    state.is_up = true;
    put(&bytes)?;
    Ok(true)
}

/// Writes a part of the screen, unless it is gone.
///
/// # Errors
/// When the terminal does not take it.
pub(super) fn draw(bytes: &[u8]) -> io::Result<()> {
    let state = state();
    if state.is_up { put(bytes) } else { Ok(()) }
}

/// Whether the terminal shows the screen.
pub(super) fn is_up() -> bool {
    state().is_up
}

/// Makes the terminal what it was, for now.
pub(super) fn step_back() {
    let mut state = state();
    if !std::mem::replace(&mut state.is_up, false) {
        return;
    }
    let mut bytes = Vec::new();
    // Writing to memory does not fail, and a terminal that is gone needs nothing.
    let _ = queue!(bytes, LeaveAlternateScreen, Show);
    let _ = put(&bytes);
    // A shell that has the terminal by now has put its modes in order, and whoever touches them then is stopped.
    if let Some(before) = state.before.as_ref().filter(|_| is_foreground()) {
        let _ = tcsetattr(io::stderr(), OptionalActions::Now, before);
    }
}

/// Makes the terminal what it was, for good: the screen does not come again.
pub(in crate::commands) fn leave() {
    state().is_over = true;
    step_back();
}

/// A command that comes later may have its own screen.
pub(super) fn allow() {
    state().is_over = false;
}

fn put(bytes: &[u8]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    stderr.write_all(bytes)?;
    stderr.flush()
}

/// The message of a panic would vanish with the alternate screen, whichever thread it is in.
fn restore_in_a_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            leave();
            tell(info);
        }));
    });
}
