//! JSON objects, one a line: recordings written for us, and access logs of servers.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::access_log::of_request_line;
use super::problem::RecordingProblem;
use super::request::RecordedRequest;
use super::time::{NS_PER_MS, NS_PER_S, decimal, moment};

/// Under which names servers log the time, those of the start of a request before those of its end.
const TIMES: [&str; 12] = [
    "StartUTC",
    "start_time",
    "@timestamp",
    "timestamp",
    "ts",
    "time",
    "time_iso8601",
    "time_local",
    "msec",
    "t_s",
    "StartLocal",
    "date",
];
/// Under which names they log the method.
const METHODS: [&str; 6] =
    ["method", "request_method", "requestMethod", "RequestMethod", "http_method", "verb"];
/// Under which names they log path and query.
const PATHS: [&str; 8] =
    ["request_uri", "requestUri", "uri", "url", "path", "RequestPath", "requestUrl", "request_path"];
/// Under which names they log the request line, or an object with all of it.
const REQUESTS: [&str; 3] = ["request", "httpRequest", "request_line"];

/// The fields of an object, with their values as they are written.
struct Fields<'j>(Vec<(Cow<'j, str>, &'j RawValue)>);

/// A name, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

impl<'j> Deserialize<'j> for Fields<'j> {
    fn deserialize<D: Deserializer<'j>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'j> Visitor<'j> for All {
            type Value = Fields<'j>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Fields<'j>, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(Name(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}

impl<'j> Fields<'j> {
    fn of(text: &'j str) -> Result<Self, RecordingProblem> {
        // The parser's message may repeat a value.
        serde_json::from_str(text).map_err(|_: serde_json::Error| RecordingProblem::Json)
    }

    /// The value of the first of these names that is there and not null.
    fn first(&self, names: &[&str]) -> Option<&'j RawValue> {
        names.iter().find_map(|name| {
            let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
            (value.get() != "null").then_some(*value)
        })
    }
}

/// The text of a value: of a number, its digits.
fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let raw = value.get();
    match raw.bytes().next()? {
        b'"' => serde_json::from_str::<Name<'_>>(raw).ok().map(|Name(text)| text),
        b'{' | b'[' | b't' | b'f' | b'n' => None,
        _ => Some(Cow::Borrowed(raw)),
    }
}

/// Whether an object is a recording, rather than the access log of a server.
pub(super) fn is_recording(line: &str) -> bool {
    Fields::of(line).is_ok_and(|fields| fields.first(&["t_s", "t_ms"]).is_some())
}

/// A row that was written for us: every field means something.
///
/// # Errors
/// [`RecordingProblem`] where it does not.
pub(super) fn row(line: &str) -> Result<(i64, RecordedRequest), RecordingProblem> {
    let fields = Fields::of(line)?;
    let mut at_ns = None;
    let mut request = RecordedRequest::default();
    let mut has_path = false;
    for (name, value) in fields.0 {
        if value.get() == "null" {
            continue;
        }
        let text = text(value);
        match name.as_ref() {
            "t_s" | "t_ms" | "time" => {
                let text = text.ok_or(RecordingProblem::Time)?;
                let ns = match name.as_ref() {
                    "t_s" => decimal(&text, NS_PER_S),
                    "t_ms" => decimal(&text, NS_PER_MS),
                    _ => moment(&text),
                };
                if at_ns.replace(ns.ok_or(RecordingProblem::Time)?).is_some() {
                    return Err(RecordingProblem::TimeColumn);
                }
            }
            "method" => request.set_method(&text.ok_or(RecordingProblem::Method)?)?,
            "path" | "url" => {
                if std::mem::replace(&mut has_path, true) {
                    return Err(RecordingProblem::TwoPaths);
                }
                request.set_path(&text.ok_or(RecordingProblem::Path)?)?;
            }
            "body" => request.set_body(&text.ok_or(RecordingProblem::Body)?),
            "headers" => add_headers(value, &mut request)?,
            _ => return Err(RecordingProblem::Field),
        }
    }
    Ok((at_ns.ok_or(RecordingProblem::NoTime)?, request))
}

