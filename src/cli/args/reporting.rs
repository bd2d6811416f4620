//! The flags that say what is reported, and where.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::judge::Slo;
use crate::report::Format;
use crate::result::{Conclusion, Figure};

/// What every command that measures has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct ReportingArgs {
    /// An objective
    #[arg(long, value_delimiter = ',', help = slo_help())]
    pub slo: Vec<Slo>,
    /// What stdout receives
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Print all details below the result
    #[arg(long)]
    pub details: bool,
    /// A name for the result, by which a comparison tells it from others
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Also write the result to a file
    #[arg(short, long, value_delimiter = '\n', help = output_help(), long_help = output_long_help())]
    pub output: Vec<PathBuf>,
    /// Keep details of the N slowest requests, and of N of each kind of failure
    ///
    /// Of good answers the slowest are kept, of each kind of failure the first. 0 = none, at most 10,000.
    #[arg(long, default_value_t = 10)]
    pub samples: usize,
    /// Tell a CI system too: github = the summary for the step (GITHUB_STEP_SUMMARY), and on stderr annotations of what failed
    #[arg(long, value_name = "SYSTEM")]
    pub ci: Option<Ci>,
    /// Show hosts, paths and query values in reports; tokens never
    #[arg(long)]
    pub no_redact: bool,
    /// Hide the host on the terminal too, as in files and in what is piped on
    #[arg(long)]
    pub redact: bool,
    /// What stderr shows while requests are sent
    ///
    /// With --quiet nothing. A screen needs a terminal of 80x24 at least that moves its cursor (not TERM=dumb).
    #[arg(long, default_value = "auto")]
    pub live: Live,
    /// No live display and no warnings on stderr
    #[arg(short, long)]
    pub quiet: bool,
}

/// `--live`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Live {
    /// The screen where the terminal has room for it, else the line
    Auto,
    /// A full screen, which is gone when the report comes
    Screen,
    /// A line: rewritten each second on a terminal, a new one every 5 s elsewhere
    Line,
    /// Nothing but warnings
    None,
}

/// `--ci`: who else is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    /// GitHub Actions
    Github,
}

/// How a result is printed that is there already.
#[derive(Debug, Args)]
#[command(next_help_heading = None)]
pub(crate) struct PrintingArgs {
    /// What stdout receives
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Print all details below the result
    #[arg(long)]
    pub details: bool,
    /// Tell a CI system too: github = the summary for the step (GITHUB_STEP_SUMMARY), and on stderr annotations of what failed
    #[arg(long, value_name = "SYSTEM")]
    pub ci: Option<Ci>,
    /// Also write the result to a file
    #[arg(
        short,
        long,
        value_delimiter = '\n',
        help = format!("Also write the result to a file; format by extension: {}; repeatable", Format::extensions())
    )]
    pub output: Vec<PathBuf>,
}

/// What makes a command fail.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct GateArgs {
    /// End with 98 when the result is one of these, as when the service died or was not tested; a list
    #[arg(long, value_name = "RESULT,...", value_delimiter = ',')]
    pub fail_on: Vec<Conclusion>,
}

fn slo_help() -> String {
    let metrics = Figure::names();
    format!(
        "An objective such as 'p99<250ms', 'p(99)<250ms', 'error_rate<1%', 'achieved>99%'; repeatable; exit code 99 when one \
         is missed. Metrics: {metrics}"
    )
}

fn output_help() -> String {
    let formats = Format::extensions();
    format!(
        "Also write the result to a file; format by extension: {formats}; repeatable (in the environment: one per line)"
    )
}

fn output_long_help() -> String {
    let short = output_help();
    format!("{short}\n\nThe folder is checked before the run, and the file appears only when it is complete.")
}
