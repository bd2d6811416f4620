//! What can be wrong with a scenario.

use std::fmt;
use std::io::ErrorKind;

use http::header::HeaderName;

use crate::request::mix::MixError;
use crate::request::target::TargetError;

/// What a table of a scenario is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Endpoint,
    Session,
    Step,
    Login,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint => "the endpoint",
            Self::Session => "the session",
            Self::Step => "the step",
            Self::Login => "the login",
        })
    }
}

/// Why a text is not a scenario. Only names are ever repeated, never a value of a header, a body or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScenarioProblem {
    #[error(
        "this is not TOML; a line is written as key = \"value\", texts stand in quotes, and an endpoint begins with \
         [[endpoint]]"
    )]
    Syntax,
    /// A key twice in one table.
    #[error("this key stands twice in the same table; repeat a header as Name = [\"one\", \"two\"]")]
    Twice,
    #[error("the scenario has no endpoint; write one as [[endpoint]] with name and path = \"/...\"")]
    Empty,
    /// `endpoint` is not a list of tables.
    #[error("an endpoint is a table of its own; begin it with a line [[endpoint]], in double brackets")]
    NotTables,
    /// A key that means nothing. It is not repeated: a value in a wrong place looks like a key.
    #[error("this key is not known here; known are {known}")]
    Key {
        /// The keys there are.
        known: &'static str,
    },
    /// Something else than a text.
    #[error("`{key}` is a text; write it in quotes, as in {key} = \"...\"")]
    Text { key: &'static str },
    /// `login` is not a table.
    #[error("the login is a table; begin it with a line [login], and write its keys below")]
    NotATable,
    /// A session without steps, or with something else.
    #[error(
        "a session has steps; begin each with a line [[session.step]], in double brackets, below its [[session]]"
    )]
    NotSteps,
    #[error("a session has at most {most} steps")]
    ManySteps {
        /// How many it may have.
        most: usize,
    },
    #[error("the session has a step `{name}` already; give each its own name")]
    SameStep {
        /// The name.
        name: String,
    },
    /// Something else than true or false.
    #[error("`{key}` is true or false, without quotes")]
    Truth {
        /// The key.
        key: &'static str,
    },
    /// Not a description of what is taken.
    #[error(
        "what is taken from the answer is written as take = {{ NAME = {{ json = \"/pointer\" }} }}; instead of json also \
         header, regex or cookie, one of them"
    )]
    Take,
    /// A name that no placeholder can have.
    #[error(
        "a value is written as {{NAME}} later, so that its name is of letters, digits, _, . and -, begins with a letter or _, \
         and is none of index, uuid and now_ms"
    )]
    TakeName,
    #[error("a step takes at most {most} values")]
    ManyTakes {
        /// How many it may take.
        most: usize,
    },
    #[error("a JSON pointer begins with a slash, as in json = \"/data/0/id\" (RFC 6901)")]
    Pointer,
    #[error(
        "this is not a regular expression; in single quotes, TOML leaves its backslashes alone: regex = 'id=(\\d+)'"
    )]
    Regex,
    /// A login whose answer nobody uses.
    #[error(
        "a login takes something from its answer, or it would change nothing; write take = {{ NAME = {{ json = \"/pointer\" }} }}"
    )]
    NothingTaken,
    #[error("{0} has no name; reports need one, as in name = \"search\"")]
    NoName(Kind),
    /// A name that is empty, long or not printable.
    #[error("a name has 1 to 100 printable characters, as in name = \"search\"")]
    BadName,
    #[error(
        "the name `{name}` is taken in line {first} already; give each endpoint and each session its own"
    )]
    Name {
        name: String,
        /// The line of the other one.
        first: u64,
    },
    #[error("a weight is a whole number from 0 to 4294967295, as in weight = 3")]
    Weight,
    /// Weights that make no mix.
    #[error("{0}")]
    Mix(MixError),
    #[error("this is not an HTTP method; write it as method = \"PUT\"")]
    Method,
    #[error("{0} leads nowhere; write path = \"/...\" or url = \"http://HOST:PORT/PATH\"")]
    NoTarget(Kind),
    #[error("{0} has both `url` and `path`; write one of them")]
    TwoTargets(Kind),
    /// A path, and no URL to join it to.
    #[error(
        "a path needs a URL to start from; give one on the command line, or write url = \"http://HOST/PATH\""
    )]
    NoBase,
    /// A path without its slash.
    #[error("a path begins with /; write a whole URL as url = \"http://HOST:PORT/PATH\"")]
    NotAPath,
    #[error("{0}")]
    Target(TargetError),
    /// Not a table of headers.
    #[error(
        "headers are texts under their names, as in headers = {{ Accept = \"text/html\", X-A = [\"1\", \"2\"] }}"
    )]
    Headers,
    /// Not a header name. It is not repeated: a value in a wrong place looks like a name.
    #[error("this is not a header name; names are letters, digits and -")]
    HeaderName,
    #[error(
        "the value of the header `{0}` holds characters that HTTP does not allow; leave out line ends and the like"
    )]
    HeaderValue(HeaderName),
    #[error("{0} has both `body` and `body_file`; write one of them")]
    TwoBodies(Kind),
    /// A body that cannot be read.
    #[error(
        "the body file `{path}` cannot be read: {kind}; its name is relative to the scenario's directory"
    )]
    BodyFile {
        /// The file, as it was written.
        path: String,
        /// Why.
        kind: ErrorKind,
    },
    #[error("a status is a number from 100 to 599, as in expect_status = 200 or expect_status = [200, 404]")]
    Status,
    /// An empty text to look for.
    #[error("`expect_body` is empty and would always be found; leave it out, or write what the body holds")]
    ExpectBody,
}
