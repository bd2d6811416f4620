//! What the shards of a merged result say of the generator as a whole.

use super::reasons::GeneratorReason;
use crate::result::{GeneratorVerdict, MergedShards};

/// How far apart (ms) shards may start and still send one schedule: further apart, a part of it had only some of them.
const APART_MS: f64 = 100.0;

/// Whether one verdict is worse than another.
pub(super) fn is_worse(one: GeneratorVerdict, other: GeneratorVerdict) -> bool {
    grade(one) > grade(other)
}

fn grade(verdict: GeneratorVerdict) -> u8 {
    match verdict {
        GeneratorVerdict::Valid => 0,
        GeneratorVerdict::Suspect => 1,
        GeneratorVerdict::Invalid => 2,
    }
}

/// What speaks against the generator besides what all shards together say: shards that are missing, one that is worse than
/// the whole, since percentiles over all of them would hide one bad client among many, and starts far apart. `whole`: the
/// verdict on all together.
pub(super) fn judge_shards(
    merged: &MergedShards,
    whole: GeneratorVerdict,
) -> Vec<(GeneratorVerdict, GeneratorReason)> {
    let mut evidence = Vec::new();
    let count = merged.count;
    if !merged.missing.is_empty() && !merged.is_allowed_to_miss {
        let missing = merged.missing.clone();
        evidence.push((GeneratorVerdict::Invalid, GeneratorReason::ShardsMissing { missing, count }));
    }
    // Of equals the first.
    let worst = merged.shards.iter().rev().max_by_key(|shard| grade(shard.generator));
    if let Some(worst) = worst.filter(|worst| is_worse(worst.generator, whole)) {
        let reason =
            GeneratorReason::WorstShard { index: worst.index, count, evidence: worst.evidence.clone() };
        evidence.push((worst.generator, reason));
    }
    if merged.start_spread_ms > APART_MS {
        let reason = GeneratorReason::ShardsApart { spread_ms: merged.start_spread_ms };
        evidence.push((GeneratorVerdict::Suspect, reason));
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Ledger;
    use crate::result::{LatencyStats, ShardSummary};

    fn shard(index: u64, generator: GeneratorVerdict) -> ShardSummary {
        ShardSummary {
            index,
            from: "--shard".to_owned(),
            ledger: Ledger::default(),
            response: LatencyStats::default(),
            send_lag: LatencyStats::default(),
            generator,
            evidence: format!("what {index} says"),
            start_offset_ms: 0.0,
            clock_offset_us: None,
            clock_error_us: None,
        }
    }

    #[test]
    fn the_worst_shard_the_missing_ones_and_starts_far_apart_count() {
        let [valid, suspect, invalid] =
            [GeneratorVerdict::Valid, GeneratorVerdict::Suspect, GeneratorVerdict::Invalid];
        let mut merged = MergedShards {
            count: 5,
            missing: Vec::new(),
            is_allowed_to_miss: false,
            start_spread_ms: 3.0,
            notes: Vec::new(),
            shards: [valid, suspect, suspect, valid, valid]
                .into_iter()
                .zip(0..)
                .map(|(verdict, index)| shard(index, verdict))
                .collect(),
        };
        let said = |merged: &MergedShards| {
            judge_shards(merged, GeneratorVerdict::Valid)
                .into_iter()
                .map(|(verdict, reason)| (verdict, reason.code()))
                .collect::<Vec<_>>()
        };
        assert_eq!(said(&merged), [(suspect, "generator.worst_shard")]);
        assert!(judge_shards(&merged, valid)[0].1.to_string().contains("shard 1 of 5"));
        merged.shards[4].generator = invalid;
        merged.missing = vec![3];
        merged.start_spread_ms = 101.0;
        assert_eq!(
            said(&merged),
            [
                (invalid, "generator.shards_missing"),
                (invalid, "generator.worst_shard"),
                (suspect, "generator.shards_apart")
            ]
        );
        merged.is_allowed_to_miss = true;
        assert_eq!(said(&merged).len(), 2);
        // What all together say already is not said again.
        assert_eq!(judge_shards(&merged, invalid).len(), 1);
    }
}
