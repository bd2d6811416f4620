//! What is wrong with a template.

use std::fmt;

use http::header::HeaderName;

use super::grammar::{BUILTINS, LoneBrace, Position};

/// How many columns an error names.
const NAMED_COLUMNS: usize = 20;

/// Why the request of an endpoint cannot be made. It never repeats text of a header or a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("endpoint `{endpoint}`, {place}: {problem}")]
pub struct TemplateError {
    /// The endpoint's name.
    pub endpoint: String,
    pub place: RequestPart,
    /// What is wrong there; boxed, because errors are rare and results are passed on.
    pub problem: Box<TemplateProblem>,
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestPart {
    /// Path and query.
    Url,
    /// The value of a header.
    Header(HeaderName),
    Body,
    /// What is taken from the answer.
    Take,
    /// The body of some rows, by the name of its file.
    BodyFile(String),
}

impl fmt::Display for RequestPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("URL (counted from its path)"),
            Self::Header(name) => write!(f, "header `{name}`"),
            Self::Body => f.write_str("body"),
            Self::Take => f.write_str("take"),
            Self::BodyFile(name) => write!(f, "body file `{name}`"),
        }
    }
}

/// What is wrong with a text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// A brace that is not escaped, in a text that uses escapes.
    #[error(
        "the `{brace}` at {position} is no placeholder; this text has `{{{{`, so to send a brace as it is, double it: \
         `{brace}{brace}`",
        brace = .0.brace, position = .0.position
    )]
    LoneBrace(LoneBrace),
    /// A placeholder that stands for nothing.
    #[error(
        "the placeholder {shown}at {position} {known}; built in are {{{builtins}}}; to send braces as they are, \
         double every brace of this text: `{{{{` and `}}}}`",
        shown = name.as_ref().map_or(String::new(), |name| format!("{{{name}}} ")),
        known = known(columns, taken),
        builtins = BUILTINS.map(|(name, _)| name).join("}, {")
    )]
    UnknownName {
        /// Its name; `None` in a header whose text may be a credential.
        name: Option<String>,
        /// Where it stands.
        position: Position,
        /// The columns there are; `None` without a data file.
        columns: Option<Vec<String>>,
        /// What the steps before take from their answers.
        taken: Vec<String>,
    },
    /// A placeholder for what a later answer tells.
    #[error(
        "the placeholder {{{name}}} at {position} has no value yet: {}",
        match is_own {
            true => format!("step `{step}` takes it from the answer to this very request"),
            false => format!("step `{step}` takes it, after this one"),
        }
    )]
    TakenLater {
        name: String,
        /// Where it stands.
        position: Position,
        /// The step that takes it.
        step: String,
        /// Whether that is the step of the request.
        is_own: bool,
    },
    /// Two hosts.
    #[error("it is given twice; a request goes to one host (RFC 9112, 3.2)")]
    TwoHosts,
    /// A header of the user's own in the place of a signature.
    #[error(
        "--aws-sigv4 makes this header, with the keys of the environment; leave out your own, also -u and --oauth2-bearer"
    )]
    Signed,
    /// A coding beside that of --compress-body.
    #[error("--compress-body compresses the body and says so with this header; leave out one of them")]
    Coded,
    /// Memory ran out.
    #[error(
        "it could not be compressed for want of memory; leave out --compress-body, or use a smaller body"
    )]
    Compression,
    /// A header that would change how the body is sent.
    #[error("bodies are sent whole and at once, so that it would not be true; leave it out")]
    NotSent,
    /// A length that is not that of the body.
    #[error(
        "it is not the length of the body{}; leave it out, and the true one is sent",
        .0.map_or(String::new(), |length| format!(" ({length} bytes)"))
    )]
    Length(Option<usize>),
    /// Characters that a header cannot hold.
    #[error("the value holds characters that HTTP does not allow")]
    HeaderCharacters,
    /// A cell that a header cannot hold.
    #[error(
        "the cell of column `{column}` in {file}, line {line}, holds characters that HTTP does not allow in a header"
    )]
    HeaderCell {
        column: String,
        /// The data file.
        file: String,
        /// The line of the row, from 1.
        line: u64,
    },
    /// A row that makes the URL too long.
    #[error("with the cells of {file}, line {line}, the URL is longer than {MAX_URL} bytes")]
    LongUrl {
        /// The data file.
        file: String,
        /// The line of the row, from 1.
        line: u64,
    },
    /// A value of an answer with the name of a column.
    #[error("{{{0}}} is a column of the data file already; take it under another name")]
    TakenColumn(String),
    /// A value of an answer with the name of one that the login takes.
    #[error("the login takes {{{0}}} already; take it under another name")]
    TakenByLogin(String),
    /// Values of unknown length that make the URL too long.
    #[error(
        "it holds so many values of answers that it may become longer than {MAX_URL} bytes; take fewer, or send some in the body"
    )]
    ManyTaken,
    #[error("the URL is not valid; write spaces and the like as %20")]
    Url,
}

/// The longest path and query that can be sent, in bytes (a limit of the `http` crate).
pub(super) const MAX_URL: usize = u16::MAX as usize - 1;

/// Why a placeholder stands for nothing, given the columns there are, and what was taken before.
fn known(columns: &Option<Vec<String>>, taken: &[String]) -> String {
    let listed = |names: &[String]| {
        let named = names[..names.len().min(NAMED_COLUMNS)].join("}, {");
        let more = names.len().saturating_sub(NAMED_COLUMNS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{{{named}}}{more}")
    };
    match (columns, taken) {
        (None, []) => "has no value, as there is no data file (--data)".to_owned(),
        (Some(columns), []) => format!("is no column of the data file, which has {}", listed(columns)),
        (None, taken) => format!("is not taken from an answer before; those are {}", listed(taken)),
        (Some(columns), taken) => format!(
            "is neither a column of the data file, which has {}, nor taken from an answer before; those are {}",
            listed(columns),
            listed(taken)
        ),
    }
}
