//! The flags of `closed`.

use clap::Args;

use super::super::values::{Span, Stages};
use super::{CourseArgs, GateArgs, LoadArgs, ReportingArgs, ShardArgs, TrafficArgs};
use crate::schedule::Rate;

pub(super) const EXAMPLES: &str = "\
Examples:
  rpsbench closed -c 200 -n 10000
      200 users of the built-in service, 10,000 requests between them
  rpsbench closed http://127.0.0.1:8080/ --stages 20x400,50x1250,100x2500
      users x requests, stage after stage on the same connections: one row each, and where more users stop to help
  rpsbench closed http://127.0.0.1:8080/ --ramp-start 50 --ramp-steps 4 --ramp-inc 50 --step-duration 30s
      50, 100, 150 and 200 users for 30 s each

A closed loop slows down with the service and so cannot show what users who do not wait would see: `rpsbench compare` \
shows both side by side.";

/// The flags of `closed`.
#[derive(Debug, Args)]
pub(crate) struct ClosedArgs {
    /// Where requests go, http(s)://HOST:PORT/PATH. Without a URL the built-in service is started on a free
    /// loopback port
    ///
    /// Path and query may hold placeholders such as {index}.
    #[arg(value_name = "URL")]
    pub target: Option<String>,
    /// Users, each sending when its last answer has come [default: 10]
    ///
    /// At most 1,000,000.
    #[arg(short, long, value_name = "USERS")]
    pub concurrency: Option<u64>,
    /// Number of requests, over all users; in place of --duration
    #[arg(short = 'n', long)]
    pub requests: Option<u64>,
    /// How long the users go on sending: 60s, 1m30s, bare number = seconds [default: 10s]
    #[arg(long)]
    pub duration: Option<Span>,
    /// How long each user waits after an answer before sending again
    #[arg(long, default_value = "0s")]
    pub think_time: Span,
    /// Stages, users x requests or users x duration: 20x400,50x1250 or 20x30s,50x30s
    #[arg(long, value_name = "USERSxN,...", help_heading = "Stages")]
    pub stages: Option<Stages>,
    /// Stages of one length with more and more users: users of the first
    #[arg(long, value_name = "USERS", help_heading = "Stages")]
    pub ramp_start: Option<u64>,
    /// Number of such stages [default: 4]
    #[arg(long, help_heading = "Stages")]
    pub ramp_steps: Option<u64>,
    /// Users that each of them has more than the one before [default: as many as the first]
    #[arg(long, value_name = "USERS", help_heading = "Stages")]
    pub ramp_inc: Option<u64>,
    /// Length of each of them
    #[arg(long, default_value = "30s", help_heading = "Stages")]
    pub step_duration: Span,
    /// Also print a modelled correction: the rate that the users would have sent at together, had they not waited
    ///
    /// This is HdrHistogram's correction for coordinated omission: a model, not a measurement.
    #[arg(long, help_heading = "Report")]
    pub expected_rate: Option<Rate>,
    /// Run it all so many times, and show how much the runs differ
    ///
    /// At most 1,000 times. The runs of each stage are held against each other.
    #[arg(long, default_value_t = 1)]
    pub repeat: u64,

    /// Where, what and over which connections.
    #[command(flatten)]
    pub traffic: TrafficArgs,
    /// How much.
    #[command(flatten)]
    pub load: LoadArgs,
    /// What is reported.
    #[command(flatten)]
    pub reporting: ReportingArgs,
    /// What is done while it goes on.
    #[command(flatten)]
    pub course: CourseArgs,
    /// Which part is sent from here.
    #[command(flatten)]
    pub shards: ShardArgs,
    /// What makes it fail.
    #[command(flatten)]
    pub gate: GateArgs,
}
