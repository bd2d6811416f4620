//! The flags of `compare`.

use std::path::PathBuf;

use clap::Args;

use super::super::values::Span;
use super::OpenRunArgs;
use crate::compare::Condition;

pub(super) const EXAMPLES: &str = "\
Examples:
  rpsbench compare before.json after.json --fail-if 'p99>+10%'
      two results of rpsbench; exit code 99 when the p99 rose by more than 10 % and by more than the noise
  wrk -t1 -c150 -d30s --latency http://127.0.0.1:8080/ | rpsbench compare open.json -
      what another tool said of the same service
  rpsbench compare -c 150 --duration 30s
      live, on the built-in service: what 150 users who wait see, and what they hide";

/// The flags of `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Saved results, ours or another tool's (wrk, wrk2, oha, vegeta, k6, h2load, hey, bombardier, fortio), known by their
    /// content; - reads stdin. The first is what the others are compared with. Or, with -c, the URL of a live comparison;
    /// without a URL the built-in service is started
    ///
    /// A file with several stages gives several results.
    #[arg(value_name = "FILE|URL")]
    pub files: Vec<PathBuf>,
    /// Live: a closed loop of so many users, then open loops at the throughput that it reached, at 0.9 and at 1.05 of it
    #[arg(short, long, value_name = "USERS")]
    pub concurrency: Option<u64>,
    /// Live: length of each of the four runs, without its warm-up
    #[arg(long, default_value = "30s")]
    pub duration: Span,
    /// Exit with 99 when another result differs from the first by more: 'p99>+10%', 'p99>+5ms', 'rps<-5%',
    /// 'error_rate>+0.1%'; repeatable. A difference within the noise does not count
    #[arg(long, value_name = "CONDITION", value_delimiter = ',')]
    pub fail_if: Vec<Condition>,
    /// Fail also where nobody can tell whether a condition of --fail-if holds, because the results are too short or lack
    /// the figure
    #[arg(long)]
    pub fail_inconclusive: bool,

    /// Of the runs.
    #[command(flatten)]
    pub runs: OpenRunArgs,
}
