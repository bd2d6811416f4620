//! Forms with files: `multipart/form-data` (RFC 7578).

use std::fmt::Write;

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The name of the field.
    pub name: String,
    /// The name of the file, where it is one.
    pub file: Option<String>,
    /// Its type; `None`: that of a file is guessed from its name, a plain value has none.
    pub content_type: Option<String>,
    /// What it holds.
    pub content: Vec<u8>,
}

/// Types that are told by the extension of a file, as curl does.
const TYPES: [(&str, &str); 11] = [
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
];

/// The `Content-Type` and the body of a form. The same parts always give the same bytes, so that runs can be repeated.
pub(crate) fn multipart(parts: &[Part]) -> (String, Vec<u8>) {
    let boundary = boundary_of(parts);
    let mut body = Vec::new();
    for part in parts {
        let mut head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", escaped(&part.name));
        if let Some(file) = &part.file {
            let _ = write!(head, "; filename=\"{}\"", escaped(file));
        }
        head += "\r\n";
        let guessed = || part.file.as_deref().map(type_of);
        if let Some(content_type) = part.content_type.as_deref().or_else(guessed) {
            let _ = write!(head, "Content-Type: {content_type}\r\n");
        }
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A line that stands in none of the parts.
fn boundary_of(parts: &[Part]) -> String {
    let is_in = |boundary: &str| {
        parts.iter().any(|part| memchr::memmem::find(&part.content, boundary.as_bytes()).is_some())
    };
    let boundaries = (0_u64..).map(|number| format!("------------------------rpsbench{number:016x}"));
    // Some number is in none of them: they are finite.
    boundaries.into_iter().find(|boundary| !is_in(boundary)).unwrap_or_default()
}

/// As browsers write names (the HTML standard, 4.10.22.8).
fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

fn type_of(file: &str) -> &'static str {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    TYPES.iter().find(|(known, _)| *known == extension).map_or("application/octet-stream", |(_, of)| of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, file: Option<&str>, content: &[u8]) -> Part {
        Part {
            name: name.to_owned(),
            file: file.map(str::to_owned),
            content_type: None,
            content: content.to_vec(),
        }
    }

    #[test]
    fn a_form_is_written_as_browsers_do() {
        let parts = [part("who", None, b"Ann"), part("a\"b", Some("x.png"), b"\x00\x01")];
        let (content_type, body) = multipart(&parts);
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"who\"\r\n\r\nAnn\r\n--{boundary}\r\nContent-Disposition: \
             form-data; name=\"a%22b\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n\x00\x01\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(body).unwrap(), expected);
        assert!(boundary.len() <= 70, "RFC 2046, 5.1.1");
    }

    #[test]
    fn the_boundary_stands_in_no_part() {
        let (first, _) = multipart(&[part("a", None, b"")]);
        let boundary = first.rsplit('=').next().unwrap().to_owned();
        let (second, body) = multipart(&[part("a", Some("f"), boundary.as_bytes())]);
        assert_ne!(first, second);
        let own = second.rsplit('=').next().unwrap();
        assert_eq!(memchr::memmem::find_iter(&body, own.as_bytes()).count(), 2);
    }
}
