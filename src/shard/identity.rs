//! Which shard this process is, as the engine that started it says.

use super::schemes::{Count, First, SCHEMES, SLURM_STEP, Scheme};
use crate::schedule::{Shard, ShardError};

/// Which shard, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub shard: Shard,
    /// `--shard`, or the engine and its variable.
    pub from: String,
}

/// Why it cannot be told which shard this is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdentityError {
    #[error(
        "--shard auto: nothing here says which of several processes this is (Slurm, MPI, Kubernetes, AWS Batch, Cloud Run, \
         Nomad, Grid Engine, PBS, LSF, GitLab, CircleCI, Buildkite and GNU parallel would); write --shard 0/4, 1/4, ..."
    )]
    Unknown,
    /// An index without a count.
    #[error(
        "--shard auto: {name} says that this is {variable}={index}, but not of how many; write --shard auto/N, or set \
         RPSBENCH_SHARDS"
    )]
    NoCount { name: &'static str, variable: &'static str, index: u64 },
    /// An index beyond the count.
    #[error("--shard auto: {name} says {variable}={index}, and {problem}")]
    Beyond { name: &'static str, variable: &'static str, index: u64, problem: ShardError },
    /// Two engines that say different things.
    #[error("--shard auto: {0} and {1} say different things; write --shard I/N for the one that is meant")]
    Disagree(String, String),
}

/// What an engine says.
#[derive(Debug, Clone, Copy)]
struct Told {
    scheme: &'static Scheme,
    /// As the variable has it.
    index: u64,
    /// From 0.
    place: u64,
    count: Option<u64>,
}

impl Told {
    /// What a scheme says in these variables; `None` where it is not at work. Some engines set a variable to `undefined`, or
    /// to 0 where they count from 1, for a process that is alone.
    fn of(scheme: &'static Scheme, lookup: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        let number = |variable: &str| lookup(variable)?.trim().parse::<u64>().ok();
        if scheme.needs.is_some_and(|variable| lookup(variable).is_none()) {
            return None;
        }
        let index = number(scheme.index)?;
        let first = match scheme.first {
            First::Zero => 0,
            First::One => 1,
            First::Variable(variable) => number(variable)?,
        };
        let step = scheme.step.and_then(number).unwrap_or(1).max(1);
        let place = |index: u64| Some(index.checked_sub(first)? / step);
        let count = match scheme.count {
            Count::Variable(variable) => number(variable),
            Count::Last(variable) => number(variable).and_then(place).map(|last| last.saturating_add(1)),
            Count::Untold => None,
        };
        Some(Self { scheme, index, place: place(index)?, count })
    }

    fn words(&self) -> String {
        let Self { scheme, index, count, .. } = self;
        let of = count.map_or_else(String::new, |count| format!(" of {count}"));
        format!("{} ({}={index}{of})", scheme.name, scheme.index)
    }

    fn disagrees_with(&self, other: &Self) -> bool {
        let counts = self.count.zip(other.count);
        self.place != other.place || counts.is_some_and(|(count, other)| count != other)
    }
}

