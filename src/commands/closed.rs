//! `rpsbench closed`: users who wait for their answers, in one stage or several, once or again.

use super::machine::machine;
use super::rig::{Rig, with_rig};
use super::several::{Several, finish};
use super::{CommandError, Exit};
use crate::cli::{ClosedArgs, ClosedJob, Typed};
use crate::measure::Warmup;
use crate::plan::Plan;
use crate::result::Summary;

pub(super) fn closed(args: &ClosedArgs, typed: &Typed) -> Result<Exit, CommandError> {
    let ClosedJob { stages, warmup, repeats, setup, format, outputs } =
        ClosedJob::new(args, typed, machine())?;
    let threads = stages.first().map_or(1, |plan| plan.threads);
    let mut several = Several::new(stages.len() as u64, repeats, format);
    let several = with_rig(setup, threads, async |rig| {
        for _ in 0..repeats {
            let mut before = warmup.as_ref();
            for stage in &stages {
                let Some(summary) = run_closed(rig, before.take(), stage).await? else { return Ok(None) };
                several.add(summary);
                if rig.interrupted {
                    return Ok(Some(several));
                }
            }
        }
        Ok(Some(several))
    })?;
    finish(several, format, outputs)
}

/// Runs a closed loop, after the warm-up where there is one, which counts for nothing but the connections it opens.
/// `None`: the user left at once.
pub(super) async fn run_closed(
    rig: &mut Rig,
    warmup: Option<&Plan>,
    stage: &Plan,
) -> Result<Option<Summary>, CommandError> {
    let mut before = None;
    if let Some(warmup) = warmup {
        let Some(ran) = rig.run(warmup).await? else { return Ok(None) };
        before = Some((ran.finished.recorder.total(), ran.finished.connections));
    }
    let Some(mut ran) = rig.run(stage).await? else { return Ok(None) };
    let mut warmup_s = 0.0;
    if let Some((account, connections)) = before {
        ran.finished.recorder.warmup = Warmup { ledger: account.ledger, response_ok: account.response_ok };
        // Connections outlive the warm-up.
        let peak = ran.finished.connections.peak.max(connections.peak);
        ran.finished.connections.merge(connections);
        ran.finished.connections.peak = peak;
        warmup_s = warmup.map_or(0.0, |plan| plan.source.horizon_ns() as f64 / 1e9);
    }
    rig.summary(stage, ran, warmup_s).map(Some)
}
