//! What is told and printed while the terminal shows the screen: it would be written across it, and be gone with it.
//! It is a part of the screen at once, and is printed when the screen is gone.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shared::Shared;

/// What waits for the end of the screen.
struct Held {
    screen: Arc<Shared>,
    /// Lines for stderr.
    told: String,
    /// The beginning of a report, for a stdout that is the same terminal.
    output: String,
}

static HELD: Mutex<Option<Held>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on lines are held.
pub(super) fn begin(screen: Arc<Shared>) {
    *held() = Some(Held { screen, told: String::new(), output: String::new() });
}

/// Prints what was held; from now on nothing is.
pub(super) fn end() {
    let Some(Held { told, output, .. }) = held().take() else { return };
    // Who has closed them wants to know nothing.
    let _ = io::stderr().write_all(told.as_bytes());
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(output.as_bytes()).and_then(|()| stdout.flush());
}

/// Takes a line for stderr, if there is a screen that shows it.
pub(in crate::commands) fn hold_told(text: &str) -> bool {
    let mut held = held();
    let Some(held) = held.as_mut() else { return false };
    held.told.push_str(text);
    held.told.push('\n');
    held.screen.change(|model| model.remark(text));
    true
}

/// Takes a part of a report, if stdout is a terminal and there is a screen that shows its content.
pub(in crate::commands) fn hold_output(text: &str) -> bool {
    let mut held = held();
    let Some(held) = held.as_mut().filter(|_| io::stdout().is_terminal()) else { return false };
    held.output.push_str(text);
    true
}

/// Takes the line that says which of several runs is next, if there is a screen that has a place for it.
pub(in crate::commands) fn hold_doing(text: &str) -> bool {
    let mut held = held();
    let Some(held) = held.as_mut() else { return false };
    held.told.push_str(text);
    held.told.push('\n');
    held.screen.change(|model| model.doing = Some(text.to_owned()));
    true
}
