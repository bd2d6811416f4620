//! Where the shards meet, and what keeps strangers out of there.

use std::fmt;
use std::path::PathBuf;

use ring::hmac::{HMAC_SHA256, Key, sign};

/// Where the shards meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Shard 0 listens at this `HOST:PORT`.
    Address(String),
    /// All write into this folder, which is on a file system that they share.
    Folder(PathBuf),
}

/// As it is typed, but for the scheme of an address.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(authority) => f.write_str(authority),
            Self::Folder(path) => write!(f, "dir:{}", path.display()),
        }
    }
}

/// Where the shards meet, and what they know.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MeetingPlace {
    pub spot: Spot,
    /// What every shard knows and a stranger does not.
    pub token: Option<String>,
}

/// Never shows the token.
impl fmt::Debug for MeetingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeetingPlace({})", self.spot)
    }
}

/// What a guest that knows the token says in its header `authorization`.
///
/// `connection`: the name of a connection whose messages stay behind as files for a moment. Nobody must find the token in
/// them, so there it is proved: by a code over that name, which is of no use on another connection.
pub(super) fn authorization(token: &str, connection: Option<&str>) -> String {
    let Some(name) = connection else { return format!("Bearer {token}") };
    let code = sign(&Key::new(HMAC_SHA256, token.as_bytes()), name.as_bytes());
    format!("Proof {}", hexadecimal(code.as_ref()))
}

/// Whether that was said by a guest that knows the token. In a time that does not tell how much of it was right.
pub(super) fn is_authorized(given: &[u8], token: &str, connection: Option<&str>) -> bool {
    let expected = authorization(token, connection);
    let differs = given.iter().zip(expected.as_bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == expected.len() && differs == 0
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_known_and_no_other() {
        for connection in [None, Some("run 1, connection 2")] {
            let said = authorization("s3cret", connection);
            assert!(is_authorized(said.as_bytes(), "s3cret", connection));
            for token in ["", "s3cre", "s3cret2", "S3cret"] {
                assert!(!is_authorized(said.as_bytes(), token, connection), "{token}");
            }
            assert!(!is_authorized(b"", "s3cret", connection));
        }
    }

    /// HMAC-SHA256 by another program: `printf NAME | openssl dgst -sha256 -hmac s3cret`.
    #[test]
    fn in_a_file_the_token_is_proved_and_not_said() {
        let said = authorization("s3cret", Some("a/1"));
        assert_eq!(said, "Proof 71f641a387c2e42d2aa7651643e1bcd709da48da61cdd8001aafc83958068648");
        assert!(!is_authorized(said.as_bytes(), "s3cret", Some("a/2")), "it is good for one connection");
        assert!(!is_authorized(b"Bearer s3cret", "s3cret", Some("a/1")));
    }
}
