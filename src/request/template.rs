//! The request of each arrival.

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri, Version};

use super::Target;

/// What every arrival sends. Made once; each request is a cheap copy of it.
#[derive(Debug, Clone)]
pub struct RequestTemplate {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// Why a text is not a header. The value is not repeated: it may be a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// No colon.
    #[error("a header needs a colon; write it as 'Name: value'")]
    NoColon,
    /// Not a header name.
    #[error("`{0}` is not a header name; names are letters, digits and -")]
    Name(String),
    /// Not a header value.
    #[error("the value of the header `{0}` holds characters that HTTP does not allow")]
    Value(String),
}

/// Reads `Name: value`, as curl writes it. An empty value is allowed.
///
/// # Errors
/// [`HeaderError`], which never repeats the value.
pub fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
    let (name, value) = text.split_once(':').ok_or(HeaderError::NoColon)?;
    let name = name.trim();
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Name(name.to_owned()))?;
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| HeaderError::Value(name.to_owned()))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

impl RequestTemplate {
    /// The request to `target`. `headers` are added to `Host`, `User-Agent` and `Accept`, or stand in their place;
    /// a header given twice is sent twice. Without keep-alive the server is told to close.
    pub fn new(
        target: &Target,
        method: Method,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        keepalive: bool,
    ) -> Self {
        let mut all = HeaderMap::new();
        if let Ok(host) = HeaderValue::from_str(target.authority()) {
            all.insert(HOST, host);
        }
        all.insert(USER_AGENT, HeaderValue::from_static(concat!("rpsbench/", env!("CARGO_PKG_VERSION"))));
        all.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if !keepalive {
            all.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        for (name, _) in headers {
            all.remove(name);
        }
        for (name, value) in headers {
            all.append(name, value.clone());
        }
        Self { method, uri: Uri::from(target.path().clone()), headers: all, body }
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Whether sending the request twice has the same effect as once (RFC 9110, 9.2.2), so that it may be sent
    /// again when an idle connection turns out to be dead.
    pub fn is_idempotent(&self) -> bool {
        matches!(
            self.method,
            Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS | Method::TRACE
        )
    }

    /// The request of an arrival, in origin form.
    pub fn request(&self) -> Request<Bytes> {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = self.headers.clone();
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(headers: &[&str]) -> RequestTemplate {
        let target = "http://127.0.0.1:8080/a?b=c".parse().unwrap();
        let headers: Vec<_> = headers.iter().map(|text| parse_header(text).unwrap()).collect();
        RequestTemplate::new(&target, Method::GET, &headers, Bytes::new(), true)
    }

    #[test]
    fn given_headers_stand_in_place_of_ours() {
        let request = template(&["host: other", "X-A: 1", "x-a: 2", "Accept: application/json"]).request();
        let all = |name: &str| {
            request.headers().get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(all("host"), ["other"]);
        assert_eq!(all("x-a"), ["1", "2"]);
        assert_eq!(all("accept"), ["application/json"]);
        assert_eq!(request.uri(), "/a?b=c");
    }

    #[test]
    fn a_header_error_never_repeats_the_value() {
        assert_eq!(parse_header("Authorization secret"), Err(HeaderError::NoColon));
        for text in ["Authorization: sec\u{1}ret", "Auth orization: secret", ": secret"] {
            let error = parse_header(text).unwrap_err().to_string();
            assert!(!error.contains("secret") && !error.contains("sec\u{1}"), "{error}");
        }
        assert!(parse_header("Empty:").unwrap().1.is_empty());
    }
}
