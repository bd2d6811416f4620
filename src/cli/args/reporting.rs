//! The flags that say what is reported, and where.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use crate::judge::Slo;
use crate::report::Format;

/// What every command that measures has.
#[derive(Debug, Args)]
pub(crate) struct ReportingArgs {
    /// An objective such as 'p99<250ms', 'p(99)<250', 'error_rate<1%', 'achieved>99%'; repeatable; exit code 99 when
    /// one is missed. Metrics: p50 to p99.99, mean, max, error_rate, failure_rate, overflow_rate, throttled_rate, achieved
    #[arg(long, env = "RPSBENCH_SLO", value_delimiter = ',', help_heading = "Report")]
    pub slo: Vec<Slo>,
    /// What stdout receives
    #[arg(long, env = "RPSBENCH_FORMAT", default_value = "text", help_heading = "Report")]
    pub format: Format,
    /// Also write the result to a file
    #[arg(
        short,
        long,
        env = "RPSBENCH_OUTPUT",
        value_name = "FILE",
        value_delimiter = '\n',
        help = format!(
            "Also write the result to a file; format by extension: {}; repeatable (in the environment: one per line)",
            Format::extensions()
        ),
        help_heading = "Report"
    )]
    pub output: Vec<PathBuf>,
    /// Keep details of the N slowest requests, and of N of each kind of failure
    #[arg(long, env = "RPSBENCH_SAMPLES", value_name = "N", default_value_t = 10, help_heading = "Report")]
    pub samples: usize,
    /// Show hosts, paths and query values in reports; tokens never
    #[arg(
        long, env = "RPSBENCH_NO_REDACT", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new(),
        help_heading = "Report"
    )]
    pub no_redact: bool,
    /// No live line and no warnings on stderr
    #[arg(
        long, short, env = "RPSBENCH_QUIET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new(),
        help_heading = "Report"
    )]
    pub quiet: bool,
}
