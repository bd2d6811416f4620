//! What is told to the user beside the result: notes, warnings and the progress line, all on stderr. When quiet, only what
//! must not be missed.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::load::Progress;
use crate::measure::millis;

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
}

/// A line on stderr, quiet or not. A closed stderr is no reason to stop.
pub(super) fn tell(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Seconds between lines where stderr is no terminal.
const PLAIN_EVERY_S: u64 = 5;

/// Shows what happened in the last second: one line that is written over on a terminal, a line every 5 s elsewhere,
/// nothing when quiet.
pub(super) struct ProgressLine {
    bar: Option<ProgressBar>,
    quiet: bool,
    elapsed_s: u64,
    /// Since the last plain line.
    since: Progress,
}

impl ProgressLine {
    pub(super) fn new(console: Console) -> Self {
        let quiet = console.quiet;
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.with_style(
                ProgressStyle::with_template("{wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            )
        });
        Self { bar, quiet, elapsed_s: 0, since: Progress::default() }
    }

    /// A second has passed.
    pub(super) fn show(&mut self, progress: &Progress) {
        self.elapsed_s += 1;
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => {
                bar.set_message(line(self.elapsed_s, 1, progress));
                bar.tick();
            }
            None => {
                self.since.merge(progress);
                if self.elapsed_s.is_multiple_of(PLAIN_EVERY_S) {
                    // Counts are over the last seconds; these two are of now.
                    let Progress { in_flight, warming_up, .. } = *progress;
                    let since = Progress { in_flight, warming_up, ..std::mem::take(&mut self.since) };
                    tell(line(self.elapsed_s, PLAIN_EVERY_S, &since));
                }
            }
        }
    }

    /// Takes the line away, so that what follows stands alone.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// A remark that stays, above the line, quiet or not.
    pub(super) fn remark(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => tell(text),
        }
    }
}

fn line(elapsed_s: u64, over_s: u64, progress: &Progress) -> String {
    let percentile = |quantile: f64| {
        if progress.response.is_empty() {
            return "-".to_owned();
        }
        format!("{:.1} ms", millis(progress.response.value_at_quantile(quantile)))
    };
    format!(
        "{elapsed_s:>4} s{}  {:.0}/s  in flight {}  response p50 {}  p99 {}  overflow {}  errors {}{}",
        if progress.warming_up { " (warm-up)" } else { "" },
        progress.offered as f64 / over_s as f64,
        progress.in_flight,
        percentile(0.5),
        percentile(0.99),
        progress.overflow,
        progress.errors,
        if progress.missed > 0 { format!("  missed {}", progress.missed) } else { String::new() },
    )
}