/// `{"Name": "value", "Other": ["one", "two"]}`
fn add_headers(value: &RawValue, request: &mut RecordedRequest) -> Result<(), RecordingProblem> {
    let headers = Fields::of(value.get()).map_err(|_| RecordingProblem::Headers)?;
    for (name, value) in headers.0 {
        if let Some(text) = text(value) {
            request.add_header(&name, &text)?;
            continue;
        }
        let several: Vec<Name<'_>> =
            serde_json::from_str(value.get()).map_err(|_: serde_json::Error| RecordingProblem::Headers)?;
        for Name(text) in several {
            request.add_header(&name, &text)?;
        }
    }
    Ok(())
}

/// A line of a server's access log: the time, and method and path under one of their common names. No request where the client
/// did not send one.
///
/// # Errors
/// [`RecordingProblem`] where there is no object, or no time in it.
pub(super) fn log_line(line: &str) -> Result<(i64, Option<RecordedRequest>), RecordingProblem> {
    let fields = Fields::of(line)?;
    let at_ns = match (fields.first(&["t_ms"]), fields.first(&TIMES)) {
        (Some(ms), _) => text(ms).and_then(|text| decimal(&text, NS_PER_MS)),
        (None, Some(time)) => text(time).and_then(|text| moment(&text)),
        (None, None) => return Err(RecordingProblem::NoTime),
    };
    Ok((at_ns.ok_or(RecordingProblem::Time)?, request_of(&fields)))
}

fn request_of(fields: &Fields<'_>) -> Option<RecordedRequest> {
    match fields.first(&REQUESTS) {
        // One level and no more: a line may hold as many as it has letters.
        Some(request) => match text(request) {
            Some(line) => of_request_line(&line),
            None => of_fields(&Fields::of(request.get()).ok()?),
        },
        None => of_fields(fields),
    }
}

fn of_fields(fields: &Fields<'_>) -> Option<RecordedRequest> {
    if let Some(line) = fields.first(&REQUESTS).and_then(text) {
        return of_request_line(&line);
    }
    let mut request = RecordedRequest::default();
    request.set_method(&text(fields.first(&METHODS)?)?).ok()?;
    request.set_path(&text(fields.first(&PATHS)?)?).ok()?;
    (request.method.is_some() && request.path.is_some()).then_some(request)
}

