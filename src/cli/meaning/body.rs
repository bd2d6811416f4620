//! The body of the one request that flags describe, and the headers that come with it.

use std::path::Path;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName};

use super::super::args::RequestArgs;
use super::super::curl::Said;
use super::super::invocation::Typed;
use super::UsageError;
use super::files::{read_at_most, read_file};
use crate::request::{DataTable, Part, RowBodies, Secret, multipart, names_rows, parse_header_text};

/// Headers as they were written.
type Headers = Vec<(HeaderName, Secret<String>)>;

/// What flags say of one request.
pub(super) struct Asked {
    pub method: Method,
    /// The headers that were typed, and those that curl's words stand for.
    pub headers: Headers,
    pub body: Bytes,
    /// In place of it, a body for each row of the data.
    pub row_bodies: Option<RowBodies>,
}

impl Asked {
    /// Reads the flags, and the files that they name.
    ///
    /// # Errors
    /// [`UsageError`] for two bodies, and for what cannot be read.
    pub(super) fn of(
        args: &RequestArgs,
        typed: &Typed,
        data: Option<&DataTable>,
    ) -> Result<Self, UsageError> {
        let kind = kind_of_body(args, typed)?;
        let said = said_by(args, typed, kind == Some(Body::Words))?;
        let form = if kind == Some(Body::Form) { form_of(args)? } else { None };
        let mut own = said.headers;
        let row_bodies = match data.filter(|_| kind == Some(Body::Plain)) {
            Some(data) => row_bodies_of(args, typed, data)?,
            None => None,
        };
        let body = match form {
            Some((content_type, body)) => {
                own.push(format!("Content-Type: {content_type}"));
                Bytes::from(body)
            }
            None => match (&said.body, &said.body_file) {
                (Some(text), _) => Bytes::from(text.clone()),
                (None, Some(file)) => read_file("body", Path::new(file)).map(Bytes::from)?,
                (None, None) if row_bodies.is_some() => Bytes::new(),
                (None, None) if kind == Some(Body::Plain) => body_of(args, typed)?,
                (None, None) => Bytes::new(),
            },
        };
        Ok(Self { method: method_of(args, kind.is_some())?, headers: with(args, &own)?, body, row_bodies })
    }
}

/// How a body is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// As a text or a file.
    Plain,
    /// As a form with files.
    Form,
    /// In curl's words for forms and JSON.
    Words,
}

