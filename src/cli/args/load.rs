//! The flags that say how much is sent, and how.

use clap::{Args, ValueEnum};

use super::super::values::{LimitOrAll, Span};
use crate::plan::Auto;

/// What every command that sends requests has.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// Ramp from nothing to the full load before the measurement, excluded from it; 0 = none
    #[arg(
        long,
        env = "RPSBENCH_WARMUP",
        value_name = "DURATION",
        default_value = "1s",
        allow_hyphen_values = true
    )]
    pub warmup: Span,
    /// Seed of everything random: Poisson arrivals and the built-in service
    #[arg(long, env = "RPSBENCH_SEED", value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How long to wait for the last answers after the schedule has ended [default: the timeout]
    #[arg(
        long,
        env = "RPSBENCH_DRAIN",
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub drain: Option<Span>,
    /// Worker threads; auto = one for each 40,000 requests/s, within the cores at hand
    #[arg(
        long,
        env = "RPSBENCH_THREADS",
        value_name = "auto|N",
        default_value = "auto",
        help_heading = "Load"
    )]
    pub threads: Auto<u64>,
}

/// What an open loop has besides.
#[derive(Debug, Args)]
pub(crate) struct OpenLoopArgs {
    /// Spacing of the arrivals
    #[arg(long, env = "RPSBENCH_ARRIVALS", default_value = "constant")]
    pub arrivals: ArrivalsArg,
    /// The concurrency cap: requests in flight at once; auto = rate x timeout, which cannot bind, within the file
    /// descriptors at hand
    #[arg(
        long,
        env = "RPSBENCH_MAX_IN_FLIGHT",
        value_name = "auto|N",
        default_value = "auto",
        help_heading = "Load"
    )]
    pub max_in_flight: Auto<u64>,
    /// What an arrival does that finds the cap full
    #[arg(long, env = "RPSBENCH_OVERFLOW", default_value = "drop", help_heading = "Load")]
    pub overflow: OverflowArg,
    /// With --overflow queue: how many arrivals may wait for the cap
    #[arg(long, env = "RPSBENCH_QUEUE", value_name = "N", default_value_t = 100_000, help_heading = "Load")]
    pub queue: u64,
    /// Depth of the token bucket: how many requests a late client may send at once; what the bucket cannot hold is
    /// missed. all = send everything, late, and count the lateness
    #[arg(long, env = "RPSBENCH_BURST", value_name = "all|N", default_value = "all", help_heading = "Load")]
    pub burst: LimitOrAll,
    /// How early to wake up before a request is due, to spin until
    /// it. Costs CPU time [default: learned from how late wake-ups are;
    /// 0 on a machine with one core]
    #[arg(
        long,
        env = "RPSBENCH_LEAD",
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub lead: Option<Span>,
}

/// `--arrivals`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArrivalsArg {
    /// Evenly spaced
    Constant,
    /// Exponential gaps, as independent users come
    Poisson,
}

/// `--overflow`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OverflowArg {
    /// It is not sent, and counted as overflow
    Drop,
    /// It waits, and the wait counts as slot wait; beyond --queue it is dropped
    Queue,
}
