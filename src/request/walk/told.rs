//! What answers told an arrival, none of which may be shown: whether or not it was of use, and also when it was replaced.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{LOCATION, SET_COOKIE};

use super::take::MOST_TAKEN;
use crate::request::secret::Secret;

/// Most values that are remembered, and most bytes of all of them: an arrival is one of many, and lasts for seconds.
const MOST_VALUES: usize = 256;
const MOST_BYTES: usize = 64 << 10;

/// A part of a path that is so long is hardly a word; a shorter one with a digit in it may be a ticket too.
const LONG: usize = 16;
const LONG_WITH_DIGIT: usize = 8;

/// It only grows.
#[derive(Debug, Default)]
pub(crate) struct Told {
    values: Vec<Secret<Bytes>>,
    bytes: usize,
    is_cut: bool,
}

impl Told {
    /// Remembers a value.
    pub(super) fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        let kept = &value[..value.len().min(MOST_TAKEN)];
        self.is_cut |= kept.len() < value.len();
        if kept.is_empty() || self.values.iter().any(|known| known.expose() == kept) {
            return;
        }
        if self.values.len() == MOST_VALUES || self.bytes + kept.len() > MOST_BYTES {
            self.is_cut = true;
            return;
        }
        self.bytes += kept.len();
        self.values.push(Secret::new(Bytes::copy_from_slice(kept)));
    }

    /// Remembers the cookies that an answer sets, also those that no client keeps, and where it leads.
    pub(super) fn hear(&mut self, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let value = value_of(split(header.as_bytes(), b';').0).trim_ascii();
            self.add(value);
            // Some servers repeat it without its quotes.
            if let Some(inner) = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")) {
                self.add(inner);
            }
        }
        for header in headers.get_all(LOCATION) {
            secrets_of_url(header.as_bytes()).for_each(|value| self.add(value));
        }
    }

    /// What is remembered.
    pub(super) fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.values.iter().map(|value| value.expose().as_ref())
    }

    /// Whether there was more than can be remembered.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }
}

/// What in a URL or a reference may be a credential: the values of its query and its fragment, parameters of its path, and the
/// parts of its path that look like no word.
pub(super) fn secrets_of_url(url: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (url, fragment) = split(url, b'#');
    let (path, query) = split(url, b'?');
    let is_pair_end = |byte: &u8| matches!(byte, b'&' | b';');
    let pairs = query.split(is_pair_end).chain(fragment.split(is_pair_end));
    let parts = without_authority(path).split(|&byte| byte == b'/').flat_map(|segment| {
        let mut pieces = segment.split(|&byte| byte == b';');
        let word = pieces.next().filter(|word| is_long(word));
        word.into_iter().chain(pieces.map(value_of))
    });
    pairs.map(value_of).chain(parts).filter(|value| !value.is_empty())
}

/// What stands before a byte, and what behind it.
fn split(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    memchr::memchr(at, text).map_or((text, &[][..]), |at| (&text[..at], &text[at + 1..]))
}

fn value_of(pair: &[u8]) -> &[u8] {
    // What has no name may be a bare ticket.
    memchr::memchr(b'=', pair).map_or(pair, |at| &pair[at + 1..])
}

fn without_authority(url: &[u8]) -> &[u8] {
    let Some(at) = url.windows(2).position(|two| two == b"//") else { return url };
    let is_scheme = at == 0 || url[..at].ends_with(b":");
    if is_scheme { split(&url[at + 2..], b'/').1 } else { url }
}

fn is_long(segment: &[u8]) -> bool {
    segment.len() >= LONG || segment.len() >= LONG_WITH_DIGIT && segment.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn heard(lines: &[(http::HeaderName, &[u8])]) -> Told {
        let mut told = Told::default();
        let lines = lines.iter();
        told.hear(
            &lines.map(|(name, line)| (name.clone(), HeaderValue::from_bytes(line).unwrap())).collect(),
        );
        told
    }

    fn texts(told: &Told) -> Vec<String> {
        told.values().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    #[test]
    fn tickets_stand_in_queries_fragments_and_long_parts_of_paths() {
        for (url, expected) in [
            ("/land/PATHTOK-777?ticket=ST-1&n=", &["ST-1", "PATHTOK-777"][..]),
            ("https://user.host.example:8443/a/b?bare#access_token=t1&x=2", &["bare", "t1", "2"]),
            ("//long.host.example.org/aaaaaaaaaaaaaaaa", &["aaaaaaaaaaaaaaaa"]),
            ("cart;jsessionid=J1/products", &["J1"]),
            ("/signed-in/welcome", &[]),
            ("", &[]),
        ] {
            let found: Vec<_> = secrets_of_url(url.as_bytes()).collect();
            assert_eq!(found, expected.iter().map(|text| text.as_bytes()).collect::<Vec<_>>(), "{url}");
        }
    }

    #[test]
    fn cookies_are_told_whether_or_not_anybody_keeps_them() {
        let told = heard(&[
            (SET_COOKIE, b"sid=s1; Path=/"),
            (SET_COOKIE, b"sid=; Max-Age=0"),
            (SET_COOKIE, b"old=gone; Max-Age=0"),
            (SET_COOKIE, b"q=\"quoted\"; Domain=elsewhere.example"),
            (SET_COOKIE, b"l=caf\xE9"),
            (SET_COOKIE, b"nameless"),
            (SET_COOKIE, b"sid=s1"),
        ]);
        assert_eq!(texts(&told), ["s1", "gone", "\"quoted\"", "quoted", "caf\u{FFFD}", "nameless"]);
    }

    #[test]
    fn what_is_too_much_is_known_to_be_missing() {
        let mut told = Told::default();
        (0..MOST_VALUES).for_each(|number| told.add(format!("value-{number}").as_bytes()));
        told.add(b"value-0");
        assert!(!told.is_cut());
        told.add(b"one more");
        assert!(told.is_cut() && told.values().count() == MOST_VALUES);
        let mut long = Told::default();
        long.add(&[b'x'; MOST_TAKEN + 1]);
        assert!(long.is_cut() && long.values().all(|value| value.len() == MOST_TAKEN));
        let mut large = Told::default();
        (0..100_u8).for_each(|number| large.add(&[b'0' + number; 3_000]));
        assert!(large.is_cut() && large.bytes <= MOST_BYTES);
    }

    proptest! {
        #[test]
        fn any_header_can_be_heard(line in prop::collection::vec(prop::sample::select(b"/?#&;=:ab0%\xE9 \"".to_vec()), 0..40)) {
            let told = heard(&[(SET_COOKIE, &line), (LOCATION, &line)]);
            prop_assert!(told.values().all(|value| !value.is_empty()));
        }
    }
}
