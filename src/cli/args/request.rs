//! The flags that say what is asked, and all the flags of a command that asks: where, what, and over which connections.

use std::path::PathBuf;

use clap::Args;

use super::super::values::{Span, Statuses};
use super::{ConfigArgs, NetworkArgs, ServiceArgs, WordsArgs};
use crate::request::{BodyCoding, DataOrder, HeaderCheck, JsonCheck, PatternCheck, SizeCheck};

/// What is asked, and what counts as a good answer.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
pub(crate) struct RequestArgs {
    /// Request method [default: GET, or POST with a body]
    ///
    /// As curl has it also -X and --request.
    #[arg(short, long, short_alias = 'X', alias = "request")]
    pub method: Option<String>,
    /// A header, 'Name: value'; repeatable (in the environment: one per line)
    #[arg(short = 'H', long, value_delimiter = '\n', hide_env_values = true)]
    pub header: Vec<String>,
    /// The request body, byte for byte
    #[arg(short = 'd', long, value_name = "TEXT", hide_env_values = true)]
    pub body: Option<String>,
    /// The request body, from a file, byte for byte
    ///
    /// At most 1 GiB; not together with --body. With --data, {column} in the name stands for a cell: each row has a file of its own,
    /// 256 MiB of them in all, sent byte for byte, or with --template as a template.
    #[arg(long)]
    pub body_file: Option<PathBuf>,
    /// Compress request bodies, and say so in Content-Encoding: gzip or zstd
    ///
    /// At the level that its library has by default. A body that is the same each time is compressed once, before the load; one that
    /// is made for each request, when it is made, before the request counts as sent.
    #[arg(long, value_name = "CODING")]
    pub compress_body: Option<BodyCoding>,
    /// In the body too, {index}, {uuid}, {now_ms} and {column} stand for values; with --data so by itself
    ///
    /// Single braces are then written {{ and }}, where they could be read as a placeholder.
    #[arg(long)]
    pub template: bool,
    /// curl's words.
    #[command(flatten)]
    pub words: WordsArgs,
    /// The request as a command of curl, or a file with one, as browsers and the documentation of APIs have it
    ///
    /// Read in the form for bash. URL, headers and body are sent as they stand, braces and all; what has no meaning here is named on
    /// stderr. Together with flags that do not say the same.
    #[arg(long, value_name = "COMMAND|FILE", hide_env_values = true)]
    pub curl: Option<String>,
    /// Tokens in rotation, one for each request: the first column of a CSV file
    ///
    /// The rotation follows the place in the schedule. A first row with a cell that contains auth or token, of at
    /// most 40 letters, digits, spaces, _ and -, is taken for a header, and stderr says so. Blank rows are skipped
    /// and cells trimmed.
    #[arg(long)]
    pub tokens: Option<PathBuf>,
    /// Tokens that a command prints, one on each line; sh -c runs it before the first request
    ///
    /// They are used in rotation, as those of --tokens. A token is sent as 'Authorization: Bearer TOKEN'; one with a blank in it has
    /// a scheme already and is sent as it stands, and so are all with --token-header. Without a token there is no run.
    #[arg(long, value_name = "COMMAND", hide_env_values = true)]
    pub token_command: Option<String>,
    /// Run that command again each time this has passed, beside the load [default: never]
    ///
    /// At least 100ms, at most 24h. It may take as long, and 30s at most; where it fails or takes longer, the tokens of before stay in
    /// use, and stderr says so.
    #[arg(long)]
    pub token_every: Option<Span>,
    /// The header that carries the token, as it stands in the file [default: Authorization]
    ///
    /// It takes the place of any other header of that name.
    #[arg(long, value_name = "NAME")]
    pub token_header: Option<String>,
    /// Sign each request for AWS (Signature Version 4), such as eu-central-1:execute-api
    ///
    /// The keys are those of the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN.
    /// curl's aws:amz:REGION:SERVICE will do as well.
    #[arg(long, value_name = "REGION:SERVICE")]
    pub aws_sigv4: Option<String>,
    /// The keys for --aws-sigv4 from a command, in the JSON of a credential_process; sh -c runs it before the first request
    ///
    /// Such as 'aws configure export-credentials --format process'. With --token-every it runs again beside the load, so that keys
    /// that expire are renewed. They take the place of those of the environment.
    #[arg(long, value_name = "COMMAND", hide_env_values = true)]
    pub aws_credentials_command: Option<String>,
    /// Rows of a CSV file, one for each request; its header row names the columns, and {column} stands for a cell in
    /// the URL, in headers and in the body. Without a file there are {index}, {uuid} and {now_ms}
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Which row comes next
    ///
    /// The choice depends only on the place in the schedule, not on threads.
    #[arg(long, default_value = "rotate")]
    pub data_order: DataOrder,
    /// Mixed traffic: endpoints with weights, sessions of several steps, logins; from a TOML file
    ///
    /// Not together with --targets, --method or --body.
    #[arg(long)]
    pub scenario: Option<PathBuf>,
    /// Targets in rotation, in vegeta's http or json format; - reads stdin
    ///
    /// At most 1,000,000. Braces in them are sent as they are.
    #[arg(long)]
    pub targets: Option<PathBuf>,
    /// The statuses of a good answer, such as 200 or 200,404 [default: 200 to 299]
    #[arg(long, value_name = "STATUS,...")]
    pub expect_status: Option<Statuses>,
    /// A text that the body of a good answer holds
    #[arg(long, value_name = "TEXT", hide_env_values = true)]
    pub expect_body: Option<String>,
    /// A header of a good answer, 'NAME' or 'NAME: VALUE'; repeatable (in the environment: one per line)
    #[arg(long, value_name = "HEADER", value_delimiter = '\n', hide_env_values = true)]
    pub expect_header: Vec<HeaderCheck>,
    /// How many bytes the body of a good answer has, as it comes: 512, 100..2000, 1..
    #[arg(long, value_name = "BYTES")]
    pub expect_size: Option<SizeCheck>,
    /// A regular expression that is found in the body of a good answer; repeatable (in the environment: one per line)
    ///
    /// In the syntax of Rust's regex crate. At most 4 MiB of a body are looked at, and 32 MiB of what was compressed.
    #[arg(long, value_name = "PATTERN", value_delimiter = '\n', hide_env_values = true)]
    pub expect_regex: Vec<PatternCheck>,
    /// A value in the JSON of a good answer, by its pointer (RFC 6901): '/items/0/id == 7'; repeatable (in the environment:
    /// one per line)
    ///
    /// Compared with ==, !=, <, <=, > or >=; without one of these the value must only be there.
    #[arg(long, value_name = "CHECK", value_delimiter = '\n', hide_env_values = true)]
    pub expect_json: Vec<JsonCheck>,
    /// Count good answers by the value of this header, with the response times of each: which backend, or which cache, it was
    ///
    /// Of at most 32 values; the others are counted together. Values are shown as bodies are: without hosts and credentials.
    #[arg(long, value_name = "HEADER")]
    pub count_by: Option<String>,
    /// Send a W3C traceparent header with a new trace id, so that a slow sample is found in a tracing system
    #[arg(long)]
    pub traceparent: bool,
    /// Longest time from the actual send to the end of the answer, and longest wait for a new connection
    ///
    /// At most 24h.
    #[arg(long, default_value = "10s", value_parser = Span::of_a_wait)]
    pub timeout: Span,
    /// A good answer later than this after its intended time counts as late
    ///
    /// At most 24h.
    #[arg(long)]
    pub deadline: Option<Span>,
}

/// What every command that sends requests has.
#[derive(Debug, Args)]
pub(crate) struct TrafficArgs {
    /// The same as the argument URL
    #[arg(long, hide_env_values = true, help_heading = "Request")]
    pub url: Option<String>,

    /// What is asked.
    #[command(flatten)]
    pub request: RequestArgs,
    /// Over which connections.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// A file of flags.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The flags of the built-in service.
    #[command(flatten)]
    pub service: ServiceArgs,
}
