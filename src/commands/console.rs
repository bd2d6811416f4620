//! What is told to the user beside the result: notes and warnings, all on stderr. When quiet, only what must not be missed.

use std::fmt::Display;
use std::io::{self, Write};

use super::live;

/// The user's end of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Console {
    quiet: bool,
}

impl Console {
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Whether only what must not be missed is told.
    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// What goes on, unless quiet.
    pub(super) fn note(self, text: impl Display) {
        if !self.quiet {
            tell(text);
        }
    }

    /// Which of several runs is next, unless quiet.
    pub(super) fn doing(self, text: impl Display) {
        let text = text.to_string();
        if self.quiet || !live::hold_doing(&text) {
            self.note(text);
        }
    }

    /// What the user should know, unless quiet.
    pub(super) fn warn(self, text: impl Display) {
        self.note(format_args!("warning: {text}"));
    }
}

/// A line on stderr, quiet or not; on the live screen while there is one, and on stderr when it is gone. A closed stderr is no
/// reason to stop.
pub(super) fn tell(text: impl Display) {
    let text = text.to_string();
    if !live::hold_told(&text) {
        let _ = writeln!(io::stderr(), "{text}");
    }
}
