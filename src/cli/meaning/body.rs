//! The body of the one request that flags describe, and the headers that come with it.

use std::path::Path;

use bytes::Bytes;
use http::Method;
use http::header::HeaderName;

use super::super::args::RequestArgs;
use super::super::curl::Said;
use super::super::invocation::Typed;
use super::UsageError;
use super::files::read_file;
use crate::request::{Part, Secret, multipart, parse_header_text};

/// Headers as they were written.
type Headers = Vec<(HeaderName, Secret<String>)>;

/// What flags say of one request.
pub(super) struct Asked {
    pub method: Method,
    /// The headers that were typed, and those that curl's words stand for.
    pub headers: Headers,
    pub body: Bytes,
}

impl Asked {
    /// Reads the flags, and the files that they name.
    ///
    /// # Errors
    /// [`UsageError`] for two bodies, and for what cannot be read.
    pub(super) fn of(args: &RequestArgs, typed: &Typed) -> Result<Self, UsageError> {
        let said = said_by(args)?;
        let form = form_of(args)?;
        let mut bodies = vec![
            ("--body", args.body.is_some() || args.body_file.is_some()),
            ("--form", form.is_some()),
            (
                "--json, --data-raw, --data-binary and --data-urlencode",
                said.body.is_some() || said.body_file.is_some(),
            ),
        ];
        bodies.retain(|(_, given)| *given);
        if let [(one, _), (other, _), ..] = bodies.as_slice() {
            return Err(UsageError::Exclusive(one, other));
        }
        let mut own = said.headers;
        let body = match form {
            Some((content_type, body)) => {
                own.push(format!("Content-Type: {content_type}"));
                Bytes::from(body)
            }
            None => match (&said.body, &said.body_file) {
                (Some(text), _) => Bytes::from(text.clone()),
                (None, Some(file)) => read_file("body", Path::new(file)).map(Bytes::from)?,
                (None, None) => body_of(args, typed)?,
            },
        };
        let has_body = !bodies.is_empty();
        Ok(Self { method: method_of(args, has_body)?, headers: with(args, &own)?, body })
    }
}

/// The headers of every request: those that were typed, and those that curl's words stand for.
pub(super) fn headers_of(args: &RequestArgs) -> Result<Headers, UsageError> {
    with(args, &said_by(args)?.headers)
}

/// What was typed as a header is meant, whatever a word stands for.
fn with(args: &RequestArgs, of_words: &[String]) -> Result<Headers, UsageError> {
    let mut headers =
        args.header.iter().map(|text| parse_header_text(text)).collect::<Result<Headers, _>>()?;
    for text in of_words {
        let (name, value) = parse_header_text(text)?;
        if !headers.iter().any(|(typed, _)| *typed == name) {
            headers.push((name, value));
        }
    }
    Ok(headers)
}

/// curl's words on our own command line.
fn said_by(args: &RequestArgs) -> Result<Said, UsageError> {
    let words = &args.words;
    let one = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, value));
    let several = |name: &'static str, values: &[String]| {
        values.iter().map(|value| (name, value.clone())).collect::<Vec<_>>()
    };
    let mut said: Vec<(&str, String)> = [
        one("user", &words.user),
        one("oauth2-bearer", &words.oauth2_bearer),
        one("cookie", &words.cookie),
        one("user-agent", &words.user_agent),
        one("referer", &words.referer),
        one("json", &words.json),
        words.compressed.then(|| ("compressed", String::new())),
    ]
    .into_iter()
    .flatten()
    .collect();
    said.extend(several("data-raw", &words.data_raw));
    said.extend(several("data-binary", &words.data_binary));
    said.extend(several("data-urlencode", &words.data_urlencode));
    Said::of(said).map_err(UsageError::Words)
}

