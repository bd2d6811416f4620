//! What a later request takes from an answer: a value in its JSON, a header, what a pattern finds, a cookie.

use bytes::Bytes;
use cookie::Cookie;
use http::HeaderMap;
use http::header::{HeaderName, SET_COOKIE};
use regex::bytes::Regex;

use super::json::value_at;
use crate::request::header::is_header_text;

/// Longest value that is taken, in bytes: of several in one URL, each written as %XX, there is still room for five.
pub(crate) const MOST_TAKEN: usize = 4 << 10;

/// Where a value stands in an answer.
#[derive(Debug, Clone)]
pub enum TakeFrom {
    /// In the JSON of the body: a JSON pointer (RFC 6901).
    Json(String),
    /// In a header: the first of this name.
    Header(HeaderName),
    /// In the body, where a pattern is found: its first group, or all of it where it has none.
    Regex(Regex),
    /// In a `Set-Cookie` header: the value of the cookie of this name.
    Cookie(String),
}

/// A value that later requests of the session write as `{name}`.
#[derive(Debug, Clone)]
pub struct Take {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub from: TakeFrom,
}

/// An answer that values are taken from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl<'a> Source<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        Self { headers, body }
    }
}

impl TakeFrom {
    /// Whether it looks into the body, which must be held for it.
    pub(crate) fn wants_body(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Regex(_))
    }

    /// What stands in an answer where it looks, whether or not a request could hold it.
    pub(crate) fn find(&self, source: Source<'_>) -> Option<Bytes> {
        match self {
            Self::Json(pointer) => value_at(source.body, pointer),
            Self::Header(name) => {
                Some(Bytes::copy_from_slice(source.headers.get(name)?.as_bytes().trim_ascii()))
            }
            Self::Regex(pattern) => {
                let found = pattern.captures(source.body)?;
                Some(Bytes::copy_from_slice(found.get(1).or_else(|| found.get(0))?.as_bytes()))
            }
            Self::Cookie(name) => source.headers.get_all(SET_COOKIE).iter().find_map(|line| {
                let line = String::from_utf8_lossy(line.as_bytes());
                let cookie = Cookie::parse(line.as_ref()).ok()?;
                (cookie.name() == name).then(|| Bytes::copy_from_slice(cookie.value().as_bytes()))
            }),
        }
    }
}

/// Whether a request can hold a value: it is neither empty nor longer than [`MOST_TAKEN`], and fits into a header.
pub(crate) fn is_usable(value: &[u8]) -> bool {
    (1..=MOST_TAKEN).contains(&value.len()) && is_header_text(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(from: TakeFrom, headers: &[(&'static str, &'static str)], body: &str) -> Option<String> {
        let pairs = headers.iter();
        let headers: HeaderMap =
            pairs.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let found = from.find(Source::new(&headers, body.as_bytes()));
        found.filter(|value| is_usable(value)).map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    fn json(pointer: &str, body: &str) -> Option<String> {
        taken(TakeFrom::Json(pointer.to_owned()), &[], body)
    }

    fn regex(pattern: &str, body: &str) -> Option<String> {
        taken(TakeFrom::Regex(Regex::new(pattern).unwrap()), &[], body)
    }

    #[test]
    fn values_stand_where_they_are_looked_for() {
        let body = r#"{"access_token": "a\"b", "user": {"id": 7, "on": true}, "list": [1, 2], "none": null, "e": ""}"#;
        assert_eq!(json("/access_token", body).unwrap(), "a\"b");
        assert_eq!(json("/user/id", body).unwrap(), "7");
        assert_eq!(json("/user/on", body).unwrap(), "true");
        assert_eq!(json("/list", body).unwrap(), "[1, 2]");
        for pointer in ["/none", "/e", "/missing", "/list/2"] {
            assert_eq!(json(pointer, body), None, "{pointer}");
        }
        assert_eq!(json("/a", "not JSON"), None);
        assert_eq!(
            regex(r#"name="csrf" value="([^"]+)""#, r#"<input name="csrf" value="x1">"#).unwrap(),
            "x1"
        );
        assert_eq!(regex("ord-[0-9]+", "an ord-12 b").unwrap(), "ord-12");
        assert_eq!(regex("ord-[0-9]+", "none"), None);
        let headers = [("x-id", " 5 "), ("set-cookie", "a=1; Path=/"), ("set-cookie", "sid=s%201; HttpOnly")];
        assert_eq!(taken(TakeFrom::Header(HeaderName::from_static("x-id")), &headers, "").unwrap(), "5");
        assert_eq!(taken(TakeFrom::Header(HeaderName::from_static("x-no")), &headers, ""), None);
        assert_eq!(taken(TakeFrom::Cookie("sid".to_owned()), &headers, "").unwrap(), "s%201");
        assert_eq!(taken(TakeFrom::Cookie("SID".to_owned()), &headers, ""), None);
        let beyond_ascii: HeaderMap =
            [(SET_COOKIE, http::HeaderValue::from_bytes(b"sid=caf\xC3\xA9; Path=/").unwrap())]
                .into_iter()
                .collect();
        let found = TakeFrom::Cookie("sid".to_owned()).find(Source::new(&beyond_ascii, b"")).unwrap();
        assert_eq!(found, "caf\u{e9}".as_bytes());
    }

    #[test]
    fn what_no_request_could_hold_is_not_taken() {
        assert_eq!(json("/a", r#"{"a": "x\ny"}"#), None);
        let long = "x".repeat(MOST_TAKEN);
        assert_eq!(json("/a", &format!(r#"{{"a": "{long}"}}"#)).unwrap(), long);
        assert_eq!(json("/a", &format!(r#"{{"a": "{long}x"}}"#)), None);
    }

    proptest! {
        /// Whatever an answer holds, and whatever is taken of it fits into a header.
        #[test]
        fn what_is_taken_fits_into_a_request(body in prop::collection::vec(any::<u8>(), 0..60), text in "\\PC{0,20}") {
            let headers = HeaderMap::new();
            let all = Regex::new("(?s-u).+").unwrap();
            let json = serde_json::json!({ "a": text }).to_string();
            for body in [&body[..], json.as_bytes()] {
                for from in [TakeFrom::Json("/a".to_owned()), TakeFrom::Regex(all.clone())] {
                    let value = from.find(Source::new(&headers, body)).filter(|value| is_usable(value));
                    prop_assert!(value.is_none_or(|value| http::HeaderValue::from_bytes(&value).is_ok()));
                }
            }
        }
    }
}
