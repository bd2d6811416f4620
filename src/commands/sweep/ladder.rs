//! `rpsbench sweep --rates`, one rung after another, and `--shape`: one rate, another, and the first again. The rows of the
//! table on stdout appear as their runs finish.

use std::cell::Cell;

use super::recovery::Recovering;
use crate::cli::Screen;
use crate::commands::error::CommandError;
use crate::commands::publish::{print_early, style_of};
use crate::commands::runner::Runner;
use crate::commands::together::Crew;
use crate::judge::spike_recovery;
use crate::ladder::{Done, Ladder, sweep_of};
use crate::report::{Format, Style, sweep as report};
use crate::result::{Rung, ServiceVerdict, Summary, Sweep};
use crate::schedule::{NANOS_PER_S, Spike};
use crate::shard::Load;

/// The table in the making, where stdout receives text.
pub(super) struct Rows {
    pub(super) are_shown: bool,
    style: Style,
    has_header: Cell<bool>,
}

impl Rows {
    pub(super) fn new(screen: &Screen) -> Self {
        let are_shown = screen.format == Format::Text;
        Self { are_shown, style: style_of(screen), has_header: Cell::new(false) }
    }

    /// A run is there; above the first stands what was run.
    pub(super) fn row(&self, rate_per_s: f64, summary: &Summary) {
        if !self.are_shown {
            return;
        }
        if !self.has_header.replace(true) {
            print_early(&report::header(summary, &self.style));
        }
        print_early(&report::row(rate_per_s, summary));
    }
}

/// Runs the rungs that the ladder asks for, as far as an interrupt lets it. Between two of them the service recovers.
pub(super) async fn climb(
    runner: &mut Runner<'_>,
    crew: &Crew<'_>,
    ladder: &Ladder,
    step_ns: u64,
    recovering: Recovering,
    rows: &Rows,
) -> Result<Vec<Rung>, CommandError> {
    let calm_ms = recovering.calm_ms(runner).await?;
    let (mut rungs, mut done): (Vec<Rung>, Vec<Done>) = (Vec::new(), Vec::new());
    while let Some(step) = ladder.next(&done).filter(|_| !crew.is_stopping(runner)) {
        if let Some(last) = rungs.last_mut() {
            last.recovery = Some(recovering.recover(runner, calm_ms).await?);
            if crew.is_stopping(runner) {
                break;
            }
        }
        let doing = format!("rung {} of at most {}: {}", done.len() + 1, ladder.most(), step.rate);
        let rate_per_s = step.rate.per_second();
        let load = Load::Rate { rate: step.rate, length_ns: step_ns };
        let result = crew.measure(runner, load, &doing).await?;
        rows.row(rate_per_s, &result);
        let rung = Rung { rate_per_s, repeat: step.repeat, recovery: None, result };
        let saturated = rung.result.verdict.service == ServiceVerdict::Saturated && !rung.is_void();
        rungs.push(rung);
        runner.partial().into_iter().for_each(|partial| partial.rung_ended(&rungs));
        done.push(Done { step, saturated });
    }
    Ok(rungs)
}

/// Runs a spike, and finds out how long the service takes to recover from it.
pub(super) async fn run_spike(
    runner: &mut Runner<'_>,
    crew: &Crew<'_>,
    spike: Spike,
    baseline_factor: f64,
    rows: &Rows,
) -> Result<Sweep, CommandError> {
    let result = crew.measure(runner, Load::Stage(0), "").await?;
    let rate_per_s = spike.held.per_second();
    rows.row(rate_per_s, &result);
    let seconds = |nanos: u64| nanos as f64 / NANOS_PER_S as f64;
    let recovery = spike_recovery(&result.series, seconds(spike.hold_ns), seconds(spike.spike_ns));
    let interrupted = result.interrupted;
    let rung = Rung { rate_per_s, repeat: 1, recovery: None, result };
    Ok(Sweep { spike: recovery, ..sweep_of(vec![rung], baseline_factor, interrupted) })
}
