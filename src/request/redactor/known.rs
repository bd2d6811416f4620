//! Secrets that are known, however a server writes them.

use std::cmp::Reverse;
use std::sync::LazyLock;

use regex::Regex;

use super::patterns::{HIDDEN, ends_word, regex};
use crate::request::secret::Secret;

/// A known secret is hidden where a text ends within it once this many of its characters have been seen.
const CUT_SECRET: usize = 4;

/// Up to this length, in characters, a secret is hidden only as a word of its own: otherwise the cell `1` would leave
/// no number standing.
const SHORT_SECRET: usize = 3;

/// As long as `&#x2F;`, or `&#000043;`.
const LONGEST_ESCAPE: usize = 10;

/// Hides secrets in any case, as they are or with any of their characters escaped as in URLs, JSON, JavaScript or
/// HTML, and also where the text ends within one: only the beginning of an answer is kept.
pub(super) fn hide_known(text: String, secrets: &[Secret<String>]) -> String {
    hide_all(text, secrets, SHORT_SECRET)
}

/// The same of secrets that no request carries, and only where one stands as a word of its own: a user called `bench` must
/// not take the name of this program away.
pub(super) fn hide_words(text: String, secrets: &[Secret<String>]) -> String {
    hide_all(text, secrets, usize::MAX)
}

/// `short`: up to so many characters a secret is hidden only as a word of its own.
fn hide_all(text: String, secrets: &[Secret<String>], short: usize) -> String {
    let mut longest_first: Vec<&str> = secrets.iter().map(|secret| secret.expose().trim()).collect();
    // One that is part of another must not leave the rest of it standing.
    longest_first.sort_by_key(|secret| Reverse(secret.len()));
    longest_first.into_iter().fold(text, |text, secret| hide_one(text, secret, short))
}

fn hide_one(text: String, secret: &str, short: usize) -> String {
    let characters = secret.chars().count();
    // A single character is no secret, and every text is full of it.
    if characters < 2 || secret.bytes().all(|b| b == b'*') {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let (before, rest) = text.split_at(at);
        let length = secret_length(rest, secret).filter(|length| {
            // The number in the name of a host is ours.
            let alone = || !before.ends_with("host-") && ends_word(before.chars().next_back());
            characters > short || alone() && ends_word(rest[*length..].chars().next())
        });
        match length {
            Some(length) => {
                shown.push_str(HIDDEN);
                at += length;
            }
            None => {
                shown.push(c);
                at += c.len_utf8();
            }
        }
    }
    shown
}

/// How long the secret is with which a text begins, as it is written there.
fn secret_length(text: &str, secret: &str) -> Option<usize> {
    let mut at = 0;
    for (seen, expected) in secret.chars().enumerate() {
        let rest = &text[at..];
        let escape = rest.starts_with(['%', '\\', '&']).then(|| escape_length(rest, expected)).flatten();
        at += match escape.or_else(|| unescaped_length(rest, expected)) {
            // The escape may end here, or in what was cut off.
            _ if escape.is_none() && seen >= CUT_SECRET && is_cut(rest) => return Some(text.len()),
            Some(length) => length,
            None => return None,
        };
    }
    Some(at)
}

/// How long the character is with which a text begins, if it is the expected one as it is or behind a backslash.
fn unescaped_length(text: &str, expected: char) -> Option<usize> {
    match text.chars().next()? {
        first if is_same(first, expected) => Some(first.len_utf8()),
        '+' if expected == ' ' => Some(1),
        '\\' if text[1..].starts_with(expected) => Some(1 + expected.len_utf8()),
        _ => None,
    }
}

fn is_same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

/// The escapes of a byte, which may be encoded twice (`%2F`, `%252F`, `\x2f`), of a unit of UTF-16 (`\u002f`), and of a
/// character (`&#47;`, `&#x2f;`, `&amp;`).
static ESCAPES: LazyLock<[Regex; 5]> = LazyLock::new(|| {
    [
        r"^(?:%|\\x)([0-9A-Fa-f]{2})",
        r"^%(?:25)+([0-9A-Fa-f]{2})",
        r"^\\u([0-9A-Fa-f]{4})",
        r"^&#0*([0-9]{1,7});",
        r"^&#[xX]0*([0-9A-Fa-f]{1,6});",
    ]
    .map(regex)
});

/// How long the escape is with which a text begins, if it stands for the expected character.
fn escape_length(text: &str, expected: char) -> Option<usize> {
    let [byte, byte_again, unit, decimal, hexadecimal] = &*ESCAPES;
    let (mut bytes, mut units) = ([0; 4], [0; 2]);
    let bytes: Vec<u32> = expected.encode_utf8(&mut bytes).bytes().map(u32::from).collect();
    let units: Vec<u32> = expected.encode_utf16(&mut units).iter().copied().map(u32::from).collect();
    let named = || {
        let names =
            [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')].into_iter();
        names
            .filter(|(_, c)| *c == expected)
            .find(|(name, _)| text.starts_with(name))
            .map(|(name, _)| name.len())
    };
    let ways = [(byte, 16, &bytes), (byte_again, 16, &bytes), (unit, 16, &units)];
    let character = vec![u32::from(expected)];
    let numbers = [(decimal, 10, &character), (hexadecimal, 16, &character)];
    ways.into_iter()
        .chain(numbers)
        .find_map(|(escape, radix, codes)| codes_length(text, escape, radix, codes))
        .or_else(named)
}

/// How long the escapes are with which a text begins, if they stand for these codes.
fn codes_length(text: &str, escape: &Regex, radix: u32, codes: &[u32]) -> Option<usize> {
    let mut at = 0;
    for expected in codes {
        let captures = escape.captures(&text[at..])?;
        let code = u32::from_str_radix(&captures[1], radix).ok()?;
        let is_same =
            |c: u32| char::from_u32(code).zip(char::from_u32(c)).is_some_and(|(a, b)| is_same(a, b));
        if code != *expected && !is_same(*expected) {
            return None;
        }
        at += captures[0].len();
    }
    Some(at)
}

/// Whether nothing is left of a text, or no more than what may be the beginning of an escape.
fn is_cut(rest: &str) -> bool {
    let begins_escape = || rest[1..].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#');
    rest.is_empty() || rest.len() < LONGEST_ESCAPE && rest.starts_with(['%', '\\', '&']) && begins_escape()
}
