//! Results, printed and written to their files.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use super::ci;
use super::error::CommandError;
use super::live;
use crate::cli::{Ci, OutputFile, Screen};
use crate::report::{Style, render};
use crate::result::DocumentRef;

/// Writes to stdout. A reader that has gone away (`| head -1`) has what it wanted.
pub(super) fn print(bytes: &[u8]) -> Result<(), CommandError> {
    match write_out(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::System { what: "could not write the result to stdout", source: error })
        }
        _ => Ok(()),
    }
}

/// Writes a part of a report to stdout before the rest is known. Whether that can be written is asked at the end.
pub(super) fn print_early(text: &str) {
    let text = shown(text);
    // On the live screen the runs have their table.
    if !live::hold_output(&text) {
        let _ = write_out(text.as_bytes());
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

/// Prints a result and writes it to its files. What fails does not keep the rest from being written: after a run of an
/// hour, a full disk must not cost the report on the screen too. The first failure is returned.
pub(super) fn publish<'a>(
    document: impl Into<DocumentRef<'a>>,
    screen: &Screen,
    outputs: Vec<OutputFile>,
) -> Result<(), CommandError> {
    let document = document.into();
    // The files first: a pager that nobody scrolls must not hold them up.
    let saved = save(document, outputs);
    tell_ci(document, screen);
    if screen.is_taken {
        return saved;
    }
    let on_screen = render(document, screen.format, &style_of(screen)).map_err(CommandError::from);
    saved.and(on_screen.and_then(|text| print(shown(&text).as_bytes())))
}

/// The same where part of the report is on the screen already, and this is the rest.
pub(super) fn publish_rest<'a>(
    rest: &str,
    document: impl Into<DocumentRef<'a>>,
    screen: &Screen,
    outputs: Vec<OutputFile>,
) -> Result<(), CommandError> {
    let document = document.into();
    let saved = save(document, outputs);
    tell_ci(document, screen);
    saved.and(print(shown(rest).as_bytes()))
}

fn tell_ci(document: DocumentRef<'_>, screen: &Screen) {
    match screen.ci {
        Some(Ci::Github) => ci::tell_github(document),
        None => {}
    }
}

/// Writes each file in its own format.
fn save(document: DocumentRef<'_>, outputs: Vec<OutputFile>) -> Result<(), CommandError> {
    let mut result = Ok(());
    for output in outputs {
        let content = render(document, output.format(), &Style::default()).map_err(CommandError::from);
        let written = content.and_then(|content| Ok(output.write(content.as_bytes())?));
        result = result.and(written);
    }
    result
}

/// A text as the terminal can show it: one that is told to know nothing but ASCII gets nothing else.
fn shown(text: &str) -> Cow<'_, str> {
    if io::stdout().is_terminal() && is_ascii() { Cow::Owned(in_ascii(text)) } else { Cow::Borrowed(text) }
}

/// Whether the terminal was told to know nothing but ASCII.
pub(super) fn is_ascii() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.is_some_and(|locale| locale == "C" || locale == "POSIX")
}

/// The signs of the reports in ASCII, each as wide as it was.
fn in_ascii(text: &str) -> String {
    const LEVELS: &str = "▁▂▃▄▅▆▇█";
    let ascii = |sign: char| match sign {
        sign if sign.is_ascii() => sign,
        '×' => 'x',
        '·' => '.',
        '●' => '*',
        '○' => 'o',
        '±' => '~',
        sign => LEVELS
            .chars()
            .position(|level| level == sign)
            .and_then(|at| b"_.:-=+*#".get(at))
            .map_or('?', |c| *c as char),
    };
    text.chars().map(ascii).collect()
}

/// How stdout shows a report: in colour on a terminal, unless `NO_COLOR` (no-color.org) asks for none. The target's real name
/// is for the eyes of whoever typed it: on a terminal, and not in what is piped on.
pub(super) fn style_of(screen: &Screen) -> Style {
    let is_terminal = io::stdout().is_terminal();
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    Style {
        color: is_terminal && !refused && !is_dumb,
        brief: !screen.details,
        target: screen.target.clone().filter(|_| is_terminal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plain_terminal_gets_is_ascii_and_as_wide() {
        let text = "p99 844 ±40 ms ▁▂▃▄▅▆▇█ × · ● ○ ü";
        assert_eq!(in_ascii(text), "p99 844 ~40 ms _.:-=+*# x . * o ?");
        assert_eq!(in_ascii(text).chars().count(), text.chars().count());
    }
}
