//! The flags that say what is asked.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};

use super::super::values::{Span, Statuses};

const HEADING: &str = "Request";

/// What is asked, and what counts as a good answer.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// Request method [default: GET, or POST with a body]
    #[arg(short, long, env = "RPSBENCH_METHOD", help_heading = HEADING)]
    pub method: Option<String>,
    /// A header, 'Name: value'; repeatable (in the environment: one per line)
    #[arg(
        short = 'H',
        long,
        env = "RPSBENCH_HEADER",
        value_delimiter = '\n',
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub header: Vec<String>,
    /// The request body
    #[arg(
        short = 'd',
        long,
        env = "RPSBENCH_BODY",
        value_name = "TEXT",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub body: Option<String>,
    /// The request body, from a file
    #[arg(long, env = "RPSBENCH_BODY_FILE", value_name = "FILE", help_heading = HEADING)]
    pub body_file: Option<PathBuf>,
    /// Tokens in rotation, one for each request: the first column of a CSV file
    #[arg(long, env = "RPSBENCH_TOKENS", value_name = "FILE", help_heading = HEADING)]
    pub tokens: Option<PathBuf>,
    /// The header that carries the token, as it stands in the file
    #[arg(
        long,
        env = "RPSBENCH_TOKEN_HEADER",
        value_name = "NAME",
        default_value = "Authorization",
        help_heading = HEADING
    )]
    pub token_header: String,
    /// Rows of a CSV file, one for each request; its header row names the columns, and {column} stands for a cell in
    /// the URL, in headers and in the body. Without a file there are {index}, {uuid} and {now_ms}
    #[arg(long, env = "RPSBENCH_DATA", value_name = "FILE", help_heading = HEADING)]
    pub data: Option<PathBuf>,
    /// Which row comes next
    #[arg(long, env = "RPSBENCH_DATA_ORDER", default_value = "rotate", help_heading = HEADING)]
    pub data_order: DataOrderArg,
    /// Mixed traffic: endpoints with weights, from a TOML file
    #[arg(long, env = "RPSBENCH_SCENARIO", value_name = "FILE", help_heading = HEADING)]
    pub scenario: Option<PathBuf>,
    /// Targets in rotation, in vegeta's http or json format; - reads stdin
    #[arg(long, env = "RPSBENCH_TARGETS", value_name = "FILE", help_heading = HEADING)]
    pub targets: Option<PathBuf>,
    /// The statuses of a good answer, such as 200 or 200,404 [default: 200 to 299]
    #[arg(long, env = "RPSBENCH_EXPECT_STATUS", value_name = "STATUS,...", help_heading = HEADING)]
    pub expect_status: Option<Statuses>,
    /// A text that the body of a good answer holds
    #[arg(
        long,
        env = "RPSBENCH_EXPECT_BODY",
        value_name = "TEXT",
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub expect_body: Option<String>,
    /// Send a W3C traceparent header with a new trace id, so that a slow sample is found in a tracing system
    #[arg(
        long, env = "RPSBENCH_TRACEPARENT", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new(),
        help_heading = HEADING
    )]
    pub traceparent: bool,
    /// Longest time from the actual send to the end of the answer, and longest wait for a new connection
    #[arg(
        long,
        env = "RPSBENCH_TIMEOUT",
        value_name = "DURATION",
        default_value = "10s",
        allow_hyphen_values = true,
        help_heading = HEADING
    )]
    pub timeout: Span,
    /// A good answer later than this after its intended time counts as late
    #[arg(
        long,
        env = "RPSBENCH_DEADLINE",
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = HEADING
    )]
    pub deadline: Option<Span>,
}

/// `--data-order`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataOrderArg {
    /// From the first to the last, and again
    Rotate,
    /// Any, drawn with --seed
    Random,
}
