//! One line that says how a run goes on: for small terminals, for those that know no escapes, and for logs.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::choice::is_dumb;
use super::history::behind;
use super::terminal;
use crate::commands::console::tell;
use crate::load::Progress;
use crate::measure::millis;
use crate::plan::Plan;
use crate::schedule::NANOS_PER_S;

/// Seconds between lines where stderr is no terminal.
const PLAIN_EVERY_S: u64 = 5;

/// What a line is, by what stderr is.
enum Form {
    /// Written over by a terminal that moves its cursor.
    Bar(ProgressBar),
    /// Written over by one that only goes back to the first of so many columns.
    Overwritten(usize),
    /// One below the other.
    Plain,
    Nothing,
}

impl Form {
    fn new(is_shown: bool) -> Self {
        if !is_shown {
            return Self::Nothing;
        }
        if !io::stderr().is_terminal() {
            return Self::Plain;
        }
        if is_dumb(std::env::var_os("TERM").as_ref()) {
            let columns = match terminal::size().0 {
                0 => COLUMNS,
                columns => usize::from(columns),
            };
            return Self::Overwritten(columns);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        Self::Bar(bar.with_style(
            ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        ))
    }
}

/// Columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;

/// Shows what happened in the last second: one line that is written over on a terminal, a line every 5 s elsewhere.
pub(in crate::commands) struct ProgressLine {
    form: Form,
    lengths: Lengths,
    elapsed_s: u64,
    /// In flight when the last line was written.
    in_flight: u64,
    /// Since the last plain line.
    since: Progress,
}

impl ProgressLine {
    pub(in crate::commands) fn new(is_shown: bool, lengths: Lengths) -> Self {
        Self { form: Form::new(is_shown), lengths, elapsed_s: 0, in_flight: 0, since: Progress::default() }
    }

    /// A second has passed.
    pub(in crate::commands) fn show(&mut self, progress: &Progress) {
        self.elapsed_s += 1;
        match &self.form {
            Form::Nothing => {}
            Form::Bar(bar) => {
                bar.set_message(self.lengths.line(self.elapsed_s, 1, progress, self.in_flight));
                bar.tick();
                self.in_flight = progress.in_flight;
            }
            Form::Overwritten(columns) => {
                overwrite(&self.lengths.line(self.elapsed_s, 1, progress, self.in_flight), *columns);
                self.in_flight = progress.in_flight;
            }
            Form::Plain => {
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
    pub(in crate::commands) fn clear(&self) {
        match &self.form {
            Form::Bar(bar) => bar.finish_and_clear(),
            Form::Overwritten(columns) if self.elapsed_s > 0 => overwrite("", *columns),
            Form::Overwritten(_) | Form::Plain | Form::Nothing => {}
        }
    }

    /// A remark that stays, above the line, shown or not.
    pub(in crate::commands) fn remark(&self, text: &str) {
        match &self.form {
            Form::Bar(bar) => bar.println(text),
            Form::Overwritten(_) => {
                self.clear();
                tell(text);
            }
            Form::Plain | Form::Nothing => tell(text),
        }
    }
}

/// Writes a line over the one before, in so many columns; in the last of them it would go on in the next row.
fn overwrite(text: &str, columns: usize) {
    let width = columns.saturating_sub(1);
    let end = if text.is_empty() { "\r" } else { "" };
    // A closed stderr is no reason to stop.
    let _ = write!(io::stderr(), "\r{text:<width$.width$}{end}");
}

/// How long a run lasts, where that is known beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::commands) struct Lengths {
    /// Warm-up and measurement.
    total_s: Option<u64>,
    /// The wait for the last answers after that, at most.
    drain_s: u64,
}

impl Lengths {
    pub(in crate::commands) fn of(plan: &Plan) -> Self {
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
        if let Some(behind) = behind(sent, answered, *in_flight > before) {
            line += &format!("  BEHIND {behind:.0}/s");
        }
        line + &format!("  in flight {in_flight}  p99 {}", percentile(progress, 0.99))
    }
}

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
