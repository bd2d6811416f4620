//! What a later request takes from an answer: a value in its JSON, a header, what a pattern finds, a cookie.

use std::borrow::Cow;

use bytes::Bytes;
use cookie::Cookie;
use http::HeaderMap;
use http::header::{HeaderName, SET_COOKIE};
use regex::bytes::Regex;
use serde_json::Value;

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
#[derive(Debug)]
pub(crate) struct Source<'a> {
    headers: &'a HeaderMap,
    body: Cow<'a, [u8]>,
    /// The body as JSON, once it was read so.
    json: Option<Option<Value>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, body: Cow<'a, [u8]>) -> Self {
        Self { headers, body, json: None }
    }
}

impl TakeFrom {
    /// Whether it looks into the body, which must be held for it.
    pub(crate) fn wants_body(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Regex(_))
    }

    /// The value in an answer. `None` where there is none, where it is empty or longer than [`MOST_TAKEN`], and where a
    /// header could not hold it.
    pub(crate) fn take(&self, source: &mut Source<'_>) -> Option<Bytes> {
        let value = match self {
            Self::Json(pointer) => {
                let body = &source.body;
                let json = source.json.get_or_insert_with(|| serde_json::from_slice(body).ok());
                text_of(json.as_ref()?.pointer(pointer)?)?
            }
            Self::Header(name) => Bytes::copy_from_slice(source.headers.get(name)?.as_bytes().trim_ascii()),
            Self::Regex(pattern) => {
                let found = pattern.captures(&source.body)?;
                Bytes::copy_from_slice(found.get(1).or_else(|| found.get(0))?.as_bytes())
            }
            Self::Cookie(name) => {
                let cookies = source.headers.get_all(SET_COOKIE).iter().filter_map(|one| one.to_str().ok());
                let mut cookies = cookies.filter_map(|one| Cookie::parse(one).ok());
                Bytes::copy_from_slice(cookies.find(|one| one.name() == name)?.value().as_bytes())
            }
        };
        ((1..=MOST_TAKEN).contains(&value.len()) && is_header_text(&value)).then_some(value)
    }
}

/// A value of JSON as it stands in a request: a text without its quotes, anything else as it is written.
fn text_of(value: &Value) -> Option<Bytes> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
        other => Some(Bytes::from(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(from: TakeFrom, headers: &[(&'static str, &'static str)], body: &str) -> Option<String> {
        let pairs = headers.iter();
        let headers: HeaderMap =
            pairs.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let mut source = Source::new(&headers, Cow::Borrowed(body.as_bytes()));
        from.take(&mut source).map(|value| String::from_utf8(value.to_vec()).unwrap())
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
        assert_eq!(json("/list", body).unwrap(), "[1,2]");
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
                    let value = from.take(&mut Source::new(&headers, Cow::Borrowed(body)));
                    prop_assert!(value.is_none_or(|value| http::HeaderValue::from_bytes(&value).is_ok()));
                }
            }
        }
    }
}
