//! `rpsbench sweep --shape`: one rate, another, and the first again.

use super::rows::Rows;
use crate::commands::error::CommandError;
use crate::commands::runner::Runner;
use crate::judge::spike_recovery;
use crate::ladder::sweep_of;
use crate::result::{Rung, Sweep};
use crate::schedule::{NANOS_PER_S, Source, Spike};

/// Runs a spike, and finds out how long the service takes to recover from it.
pub(super) async fn run_spike(
    runner: &mut Runner<'_>,
    spike: Spike,
    source: Source,
    baseline_factor: f64,
    rows: &Rows,
) -> Result<Sweep, CommandError> {
    let result = runner.measure(source).await?;
    let rate_per_s = spike.held.per_second();
    rows.row(rate_per_s, &result);
    let seconds = |nanos: u64| nanos as f64 / NANOS_PER_S as f64;
    let recovery = spike_recovery(&result.series, seconds(spike.hold_ns), seconds(spike.spike_ns));
    let interrupted = result.interrupted;
    let rung = Rung { rate_per_s, repeat: 1, recovery: None, result };
    Ok(Sweep { spike: recovery, ..sweep_of(vec![rung], baseline_factor, interrupted) })
}
