//! The flags about the course of a run: what is told while it goes on, and when it ends before its time.

use std::path::PathBuf;

use clap::Args;

use super::super::log_file::LogFile;
use super::super::watchers::{Collector, Label, Listen, Watchers};
use crate::judge::AbortRule;

/// What is done while a run goes on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Load")]
pub(crate) struct CourseArgs {
    /// End the run when this holds, second by second, such as 'failure_rate>50% for 5s'; repeatable (in the environment: one
    /// per line)
    ///
    /// Of error_rate, failure_rate, overflow_rate, p50 to p99.99 (of the good answers of a second), after the warm-up. The
    /// report is still written; exit code 1.
    #[arg(long, value_name = "CONDITION", value_delimiter = '\n')]
    pub abort_on: Vec<AbortRule>,
    /// Go on although the service refuses every connection [default: the run ends after 5 s of that]
    #[arg(long)]
    pub no_abort: bool,
    /// Send one request, show it and its answer, and end
    ///
    /// Credentials are hidden as everywhere; hosts and query values too, unless --no-redact is given. Exit code 1 where the answer
    /// is not good.
    #[arg(long, help_heading = "Report")]
    pub debug: bool,
    /// Write a line of JSON each second while it runs: to a file, or with - to stdout, which then has no report
    ///
    /// Counts of the second, what is in flight, and percentiles of the good answers that came in it. A reader that does not keep
    /// up loses lines, and the run waits for nobody.
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub stream: Option<PathBuf>,
    /// Answer Prometheus while it runs: GET /metrics at this address, or at this port of 127.0.0.1
    #[arg(long, value_name = "HOST:PORT", help_heading = "Report")]
    pub prometheus: Option<Listen>,
    /// Tell a collector of OpenTelemetry every 5 s: http://HOST:4318
    ///
    /// OTLP over HTTP in its JSON encoding. One that refuses or hangs costs its exports and never the run.
    #[arg(long, value_name = "URL", hide_env_values = true, help_heading = "Report")]
    pub otlp: Option<Collector>,
    /// A label on all metrics of --prometheus and --otlp; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', help_heading = "Report")]
    pub label: Vec<Label>,
    /// Write a record for each request while it runs: FILE.csv, FILE.csv.gz, FILE.csv.zst, or FILE.vegeta.json, which vegeta's
    /// report and plot read
    ///
    /// With its instants, its parts, and what became of it. A disk that does not keep up loses records, which are counted, and no
    /// request waits for it.
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub log: Option<LogFile>,
}

impl CourseArgs {
    /// Who watches from outside.
    pub(crate) fn watchers(&self) -> Watchers {
        Watchers {
            prometheus: self.prometheus.map(|listen| listen.0),
            otlp: self.otlp.as_ref().map(|collector| collector.0.clone()),
            labels: self.label.iter().map(|label| (label.0.clone(), label.1.clone())).collect(),
        }
    }
}