/// Which of them is meant: what was typed beats the environment and a file of flags.
fn kind_of_body(args: &RequestArgs, typed: &Typed) -> Result<Option<Body>, UsageError> {
    let words = &args.words;
    let kinds: [(Body, &'static str, bool, &[&str]); 3] = [
        (Body::Plain, "--body", args.body.is_some() || args.body_file.is_some(), &["body", "body_file"]),
        (
            Body::Form,
            "--form",
            !words.form.is_empty() || !words.form_string.is_empty(),
            &["form", "form_string"],
        ),
        (
            Body::Words,
            "--json, --data-raw, --data-binary and --data-urlencode",
            words.json.is_some()
                || [&words.data_raw, &words.data_binary, &words.data_urlencode]
                    .iter()
                    .any(|data| !data.is_empty()),
            &["json", "data_raw", "data_binary", "data_urlencode"],
        ),
    ];
    let given: Vec<_> = kinds.into_iter().filter(|(_, _, is_given, _)| *is_given).collect();
    let is_typed = |fields: &[&str]| fields.iter().any(|field| typed.has(field));
    let of_typed: Vec<_> = given.iter().filter(|(_, _, _, fields)| is_typed(fields)).collect();
    match (of_typed.as_slice(), given.as_slice()) {
        ([only], _) => Ok(Some(only.0)),
        ([], []) => Ok(None),
        ([], [only]) => Ok(Some(only.0)),
        ([one, other, ..], _) => Err(UsageError::Exclusive(one.1, other.1)),
        ([], [one, other, ..]) => Err(UsageError::Exclusive(one.1, other.1)),
    }
}

/// The headers of every request: those that were typed, and those that curl's words stand for.
pub(super) fn headers_of(args: &RequestArgs, typed: &Typed) -> Result<Headers, UsageError> {
    with(args, &said_by(args, typed, false)?.headers)
}

/// What was typed as a header is meant, whatever a word stands for.
fn with(args: &RequestArgs, of_words: &[String]) -> Result<Headers, UsageError> {
    let mut headers =
        args.header.iter().map(|text| parse_header_text(text)).collect::<Result<Headers, _>>()?;
    for text in of_words {
        let (name, value) = parse_header_text(text)?;
        // Without its boundary nobody could read a form, so it takes the place of one that was typed as a plain header.
        let lacks_boundary = |value: &Secret<String>| {
            let typed = value.expose().to_ascii_lowercase();
            typed.starts_with("multipart/") && !typed.contains("boundary=")
        };
        if name == CONTENT_TYPE && value.expose().starts_with("multipart/") {
            headers.retain(|(other, typed)| *other != name || !lacks_boundary(typed));
        }
        if !headers.iter().any(|(typed, _)| *typed == name) {
            headers.push((name, value));
        }
    }
    Ok(headers)
}

/// curl's words on our own command line; those of a body only where it is meant.
fn said_by(args: &RequestArgs, typed: &Typed, has_body: bool) -> Result<Said, UsageError> {
    let words = &args.words;
    // Two credentials make one header.
    let (user, bearer) = match (&words.user, &words.oauth2_bearer) {
        (Some(_), Some(_)) => match (typed.has("user"), typed.has("oauth2_bearer")) {
            (true, false) => (&words.user, &None),
            (false, true) => (&None, &words.oauth2_bearer),
            _ => return Err(UsageError::Exclusive("--user", "--oauth2-bearer")),
        },
        both => both,
    };
    let one = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, value));
    let several = |name: &'static str, values: &[String]| {
        values.iter().map(|value| (name, value.clone())).collect::<Vec<_>>()
    };
    let mut said: Vec<(&str, String)> = [
        one("user", user),
        one("oauth2-bearer", bearer),
        one("cookie", &words.cookie),
        one("user-agent", &words.user_agent),
        one("referer", &words.referer),
        words.compressed.then(|| ("compressed", String::new())),
    ]
    .into_iter()
    .flatten()
    .collect();
    if has_body {
        said.extend(one("json", &words.json));
        said.extend(several("data-raw", &words.data_raw));
        said.extend(several("data-binary", &words.data_binary));
        said.extend(several("data-urlencode", &words.data_urlencode));
    }
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

/// The body files of the rows, where the name of the file has a column of the data in it.
fn row_bodies_of(
    args: &RequestArgs,
    typed: &Typed,
    data: &DataTable,
) -> Result<Option<RowBodies>, UsageError> {
    one_body(args, typed)?;
    let Some(path) = args.body_file.as_ref().filter(|_| !typed.has("body")) else { return Ok(None) };
    // A name that is no text holds no column.
    let Some(path) = path.to_str().filter(|path| names_rows(path)) else { return Ok(None) };
    Ok(Some(RowBodies::read(path, data, args.template, read_at_most)?))
}

/// Only one body may be given.
fn one_body(args: &RequestArgs, typed: &Typed) -> Result<(), UsageError> {
    if typed.has("body") && typed.has("body_file") {
        return Err(UsageError::Exclusive("--body", "--body-file"));
    }
    if args.body.is_some() && args.body_file.is_some() && !typed.has("body") && !typed.has("body_file") {
        return Err(UsageError::Exclusive("RPSBENCH_BODY", "RPSBENCH_BODY_FILE"));
    }
    Ok(())
}

fn body_of(args: &RequestArgs, typed: &Typed) -> Result<Bytes, UsageError> {
    one_body(args, typed)?;
    // A flag beats the environment.
    let from_file = args.body_file.as_ref().filter(|_| !typed.has("body"));
    match (from_file, &args.body) {
        (Some(path), _) => read_file("body", path).map(Bytes::from).map_err(|error| hinted(error, path)),
        (None, Some(text)) if text.starts_with('@') && args.curl.is_none() => Err(UsageError::BodyAt),
        (None, Some(text)) => Ok(Bytes::from(text.clone())),
        (None, None) => Ok(Bytes::new()),
    }
}

/// A name with braces may be meant for the rows of a file that was not given.
fn hinted(error: UsageError, path: &Path) -> UsageError {
    match error {
        UsageError::File { what, path: file, cause } if path.to_str().is_some_and(names_rows) => {
            let cause =
                format!("{cause} (a {{column}} in its name stands for a cell of --data, which is not given)");
            UsageError::File { what, path: file, cause }
        }
        other => other,
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
