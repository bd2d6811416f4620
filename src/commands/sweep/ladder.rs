//! `rpsbench sweep --rates`: one rung after another.

use super::recovery::Recovering;
use super::rows::Rows;
use crate::commands::error::CommandError;
use crate::commands::runner::Runner;
use crate::ladder::{Done, Ladder};
use crate::result::{Rung, ServiceVerdict};

/// Runs the rungs that the ladder asks for, as far as an interrupt lets it. Between two of them the service recovers.
pub(super) async fn climb(
    runner: &mut Runner<'_>,
    ladder: &Ladder,
    step_ns: u64,
    recovering: Recovering,
    rows: &Rows,
) -> Result<Vec<Rung>, CommandError> {
    let calm_ms = recovering.calm_ms(runner).await?;
    let (mut rungs, mut done): (Vec<Rung>, Vec<Done>) = (Vec::new(), Vec::new());
    while let Some(step) = ladder.next(&done).filter(|_| !runner.is_stopping()) {
        if let Some(last) = rungs.last_mut() {
            last.recovery = Some(recovering.recover(runner, calm_ms).await?);
            if runner.is_stopping() {
                break;
            }
        }
        runner.console.note(format_args!(
            "rung {} of at most {}: {}",
            done.len() + 1,
            ladder.most(),
            step.rate
        ));
        let rate_per_s = step.rate.per_second();
        let result = runner.measure(runner.at(step.rate, step_ns)?).await?;
        rows.row(rate_per_s, &result);
        let rung = Rung { rate_per_s, repeat: step.repeat, recovery: None, result };
        let saturated = rung.result.verdict.service == ServiceVerdict::Saturated && !rung.is_void();
        rungs.push(rung);
        done.push(Done { step, saturated });
    }
    Ok(rungs)
}
