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

/// Blanks a known secret, in whatever case, as it is or with any of its bytes written as `%XX`, `+` or `\"`. A very
/// short one is blanked only as a word of its own: else the cell `1` would leave no number standing.
pub fn blank_literal(text: String, secret: &str) -> String {
    if secret.is_empty() || secret.bytes().all(|b| b == b'*') {
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
fn literal_end(text: &str, mut at: usize, secret: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    for &expected in secret.as_bytes() {
        let hex = |place: usize| bytes.get(place).and_then(|&b| char::from(b).to_digit(16));
        let same = |byte: u8| byte.eq_ignore_ascii_case(&expected);
        at += match *bytes.get(at)? {
            byte if same(byte) => 1,
            b'+' if expected == b' ' => 1,
            b'\\' if bytes.get(at + 1) == Some(&expected) => 2,
            b'%' if hex(at + 1).zip(hex(at + 2)).is_some_and(|(high, low)| same((high * 16 + low) as u8)) => {
                3
            }
            _ => return None,
        };
    }
    Some(at)
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
