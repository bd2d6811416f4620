//! What a shard that followed has of a sweep by itself, for where shard 0 has gone.

use crate::result::{Rung, Summary};
use crate::shard::Load;

/// Its part of each rung, in the order in which they were run.
pub(super) fn rungs_of(runs: Vec<(Load, Summary)>) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for (load, result) in runs {
        let rate_per_s = match load {
            Load::Rate { rate, .. } => rate.per_second(),
            // A spike: the rate that it was held at.
            Load::Stage(_) => result.plan.rate_per_s.unwrap_or_default(),
        };
        let earlier = rungs.iter().filter(|rung| rung.rate_per_s == rate_per_s).count();
        rungs.push(Rung { rate_per_s, repeat: earlier as u64 + 1, recovery: None, result });
    }
    rungs
}
