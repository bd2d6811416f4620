//! What can be wrong with a list of targets.

use std::io::ErrorKind;

use http::header::HeaderName;

use crate::request::target::TargetError;

/// Why a text is not a list of targets. URLs, header values and bodies are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetsProblem {
    /// Nothing in it.
    #[error("there is no target in it; write one a line, as in GET http://HOST:PORT/PATH")]
    Empty,
    /// Neither request line, header nor body.
    #[error("a target begins with a line METHOD URL, as in GET http://HOST:PORT/PATH")]
    NoRequest,
    /// Not a method.
    #[error("this is not an HTTP method; write the target as GET http://HOST:PORT/PATH")]
    Method,
    /// Not a URL.
    #[error("{0}")]
    Target(TargetError),
    /// Not a header.
    #[error("a header is written as Name: value; names are letters, digits and -")]
    Header,
    /// Not a header value.
    #[error(
        "the value of the header `{0}` holds characters that HTTP does not allow; leave out line ends and the like"
    )]
    HeaderValue(HeaderName),
    /// Two bodies.
    #[error("the target has two bodies; write one line @FILE, and an empty line between targets")]
    TwoBodies,
    /// A body that cannot be read.
    #[error("the body file `{path}` cannot be read: {kind}; write it as @FILE")]
    BodyFile {
        /// The file, as it was written.
        path: String,
        /// Why.
        kind: ErrorKind,
    },
    /// Not a JSON target.
    #[error(
        "this is not a target; write one JSON object a line: {{\"method\": \"GET\", \"url\": \"http://HOST/\", \
         \"header\": {{\"Name\": [\"value\"]}}, \"body\": \"base64\"}}"
    )]
    Json,
    /// A body that is not base64.
    #[error("the body is not base64; write it with padding, as `base64 -w0 FILE` does")]
    Base64,
    /// Bytes that are no text.
    #[error("the line is not UTF-8; save the file as UTF-8")]
    Utf8,
    /// Too long a line.
    #[error("the line is longer than 16 MiB; keep large bodies in files, as @FILE in the http format")]
    Line,
    /// Too many.
    #[error("there are more than 1000000 targets; use a URL with placeholders and --data instead")]
    TooMany,
    /// Too large.
    #[error("targets and bodies come to more than 1 GiB; use fewer, or share body files")]
    TooLarge,
    /// The file cannot be read.
    #[error("the file cannot be read further: {0}")]
    Read(ErrorKind),
}
