//! Tokens, and values whose names say that they are secret.

use super::HIDDEN;
use super::scan::{byte_before, is_word, rewrite, run, starts_with};

/// Parts of names whose values are not shown. They are compared without dashes and underscores.
const SECRET_NAMES: [&str; 14] = [
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "apikey",
    "xapi",
    "session",
    "cookie",
    "signature",
    "credential",
    "auth",
    "jwt",
    "privatekey",
];

/// Whether a name says that its value is secret.
pub fn looks_secret(name: &str) -> bool {
    let squeezed: String = name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    let squeezed = squeezed.to_lowercase();
    SECRET_NAMES.iter().any(|part| squeezed.contains(part))
}

/// So much of a secret at the end of a text is taken for one that was cut off there.
const CUT_SECRET: usize = 4;

/// Blanks a known secret, in whatever case, as it is or with any of its bytes written as `%XX`, `+`, `\"`, `\u00XX`
/// or `&#XX;`, also where the text ends within it: only the beginning of an answer is kept. A very short one is
/// blanked only as a word of its own: else the cell `1` would leave no number standing.
pub fn blank_literal(text: String, secret: &str) -> String {
    // One character is no secret, and every text is full of it.
    if secret.chars().count() < 2 || secret.bytes().all(|b| b == b'*') {
        return text;
    }
    let whole_words = secret.chars().count() <= 3;
    let boundary = |byte: Option<u8>| byte.is_none_or(|b| !is_word(b));
    rewrite(&text, |at| {
        let end = literal_end(&text, at, secret)?;
        let whole = || {
            // The number in the name of a host is ours.
            let named = at >= 5 && starts_with(&text, at - 5, "host-");
            !named && boundary(byte_before(&text, at)) && boundary(text.as_bytes().get(end).copied())
        };
        (text.is_char_boundary(end) && (!whole_words || whole())).then(|| (end, HIDDEN.to_owned()))
    })
}

/// Where a secret that begins at a place ends, if it does.
fn literal_end(text: &str, start: usize, secret: &str) -> Option<usize> {
    let mut at = start;
    for (seen, &expected) in secret.as_bytes().iter().enumerate() {
        let rest = &text.as_bytes()[at..];
        let escape = || {
            let end = text.len().min(at + LONGEST_ESCAPE);
            let (byte, length) = escaped(&text.as_bytes()[at..end])?;
            byte.eq_ignore_ascii_case(&expected).then_some(length)
        };
        at += match *rest {
            [] if seen >= CUT_SECRET => return Some(at),
            [] => return None,
            [byte, ..] => match escape() {
                Some(length) => length,
                // Cut within an escape.
                None if seen >= CUT_SECRET && is_cut_escape(rest) => return Some(text.len()),
                None if byte.eq_ignore_ascii_case(&expected) => 1,
                None if byte == b'+' && expected == b' ' => 1,
                None if byte == b'\\' && rest.get(1) == Some(&expected) => 2,
                None => return None,
            },
        };
    }
    Some(at)
}

/// As long as `&#x2F;`, or `&#000043;`.
const LONGEST_ESCAPE: usize = 10;

/// The byte that a text begins with in the escapes of URLs, JSON and HTML, and how long the escape is.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    let number = |digits: &[u8], radix| {
        u8::try_from(u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?).ok()
    };
    if let Some(digits) = text.strip_prefix(b"%") {
        return Some((number(digits.get(..2)?, 16)?, 3));
    }
    if let Some(digits) = text.strip_prefix(b"\\u") {
        return Some((number(digits.get(..4)?, 16)?, 6));
    }
    let entity = text.strip_prefix(b"&")?;
    let end = entity.iter().position(|&b| b == b';')?;
    let byte = match &entity[..end] {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    Some((byte, end + 2))
}

/// Whether all that is left of a text may be the beginning of an escape.
fn is_cut_escape(rest: &[u8]) -> bool {
    rest.len() < LONGEST_ESCAPE
        && matches!(rest[0], b'%' | b'\\' | b'&')
        && rest[1..].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'#')
}

