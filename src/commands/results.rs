//! Results of a command as they come, and how they come to be printed.

use super::error::CommandError;
use super::exit::Exit;
use super::publish::{print_early, publish, publish_rest, style_of_stdout};
use crate::cli::OutputFile;
use crate::report::{Format, runs};
use crate::result::{NamedRun, Runs, Summary};

/// Results so far. Where there will be more than one, each has its row on stdout as soon as it is there.
pub(super) struct Results {
    runs: Vec<NamedRun>,
    asked_for: u64,
    /// Whether runs are repeated, so that rows have a number.
    are_repeated: bool,
    shows_rows: bool,
}

impl Results {
    /// Of each of `runs` runs so many repeats are asked for.
    pub(super) fn new(runs: u64, repeats: u64, format: Format) -> Self {
        let asked_for = runs * repeats;
        let shows_rows = format == Format::Text && asked_for > 1;
        if shows_rows {
            print_early(&runs::header());
        }
        Self { runs: Vec::new(), asked_for, are_repeated: repeats > 1, shows_rows }
    }

    /// A result is there.
    pub(super) fn add(&mut self, summary: Summary) {
        let run = NamedRun::after(&self.runs, summary);
        if self.shows_rows {
            let number = if self.are_repeated { format!(" #{}", run.repeat) } else { String::new() };
            print_early(&runs::row(&format!("{}{number}", run.name), &run.result));
        }
        self.runs.push(run);
    }

    /// Prints the results and writes them to their files: a single one as what it is, several as one document.
    pub(super) fn publish(mut self, format: Format, outputs: Vec<OutputFile>) -> Result<Exit, CommandError> {
        let exit = self.runs.iter().map(|run| Exit::of(&run.result)).max().unwrap_or(Exit::Done);
        if self.asked_for == 1
            && let Some(only) = self.runs.pop()
        {
            publish(&only.result, format, outputs)?;
            return Ok(exit);
        }
        let interrupted = (self.runs.len() as u64) < self.asked_for || exit == Exit::Interrupted;
        let all = Runs::of(self.runs, interrupted);
        if self.shows_rows {
            publish_rest(&runs::after_table(&all, &style_of_stdout()), &all, outputs)?;
        } else {
            publish(&all, format, outputs)?;
        }
        Ok(if interrupted { Exit::Interrupted } else { exit })
    }
}
