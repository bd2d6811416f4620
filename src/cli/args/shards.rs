//! The flags that divide a schedule over several machines.

use clap::Args;

use super::super::values::{MeetAt, ShardArg, Span, StartAt};

/// What every command has whose schedule can be divided.
#[derive(Debug, Args)]
#[command(next_help_heading = "Shards")]
pub(crate) struct ShardArgs {
    /// Send one part of the schedule, I of N, counted from 0; the results are added up by shard 0 (--rendezvous) or with
    /// `rpsbench merge`. auto = which of how many as Slurm, MPI, Kubernetes and others say
    ///
    /// All shards get the same flags: rates and limits are those of the whole. auto/N where the engine does not say how many.
    /// Known are Open MPI, MPICH and other PMI, Slurm steps and arrays, AWS Batch, Cloud Run jobs, Kubernetes Indexed Jobs,
    /// Nomad, Grid Engine, PBS, LSF, GitLab, CircleCI, Buildkite and GNU parallel.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<ShardArg>,
    /// How many shards there are, where --shard does not say
    #[arg(long, value_name = "N")]
    pub shards: Option<u64>,
    /// Start the schedule at this moment, such as 2026-01-31T12:00:00Z, or so long from now: +30s
    ///
    /// By this machine's clock. The warm-up begins then. A run that is not ready by then is not begun: exit code 5. Not for a
    /// sweep.
    #[arg(long, value_name = "TIME")]
    pub start_at: Option<StartAt>,
    /// Start all shards together: shard 0 listens at http://HOST:PORT, or waits in a folder that all see, dir:PATH; the others
    /// come to it, and it prints the one report of all
    ///
    /// The same for all shards. Clocks need not agree: each shard compares its own with that of shard 0. An
    /// interrupt of one shard ends all. Nothing is exchanged while requests are sent. Of several runs (stages, repeats, the
    /// rungs of a ladder, the trials of a search) shard 0 starts one after another.
    #[arg(long, value_name = "URL")]
    pub rendezvous: Option<MeetAt>,
    /// How long to wait until all shards have come
    #[arg(long, default_value = "60s")]
    pub rendezvous_timeout: Span,
    /// What all shards of a run know, so that no stranger joins; best in the environment
    #[arg(long, value_name = "SECRET", hide_env_values = true)]
    pub rendezvous_token: Option<String>,
    /// With fewer than all, start with at least so many when --rendezvous-timeout is over [default: all]
    ///
    /// Not for a sweep: a rung without some of its shards has not the rate that it stands for.
    #[arg(long, value_name = "N")]
    pub min_shards: Option<u64>,
}