/// Blanks what is a token by its form: JSON Web Tokens, and what stands behind the name of a scheme of HTTP.
pub fn blank_tokens(text: &str) -> String {
    let text = rewrite(text, |at| {
        let length = run(text, at, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        let word = &text[at..at + length];
        let shown = if word.contains("eyJ") { HIDDEN } else { word };
        (length > 0).then(|| (at + length, shown.to_owned()))
    });
    rewrite(&text, |at| {
        let scheme = ["bearer", "basic", "token", "digest", "negotiate"];
        let scheme = scheme.into_iter().find(|scheme| starts_with(&text, at, scheme))?;
        let behind = at + scheme.len();
        let start = if starts_with(&text, behind, "%20") {
            behind + 3
        } else {
            behind + run(&text, behind, |b| matches!(b, b' ' | b'\t' | b'+'))
        };
        let start_of_token = start + run(&text, start, |b| matches!(b, b'"' | b'\'' | b'\\'));
        let token =
            text[start_of_token..].split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '|'));
        let token = token.into_iter().next().unwrap_or("");
        // `token = x` and `token: x` have a name and a value.
        if start == behind || token.is_empty() || token.starts_with(['=', ':']) {
            return None;
        }
        Some((start_of_token + token.len(), format!("{}{HIDDEN}", &text[at..start_of_token])))
    })
}

/// Blanks the values of secret names: `key=value`, `key: value`, `"key": "value"`.
pub fn blank_values(text: &str) -> String {
    rewrite(text, |at| {
        let separator = text.as_bytes()[at];
        if !matches!(separator, b'=' | b':') {
            return None;
        }
        let (name, start_of_name, quoted) = name_before(text, at);
        if !looks_secret(name) || name.is_empty() {
            return None;
        }
        let next = text.as_bytes().get(at + 1).copied()?;
        if separator == b':' && !quoted {
            // `auth.example:80` and `//auth:80` are hosts, `auth::login` is a path of a program.
            let last = name.rsplit('.').next().unwrap_or(name);
            let host =
                text[..start_of_name].ends_with("//") || !next.is_ascii_whitespace() && !looks_secret(last);
            if host || next == b':' {
                return None;
            }
        }
        let blank = |b: u8| b == b' ' || b == b'\t' || quoted && b.is_ascii_whitespace();
        let start = at + 1 + run(text, at + 1, blank);
        let in_query = matches!(byte_before(text, start_of_name), Some(b'?' | b'&')) && separator == b'=';
        let (start, end) = value(text, start, name, in_query);
        (end > start).then(|| (end, format!("{}{HIDDEN}", &text[at..start])))
    })
}

/// The name before a separator, where it begins, and whether it stands in quotes.
fn name_before(text: &str, at: usize) -> (&str, usize, bool) {
    let before = text[..at].trim_end_matches([' ', '\t']);
    let bare = before.trim_end_matches(['"', '\'', '\\']);
    let of_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'[' | b']');
    let length = bare.bytes().rev().take_while(of_name).count();
    (&bare[bare.len() - length..], bare.len() - length, bare.len() < before.len())
}

/// Where the value that begins at a place begins behind its quote, and where it ends.
fn value(text: &str, start: usize, name: &str, in_query: bool) -> (usize, usize) {
    let until =
        |from: usize, ends: &dyn Fn(char) -> bool| text[from..].find(ends).map_or(text.len(), |n| from + n);
    let escaped = run(text, start, |b| b == b'\\');
    let line_end = |c: char| c == '\n' || c == '\r';
    match text.as_bytes().get(start + escaped) {
        Some(&quote @ (b'"' | b'\'')) => {
            let start = start + escaped + 1;
            // A quote within the value has more backslashes before it than the one that opened it.
            let mut backslashes = 0;
            let mut ends_at = |b: u8| {
                let closes = b == quote && (backslashes <= escaped || escaped == 0 && backslashes % 2 == 0);
                let ends = closes || line_end(char::from(b));
                if !ends {
                    backslashes = if b == b'\\' { backslashes + 1 } else { 0 };
                }
                ends
            };
            let end = text.bytes().skip(start).position(&mut ends_at).map_or(text.len(), |n| start + n);
            // The backslash of the closing quote is not part of the value.
            let end = if end < text.len() && escaped > 0 { end - backslashes.min(escaped) } else { end };
            (start, end)
        }
        Some(b'[') => (start, until(start, &|c| c == ']')),
        Some(b'{') => (start, until(start, &|c| c == '}')),
        _ if in_query => {
            (start, until(start, &|c| c.is_whitespace() || matches!(c, '&' | '#' | '"' | '\'' | '<')))
        }
        _ => {
            // Cookies and challenges hold delimiters themselves.
            let name = name.to_ascii_lowercase();
            let lists = name.contains("cookie") || name.contains("auth");
            (start, until(start, &|c| line_end(c) || c == '|' || !lists && matches!(c, ',' | ';')))
        }
    }
}
