//! The flags of `sweep`.

use clap::{Args, ValueEnum};

use super::super::values::{Share, Span};
use super::{OpenRunArgs, ShardArgs};
use crate::ladder::{Order, Rungs};
use crate::schedule::Rate;

pub(super) const EXAMPLES: &str = "\
Examples:
  rpsbench sweep --rates 50..400:50
      50, 100, ... 400 requests/s to the built-in service, until it is saturated; one row each, and the knees
  rpsbench sweep http://127.0.0.1:8080/ --rates 100..10000:x1.5 --slo 'p99<250ms' -o ladder.json
      half as much again on each rung, and the highest rate that meets the objective
  rpsbench sweep http://127.0.0.1:8080/ --find-knee --slo 'p99<500ms' --slo 'error_rate<1%' --budget 10m
      search for the highest rate that meets the objectives, and say how sure that is
  rpsbench sweep http://127.0.0.1:8080/ --shape spike --rates 200,600 --spike-duration 5s
      how long the service takes to be itself again after 5 s of too much

Exit codes of --find-knee: 0 found, as narrow as the budget allows; 1 no knee, or not within --width (the reason is printed with the bounds so far); 3 the generator gives out \
first; 4 a shard was lost; 99 the objectives are missed already at the lowest rate; 130 interrupted.";

/// The flags of `sweep`.
#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// Where requests go, http(s)://HOST:PORT/PATH. Without a URL the built-in service is started on a free
    /// loopback port
    ///
    /// Path and query may hold placeholders such as {index}.
    #[arg(value_name = "URL")]
    pub target: Option<String>,
    /// The rungs: 50..400:50 (steps of 50), 50..400:x1.25 (each 1.25 times the one before), or a list 50,100,200. With
    /// --find-knee: none. With --shape: two, the rate to hold and the rate of the spike
    ///
    /// At most 1,000 rungs.
    #[arg(long, help_heading = "Ladder")]
    pub rates: Option<Rungs>,
    /// Length of each rung, without its warm-up
    ///
    /// With --find-knee, where it is given: length of a trial of full length.
    #[arg(long, default_value = "15s", help_heading = "Ladder")]
    pub step_duration: Span,
    /// Run each rung so many times; the majority of them decides
    ///
    /// At most 1,000 times. Of a figure the median is taken. Of a ladder only: a search repeats by itself what needs it.
    /// --repeats and RPSBENCH_REPEATS are earlier names.
    #[arg(long, default_value_t = 1, help_heading = "Ladder")]
    pub repeat: u64,
    /// The earlier name of --repeat
    #[arg(long, hide = true)]
    pub repeats: Option<u64>,
    /// In which order
    #[arg(long, default_value = "up", help_heading = "Ladder")]
    pub order: Order,
    /// End the ladder after two saturated rungs; --stop-when-saturated=false runs them all
    ///
    /// With --order updown the ladder turns there. No effect in the other orders.
    #[arg(long, default_value = "true", help_heading = "Ladder")]
    pub stop_when_saturated: bool,
    /// Longest wait between two rungs for the service to be as fast as at the lowest rate again
    ///
    /// The median must come within 1.5 times that, and 2 ms.
    #[arg(long, default_value = "30s", help_heading = "Ladder")]
    pub recover: Span,
    /// The baseline knee is where the response p99 is this many times that of the lowest rung (the median, where a rung has
    /// too few requests for a p99)
    #[arg(long, value_name = "K", default_value_t = 3.0, help_heading = "Ladder")]
    pub baseline_factor: f64,

    /// Search for the highest rate that meets the objectives (--slo), in place of a ladder
    #[arg(long, help_heading = "Search")]
    pub find_knee: bool,
    /// The lowest rate of interest
    ///
    /// It is also the baseline.
    #[arg(long, default_value = "10", help_heading = "Search")]
    pub min_rate: Rate,
    /// The highest rate that may be tried [default: 0.8 of what this machine can send]
    #[arg(long, help_heading = "Search")]
    pub max_rate: Option<Rate>,
    /// How long the search may take
    ///
    /// Calibration counts.
    #[arg(long, default_value = "10m", help_heading = "Search")]
    pub budget: Span,
    /// How trials become an answer
    #[arg(long, default_value = "posterior", help_heading = "Search")]
    pub search: MethodArg,
    /// The search ends when the interval is this narrow, as a share of its upper end
    ///
    /// From 0.1% to 50%. Where it is given, a wider interval at the end of the budget is no answer (exit code 1).
    #[arg(long, value_name = "SHARE", default_value = "5%", help_heading = "Search")]
    pub width: Share,
    /// Run the rate that was found once more, for four times as long, before it is announced
    #[arg(long, help_heading = "Search")]
    pub confirm: bool,

    /// Hold one rate, go to another, go back, and say how long the service takes to recover
    #[arg(long, help_heading = "Shape")]
    pub shape: Option<ShapeArg>,
    /// Length of the spike; a step is as long as --step-duration
    ///
    /// Only with --shape spike.
    #[arg(long, default_value = "5s", help_heading = "Shape")]
    pub spike_duration: Span,

    /// Which part of each run is sent from here.
    #[command(flatten)]
    pub shards: ShardArgs,
    /// Of the runs.
    #[command(flatten)]
    pub runs: OpenRunArgs,
}

/// `--search`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodArg {
    /// All trials together, weighed by a model of queues: the knee lies between two rates with 95 % confidence
    Posterior,
    /// A majority of trials at each rate (RFC 9971)
    Votes,
}

/// `--shape`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShapeArg {
    /// As long as --step-duration
    Step,
    /// As long as --spike-duration
    Spike,
}
