//! How engines tell a process which of several it is: a table of variables.

/// Where an engine says how many processes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// In a variable.
    Variable(&'static str),
    /// In the variable of the last index.
    Last(&'static str),
    /// Nowhere.
    Untold,
}

/// The variables of one engine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scheme {
    /// Its name, for people.
    pub name: &'static str,
    /// The variable of the index.
    pub index: &'static str,
    /// What the first index is.
    pub first: First,
    /// The variable of the distance between two indices; 1 without it.
    pub step: Option<&'static str>,
    /// How many processes there are.
    pub count: Count,
    /// Without this variable the others mean something else.
    pub needs: Option<&'static str>,
    /// Whether it starts processes of its own in those that Slurm started: then Slurm's numbers are not theirs.
    pub is_mpi: bool,
}

/// What the first index of an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Zero,
    One,
    /// What a variable says.
    Variable(&'static str),
}

const fn scheme(name: &'static str, index: &'static str, first: First, count: Count) -> Scheme {
    Scheme { name, index, first, step: None, count, needs: None, is_mpi: false }
}

use Count::{Last, Untold, Variable};
use First::{One, Zero};

/// The name of what `srun` starts.
pub(super) const SLURM_STEP: &str = "Slurm step";

/// All engines, in the order in which they are asked: what starts single processes before what starts whole jobs.
pub(super) const SCHEMES: [Scheme; 17] = [
    Scheme {
        is_mpi: true,
        ..scheme("Open MPI", "OMPI_COMM_WORLD_RANK", Zero, Variable("OMPI_COMM_WORLD_SIZE"))
    },
    // MPICH, Intel MPI, MVAPICH: the process manager Hydra.
    Scheme { is_mpi: true, ..scheme("PMI", "PMI_RANK", Zero, Variable("PMI_SIZE")) },
    // A batch script has SLURM_PROCID=0 as well: only a step has a number.
    Scheme {
        needs: Some("SLURM_STEP_ID"),
        ..scheme(SLURM_STEP, "SLURM_PROCID", Zero, Variable("SLURM_STEP_NUM_TASKS"))
    },
    Scheme {
        step: Some("SLURM_ARRAY_TASK_STEP"),
        ..scheme(
            "Slurm array",
            "SLURM_ARRAY_TASK_ID",
            First::Variable("SLURM_ARRAY_TASK_MIN"),
            Variable("SLURM_ARRAY_TASK_COUNT"),
        )
    },
    scheme("AWS Batch multi-node", "AWS_BATCH_JOB_NODE_INDEX", Zero, Variable("AWS_BATCH_JOB_NUM_NODES")),
    scheme("AWS Batch array", "AWS_BATCH_JOB_ARRAY_INDEX", Zero, Variable("AWS_BATCH_JOB_ARRAY_SIZE")),
    scheme("Cloud Run job", "CLOUD_RUN_TASK_INDEX", Zero, Variable("CLOUD_RUN_TASK_COUNT")),
    scheme("Kubernetes Indexed Job", "JOB_COMPLETION_INDEX", Zero, Untold),
    scheme("Nomad", "NOMAD_ALLOC_INDEX", Zero, Untold),
    Scheme {
        step: Some("SGE_TASK_STEPSIZE"),
        ..scheme("Grid Engine array", "SGE_TASK_ID", First::Variable("SGE_TASK_FIRST"), Last("SGE_TASK_LAST"))
    },
    scheme("PBS array", "PBS_ARRAY_INDEX", Zero, Untold),
    scheme("Torque array", "PBS_ARRAYID", Zero, Untold),
    Scheme {
        step: Some("LSB_JOBINDEX_STEP"),
        ..scheme("LSF array", "LSB_JOBINDEX", One, Last("LSB_JOBINDEX_END"))
    },
    scheme("GitLab CI", "CI_NODE_INDEX", One, Variable("CI_NODE_TOTAL")),
    scheme("CircleCI", "CIRCLE_NODE_INDEX", Zero, Variable("CIRCLE_NODE_TOTAL")),
    scheme("Buildkite", "BUILDKITE_PARALLEL_JOB", Zero, Variable("BUILDKITE_PARALLEL_JOB_COUNT")),
    scheme("GNU parallel", "PARALLEL_SEQ", One, Untold),
];
