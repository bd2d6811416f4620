//! Requests signed for AWS: Signature Version 4 in the `Authorization` header, as
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html> describes it.
//!
//! A signature holds for a few minutes, so it is made when its request is made: some microseconds of the client's time
//! (benches/hot_path.rs measures them), before the request counts as sent. Whatever is the same in every request is
//! worked out once: the key of the day, the hash of a body that never changes, the canonical form of a fixed URL.

mod canonical;
mod keys;
mod scope;

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Uri};
use jiff::Timestamp;
use jiff::tz::Offset;
use ring::digest;

use super::secret::Secrets;
pub use keys::AwsKeys;
pub(crate) use keys::AwsKeysError;
use keys::{Credential, CurrentKeys};
pub use scope::{ScopeError, SigningScope};

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const SESSION_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Headers that a signature brings with it: what a recorded request has of them is that of another signature.
pub(super) static OURS: [HeaderName; 4] = [AUTHORIZATION, DATE, CONTENT_HASH, SESSION_TOKEN];

/// Headers that are not signed, because something on the way may change or drop them, and the signature would no longer
/// hold. AWS asks only for `host`, `content-type` and `x-amz-*`.
const UNSIGNED: [&str; 22] = [
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "expect",
    "from",
    "keep-alive",
    "max-forwards",
    "pragma",
    "proxy-authorization",
    "referer",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-amzn-trace-id",
];

/// Signs requests. Its `Debug` shows nothing.
pub struct Signer {
    keys: CurrentKeys,
    scope: SigningScope,
}

/// What is signed of a request, as far as it is the same each time.
#[derive(Clone, Default)]
pub(super) struct Fixed {
    resource: Option<Vec<u8>>,
    body_hash: Option<[u8; 64]>,
}

impl Signer {
    /// Signs with `keys`, for one region and service.
    pub fn new(keys: AwsKeys, scope: SigningScope) -> Self {
        Self { keys: CurrentKeys::new(keys), scope }
    }

    /// From now on requests are signed with these.
    pub(super) fn renew(&self, keys: AwsKeys) {
        self.keys.renew(keys);
    }

    /// Works out what is the same in every request: of a URL and of a body that never change.
    pub(super) fn prepare(&self, uri: Option<&Uri>, body: Option<&Bytes>) -> Fixed {
        Fixed {
            resource: uri.map(|uri| self.resource(uri)),
            body_hash: body.map(|body| hex(digest::digest(&digest::SHA256, body).as_ref())),
        }
    }

    /// Signs a request that is complete otherwise, at `unix_ms` milliseconds since 1970 (UTC). A hash of the body that the
    /// user has given (`UNSIGNED-PAYLOAD`, say) stays.
    pub(super) fn sign(&self, request: &mut Request<Bytes>, fixed: &Fixed, unix_ms: u64) {
        let stamp = Stamp::at(unix_ms);
        // One set for the whole request, whoever renews them meanwhile.
        let credential = self.keys.current();
        let given = request.headers().get(CONTENT_HASH).map(|value| value.as_bytes().to_vec());
        let has_given = given.is_some();
        let hash = given.unwrap_or_else(|| match &fixed.body_hash {
            Some(hash) => hash.to_vec(),
            None => hex(digest::digest(&digest::SHA256, request.body()).as_ref()).to_vec(),
        });
        let made;
        let resource = match &fixed.resource {
            Some(resource) => resource,
            None => {
                made = self.resource(request.uri());
                &made
            }
        };
        let headers = request.headers_mut();
        if self.scope.is_s3() && !has_given {
            put(headers, CONTENT_HASH, &hash, false);
        }
        put(headers, DATE, &stamp.0, false);
        if let Some(token) = &credential.keys.session_token {
            headers.insert(SESSION_TOKEN, token.expose().clone());
        }
        let mut signed: Vec<(&str, &[u8])> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        signed.retain(|(name, _)| !UNSIGNED.contains(name));
        // Stable: values of one name keep their order.
        signed.sort_by_key(|(name, _)| *name);
        let authorization =
            self.authorization(&credential, request.method().as_str(), resource, &signed, &hash, &stamp);
        put(request.headers_mut(), AUTHORIZATION, &authorization, true);
    }

    /// Adds what answers may repeat of the keys.
    pub(super) fn secrets(&self, secrets: &mut Secrets) {
        self.keys.secrets(secrets);
    }

    fn resource(&self, uri: &Uri) -> Vec<u8> {
        canonical::resource(uri.path(), uri.query().unwrap_or(""), self.scope.is_s3())
    }

    /// The value of `Authorization`. `headers` are in the order of their names.
    fn authorization(
        &self,
        credential: &Credential,
        method: &str,
        resource: &[u8],
        headers: &[(&str, &[u8])],
        body_hash: &[u8],
        stamp: &Stamp,
    ) -> Vec<u8> {
        let (canonical, names) = canonical::request(method, resource, headers, body_hash);
        let hash = hex(digest::digest(&digest::SHA256, &canonical).as_ref());
        let scope = self.scope.of_day(stamp.day());
        let to_sign = [ALGORITHM.as_bytes(), &stamp.0, scope.as_bytes(), &hash].join(&b'\n');
        let signature = credential.sign(&self.scope, stamp.day(), &to_sign);
        let mut text = Vec::with_capacity(256);
        for part in [ALGORITHM, " Credential=", credential.keys.id.expose(), "/", &scope, ", SignedHeaders="]
        {
            text.extend_from_slice(part.as_bytes());
        }
        text.extend_from_slice(&names);
        text.extend_from_slice(b", Signature=");
        text.extend_from_slice(&hex(signature.as_ref()));
        text
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(***)")
    }
}

/// A moment as AWS writes it: `20150830T123600Z`.
struct Stamp([u8; 16]);

impl Stamp {
    fn at(unix_ms: u64) -> Self {
        let at = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let at = Offset::UTC.to_datetime(at.unwrap_or(Timestamp::UNIX_EPOCH));
        let mut text = *b"00000000T000000Z";
        let parts = [
            (0, 4, at.year()),
            (4, 2, at.month().into()),
            (6, 2, at.day().into()),
            (9, 2, at.hour().into()),
            (11, 2, at.minute().into()),
            (13, 2, at.second().into()),
        ];
        for (from, length, mut number) in parts {
            for place in (from..from + length).rev() {
                text[place] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        Self(text)
    }

    fn day(&self) -> [u8; 8] {
        std::array::from_fn(|place| self.0[place])
    }
}

fn hex(hash: &[u8]) -> [u8; 64] {
    std::array::from_fn(|place| {
        let byte = hash.get(place / 2).copied().unwrap_or(0);
        b"0123456789abcdef"[usize::from(if place % 2 == 0 { byte >> 4 } else { byte & 15 })]
    })
}

/// Sets a header in place of what there is of its name. All values that are made here are valid ones, apart from a key that
/// holds what a header cannot, which is refused when it is read.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &[u8], is_secret: bool) {
    let value = HeaderValue::from_bytes(value);
    debug_assert!(value.is_ok(), "signatures make valid headers");
    if let Ok(mut value) = value {
        value.set_sensitive(is_secret);
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests;
