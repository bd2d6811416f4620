//! Values that must not be shown, and all of those that a request carries.

use std::cmp::Reverse;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};
use percent_encoding::percent_decode;

use super::target::encoded;

/// How much of a body is searched for values that an answer may repeat, how long they are at least, and how many they are.
const BODY_SEARCHED: usize = 64 << 10;
const PIECE_MIN: usize = 4;
const PIECES_MAX: usize = 1_000;

/// A value that nothing prints: its `Debug` is `***`, and it has no `Display`. Using it takes a call that a reader can
/// search for ([`Secret::expose`]).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Keeps a value from being shown.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, to be sent or compared, never to be written.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value, to be changed.
    pub(super) fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Collects sensitive texts: each once, none empty, longer ones first, so that one that is part of another does not
/// leave the rest of it standing when they are blanked in this order.
#[derive(Default)]
pub(super) struct Secrets {
    texts: Vec<Vec<u8>>,
    credentials_only: bool,
}

impl Secrets {
    /// With `credentials_only`, query values and cells are left out: the user asked to see them.
    pub(super) fn credentials_only(credentials_only: bool) -> Self {
        Self { texts: Vec::new(), credentials_only }
    }

    /// Adds the value of a header, and its parts that are secret on their own: the credentials behind a scheme, the
    /// values of cookies.
    pub(super) fn header(&mut self, name: &HeaderName, value: &[u8]) {
        for value in pieces(value) {
            self.add(value);
            if *name == COOKIE {
                for cookie in value.split(|&b| b == b';') {
                    self.add(behind(cookie, b'=').unwrap_or(cookie));
                }
            } else if *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION {
                self.token(value);
            }
        }
    }

    /// Adds a token, and the credentials in it behind a scheme, as in `Bearer abc`.
    pub(super) fn token(&mut self, value: &[u8]) {
        self.add(value);
        if let Some(credentials) = behind(value, b' ') {
            self.add(credentials);
            self.basic(credentials);
        }
    }

    /// Adds what the credentials of `Basic` hold (RFC 7617): name and password together, and the password, because a
    /// server may repeat the password that was wrong.
    fn basic(&mut self, credentials: &[u8]) {
        let Ok(pair) = BASE64_STANDARD.decode(credentials.trim_ascii()) else { return };
        if let Some(password) = behind(&pair, b':') {
            self.add(&pair);
            self.add(password);
        }
    }

    /// Adds the query values of path and query, as they are sent and as they are meant.
    pub(super) fn query_values(&mut self, url: &[u8]) {
        if self.credentials_only {
            return;
        }
        let Some(query) = behind(url, b'?') else { return };
        for pair in query.split(|&b| b == b'&') {
            // A piece without a name may be a bare token.
            for value in pieces(behind(pair, b'=').unwrap_or(pair)) {
                self.add(value);
                self.add(&percent_decode(value).collect::<Vec<u8>>());
            }
        }
    }

    /// Adds a cell of the data, as it is and as it stands in a URL.
    pub(super) fn cell(&mut self, cell: &[u8]) {
        if self.credentials_only {
            return;
        }
        self.add(cell);
        self.add(encoded(cell).to_string().as_bytes());
    }

    /// Adds what an answer told: as it is, as it stands in a URL, and as it is meant where it comes from one.
    pub(super) fn taken(&mut self, value: &[u8]) {
        self.add(value);
        self.add(encoded(value).to_string().as_bytes());
        if value.contains(&b'%') {
            self.add(&percent_decode(value).collect::<Vec<u8>>());
        }
    }

    /// Adds a body that came from a file of rows, and what it is made of: the values of a form or of an object.
    pub(super) fn body(&mut self, body: &[u8]) {
        self.cell(body);
        let searched = &body[..body.len().min(BODY_SEARCHED)];
        let pieces = searched.split(|byte| b"\"'{}[]<>,:;&=\r\n\t ".contains(byte));
        pieces.filter(|piece| piece.len() >= PIECE_MIN).take(PIECES_MAX).for_each(|piece| self.cell(piece));
    }

    fn add(&mut self, text: &[u8]) {
        let text = text.trim_ascii();
        if !text.is_empty() && !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_vec());
        }
    }

    /// The texts, with � for what is not UTF-8, as it will be in any text that is searched for them.
    pub(super) fn into_texts(mut self) -> impl Iterator<Item = String> {
        self.texts.sort_by_key(|text| Reverse(text.len()));
        self.texts.into_iter().map(|text| String::from_utf8_lossy(&text).into_owned())
    }
}

/// The parts of a text between the zero bytes that stand for built-ins.
fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == 0)
}

/// What follows the first `separator`.
fn behind(text: &[u8], separator: u8) -> Option<&[u8]> {
    memchr::memchr(separator, text).map(|at| &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_wherever_it_is_kept() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn credentials_are_secret_with_and_without_what_surrounds_them() {
        let mut secrets = Secrets::default();
        secrets.header(&AUTHORIZATION, b"Bearer abc");
        secrets.header(&PROXY_AUTHORIZATION, b"Basic dTpodW50ZXIy");
        secrets.header(&COOKIE, b"sid=s1; theme=dark");
        secrets.query_values(b"/p?k=v%20w&bare&empty=&r=\0-x");
        secrets.cell(b"a/b");
        secrets.cell(b"");
        let texts: Vec<String> = secrets.into_texts().collect();
        let expected = [
            "Basic dTpodW50ZXIy",
            "sid=s1; theme=dark",
            "dTpodW50ZXIy",
            "Bearer abc",
            "u:hunter2",
            "hunter2",
            "v%20w",
            "a%2Fb",
            "dark",
            "bare",
            "abc",
            "v w",
            "a/b",
            "s1",
            "-x",
        ];
        assert_eq!(texts, expected);
    }
}
