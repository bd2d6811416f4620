//! What is told to the user beside the result: notes, warnings and the progress line, all on stderr. When quiet, only what
//! must not be missed.

use std::fmt::Display;
use std::io::{self, Write};

/// The user's end of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Console {
    quiet: bool,
}

impl Console {
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// What goes on, unless quiet.
    pub(super) fn note(self, text: impl Display) {
        if !self.quiet {
            tell(text);
        }
    }

    /// What the user should know, unless quiet.
    pub(super) fn warn(self, text: impl Display) {
        self.note(format_args!("warning: {text}"));
    }

    /// Whether only what must not be missed is told.
    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }
}

/// A line on stderr, quiet or not. A closed stderr is no reason to stop.
pub(super) fn tell(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
