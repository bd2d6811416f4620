//! The flags that say how much is sent, and how.

use clap::{Args, ValueEnum};

use super::super::values::{LimitOrAll, Span};
use super::{ReportingArgs, TrafficArgs};
use crate::plan::Auto;
use crate::schedule::{Arrivals, NANOS_PER_S};

/// What every command that sends requests has.
#[derive(Debug, Args)]
#[command(next_help_heading = None)]
pub(crate) struct LoadArgs {
    /// Requests sent one at a time before everything else: they give the service time of the idle service, which queueing
    /// is measured against; 0 = none [default: as many as fit in 1 s, at least 20; 0 with --requests]
    ///
    /// Fewer than 20 where they would take more than 10 s; at most 10,000. Part of no other figure.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=10_000))]
    pub baseline: Option<u64>,
    /// Send one request first, and load the target only if it gets a good answer [default: so, but not with --requests]
    ///
    /// Up to three, since a service may turn one away. Not sent to the built-in service.
    #[arg(long)]
    pub check: bool,
    /// Load the target whatever it answers
    #[arg(long)]
    pub no_check: bool,
    /// Ramp from nothing to the full load before the measurement, excluded from it; 0 = none [default: 1s; 0 with
    /// --requests, so that the target receives so many and no more]
    #[arg(long)]
    pub warmup: Option<Span>,
    /// Seed of everything random: Poisson arrivals and the built-in service
    ///
    /// Also of --data-order random, and of --order random of a sweep.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How long to wait for the last answers after the schedule has ended [default: the timeout]
    ///
    /// At most 24h.
    #[arg(long, help_heading = "Load")]
    pub drain: Option<Span>,
    /// Worker threads; auto = one for each 40,000 requests/s, within the cores and the CPU quota at
    /// hand
    ///
    /// At most 1,024, and no more than the cap or the depth of the bucket.
    #[arg(long, default_value = "auto", help_heading = "Load")]
    pub threads: Auto<u64>,
}

/// Length of the warm-up where nobody says it.
const WARMUP: Span = Span(NANOS_PER_S);

impl LoadArgs {
    /// Length of the warm-up, in nanoseconds. `is_counted`: whether the number of requests was given.
    pub(crate) fn warmup_ns(&self, is_counted: bool) -> u64 {
        self.warmup.unwrap_or(if is_counted { Span(0) } else { WARMUP }).0
    }

    /// Whether a request is to be answered well before the load begins.
    pub(crate) fn is_checked(&self, is_counted: bool) -> bool {
        self.check || !(self.no_check || is_counted)
    }

    /// Requests of the idle baseline.
    pub(crate) fn baseline(&self, is_counted: bool) -> Auto<u64> {
        self.baseline.map_or(if is_counted { Auto::Given(0) } else { Auto::Auto }, Auto::Given)
    }
}

/// What an open loop has besides.
#[derive(Debug, Args)]
#[command(next_help_heading = "Load")]
pub(crate) struct OpenLoopArgs {
    /// Spacing of the arrivals
    #[arg(long, default_value = "constant", help_heading = None)]
    pub arrivals: Arrivals,
    /// The concurrency cap: requests in flight at once; auto = rate x timeout, which cannot bind, within the file
    /// descriptors at hand
    ///
    /// In numbers, auto is rate x timeout, a tenth more, and ten.
    #[arg(long, default_value = "auto")]
    pub max_in_flight: Auto<u64>,
    /// What an arrival does that finds the cap full
    #[arg(long, default_value = "drop")]
    pub overflow: OverflowArg,
    /// With --overflow queue: how many arrivals may wait for the cap
    #[arg(long, default_value_t = 100_000)]
    pub queue: u64,
    /// Depth of the token bucket: how many requests a late client may send at once; what the bucket cannot hold is
    /// missed. all = send everything, late, and count the lateness
    #[arg(long, default_value = "all")]
    pub burst: LimitOrAll,
    /// How early to wake up before a request is due, to spin until
    /// it. Costs CPU time [default: learned from how late wake-ups are;
    /// 0 on a machine with one core]
    ///
    /// At most 1s. A longer lead means less send lag. What is learned is the median of how late wake-ups have been, at most
    /// 100us.
    #[arg(long)]
    pub lead: Option<Span>,
    /// Never sleep, so that nothing has to wake up: for a core that has nothing else to do
    ///
    /// Each thread takes its core altogether; what it spins does not count as work in the report. Not together with --lead.
    #[arg(long)]
    pub spin: bool,
}

/// `--overflow`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OverflowArg {
    /// It is not sent, and counted as overflow
    Drop,
    /// It waits, and the wait counts as slot wait; beyond --queue it is dropped
    Queue,
}

/// What every command has that makes runs of an open loop.
#[derive(Debug, Args)]
pub(crate) struct OpenRunArgs {
    /// Where, what and over which connections.
    #[command(flatten)]
    pub traffic: TrafficArgs,
    /// How much.
    #[command(flatten)]
    pub load: LoadArgs,
    /// How it is paced and capped.
    #[command(flatten)]
    pub open: OpenLoopArgs,
    /// What is reported.
    #[command(flatten)]
    pub reporting: ReportingArgs,
}
