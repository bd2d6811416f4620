//! The flags of `compare`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use super::FormatArg;
use crate::compare::Condition;

pub(super) const EXAMPLES: &str = "\
Examples:
  rpsbench compare before.json after.json --fail-if 'p99>+10%'
      two results of rpsbench; exit code 99 when the p99 rose by more than 10 % and by more than the noise
  wrk -t1 -c150 -d30s --latency http://127.0.0.1:8080/ | rpsbench compare open.json -
      what another tool said of the same service";

/// The flags of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Saved results, ours or another tool's (wrk, wrk2, oha, vegeta, k6, h2load, hey, bombardier, fortio), known by their
    /// content; - reads stdin. The first is what the others are compared with
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Exit with 99 when another result differs from the first by more: 'p99>+10%', 'p99>+5ms', 'rps<-5%',
    /// 'error_rate>+0.1%'; repeatable. A difference within the noise does not count
    #[arg(long, env = "RPSBENCH_FAIL_IF", value_name = "CONDITION", value_delimiter = ',')]
    pub fail_if: Vec<Condition>,
    /// What stdout receives
    #[arg(long, env = "RPSBENCH_FORMAT", default_value = "text")]
    pub format: FormatArg,
    /// Also write the comparison to a file; format by extension: .json, .csv, .txt; repeatable (in the environment: one per
    /// line)
    #[arg(short, long, env = "RPSBENCH_OUTPUT", value_name = "FILE", value_delimiter = '\n')]
    pub output: Vec<PathBuf>,
    /// No warnings on stderr
    #[arg(
        long, short, env = "RPSBENCH_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new()
    )]
    pub quiet: bool,
}