/// A line that is an object at all.
pub(super) fn is_object(line: &str) -> bool {
    serde_json::from_str::<de::IgnoredAny>(line).is_ok() && line.starts_with('{')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_says_when_and_what() {
        let line = r#"{"t_s": 1700000000.123456789, "method": "PUT", "path": "/a\u002fb", "headers": {"X-A": "1", "X-B": ["2", "3"], "X-N": 4}, "body": "{\"x\":1}"}"#;
        let (at_ns, request) = row(line).unwrap();
        assert_eq!(at_ns, 1_700_000_000_123_456_789, "to the nanosecond");
        assert_eq!((request.method.unwrap(), request.path.unwrap().as_str()), (http::Method::PUT, "/a/b"));
        let headers: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(headers, [("x-a", "1"), ("x-b", "2"), ("x-b", "3"), ("x-n", "4")]);
        assert_eq!(request.body.unwrap().as_ref(), b"{\"x\":1}");
        assert_eq!(
            row(r#"{"t_ms": 12.5, "method": null}"#).unwrap(),
            (12_500_000, RecordedRequest::default())
        );
        assert_eq!(row(r#"{"time": "1970-01-01T00:00:01Z"}"#).unwrap().0, NS_PER_S);
    }

    #[test]
    fn what_is_no_row_says_why_and_not_what_stands_there() {
        for (line, problem) in [
            ("PLANTED", RecordingProblem::Json),
            ("[]", RecordingProblem::Json),
            (r#"{"path": "/PLANTED"}"#, RecordingProblem::NoTime),
            (r#"{"t_s": "PLANTED"}"#, RecordingProblem::Time),
            (r#"{"t_s": true}"#, RecordingProblem::Time),
            (r#"{"t_s": 1, "t_ms": 1000}"#, RecordingProblem::TimeColumn),
            (r#"{"t_s": 1, "PLANTED": 1}"#, RecordingProblem::Field),
            (r#"{"t_s": 1, "path": "/", "url": "/"}"#, RecordingProblem::TwoPaths),
            (r#"{"t_s": 1, "body": {"PLANTED": 1}}"#, RecordingProblem::Body),
            (r#"{"t_s": 1, "headers": ["PLANTED"]}"#, RecordingProblem::Headers),
            (r#"{"t_s": 1, "headers": {"A": {"B": "PLANTED"}}}"#, RecordingProblem::Headers),
            (r#"{"t_s": 1, "method": "PLANTED PLANTED"}"#, RecordingProblem::Method),
        ] {
            let found = row(line).unwrap_err();
            assert!(!found.to_string().contains("PLANTED"), "{found}");
            assert_eq!(found, problem, "{line}");
        }
    }

    #[test]
    fn logs_of_several_servers_are_read() {
        let of = |line: &str| {
            let (at_ns, request) = log_line(line).unwrap();
            let request =
                request.map(|request| format!("{} {}", request.method.unwrap(), request.path.unwrap()));
            (at_ns / NS_PER_MS, request)
        };
        for line in [
            // nginx, with the request line or its parts
            r#"{"time": "2023-11-14T22:13:20+00:00", "request": "GET /x?a=1 HTTP/1.1", "status": 200}"#,
            r#"{"msec": "1700000000.000", "request_method": "GET", "request_uri": "/x?a=1", "uri": "/x"}"#,
            r#"{"time_local": "14/Nov/2023:22:13:20 +0000", "request_method": "GET", "request_uri": "/x?a=1"}"#,
            // Caddy
            r#"{"ts": 1700000000.0, "request": {"method": "GET", "uri": "/x?a=1", "headers": {"A": ["b"]}}}"#,
            // Traefik
            r#"{"StartUTC": "2023-11-14T22:13:20Z", "time": "2023-11-14T22:13:21Z", "RequestMethod": "GET", "RequestPath": "/x?a=1"}"#,
            // Envoy
            r#"{"start_time": "2023-11-14T22:13:20.000Z", "method": "GET", "path": "/x?a=1"}"#,
            // Google Cloud
            r#"{"timestamp": "2023-11-14T22:13:20Z", "httpRequest": {"requestMethod": "GET", "requestUrl": "https://h/x?a=1"}}"#,
            // pino, in milliseconds
            r#"{"time": 1700000000000, "method": "GET", "url": "/x?a=1"}"#,
        ] {
            assert_eq!(of(line), (1_700_000_000_000, Some("GET /x?a=1".to_owned())), "{line}");
        }
        assert_eq!(of(r#"{"ts": 1, "msg": "started"}"#), (1_000, None));
        assert_eq!(of(r#"{"ts": 1, "request": "-"}"#), (1_000, None));
        assert_eq!(log_line(r#"{"msg": "PLANTED"}"#), Err(RecordingProblem::NoTime));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "\\PC{0,60}", cut in 0_usize..90) {
            let _ = (row(&line), log_line(&line), is_recording(&line), is_object(&line));
            let good = r#"{"t_s": 1.5, "method": "GET", "path": "/x", "headers": {"A": "\u00e9"}, "body": "b"}"#;
            let _ = (row(&good[..cut.min(good.len())]), log_line(&good[..cut.min(good.len())]));
        }
    }
}