/// A form with files.
fn form_of(args: &RequestArgs) -> Result<Option<(String, Vec<u8>)>, UsageError> {
    let mut parts = Vec::new();
    for text in &args.words.form {
        parts.push(part_of(text)?);
    }
    for text in &args.words.form_string {
        let (name, value) = text.split_once('=').ok_or(UsageError::Form)?;
        let content = value.as_bytes().to_vec();
        parts.push(Part { name: name.to_owned(), file: None, content_type: None, content });
    }
    Ok((!parts.is_empty()).then(|| multipart(&parts)))
}

/// `NAME=VALUE`, `NAME=@FILE` or `NAME=<FILE`, each perhaps with `;type=TYPE` and `;filename=NAME` behind it.
fn part_of(text: &str) -> Result<Part, UsageError> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(UsageError::Form)?;
    let mut value = value;
    let (mut content_type, mut file_name) = (None, None);
    while let Some((before, last)) = value.rsplit_once(';') {
        match last.trim().split_once('=') {
            Some(("type", of)) => content_type = Some(of.to_owned()),
            Some(("filename", of)) => file_name = Some(of.trim_matches('"').to_owned()),
            _ => break,
        }
        value = before;
    }
    let (content, own_name) = if let Some(path) = value.strip_prefix('@') {
        let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
        (read_file("form", Path::new(path))?, name)
    } else if let Some(path) = value.strip_prefix('<') {
        (read_file("form", Path::new(path))?, None)
    } else {
        (value.as_bytes().to_vec(), None)
    };
    let has_line_breaks =
        |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(['\r', '\n']));
    if has_line_breaks(&content_type) {
        return Err(UsageError::Form);
    }
    Ok(Part { name: name.to_owned(), file: file_name.or(own_name), content_type, content })
}

fn method_of(args: &RequestArgs, has_body: bool) -> Result<Method, UsageError> {
    match &args.method {
        None if has_body => Ok(Method::POST),
        None => Ok(Method::GET),
        Some(name) => {
            Method::from_bytes(name.to_uppercase().as_bytes()).map_err(|_| UsageError::Method(name.clone()))
        }
    }
}

fn body_of(args: &RequestArgs, typed: &Typed) -> Result<Bytes, UsageError> {
    if typed.has("body") && typed.has("body_file") {
        return Err(UsageError::Exclusive("--body", "--body-file"));
    }
    if args.body.is_some() && args.body_file.is_some() && !typed.has("body") && !typed.has("body_file") {
        return Err(UsageError::Exclusive("RPSBENCH_BODY", "RPSBENCH_BODY_FILE"));
    }
    // A flag beats the environment.
    let from_file = args.body_file.as_ref().filter(|_| !typed.has("body"));
    match (from_file, &args.body) {
        (Some(path), _) => read_file("body", path).map(Bytes::from),
        (None, Some(text)) if text.starts_with('@') && args.curl.is_none() => Err(UsageError::BodyAt),
        (None, Some(text)) => Ok(Bytes::from(text.clone())),
        (None, None) => Ok(Bytes::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_form_are_read_as_curl_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b.txt");
        std::fs::write(&file, "hello").unwrap();
        let file = file.display();
        let part = |text: &str| part_of(text).unwrap();
        assert_eq!((part("a=b;c").content, part("a=b;c").file), (b"b;c".to_vec(), None));
        let whole = part(&format!("f=@{file};type=text/csv;filename=\"x\""));
        assert_eq!(
            (whole.content, whole.file, whole.content_type),
            (b"hello".to_vec(), Some("x".to_owned()), Some("text/csv".to_owned()))
        );
        assert_eq!(part(&format!("f=@{file}")).file.as_deref(), Some("a b.txt"));
        assert_eq!(
            (part(&format!("f=<{file}")).file, part(&format!("f=<{file}")).content),
            (None, b"hello".to_vec())
        );
        for text in ["", "a", "=b"] {
            assert!(matches!(part_of(text), Err(UsageError::Form)), "{text}");
        }
        assert!(matches!(part_of("a=@none"), Err(UsageError::File { .. })));
    }
}
