//! Access logs in the formats `common` and `combined`, as Apache, nginx and many others write them.
//!
//! `HOST IDENT USER [10/Oct/2000:13:55:36 -0700] "GET /path HTTP/1.1" 200 512 "REFERER" "USER AGENT"`: time and request line are
//! read, so that whatever follows them may be there or not.

use std::borrow::Cow;

use super::problem::RecordingProblem;
use super::request::RecordedRequest;
use super::time::of_access_log;

/// The time of a line and the text behind it. Addresses and names of users before it may hold brackets too.
fn time_of(line: &str) -> Result<(i64, &str), RecordingProblem> {
    let mut problem = RecordingProblem::AccessLog;
    for (at, _) in line.match_indices('[') {
        let Some((time, rest)) = line[at + 1..].split_once(']') else { break };
        match of_access_log(time) {
            Some(at_ns) => return Ok((at_ns, rest)),
            None => problem = RecordingProblem::Time,
        }
    }
    Err(problem)
}

/// The request line behind the time, as it was written, quotes escaped.
fn request_line(rest: &str) -> Option<&str> {
    let (between, rest) = rest.split_once('"')?;
    if !between.trim().is_empty() {
        return None;
    }
    let mut is_escaped = false;
    let end = rest.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })?;
    Some(&rest[..end])
}

/// The time of a line and its request; no request where the client did not send one.
///
/// # Errors
/// [`RecordingProblem`] where it is no line of an access log.
pub(super) fn parse(line: &str) -> Result<(i64, Option<RecordedRequest>), RecordingProblem> {
    let (at_ns, rest) = time_of(line)?;
    let request = request_line(rest).ok_or(RecordingProblem::AccessLog)?;
    Ok((at_ns, of_request_line(&unescaped(request))))
}

/// Whether a line looks like one of an access log.
pub(super) fn is_one(line: &str) -> bool {
    parse(line).is_ok()
}

/// `GET /path HTTP/1.1`, also without a version, as HTTP/0.9 had it. What is none, a server has logged all the same: `-` where a
/// client went away, or the bytes of a client that spoke TLS.
pub(super) fn of_request_line(line: &str) -> Option<RecordedRequest> {
    let (method, rest) = line.trim().split_once(' ')?;
    let path = match rest.rsplit_once(' ') {
        Some((path, version)) if version.starts_with("HTTP/") => path,
        _ => rest,
    };
    let mut request = RecordedRequest::default();
    request.set_method(method).ok()?;
    request.set_path(path.trim()).ok()?;
    (request.method.is_some() && request.path.is_some()).then_some(request)
}

/// The text without the escapes of nginx and Apache: `\x22`, `\"`, `\\`. Bytes that make no UTF-8 stay escaped, and so are no
/// path.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let hex = |at: usize| behind.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let byte;
        (byte, rest) = match (first, behind.first()) {
            (b'\\', Some(b'x')) if hex(1).is_some() && hex(2).is_some() => {
                let value = hex(1).unwrap_or(0) * 16 + hex(2).unwrap_or(0);
                (value as u8, &behind[3..])
            }
            (b'\\', Some(escaped @ (b'"' | b'\\'))) => (*escaped, &behind[1..]),
            _ => (first, behind),
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Option<(String, String)> {
        let (_, request) = parse(line).unwrap();
        request.map(|request| (request.method.unwrap().to_string(), request.path.unwrap().to_string()))
    }

    #[test]
    fn common_and_combined_lines_have_a_time_and_a_request() {
        let common =
            r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif?a=1 HTTP/1.0" 200 2326"#;
        assert_eq!(parse(common).unwrap().0, 971_211_336_000_000_000);
        assert_eq!(read(common), Some(("GET".to_owned(), "/apache_pb.gif?a=1".to_owned())));
        let combined = format!(
            "{common} \"http://www.example.com/start.html\" \"Mozilla/4.08 [en] (Win98; I ;Nav)\" 0.004"
        );
        assert_eq!(read(&combined), read(common));
        let odd =
            r#"web:443 [::1] - [x] [10/Oct/2000:13:55:36 +0000] "POST http://h/a\"b\x20c\\d HTTP/2.0" 201 0"#;
        assert_eq!(read(odd), Some(("POST".to_owned(), "/a%22b%20c%5Cd".to_owned())));
        assert_eq!(read(r#"h - - [10/Oct/2000:13:55:36 +0000] "GET /old" 200 1"#).unwrap().1, "/old");
    }

    #[test]
    fn what_is_no_request_is_none_and_what_is_no_line_an_error() {
        for request in
            ["-", "", r"\x16\x03\x01\x02\x00\x01", "OPTIONS * HTTP/1.1", "CONNECT h:443 HTTP/1.1", "GET"]
        {
            let line = format!("h - - [10/Oct/2000:13:55:36 +0000] \"{request}\" 400 0");
            assert_eq!(read(&line), None, "{request}");
        }
        for line in [
            "",
            "PLANTED",
            "h - - [10/Oct/2000:13:55:36 +0000] GET /",
            "h [noon] \"GET / HTTP/1.1\" 200",
            "h - - [10/Oct/2000:13:55:36 +0000] \"GET /\\\"",
        ] {
            let problem = parse(line).unwrap_err();
            assert!(matches!(problem, RecordingProblem::AccessLog | RecordingProblem::Time), "{line}");
            assert!(!is_one(line) && !problem.to_string().contains("PLANTED"));
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "\\PC{0,80}", request in "[ -~é\\\\\"x]{0,40}") {
            let _ = parse(&line);
            let _ = parse(&format!("h - - [10/Oct/2000:13:55:36 +0000] \"{request}\" 200"));
        }

        /// Whatever stands in the path, as a server escapes it.
        #[test]
        fn a_path_survives_its_escapes(path in "/[!-~]{0,20}", all in any::<bool>()) {
            prop_assume!(!path.contains('#'));
            let escaped: String = path.chars().map(|c| match c {
                _ if all => format!("\\x{:02X}", c as u32),
                '"' | '\\' => format!("\\{c}"),
                c => c.to_string(),
            }).collect();
            let line = format!("h - - [10/Oct/2000:13:55:36 +0000] \"GET {escaped} HTTP/1.1\" 200 1");
            let expected = crate::request::target::path_of(&path).ok().map(|path| ("GET".to_owned(), path.to_string()));
            prop_assert_eq!(read(&line), expected);
        }
    }
}
