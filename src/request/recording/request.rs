//! The request of a row: what it says of it, checked; what it does not say is that of the flags.

use std::fmt;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri};

use super::problem::RecordingProblem;
use crate::request::header::is_public;
use crate::request::secret::Secrets;
use crate::request::target::path_of;
use crate::request::template::is_body_meant;

/// The longest path and query, in bytes: what the HTTP library takes.
const PATH_MAX: usize = u16::MAX as usize - 1;

/// Headers that are about the connection that the request came on, or the framing of its bytes: the client writes its own.
const OF_THE_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// What a row says of its request. Its `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct RecordedRequest {
    pub(super) method: Option<Method>,
    pub(super) path: Option<PathAndQuery>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<Bytes>,
}

impl RecordedRequest {
    /// Adds what a text says; an empty one says nothing.
    pub(super) fn set_method(&mut self, text: &str) -> Result<(), RecordingProblem> {
        if !text.is_empty() {
            self.method = Some(Method::from_bytes(text.as_bytes()).map_err(|_| RecordingProblem::Method)?);
        }
        Ok(())
    }

    /// The same of a path, or of a URL, of which the path and the query count.
    pub(super) fn set_path(&mut self, text: &str) -> Result<(), RecordingProblem> {
        if text.is_empty() {
            return Ok(());
        }
        let path = match text.split_once("://") {
            Some((scheme, rest))
                if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) =>
            {
                match rest.find(['/', '?', '#']).map(|at| rest.split_at(at).1) {
                    Some(path) if path.starts_with('/') => path_of(path),
                    // http://host?query
                    Some(query) => path_of(&format!("/{query}")),
                    None => path_of("/"),
                }
            }
            _ => path_of(text),
        };
        let path = path.ok().filter(|path| path.as_str().len() <= PATH_MAX);
        self.path = Some(path.ok_or(RecordingProblem::Path)?);
        Ok(())
    }

    /// The same of a header. Those of the connection are left out.
    pub(super) fn add_header(&mut self, name: &str, value: &str) -> Result<(), RecordingProblem> {
        // Captures of HTTP/2 have :authority and the like beside the others.
        if name.starts_with(':') {
            return Ok(());
        }
        let name =
            HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| RecordingProblem::HeaderName)?;
        self.add_named(&name, value)
    }

    pub(super) fn add_named(&mut self, name: &HeaderName, value: &str) -> Result<(), RecordingProblem> {
        if !OF_THE_CONNECTION.contains(name) {
            let mut value = HeaderValue::from_str(value.trim())
                .map_err(|_| RecordingProblem::HeaderValue(name.clone()))?;
            // HTTP/2 compresses what is not sensitive.
            value.set_sensitive(!is_public(name));
            self.headers.push((name.clone(), value));
        }
        Ok(())
    }

    pub(super) fn set_body(&mut self, text: &str) {
        if !text.is_empty() {
            self.body = Some(Bytes::copy_from_slice(text.as_bytes()));
        }
    }

    /// Whether it has a method or a path of its own.
    pub(super) fn is_named(&self) -> bool {
        self.method.is_some() || self.path.is_some()
    }

    /// Whether it asks for nothing to be changed (RFC 9110, 9.2.1), as far as it says; that of the flags is sent in any case.
    pub(super) fn is_safe(&self) -> bool {
        self.method.as_ref().is_none_or(Method::is_safe)
    }

    /// Whether it has a body of its own.
    pub(in crate::request) fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// Bytes of its body.
    pub(crate) fn body_bytes(&self) -> usize {
        self.body.as_ref().map_or(0, Bytes::len)
    }

    /// Whether sending it twice has the same effect as once; `None`: it has the method of the flags.
    pub(crate) fn is_idempotent(&self) -> Option<bool> {
        self.method.as_ref().map(Method::is_idempotent)
    }

    /// Puts what it says in place of what the request of the flags says. Headers named in `ours` stay: rotating tokens, and the
    /// trace.
    pub(crate) fn apply(&self, request: &mut Request<Bytes>, ours: &[&HeaderName]) {
        let given = || self.headers.iter().filter(|(name, _)| !ours.contains(&name));
        given().for_each(|(name, _)| drop(request.headers_mut().remove(name)));
        for (name, value) in given() {
            request.headers_mut().append(name.clone(), value.clone());
        }
        if let Some(path) = &self.path {
            *request.uri_mut() = Uri::from(path.clone());
        }
        if let Some(body) = &self.body {
            *request.body_mut() = body.clone();
        }
        if let Some(method) = &self.method {
            *request.method_mut() = method.clone();
        }
        if self.method.is_some() || self.body.is_some() {
            // What is sent says how long it is.
            request.headers_mut().remove(CONTENT_LENGTH);
            if request.body().is_empty() && is_body_meant(request.method()) {
                request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
        }
    }

    /// Adds what it carries that nobody else may read.
    pub(in crate::request) fn secrets(&self, secrets: &mut Secrets) {
        for (name, value) in self.headers.iter().filter(|(name, _)| !is_public(name)) {
            secrets.header(name, value.as_bytes());
        }
        if let Some(path) = &self.path {
            secrets.query_values(path.as_str().as_bytes());
        }
        if let Some(body) = &self.body {
            secrets.body(body);
        }
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordedRequest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<String, RecordingProblem> {
        let mut request = RecordedRequest::default();
        request.set_path(text).map(|()| request.path.unwrap().to_string())
    }

    #[test]
    fn of_a_url_the_path_and_the_query_count() {
        let read =
            ["/a?b=c d#e", "https://u:p@host:1/x?y", "HTTP://host", "http://host?q=1", "/?u=http://x/"];
        assert_eq!(
            read.map(|text| path(text).unwrap()),
            ["/a?b=c%20d", "/x?y", "/", "/?q=1", "/?u=http://x/"]
        );
        for text in ["a", "*", "-", "ftp://x/", "host:80", "\u{1}"] {
            assert_eq!(path(text), Err(RecordingProblem::Path), "{text}");
        }
        assert_eq!(path(&format!("/{}", "x".repeat(1 << 16))), Err(RecordingProblem::Path));
    }

    #[test]
    fn a_row_replaces_what_it_names_and_leaves_the_rest() {
        let mut base = Request::new(Bytes::from_static(b"flags"));
        for (name, value) in [
            ("accept", "*/*"),
            ("x-a", "flags"),
            ("x-a", "too"),
            ("authorization", "token"),
            ("content-length", "5"),
        ] {
            base.headers_mut().append(name, HeaderValue::from_static(value));
        }
        let mut row = RecordedRequest::default();
        row.apply(&mut base, &[]);
        assert_eq!((base.body().as_ref(), base.headers().len()), (&b"flags"[..], 5), "it says nothing");
        row.set_method("POST").unwrap();
        row.set_path("/x").unwrap();
        row.set_body("row");
        for (name, value) in [
            ("X-A", "row"),
            ("Authorization", "row"),
            (":authority", "h"),
            ("Content-Length", "99"),
            ("Connection", "close"),
        ] {
            row.add_header(name, value).unwrap();
        }
        row.apply(&mut base, &[&http::header::AUTHORIZATION]);
        assert_eq!(
            (base.method(), base.uri().path(), base.body().as_ref()),
            (&Method::POST, "/x", &b"row"[..])
        );
        let headers: Vec<_> =
            base.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(headers, [("accept", "*/*"), ("x-a", "row"), ("authorization", "token")]);
        let mut empty = Request::new(Bytes::new());
        row.body = None;
        row.apply(&mut empty, &[]);
        assert_eq!(empty.headers()[CONTENT_LENGTH], "0", "a server waits for the body of a POST");
    }

    #[test]
    fn no_problem_and_no_debug_text_repeats_a_value() {
        let mut row = RecordedRequest::default();
        row.add_header("X-Key", "PLANTED").unwrap();
        assert!(!format!("{row:?}").contains("PLANTED"));
        let problems = [
            row.set_method("PLANTED PLANTED"),
            row.set_path("PLANTED"),
            row.add_header("a b", "PLANTED"),
            row.add_header("X-Key", "PLANTED\n1"),
        ];
        for problem in problems {
            assert!(!problem.unwrap_err().to_string().contains("PLANTED"));
        }
    }
}
