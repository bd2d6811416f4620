//! What was typed.

mod network;
mod request;
mod service;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::values::{FewOrAuto, LimitOrAll, Span};
use crate::measure::Slo;
use crate::schedule::Rate;

pub use network::NetworkArgs;
pub use request::{DataOrderArg, RequestArgs};
pub use service::ServiceArgs;

const EXAMPLES: &str = "\
Examples:
  rpsbench --rate 300 --duration 60s
      the built-in service at just above its capacity: see what an open loop sees
  rpsbench http://127.0.0.1:8080/path --rate 5000 --duration 30s -o result.json
      a server of yours, result saved
  rpsbench http://127.0.0.1:8080/ --rate 1000 --slo 'p99<250ms' --slo 'error_rate<1%'
      exit code 99 when an objective is missed
  rpsbench report result.json --format csv
      print a saved result again

Exit codes: 0 done; 1 the run could not be done; 2 usage; 3 the generator could not hold the schedule;
99 an objective was missed; 130 interrupted (the report is still written).";

/// An open-loop, constant-rate HTTP benchmark: requests leave on schedule whatever the answers do, and every answer
/// is measured from the time its request was due.
#[derive(Debug, Parser)]
#[command(
    name = "rpsbench",
    version,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    max_term_width = 110
)]
pub struct Cli {
    /// What to do; `run` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open loop at a constant rate (the default command)
    #[command(after_help = EXAMPLES, arg_required_else_help = true)]
    Run(Box<RunArgs>),
    /// Print a saved result again
    Report(ReportArgs),
    /// The built-in service, on its own, until it is interrupted
    Serve(ServeArgs),
}

/// The flags of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Where requests go, http(s)://HOST:PORT/PATH. Without a URL the built-in service is started on a free
    /// loopback port
    #[arg(value_name = "URL")]
    pub target: Option<String>,
    /// The same as the argument URL
    #[arg(long, env = "RPSBENCH_URL", value_name = "URL", hide_env_values = true)]
    pub url: Option<String>,
    /// Total rate of arrivals: 300, 300/s, 18000/m, 0.5
    #[arg(short, long, env = "RPSBENCH_RATE", allow_hyphen_values = true)]
    pub rate: Rate,
    /// Length of the measured phase: 60s, 1m30s, bare number = seconds
    #[arg(long, env = "RPSBENCH_DURATION", default_value = "10s", allow_hyphen_values = true)]
    pub duration: Span,
    /// Number of measured requests, in place of --duration
    #[arg(short = 'n', long, env = "RPSBENCH_REQUESTS", value_name = "N")]
    pub requests: Option<u64>,
    /// Linear ramp from 0 to the rate before the measurement, excluded from it; 0 = none
    #[arg(
        long,
        env = "RPSBENCH_WARMUP",
        value_name = "DURATION",
        default_value = "1s",
        allow_hyphen_values = true
    )]
    pub warmup: Span,
    /// Spacing of the arrivals
    #[arg(long, env = "RPSBENCH_ARRIVALS", default_value = "constant")]
    pub arrivals: ArrivalsArg,
    /// Seed of everything random: Poisson arrivals and the built-in service
    #[arg(long, env = "RPSBENCH_SEED", value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// What is asked.
    #[command(flatten)]
    pub request: RequestArgs,
    /// Over which connections.
    #[command(flatten)]
    pub network: NetworkArgs,

    /// The concurrency cap: requests in flight at once; auto = rate x timeout, which cannot bind, within the file
    /// descriptors at hand
    #[arg(
        long,
        env = "RPSBENCH_MAX_IN_FLIGHT",
        value_name = "auto|N",
        default_value = "auto",
        help_heading = "Load"
    )]
    pub max_in_flight: FewOrAuto,
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
    pub threads: FewOrAuto,
    /// How early the pacer wakes before a due instant, to spend the kernel's wake-up latency before it and not after
    /// it. Costs CPU time [default: 20us up to 5,000 requests/s for each
    /// thread; 0 above it, and on a machine with one core]
    #[arg(
        long,
        env = "RPSBENCH_LEAD",
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub lead: Option<Span>,

    /// An objective such as 'p99<250ms', 'p(99)<250', 'error_rate<1%', 'achieved>99%'; repeatable; exit code 99 when
    /// one is missed. Metrics: p50 to p99.99, mean, max, error_rate, failure_rate, overflow_rate, achieved
    #[arg(long, env = "RPSBENCH_SLO", value_delimiter = ',', help_heading = "Report")]
    pub slo: Vec<Slo>,
    /// What stdout receives
    #[arg(long, env = "RPSBENCH_FORMAT", default_value = "text", help_heading = "Report")]
    pub format: FormatArg,
    /// Also write the result to a file; format by extension: .json, .csv, .txt; repeatable (in the environment: one per
    /// line)
    #[arg(
        short,
        long,
        env = "RPSBENCH_OUTPUT",
        value_name = "FILE",
        value_delimiter = '\n',
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

    /// The flags of the built-in service.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// The flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A saved result (JSON); - reads stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What stdout receives
    #[arg(long, env = "RPSBENCH_FORMAT", default_value = "text")]
    pub format: FormatArg,
    /// Also write the result to a file; format by extension: .json, .csv, .txt; repeatable
    #[arg(short, long, env = "RPSBENCH_OUTPUT", value_name = "FILE", value_delimiter = '\n')]
    pub output: Vec<PathBuf>,
}

/// The flags of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; port 0 = a free port
    #[arg(long, env = "RPSBENCH_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Seed of the service times
    #[arg(long, env = "RPSBENCH_SEED", value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The service.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// `--arrivals`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArrivalsArg {
    /// Evenly spaced
    Constant,
    /// Exponential gaps, as independent users come
    Poisson,
}

/// `--overflow`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OverflowArg {
    /// It is not sent, and counted as overflow
    Drop,
    /// It waits, and the wait counts as slot wait; beyond --queue it is dropped
    Queue,
}

/// `--format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// For people
    Text,
    /// rpsbench.result/1, with the histograms
    Json,
    /// One header and one row
    Csv,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_environment_variable() {
        fn walk(command: &clap::Command) -> usize {
            let flags =
                command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"));
            let mut count = 0;
            for arg in flags.filter(|arg| arg.get_long().is_some()) {
                let long = arg.get_long().unwrap();
                let expected = format!("RPSBENCH_{}", long.to_uppercase().replace('-', "_"));
                let env = arg.get_env().map(|name| name.to_string_lossy().into_owned());
                assert_eq!(env, Some(expected), "--{long} of {}", command.get_name());
                count += 1;
            }
            count + command.get_subcommands().map(walk).sum::<usize>()
        }
        assert!(walk(&Cli::command()) > 50);
    }
}
