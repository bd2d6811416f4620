//! What was typed: the commands, each with its flags. Flags that several commands have stand in files of their own.

mod closed;
mod compare;
mod config;
mod course;
mod load;
mod merge;
mod network;
mod reporting;
mod request;
mod service;
mod shards;
mod sweep;
mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::profile::{ProfileArg, RateArg};
use super::values::Span;
use crate::plan::Auto;

pub(crate) use closed::ClosedArgs;
pub(crate) use compare::CompareArgs;
pub(crate) use config::ConfigArgs;
pub(crate) use course::CourseArgs;
pub(crate) use load::{LoadArgs, OpenRunArgs, OverflowArg};
pub(crate) use merge::MergeArgs;
pub(crate) use network::NetworkArgs;
pub(crate) use reporting::{Ci, GateArgs, Live, PrintingArgs, ReportingArgs};
pub(crate) use request::{RequestArgs, TrafficArgs};
pub(crate) use service::{ServeArgs, ServiceArgs};
pub(crate) use shards::ShardArgs;
pub(crate) use sweep::{MethodArg, ShapeArg, SweepArgs};
pub(crate) use words::WordsArgs;

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

Exit codes: 0 measured, also where the service fell behind; 1 the run could not be done; 2 usage; 3 the client was \
the limit; 98 the service died or was not tested, or --fail-on; 99 an objective was missed; 130 interrupted (the \
report is still written).";

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
pub(crate) struct Cli {
    /// What to do; `run` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open loop at a constant rate (the default command)
    #[command(after_help = EXAMPLES, arg_required_else_help = true)]
    Run(Box<RunArgs>),
    /// Closed loop: users who each wait for an answer before sending again, in stages or not
    #[command(after_help = closed::EXAMPLES, arg_required_else_help = true)]
    Closed(Box<ClosedArgs>),
    /// Results side by side: ours and other tools', and whether they differ by more than the noise
    #[command(after_help = compare::EXAMPLES)]
    Compare(Box<CompareArgs>),
    /// A ladder of rates and its knees, a search for the highest rate that holds, or a spike
    #[command(after_help = sweep::EXAMPLES, arg_required_else_help = true)]
    Sweep(Box<SweepArgs>),
    /// How fast this machine can send, so that a search does not take its limit for the service's
    Calibrate(CalibrateArgs),
    /// Print a saved result again
    Report(ReportArgs),
    /// One result of all shards of a run
    #[command(after_help = merge::EXAMPLES, arg_required_else_help = true)]
    Merge(MergeArgs),
    /// The built-in service, on its own, until it is interrupted
    Serve(ServeArgs),
    /// Completions for a shell, from this very command line
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// The man pages, as roff
    #[command(hide = true)]
    Man(ManArgs),
}

/// The flags of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Where requests go, http(s)://HOST:PORT/PATH. Without a URL the built-in service is started on a free
    /// loopback port
    ///
    /// Path and query may hold placeholders such as {index}.
    #[arg(value_name = "URL")]
    pub target: Option<String>,
    /// Total rate of arrivals: 300, 300/s, 18000/m, 0.5; or from one to another over the duration: 10..1000
    #[arg(short, long, allow_hyphen_values = true, value_name = "RATE[..RATE]")]
    pub rate: Option<RateArg>,
    /// A rate that changes, in place of --rate and --duration: phases such as 100@1m,peak:500@2m,500..50@30s, or a CSV file
    /// with the columns t_s, rate_per_s and perhaps phase
    ///
    /// Each phase has figures and a verdict of its own, and may have objectives of its own: --slo 'peak:p99<250ms'. The last row
    /// of a file is where it ends.
    #[arg(long, value_name = "PHASES|FILE.csv")]
    pub profile: Option<ProfileArg>,
    /// In a file of --profile, the rate of a row holds until the next row [default: it changes linearly]
    #[arg(long)]
    pub profile_steps: bool,
    /// Length of the measured phase: 60s, 1m30s, bare number = seconds
    ///
    /// At most 366 days, and at most 10^12 arrivals.
    #[arg(long, default_value = "10s")]
    pub duration: Span,
    /// Number of measured requests, in place of --duration
    #[arg(short = 'n', long)]
    pub requests: Option<u64>,
    /// Run it so many times, and show how much the runs differ
    ///
    /// At most 1,000 times.
    #[arg(long, default_value_t = 1)]
    pub repeat: u64,

    /// What is done while it goes on.
    #[command(flatten)]
    pub course: CourseArgs,
    /// Which part is sent from here.
    #[command(flatten)]
    pub shards: ShardArgs,
    /// What makes it fail.
    #[command(flatten)]
    pub gate: GateArgs,
    /// Of the runs.
    #[command(flatten)]
    pub runs: OpenRunArgs,
}

/// The flags of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A saved result (JSON); - reads stdin
    pub file: PathBuf,
    /// How it is printed.
    #[command(flatten)]
    pub printing: PrintingArgs,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  rpsbench completions bash > ~/.local/share/bash-completion/completions/rpsbench
  rpsbench completions zsh > ~/.zfunc/_rpsbench
      in a folder of $fpath: put `fpath=(~/.zfunc $fpath)` before `compinit` in ~/.zshrc
  rpsbench completions fish > ~/.config/fish/completions/rpsbench.fish

The man pages come from `rpsbench man`: read them with `rpsbench man | man -l -`, or install them with \
`rpsbench man --out ~/.local/share/man/man1`.";

/// The flags of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that reads them
    pub shell: ShellArg,
}

/// `completions SHELL`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShellArg {
    Bash,
    Zsh,
    Fish,
}

/// The flags of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write the pages to this folder, one file each, instead of stdout
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The flags of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Worker threads; auto = 1
    #[arg(long, default_value = "auto")]
    pub threads: Auto<u64>,
    /// No progress on stderr
    #[arg(short, long)]
    pub quiet: bool,
}
