//! Several results that belong together, and how they come to be printed.

use std::io::{self, Write};

use super::{CommandError, Exit, publish, publish_rest, style_of_stdout};
use crate::cli::OutputFile;
use crate::report::{Format, runs};
use crate::result::{GeneratorVerdict, Runs, Summary, name_of};

/// Results in the making. Where there will be more than one, each has its row on stdout as soon as it is there.
pub(super) struct Several {
    results: Vec<Summary>,
    asked_for: u64,
    /// Whether runs are repeated, and so numbered.
    are_repeated: bool,
    shows_rows: bool,
}

impl Several {
    /// Of each of `runs` runs so many repeats are asked for.
    pub(super) fn new(runs: u64, repeats: u64, format: Format) -> Self {
        let asked_for = runs * repeats;
        let shows_rows = format == Format::Text && asked_for > 1;
        let several = Self { results: Vec::new(), asked_for, are_repeated: repeats > 1, shows_rows };
        several.show(&runs::header());
        several
    }

    /// A result is there.
    pub(super) fn add(&mut self, summary: Summary) {
        let name = name_of(&summary);
        let repeat = self.results.iter().filter(|result| name_of(result) == name).count() + 1;
        let label = if self.are_repeated { format!("{name} #{repeat}") } else { name };
        self.show(&runs::row(&label, &summary));
        self.results.push(summary);
    }

    fn show(&self, line: &str) {
        if self.shows_rows {
            let mut stdout = io::stdout().lock();
            // A reader that has gone away has what it wanted.
            let _ = write!(stdout, "{line}").and_then(|()| stdout.flush());
        }
    }
}

/// Prints the results and writes them to their files: a single one as what it is, several as one document. `None`: the
/// user left at once.
pub(super) fn finish(
    several: Option<Several>,
    format: Format,
    outputs: Vec<OutputFile>,
) -> Result<Exit, CommandError> {
    let Some(Several { mut results, asked_for, shows_rows, .. }) = several else {
        return Ok(Exit::Interrupted);
    };
    let exit = results.iter().map(exit_of).max().unwrap_or(Exit::Done);
    if asked_for == 1
        && let Some(only) = results.pop()
    {
        publish(&only, format, outputs)?;
        return Ok(exit);
    }
    let interrupted = (results.len() as u64) < asked_for || exit == Exit::Interrupted;
    let all = Runs::new(results, interrupted);
    if shows_rows {
        publish_rest(&runs::after_table(&all, &style_of_stdout()), &all, outputs)?;
    } else {
        publish(&all, format, outputs)?;
    }
    Ok(if interrupted { Exit::Interrupted } else { exit })
}

/// What a result means to the caller of the program.
pub(super) fn exit_of(summary: &Summary) -> Exit {
    if summary.interrupted {
        Exit::Interrupted
    } else if summary.verdict.generator == GeneratorVerdict::Invalid {
        Exit::NotValid
    } else if summary.slos.iter().any(|slo| !slo.passed) {
        Exit::ObjectiveMissed
    } else {
        Exit::Done
    }
}
