//! Results of a command as they come, and how they come to be printed.

use super::error::CommandError;
use super::exit::Exit;
use super::publish::{print_early, publish, publish_rest, style_of};
use crate::cli::{OutputFile, Screen};
use crate::report::{Format, runs};
use crate::result::{Conclusion, NamedRun, Runs, Summary};

/// Results so far. Where there will be more than one, each has its row on stdout as soon as it is there.
pub(super) struct Results<'a> {
    screen: &'a Screen,
    runs: Vec<NamedRun>,
    asked_for: u64,
    /// Whether runs are repeated, so that rows have a number.
    are_repeated: bool,
    shows_rows: bool,
}

impl<'a> Results<'a> {
    /// Of each of `runs` runs so many repeats are asked for.
    pub(super) fn new(runs: u64, repeats: u64, screen: &'a Screen) -> Self {
        let asked_for = runs * repeats;
        let shows_rows = screen.format == Format::Text && asked_for > 1 && !screen.is_taken;
        Self { screen, runs: Vec::new(), asked_for, are_repeated: repeats > 1, shows_rows }
    }

    /// A result is there.
    pub(super) fn add(&mut self, summary: Summary) {
        let run = NamedRun::after(&self.runs, summary);
        if self.shows_rows {
            if self.runs.is_empty() {
                print_early(&runs::header(&run.result, &style_of(self.screen)));
            }
            let number = if self.are_repeated { format!(" #{}", run.repeat) } else { String::new() };
            print_early(&runs::row(&format!("{}{number}", run.name), &run.result));
        }
        self.runs.push(run);
    }

    /// Prints the results and writes them to their files: a single one as what it is, several as one document.
    pub(super) fn publish(
        mut self,
        fail_on: &[Conclusion],
        outputs: Vec<OutputFile>,
    ) -> Result<Exit, CommandError> {
        let exit =
            self.runs.iter().map(|run| Exit::of_merged(&run.result, fail_on)).max().unwrap_or(Exit::Done);
        if self.asked_for == 1
            && let Some(only) = self.runs.pop()
        {
            publish(&only.result, self.screen, outputs)?;
            return Ok(exit);
        }
        let interrupted = (self.runs.len() as u64) < self.asked_for || exit == Exit::Interrupted;
        let all = Runs::of(self.runs, interrupted);
        if self.shows_rows {
            publish_rest(&runs::after_table(&all, &style_of(self.screen)), &all, self.screen, outputs)?;
        } else {
            publish(&all, self.screen, outputs)?;
        }
        // For want of a shard, and not because somebody wanted no more.
        Ok(if interrupted && exit != Exit::Incomplete { Exit::Interrupted } else { exit })
    }
}
