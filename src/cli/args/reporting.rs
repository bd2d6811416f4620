//! The flags that say what is reported, and where.

use std::path::PathBuf;

use clap::Args;

use crate::judge::Slo;
use crate::report::Format;

/// What every command that measures has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct ReportingArgs {
    /// An objective such as 'p99<250ms', 'p(99)<250', 'error_rate<1%', 'achieved>99%'; repeatable; exit code 99 when
    /// one is missed. Metrics: p50 to p99.99, mean, max, error_rate, failure_rate, overflow_rate, throttled_rate, achieved
    #[arg(long, value_delimiter = ',')]
    pub slo: Vec<Slo>,
    /// What stdout receives
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Also write the result to a file
    #[arg(
        short,
        long,
        value_delimiter = '\n',
        help = format!(
            "Also write the result to a file; format by extension: {}; repeatable (in the environment: one per line)",
            Format::extensions()
        )
    )]
    pub output: Vec<PathBuf>,
    /// Keep details of the N slowest requests, and of N of each kind of failure
    #[arg(long, default_value_t = 10)]
    pub samples: usize,
    /// Show hosts, paths and query values in reports; tokens never
    #[arg(long)]
    pub no_redact: bool,
    /// No live line and no warnings on stderr
    #[arg(short, long)]
    pub quiet: bool,
}
