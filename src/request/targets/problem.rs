//! What can be wrong with a list of targets.

use std::io::ErrorKind;

use http::header::HeaderName;

use crate::request::target::TargetError;

/// Why a text is not a list of targets. URLs, header values and bodies are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetsProblem {
    #[error("there is no target in it; write one a line, as in GET http://HOST:PORT/PATH")]
    Empty,
    /// Neither request line, header nor body.
    #[error("a target begins with a line METHOD URL, as in GET http://HOST:PORT/PATH")]
    NoRequest,
    #[error("this is not an HTTP method; write the target as GET http://HOST:PORT/PATH")]
    Method,
    #[error("{0}")]
    Target(TargetError),
    #[error("a header is written as Name: value; names are letters, digits and -")]
    Header,
    #[error(
        "the value of the header `{0}` holds characters that HTTP does not allow; leave out line ends and the like"
    )]
    HeaderValue(HeaderName),
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
    #[error("the line is longer than 16 MiB; keep large bodies in files, as @FILE in the http format")]
    Line,
    #[error("there are more than 1000000 targets; use a URL with placeholders and --data instead")]
    TooMany,
    #[error("targets and bodies come to more than 1 GiB; use fewer, or share body files")]
    TooLarge,
    /// The file cannot be read.
    #[error("the file cannot be read further: {0}")]
    Read(ErrorKind),
}
