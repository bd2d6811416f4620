//! Results, printed and written to their files.

use std::io::{self, IsTerminal, Write};

use super::error::CommandError;
use crate::cli::OutputFile;
use crate::report::{Format, Style, render};
use crate::result::Summary;

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
    let _ = write_out(text.as_bytes());
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

/// Prints a result and writes it to its files. What fails does not keep the rest from being written: after a run of an
/// hour, a full disk must not cost the report on the screen too. The first failure is returned.
pub(super) fn publish(
    summary: &Summary,
    format: Format,
    outputs: Vec<OutputFile>,
) -> Result<(), CommandError> {
    publish_as(&|format, style| render(summary, format, style), format, outputs)
}

/// The same for any document, given what writes its report.
pub(super) fn publish_as(
    write: &dyn Fn(Format, &Style) -> String,
    format: Format,
    outputs: Vec<OutputFile>,
) -> Result<(), CommandError> {
    publish_with(&write(format, &style_of_stdout()), outputs, |format| write(format, &Style::default()))
}

/// The same where part of the report is on the screen already: `render` writes all of it in the format of a file.
pub(super) fn publish_with(
    on_screen: &str,
    outputs: Vec<OutputFile>,
    render: impl Fn(Format) -> String,
) -> Result<(), CommandError> {
    // The files first: a pager that nobody scrolls must not hold them up.
    let mut result = Ok(());
    for output in outputs {
        let content = render(output.format());
        let written = output.write(content.as_bytes()).map_err(CommandError::from);
        result = result.and(written);
    }
    result.and(print(on_screen.as_bytes()))
}

/// Colour on a terminal, unless `NO_COLOR` (no-color.org) asks for none.
pub(super) fn style_of_stdout() -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Style { color: io::stdout().is_terminal() && !refused }
}
