//! Redirects: where an answer sends the client, and how the request changes on the way.

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName,
    HeaderValue, LOCATION, TRANSFER_ENCODING,
};
use http::{Method, Request, Uri};
use iri_string::types::{UriAbsoluteStr, UriReferenceStr};
use percent_encoding::{AsciiSet, percent_encode};

use crate::request::origin::Origin;
use crate::request::redactor::looks_secret;
use crate::request::target::Target;

/// Most redirects that one request follows: the number of the Fetch standard (HTTP-redirect fetch, step 5).
pub(crate) const MOST_REDIRECTS: u8 = 20;

/// No byte of ASCII; the others are always encoded.
const BEYOND_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The request that a redirect asks for.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    /// The origin that it goes to, a place in the workload's origins.
    pub origin: u32,
    /// Path and query.
    pub uri: Uri,
    /// The method, where it is no longer that of the request.
    pub method: Option<Method>,
    /// The `Host`, where the redirect leads to another origin than the request was for. Credentials are not sent there.
    pub elsewhere: Option<HeaderValue>,
}

impl Hop {
    /// Changes the request as it was written into the one that the redirect asks for. `is_secret`: of a header, by its name,
    /// whether it is for nobody but the origin that the request was written for.
    pub(crate) fn apply(&self, request: &mut Request<Bytes>, is_secret: impl Fn(&HeaderName) -> bool) {
        *request.uri_mut() = self.uri.clone();
        if let Some(method) = &self.method {
            *request.method_mut() = method.clone();
            *request.body_mut() = Bytes::new();
            for name in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, TRANSFER_ENCODING] {
                request.headers_mut().remove(name);
            }
        }
        if let Some(host) = &self.elsewhere {
            let headers = request.headers_mut();
            headers.insert(HOST, host.clone());
            let secret = headers.keys().filter(|name| is_secret(name) || is_credential(name));
            let secret: Vec<HeaderName> = secret.cloned().collect();
            secret.iter().for_each(|name| drop(headers.remove(name)));
        }
    }
}

fn is_credential(name: &HeaderName) -> bool {
    [AUTHORIZATION, COOKIE].contains(name) || looks_secret(name.as_str())
}

/// Whether a status asks for another request.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Where the answer to a request for `uri` at `origin` sends the client; `None` without a `Location` that is a URL of HTTP.
pub(crate) fn location(origin: &Origin, uri: &Uri, headers: &HeaderMap) -> Option<Target> {
    // As browsers do: bytes beyond ASCII stand for themselves, whatever they mean.
    let text = percent_encode(headers.get(LOCATION)?.as_bytes(), BEYOND_ASCII).to_string();
    let text = text.trim();
    // The fragment is not sent.
    let text = text.split('#').next().unwrap_or(text);
    let here = format!("{}://{}", origin.scheme(), origin.authority());
    // What a URL may not hold is encoded where the target is read.
    if text.starts_with('/') && !text.starts_with("//") && UriReferenceStr::new(text).is_err() {
        return format!("{here}{text}").parse().ok();
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return text.parse().ok();
    }
    let base = format!("{here}{}", uri.path());
    let base = UriAbsoluteStr::new(&base).ok()?;
    UriReferenceStr::new(text).ok()?.resolve_against(base).to_string().parse().ok()
}

/// The method with which a redirect is followed (Fetch, HTTP-redirect fetch, step 11), where it is another one; then the body
/// is left out.
pub(crate) fn method_after(status: u16, method: &Method) -> Option<Method> {
    let changes = match status {
        301 | 302 => *method == Method::POST,
        303 => *method != Method::GET && *method != Method::HEAD,
        _ => false,
    };
    changes.then_some(Method::GET)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn led(from: &str, to: &str) -> Option<String> {
        let target: Target = from.parse().unwrap();
        let headers: HeaderMap = [(LOCATION, HeaderValue::from_str(to).unwrap())].into_iter().collect();
        let uri = Uri::from(target.path().clone());
        let to = location(target.origin(), &uri, &headers)?;
        Some(format!("{}://{}{}", to.origin().scheme(), to.authority(), to.path()))
    }

    #[test]
    fn references_are_resolved_as_rfc_3986_says() {
        // RFC 3986, 5.4, as far as a client sends it.
        let from = "http://a/b/c/d;p?q";
        for (to, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://h:81/x?y=z", "https://h:81/x?y=z"),
            ("/a b", "http://a/a%20b"),
        ] {
            assert_eq!(led(from, to).as_deref(), Some(expected), "{to}");
        }
        for nowhere in ["ftp://a/", "mailto:a@b", "http://u:p@a/"] {
            assert_eq!(led(from, nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn bytes_beyond_ascii_are_encoded_as_they_are() {
        let target: Target = "http://a/b".parse().unwrap();
        let uri = Uri::from(target.path().clone());
        for (to, expected) in [
            (&b"/caf\xC3\xA9?q=\xE9"[..], Some("/caf%C3%A9?q=%E9")),
            (b"caf\xE9", Some("/caf%E9")),
            (b"http://a/\xE9", Some("/%E9")),
            (b"http://\xE9/", None),
        ] {
            let headers = [(LOCATION, HeaderValue::from_bytes(to).unwrap())].into_iter().collect();
            let found = location(target.origin(), &uri, &headers);
            assert_eq!(found.map(|found| found.path().to_string()).as_deref(), expected, "{to:?}");
        }
    }

    #[test]
    fn a_form_that_was_sent_is_not_sent_again() {
        let (get, post, put, head) = (Method::GET, Method::POST, Method::PUT, Method::HEAD);
        for (status, method, expected) in [
            (301, &post, Some(&get)),
            (302, &post, Some(&get)),
            (303, &post, Some(&get)),
            (303, &put, Some(&get)),
            (302, &put, None),
            (303, &head, None),
            (307, &post, None),
            (308, &post, None),
            (302, &get, None),
        ] {
            assert_eq!(method_after(status, method).as_ref(), expected, "{status} {method}");
        }
    }

    #[test]
    fn credentials_do_not_go_elsewhere() {
        let request = || {
            Request::post("/a")
                .header(HOST, "a")
                .header(AUTHORIZATION, "Bearer x")
                .header(COOKIE, "s=1")
                .header(CONTENT_TYPE, "text/plain")
                .header("x-api-key", "k")
                .header("x-t", "told")
                .body(Bytes::from_static(b"body"))
                .unwrap()
        };
        let hop = Hop { origin: 0, uri: Uri::from_static("/b"), method: None, elsewhere: None };
        let mut same = request();
        let is_secret = |name: &HeaderName| name == "x-t";
        hop.apply(&mut same, is_secret);
        assert_eq!((same.uri().path(), same.method(), same.headers().len()), ("/b", &Method::POST, 6));
        assert_eq!(same.body(), "body");
        let mut other = request();
        let host = Some(HeaderValue::from_static("b"));
        Hop { method: Some(Method::GET), elsewhere: host, ..hop }.apply(&mut other, is_secret);
        assert_eq!((other.method(), other.headers().len(), other.body().len()), (&Method::GET, 1, 0));
        assert_eq!(other.headers()[HOST], "b");
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_is_a_place_or_none(text in "[ -~]{0,30}") {
            let target: Target = "http://a/b".parse().unwrap();
            let headers: HeaderMap = [(LOCATION, HeaderValue::from_str(&text).unwrap())].into_iter().collect();
            let uri = Uri::from(target.path().clone());
            if let Some(to) = location(target.origin(), &uri, &headers) {
                prop_assert!(to.path().as_str().starts_with('/'));
            }
        }
    }
}
