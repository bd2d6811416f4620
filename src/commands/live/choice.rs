//! Which display a command gets: what was asked for, as far as the terminal has it.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::terminal;
use crate::cli::Live;

/// Columns and rows that the screen needs.
pub(super) const LEAST: (u16, u16) = (80, 24);

/// What is shown while requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Display {
    Screen,
    Line,
    Nothing,
}

/// What stands in the way of a screen, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Surroundings {
    /// Columns and rows of the terminal that stderr is; `None`: it is none.
    size: Option<(u16, u16)>,
    /// `TERM`.
    term: Option<OsString>,
    /// Whether the terminal listens to this process, and not to another job of its shell.
    is_foreground: bool,
    /// Whether lines of a stream would be written over the screen.
    has_stream: bool,
}

impl Surroundings {
    /// Those of this process, whose `--stream` goes to `stream`.
    pub(in crate::commands) fn now(stream: Option<&Path>) -> Self {
        Self {
            size: io::stderr().is_terminal().then(terminal::size),
            term: std::env::var_os("TERM"),
            is_foreground: terminal::is_foreground(),
            has_stream: stream == Some(Path::new("-")) && io::stdout().is_terminal(),
        }
    }

    /// Why there can be no screen.
    fn obstacle(&self) -> Option<String> {
        let Some((columns, rows)) = self.size else {
            return Some("stderr is no terminal".to_owned());
        };
        let (least_columns, least_rows) = LEAST;
        if is_dumb(self.term.as_ref()) {
            Some("TERM says that this terminal cannot move its cursor".to_owned())
        } else if columns == 0 || rows == 0 {
            Some("the terminal does not say how large it is".to_owned())
        } else if columns < least_columns || rows < least_rows {
            Some(format!(
                "the terminal has {columns}x{rows} characters, and the screen needs {least_columns}x{least_rows}"
            ))
        } else if !self.is_foreground {
            Some("rpsbench runs in the background".to_owned())
        } else if self.has_stream {
            Some("the stream has the terminal for itself".to_owned())
        } else {
            None
        }
    }
}

/// Whether a terminal understands no escapes, as far as `TERM` says.
pub(super) fn is_dumb(term: Option<&OsString>) -> bool {
    term.is_none_or(|term| term.is_empty() || term == "dumb")
}

/// The display, and what the user should know of it: that there is no screen although one was asked for.
pub(in crate::commands) fn choose(
    wanted: Live,
    quiet: bool,
    surroundings: &Surroundings,
) -> (Display, Option<String>) {
    match wanted {
        _ if quiet => (Display::Nothing, None),
        Live::None => (Display::Nothing, None),
        Live::Line => (Display::Line, None),
        Live::Auto | Live::Screen => match surroundings.obstacle() {
            None => (Display::Screen, None),
            Some(why) => {
                let warning = format!("--live screen is not possible, so there is a line: {why}");
                (Display::Line, (wanted == Live::Screen).then_some(warning))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Surroundings {
        Surroundings { size: Some(LEAST), term: Some("xterm".into()), is_foreground: true, has_stream: false }
    }

    #[test]
    fn there_is_a_screen_where_there_is_room_for_it() {
        for wanted in [Live::Auto, Live::Screen] {
            assert_eq!(choose(wanted, false, &good()), (Display::Screen, None));
            assert_eq!(choose(wanted, true, &good()), (Display::Nothing, None));
        }
        assert_eq!(choose(Live::Line, false, &good()), (Display::Line, None));
        assert_eq!(choose(Live::None, false, &good()), (Display::Nothing, None));
    }

    #[test]
    fn where_there_is_none_a_line_does_and_the_cause_is_said_to_those_who_asked() {
        let good = good();
        for (surroundings, cause) in [
            (Surroundings { size: None, ..good.clone() }, "no terminal"),
            (Surroundings { size: Some((0, 0)), ..good.clone() }, "how large"),
            (Surroundings { size: Some((79, 24)), ..good.clone() }, "79x24"),
            (Surroundings { size: Some((200, 23)), ..good.clone() }, "200x23"),
            (Surroundings { term: Some("dumb".into()), ..good.clone() }, "TERM"),
            (Surroundings { term: None, ..good.clone() }, "TERM"),
            (Surroundings { is_foreground: false, ..good.clone() }, "background"),
            (Surroundings { has_stream: true, ..good.clone() }, "stream"),
        ] {
            assert_eq!(choose(Live::Auto, false, &surroundings), (Display::Line, None));
            let (display, warning) = choose(Live::Screen, false, &surroundings);
            assert!(display == Display::Line && warning.is_some_and(|text| text.contains(cause)), "{cause}");
        }
    }
}
