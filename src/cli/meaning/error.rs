//! What is wrong with the arguments.

use std::path::PathBuf;

use super::super::output::OutputError;
use super::super::profile::ProfileProblem;
use crate::report::NoReport;
use crate::request::{
    FeedError, HeaderError, InFile, RecordingError, RowBodiesError, ScenarioProblem, ScopeError, TargetError,
    TargetsProblem, WorkloadError,
};
use crate::schedule::{ClosedLoopError, ScheduleError, ShardError};
use crate::service::ModelError;
use crate::shard::IdentityError;
use crate::transport::{ConnectToError, ProxyError, ResolveError};

/// The arguments do not make sense together, or name something that is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A format that has no form for what is asked for.
    #[error(transparent)]
    Format(#[from] NoReport),
    #[error("there is nothing to compare; give two saved results or more: rpsbench compare A.json B.json")]
    NothingToCompare,
    #[error("- stands for stdin, which can be read only once; save one of the results to a file")]
    StdinTwice,
    #[error("there is no URL; give one, or a scenario or targets with URLs of their own")]
    NoTarget,
    /// The built-in service and HTTP/2.
    #[error("the built-in service speaks HTTP/1.1; leave out --http2, or give a URL")]
    BuiltInHttp2,
    /// A command where a URL was expected.
    #[error("`{0}` stands where a URL is expected; a command comes first: rpsbench {0} ...")]
    CommandLast(String),
    /// A URL beside a file in which every request has one of its own.
    #[error(
        "every request of the file has a URL of its own, so that none would go to the URL given; leave one of them out"
    )]
    UnusedUrl,
    /// Both the argument and the flag, with different URLs.
    #[error("two URLs are given, as an argument and with --url or --curl; leave one out")]
    TwoTargets,
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error("there is no rate; give --rate 300, a --profile, or an --arrivals-file")]
    NoRate,
    #[error("{0} has a length of its own, so there is no number of requests to give; leave out --requests")]
    CountOfAProfile(&'static str),
    #[error("--profile-steps is about the rows of a file: --profile FILE.csv")]
    StepsOfNothing,
    /// An objective on a phase that has no interval of its own.
    #[error(
        "the objective `{slo}` is about a phase without a whole interval of the series in it, which is {interval_s} s in a run of this \
         length; make the phase longer, or let it begin with an interval"
    )]
    ShortPhase { slo: String, interval_s: u64 },
    /// An objective on a phase that there is not.
    #[error("the objective `{slo}` is about a phase, and {known}")]
    NoSuchPhase {
        slo: String,
        /// Which phases there are.
        known: String,
    },
    #[error(transparent)]
    Profile(#[from] InFile<ProfileProblem>),
    #[error(transparent)]
    Recording(#[from] RecordingError),
    #[error("{0} is about recorded arrivals: --arrivals-file FILE")]
    NoRecording(&'static str),
    #[error("a ladder needs its rates: --rates 50..400:50; or search with --find-knee")]
    NoRates,
    /// A shape with other than two rates.
    #[error("a shape has two rates, the one to hold and the one of the spike: --rates 200,600")]
    TwoRates,
    #[error("--find-knee needs an objective to look for: --slo 'p99<500ms'")]
    NoObjective,
    /// The name of a search where the method of the request stands.
    #[error("--method is the method of the request, as in GET; the search is chosen with --search {0}")]
    SearchMethod(String),
    /// The distance of the bounds.
    #[error("--width is out of range; choose 0.1% to 50%")]
    Width,
    /// No rate between the limits.
    #[error("--max-rate {1} is not above --min-rate {0}")]
    EmptyRange(String, String),
    #[error(
        "a budget of {budget_s} s is shorter than one trial of {least_s} s; give at least a dozen times as much"
    )]
    Budget {
        budget_s: f64,
        /// What one trial takes.
        least_s: f64,
    },
    #[error("--baseline-factor must be above 1")]
    BaselineFactor,
    #[error("give either saved results, or one URL with -c for a live comparison")]
    FilesAndRuns,
    /// A live comparison of nobody.
    #[error("a live comparison needs the users of its closed loop: -c 150")]
    NoUsers,
    #[error(transparent)]
    ClosedLoop(#[from] ClosedLoopError),
    /// A ramp without its first stage.
    #[error("a ramp needs --ramp-start: the users of its first stage")]
    RampStart,
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A file of tokens or data.
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Scenario(#[from] InFile<ScenarioProblem>),
    #[error(transparent)]
    Targets(#[from] InFile<TargetsProblem>),
    /// A file that is not UTF-8.
    #[error("the {what} file `{path}` is not UTF-8; save it as UTF-8")]
    NotText {
        /// What it is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    #[error(
        "--data is given, but no request holds a column of it; write {{column}} in the URL, a header or the body, or leave --data out"
    )]
    UnusedData,
    /// A login that changes nothing.
    #[error(
        "no request of the load holds what the login takes; write its {{name}} in a URL, a header or a body, or leave [login] out"
    )]
    UnusedLogin,
    /// A value of the login with the name of a column.
    #[error("the login takes `{0}`, but that is a column of --data already; take it under another name")]
    LoginColumn(String),
    /// Requests that cannot be made.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    #[error("--resolve: {0}")]
    Resolve(#[from] ResolveError),
    #[error("--connect-to: {0}")]
    ConnectTo(#[from] ConnectToError),
    #[error("--proxy: {0}")]
    Proxy(#[from] ProxyError),
    /// The header of the tokens.
    #[error("--token-header is not a header name; names are letters, digits and -, as in X-Api-Key")]
    TokenHeader,
    #[error(
        "--token-every says how often --token-command or --aws-credentials-command runs, and neither is given; give one, or leave it out"
    )]
    TokenEveryAlone,
    #[error("--token-every must be at least 100ms: each time a command is run")]
    TokenEvery,
    /// A file for each row of the data.
    #[error(transparent)]
    RowBodies(#[from] RowBodiesError),
    #[error(
        "--compress-body has nothing to compress: no request has a body; leave it out, or give one, as with --body"
    )]
    NothingToCompress,
    #[error(
        "--aws-credentials-command prints the keys for --aws-sigv4, which is not given: --aws-sigv4 REGION:SERVICE"
    )]
    KeysOfNothing,
    #[error("--aws-sigv4: {0}")]
    SigningScope(#[from] ScopeError),
    /// No keys to sign with.
    #[error(
        "--aws-sigv4 signs with the keys of the environment; set {0} (and AWS_SESSION_TOKEN, if the keys are temporary)"
    )]
    NoAwsKeys(&'static str),
    #[error("--aws-sigv4: {0} holds characters that a header may not hold")]
    AwsKeyCharacters(&'static str),
    /// curl's words that say what cannot be sent.
    #[error("{0}")]
    Words(String),
    #[error("a part of a form is NAME=VALUE, NAME=@FILE or NAME=<FILE, perhaps with ;type=TYPE behind it")]
    Form,
    /// A length where the body stands.
    #[error(
        "-d is the request body, as in curl: for a run of {0} write --duration {0}; to send the text `{0}` write --data-raw {0}"
    )]
    LengthAsBody(String),
    #[error("--count-by is not a header name; names are letters, digits and -, as in X-Backend")]
    CountBy,
    /// A body that curl would read from a file.
    #[error("--body is sent as it stands, and this one begins with @; for a file write --body-file FILE")]
    BodyAt,
    /// Two files that are both stdin.
    #[error("{0} and {1} cannot both read stdin; give one of them a file")]
    BothReadStdin(&'static str, &'static str),
    #[error("`{0}` is not an HTTP method; write GET, POST, PUT and so on")]
    Method(String),
    /// Two flags that exclude each other.
    #[error("{0} and {1} cannot be used together; leave one out")]
    Exclusive(&'static str, &'static str),
    /// `--timestamps kernel` where the kernel has none.
    #[error(
        "--timestamps kernel: this system does not stamp what such a socket receives (Linux does, for TCP); use --timestamps auto or user"
    )]
    NoKernelStamps,
    /// A value that must be above zero.
    #[error("{0} must be above 0")]
    Zero(&'static str),
    /// A number beyond its bound.
    #[error("{0} must be at most {1}")]
    TooMany(&'static str, u64),
    /// A wait beyond a day.
    #[error("{0} must be at most 24h")]
    TooLong(&'static str),
    #[error("cannot read the {what} file `{path}`: {cause}; check the path")]
    File {
        /// What it is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("--shard {0} does not say of how many; write --shard {0}/4, or give --shards")]
    ShardOfHowMany(u64),
    #[error("--shard says {0} shards and --shards says {1}; leave one out")]
    ShardCounts(u64, u64),
    #[error(
        "--shards says how many shards there are, but not which this one is; give --shard 0, 1, ... or auto"
    )]
    ShardsAlone,
    #[error(
        "shards load one target together, and each would start a built-in service of its own; give the URL of one, such as \
         that of `rpsbench serve`"
    )]
    ShardOfBuiltIn,
    #[error(
        "--shard and --start-at are for one run; for stages and --repeat let the shards meet (--rendezvous http://HOST:PORT), or \
         start each run by itself"
    )]
    OneRunAtATime,
    #[error(
        "the shards of a sweep must meet, for shard 0 decides from the results of all of them what is run next; give all of \
         them the same --rendezvous http://HOST:PORT or dir:PATH"
    )]
    SweepAlone,
    #[error(
        "--start-at is for one run; a sweep starts at once, and its shards start together where they meet: --rendezvous \
         http://HOST:PORT"
    )]
    SweepStart,
    #[error(
        "--min-shards is for one run; a rung without some of the shards has not the rate that it stands for, so leave it out"
    )]
    SweepOfSome,
    #[error("--rendezvous is where shards meet; say which one this is with --shard")]
    WhoMeets,
    #[error("the token of the rendezvous holds a blank, or what is not ASCII; use letters, digits and signs")]
    MeetingToken,
    /// Fewer requests at once than shards.
    #[error(
        "{shards} shards share a limit of {room} (cap, bucket, connections or users), so that some of them could send \
         nothing; raise it, or use fewer shards"
    )]
    ShardRoom { room: u64, shards: u64 },
    /// One file for all shards.
    #[error("every shard would write `{path}`; let each write its own: -o {example}")]
    ShardOutput {
        /// The file.
        path: PathBuf,
        /// How it is written.
        example: String,
    },
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Service(#[from] ModelError),
}