/// Asks the environment which shard this is. `count`: how many there are, where the user says it.
///
/// # Errors
/// [`IdentityError`] where nobody says, or not all of it, or two say different things.
pub(crate) fn identify(
    count: Option<u64>,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Identity, IdentityError> {
    let mut told: Vec<Told> = SCHEMES.iter().filter_map(|scheme| Told::of(scheme, &lookup)).collect();
    // What starts one process only does not divide anything, such as a step of one task within an array.
    if told.iter().any(|told| told.count != Some(1)) {
        told.retain(|told| told.count != Some(1));
    }
    if told.iter().any(|told| told.scheme.is_mpi) {
        told.retain(|told| told.scheme.name != SLURM_STEP);
    }
    let [first, others @ ..] = told.as_slice() else { return Err(IdentityError::Unknown) };
    if let Some(other) = others.iter().find(|other| first.disagrees_with(other)) {
        return Err(IdentityError::Disagree(first.words(), other.words()));
    }
    let Told { scheme, index, place, .. } = *first;
    let (name, variable) = (scheme.name, scheme.index);
    let counted = count.or_else(|| told.iter().find_map(|told| told.count));
    let count = counted.ok_or(IdentityError::NoCount { name, variable, index })?;
    let shard = Shard::new(place, count).map_err(|problem| IdentityError::Beyond {
        name,
        variable,
        index,
        problem,
    })?;
    Ok(Identity { shard, from: format!("{name} ({variable}={index})") })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The identity in an environment of `NAME=value` words.
    fn of(count: Option<u64>, environment: &str) -> Result<(u64, u64), IdentityError> {
        let variables: Vec<(&str, &str)> =
            environment.split_whitespace().map(|word| word.split_once('=').unwrap()).collect();
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        identify(count, lookup).map(|identity| (identity.shard.index(), identity.shard.count()))
    }

    #[test]
    fn every_engine_is_understood() {
        for (environment, place) in [
            ("OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=4", (2, 4)),
            ("PMI_RANK=0 PMI_SIZE=3", (0, 3)),
            ("SLURM_STEP_ID=0 SLURM_PROCID=3 SLURM_STEP_NUM_TASKS=4", (3, 4)),
            (
                "SLURM_ARRAY_TASK_ID=10 SLURM_ARRAY_TASK_MIN=4 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=5",
                (3, 5),
            ),
            ("SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=2", (0, 2)),
            ("AWS_BATCH_JOB_NODE_INDEX=1 AWS_BATCH_JOB_NUM_NODES=2", (1, 2)),
            ("AWS_BATCH_JOB_ARRAY_INDEX=7 AWS_BATCH_JOB_ARRAY_SIZE=8", (7, 8)),
            ("CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=10", (0, 10)),
            ("SGE_TASK_ID=5 SGE_TASK_FIRST=1 SGE_TASK_LAST=9 SGE_TASK_STEPSIZE=4", (1, 3)),
            ("LSB_JOBINDEX=2 LSB_JOBINDEX_END=4", (1, 4)),
            ("CI_NODE_INDEX=1 CI_NODE_TOTAL=5", (0, 5)),
            ("CIRCLE_NODE_INDEX=4 CIRCLE_NODE_TOTAL=5", (4, 5)),
            ("BUILDKITE_PARALLEL_JOB=0 BUILDKITE_PARALLEL_JOB_COUNT=2", (0, 2)),
        ] {
            assert_eq!(of(None, environment), Ok(place), "{environment}");
        }
        for (environment, place) in [
            ("JOB_COMPLETION_INDEX=2", 2),
            ("NOMAD_ALLOC_INDEX=0", 0),
            ("PBS_ARRAY_INDEX=3", 3),
            ("PBS_ARRAYID=1", 1),
            ("PARALLEL_SEQ=4", 3),
        ] {
            assert_eq!(of(Some(4), environment), Ok((place, 4)), "{environment}");
            assert!(matches!(of(None, environment), Err(IdentityError::NoCount { .. })), "{environment}");
        }
    }

    #[test]
    fn what_looks_like_an_engine_and_is_none_is_not_taken_for_one() {
        for environment in [
            "",
            // A batch script.
            "SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=7",
            "SGE_TASK_ID=undefined SGE_TASK_FIRST=undefined",
            "LSB_JOBINDEX=0 LSB_JOBINDEX_END=0",
            "CI_NODE_TOTAL=1",
        ] {
            assert_eq!(of(None, environment), Err(IdentityError::Unknown), "{environment}");
        }
    }

    #[test]
    fn engines_within_engines() {
        // `srun` of one task in an array job: the array divides.
        let array = "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=3";
        let alone = "SLURM_STEP_ID=0 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1";
        assert_eq!(of(None, &format!("{array} {alone}")), Ok((2, 3)));
        // Several tasks in an array: nobody knows which is meant.
        let several = "SLURM_STEP_ID=0 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2";
        let error = of(None, &format!("{array} {several}")).unwrap_err().to_string();
        assert!(
            error.contains("SLURM_PROCID=1 of 2") && error.contains("SLURM_ARRAY_TASK_ID=2 of 3"),
            "{error}"
        );
        // Open MPI's daemons are Slurm's tasks, its ranks are not.
        let ranks = "OMPI_COMM_WORLD_RANK=5 OMPI_COMM_WORLD_SIZE=8";
        assert_eq!(of(None, &format!("{ranks} {several}")), Ok((5, 8)));
        // srun --mpi=pmi2 says the same twice.
        assert_eq!(of(None, &format!("PMI_RANK=1 PMI_SIZE=2 {several}")), Ok((1, 2)));
        // One process is one shard.
        assert_eq!(of(None, alone), Ok((0, 1)));
    }

    #[test]
    fn a_count_that_is_given_beats_the_engine_s_and_bounds_it() {
        assert_eq!(of(Some(9), "PMI_RANK=1 PMI_SIZE=2"), Ok((1, 9)));
        let error = of(Some(2), "JOB_COMPLETION_INDEX=2").unwrap_err().to_string();
        assert!(error.contains("JOB_COMPLETION_INDEX=2") && error.contains("counted from 0"), "{error}");
    }
}
