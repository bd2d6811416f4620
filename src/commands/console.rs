//! What is told to the user beside the result: notes, warnings and the progress line, all on stderr. When quiet, only what
//! must not be missed.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::load::Progress;
use crate::measure::millis;
use crate::plan::Plan;
use crate::schedule::NANOS_PER_S;

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
    lengths: Lengths,
    elapsed_s: u64,
    /// In flight when the last line was written.
    in_flight: u64,
    /// Since the last plain line.
    since: Progress,
}

impl ProgressLine {
    pub(super) fn new(console: Console, lengths: Lengths) -> Self {
        let quiet = console.quiet;
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.with_style(
                ProgressStyle::with_template("{wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            )
        });
        Self { bar, quiet, lengths, elapsed_s: 0, in_flight: 0, since: Progress::default() }
    }

    /// A second has passed.
    pub(super) fn show(&mut self, progress: &Progress) {
        self.elapsed_s += 1;
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => {
                bar.set_message(self.lengths.line(self.elapsed_s, 1, progress, self.in_flight));
                bar.tick();
                self.in_flight = progress.in_flight;
            }
            None => {
                self.since.merge(progress);
                if self.elapsed_s.is_multiple_of(PLAIN_EVERY_S) {
                    // Counts are over the last seconds; these two are of now.
                    let Progress { in_flight, warming_up, .. } = *progress;
                    let since = Progress { in_flight, warming_up, ..std::mem::take(&mut self.since) };
                    tell(self.lengths.line(self.elapsed_s, PLAIN_EVERY_S, &since, self.in_flight));
                    self.in_flight = in_flight;
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

/// How long a run lasts, where that is known beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths {
    /// Warm-up and measurement.
    total_s: Option<u64>,
    /// The wait for the last answers after that, at most.
    drain_s: u64,
}

impl Lengths {
    pub(super) fn of(plan: &Plan) -> Self {
        let seconds = |nanos: u64| nanos.div_ceil(NANOS_PER_S);
        let total_ns = plan.source.duration_ns().map(|measured_ns| plan.source.warmup_ns() + measured_ns);
        Self { total_s: total_ns.map(seconds), drain_s: seconds(plan.drain_ns) }
    }

    /// The last `over_s` seconds in at most 80 columns: what matters most first, so that it is never cut. `before`: what was
    /// in flight before them.
    fn line(self, elapsed_s: u64, over_s: u64, progress: &Progress, before: u64) -> String {
        let per_s = |count: u64| count as f64 / over_s as f64;
        let Progress { in_flight, errors, .. } = progress;
        let answered = per_s(progress.completed);
        if let Some(total_s) = self.total_s.filter(|total_s| elapsed_s > *total_s) {
            let left_s = (total_s + self.drain_s).saturating_sub(elapsed_s);
            return format!(
                "draining: {in_flight} left, at most {left_s} s more  answered {answered:.0}/s  errors {errors}"
            );
        }
        let of = self.total_s.map_or_else(String::new, |total_s| format!("/{total_s}"));
        let warming_up = if progress.warming_up { " warm-up" } else { "" };
        let unsent = progress.overflow + progress.missed;
        let sent = per_s(progress.offered.saturating_sub(unsent));
        let mut line = format!(
            "{elapsed_s:>3}{of} s{warming_up}  sent {sent:.0}/s  answered {answered:.0}/s  errors {errors}"
        );
        if unsent > 0 {
            line += &format!("  not sent {unsent}");
        }
        let behind = sent - answered;
        if behind > BEHIND * sent && *in_flight > before {
            line += &format!("  BEHIND {behind:.0}/s");
        }
        line + &format!("  in flight {in_flight}  p99 {}", percentile(progress, 0.99))
    }
}

/// Share of what was sent that must be unanswered, and more in flight than before, to be called behind.
const BEHIND: f64 = 0.05;

fn percentile(progress: &Progress, quantile: f64) -> String {
    if progress.response.is_empty() {
        return "-".to_owned();
    }
    format!("{:.1} ms", millis(progress.response.value_at_quantile(quantile)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(offered: u64, completed: u64, in_flight: u64) -> Progress {
        let mut progress = Progress { offered, completed, in_flight, ..Progress::default() };
        progress.response.saturating_record(2_230_000_000);
        progress
    }

    #[test]
    fn what_is_sent_is_not_taken_for_what_is_answered_and_errors_are_not_cut_off() {
        let lengths = Lengths { total_s: Some(14), drain_s: 10 };
        let mut second = progress(400, 291, 875);
        assert_eq!(
            lengths.line(8, 1, &second, 766),
            "  8/14 s  sent 400/s  answered 291/s  errors 0  BEHIND 109/s  in flight 875  p99 2231.4 ms"
        );
        // A second in which less was under way at its end is none that fell behind.
        assert!(!lengths.line(8, 1, &second, 900).contains("BEHIND"));
        (second.errors, second.overflow, second.warming_up) = (104, 100, true);
        let line = lengths.line(8, 1, &second, 766);
        assert!(
            line.starts_with("  8/14 s warm-up  sent 300/s  answered 291/s  errors 104  not sent 100"),
            "{line}"
        );
    }

    #[test]
    fn after_the_schedule_it_says_what_is_waited_for_and_for_how_long() {
        let lengths = Lengths { total_s: Some(14), drain_s: 10 };
        let line = lengths.line(15, 1, &progress(0, 290, 629), 875);
        assert_eq!(line, "draining: 629 left, at most 9 s more  answered 290/s  errors 0");
        // Nobody knows how long a loop of so many requests takes.
        assert!(Lengths::default().line(15, 5, &progress(50, 50, 5), 5).starts_with(" 15 s  sent 10/s"));
    }
}
