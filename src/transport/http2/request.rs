//! A request in HTTP/1.1's form, put into HTTP/2's.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::{Authority, Scheme};
use http::{Method, Request, Uri, Version};

/// Headers that speak of one HTTP/1.1 connection and are an error in HTTP/2 (RFC 9113, 8.2.2).
const OF_THE_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Remembers the authority of the last request: it is seldom another, and to parse it costs more than to compare it.
#[derive(Clone, Default)]
pub(super) struct AuthorityCache(Option<(HeaderValue, Authority)>);

impl AuthorityCache {
    fn of(&mut self, host: HeaderValue) -> Option<Authority> {
        if let Some((known, authority)) = &self.0
            && *known == host
        {
            return Some(authority.clone());
        }
        let authority = Authority::try_from(host.as_bytes()).ok()?;
        self.0 = Some((host, authority.clone()));
        Some(authority)
    }
}

/// The head in HTTP/2's form, and the body. `Host` becomes `:authority`; without a usable one, that is the origin's.
/// `None` where there is neither.
pub(super) fn to_http2(
    request: Request<Bytes>,
    scheme: &Scheme,
    authority: Option<&Authority>,
    cache: &mut AuthorityCache,
) -> Option<(Request<()>, Bytes)> {
    let (mut head, body) = request.into_parts();
    drop_connection_headers(&mut head.headers);
    let host = head.headers.remove(HOST);
    let authority = host.and_then(|host| cache.of(host)).or_else(|| authority.cloned())?;
    let mut parts = std::mem::take(&mut head.uri).into_parts();
    parts.scheme = Some(scheme.clone());
    parts.authority = Some(authority);
    head.uri = Uri::from_parts(parts).ok()?;
    head.version = Version::HTTP_2;
    let has_meaning = matches!(head.method, Method::POST | Method::PUT | Method::PATCH);
    if !head.headers.contains_key(CONTENT_LENGTH) && (!body.is_empty() || has_meaning) {
        // As HTTP/1.1 does, so that the server sees the same request (RFC 9110, 8.6).
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    Some((Request::from_parts(head, ()), body))
}

fn drop_connection_headers(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        for name in named {
            headers.remove(name);
        }
    }
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
    // `TE` may only say that trailers are welcome.
    if headers.get(TE).is_some_and(|value| value != "trailers") {
        headers.remove(TE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(headers: &[(&str, &str)], body: &'static str) -> (Request<()>, Bytes) {
        let mut request = Request::post("/a?b=c");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::from_static(body.as_bytes())).unwrap();
        let origin = Authority::from_static("origin.example:81");
        to_http2(request, &Scheme::HTTPS, Some(&origin), &mut AuthorityCache::default()).unwrap()
    }

    #[test]
    fn the_host_becomes_the_authority() {
        let (request, body) = converted(&[("host", "other.example:8080")], "text");
        assert_eq!(request.uri(), "https://other.example:8080/a?b=c");
        assert!(request.headers().get("host").is_none());
        assert_eq!((&body[..], &request.headers()["content-length"]), (&b"text"[..], &HeaderValue::from(4)));
        assert_eq!(converted(&[], "").0.uri(), "https://origin.example:81/a?b=c");
        assert_eq!(converted(&[("host", "a b")], "").0.uri(), "https://origin.example:81/a?b=c");
    }

    #[test]
    fn headers_of_the_connection_are_left_out() {
        let (request, _) = converted(
            &[
                ("connection", "close, X-Hop"),
                ("x-hop", "1"),
                ("keep-alive", "5"),
                ("te", "gzip"),
                ("transfer-encoding", "chunked"),
                ("upgrade", "h2c"),
                ("proxy-connection", "close"),
                ("x-stays", "1"),
            ],
            "",
        );
        let names: Vec<&str> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-stays", "content-length"]);
        assert_eq!(converted(&[("te", "trailers")], "").0.headers()["te"], "trailers");
    }
}
