//! Keys that sign, which may be others in a while, and the JSON in which commands print them.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use http::header::HeaderValue;
use jiff::Timestamp;
use ring::hmac;
use serde::Deserialize;

use super::SigningScope;
use crate::request::secret::{Secret, Secrets};

/// How many keys of before are remembered, so that an answer that repeats one of them does not show it.
const REMEMBERED: usize = 16;

/// Who signs: what AWS calls credentials.
#[derive(Debug, Clone)]
pub struct AwsKeys {
    /// Names the key; it is sent with every request.
    pub id: Secret<String>,
    /// Signs, and is never sent.
    pub secret: Secret<String>,
    /// Sent beside the signature where the keys are temporary ones.
    pub session_token: Option<Secret<HeaderValue>>,
    /// Until when they are good, in milliseconds since 1970 (UTC), where that is known.
    pub good_until_ms: Option<i64>,
}

/// Why the output of a command is no keys. It never repeats the output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AwsKeysError {
    #[error(
        "what it printed is not the JSON of a credential_process: {{\"Version\": 1, \"AccessKeyId\": ..., \"SecretAccessKey\": ..., \
         \"SessionToken\": ..., \"Expiration\": ...}}"
    )]
    Json,
    #[error(
        "it printed what STS answers; let it print the credentials alone: ... | jq '.Credentials + {{Version: 1}}'"
    )]
    OfSts,
    #[error("the Version of what it printed is not 1, the only one there is")]
    Version,
    #[error("what it printed has no {0}")]
    Missing(&'static str),
    #[error("the {0} that it printed holds characters that a header may not hold")]
    Characters(&'static str),
    #[error("the Expiration that it printed is no time, such as 2026-01-31T12:00:00Z")]
    Expiration,
    #[error("the keys that it printed are no longer good: their Expiration has passed")]
    Expired,
}

/// What a `credential_process` prints
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: Option<u64>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    expiration: Option<String>,
    credentials: Option<serde::de::IgnoredAny>,
}

impl AwsKeys {
    /// Keys from their texts; `names` are those of id, secret and token in errors.
    pub(crate) fn of_texts(
        [id, secret]: [String; 2],
        session_token: Option<String>,
        names: [&'static str; 3],
    ) -> Result<Self, &'static str> {
        let sendable = |text: &str, name| HeaderValue::from_str(text).map_err(|_| name);
        sendable(&id, names[0])?;
        let session_token = session_token.map(|token| {
            let mut token = sendable(&token, names[2])?;
            token.set_sensitive(true);
            Ok::<_, &'static str>(Secret::new(token))
        });
        Ok(Self {
            id: Secret::new(id),
            secret: Secret::new(secret),
            session_token: session_token.transpose()?,
            good_until_ms: None,
        })
    }

    /// Reads what a command printed at `now_ms`, in milliseconds since 1970 (UTC).
    ///
    /// # Errors
    /// [`AwsKeysError`]: no keys, or none that are still good.
    pub(crate) fn of_output(output: &[u8], now_ms: i64) -> Result<Self, AwsKeysError> {
        // The parser's message may repeat a value.
        let printed: Printed = serde_json::from_slice(output).map_err(|_| AwsKeysError::Json)?;
        if printed.access_key_id.is_none() && printed.credentials.is_some() {
            return Err(AwsKeysError::OfSts);
        }
        if printed.version != Some(1) {
            return Err(AwsKeysError::Version);
        }
        let needed = |value: Option<String>, name| {
            let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            value.ok_or(AwsKeysError::Missing(name))
        };
        let id = needed(printed.access_key_id, "AccessKeyId")?;
        let secret = needed(printed.secret_access_key, "SecretAccessKey")?;
        let token = printed.session_token.filter(|token| !token.is_empty());
        let good_until_ms = printed.expiration.filter(|text| !text.is_empty()).map(|text| {
            text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(|_| AwsKeysError::Expiration)
        });
        let good_until_ms = good_until_ms.transpose()?;
        if good_until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            return Err(AwsKeysError::Expired);
        }
        let keys = Self::of_texts([id, secret], token, ["AccessKeyId", "SecretAccessKey", "SessionToken"]);
        keys.map(|keys| Self { good_until_ms, ..keys }).map_err(AwsKeysError::Characters)
    }

    /// Adds what answers may repeat of them.
    fn secrets(&self, secrets: &mut Secrets) {
        secrets.token(self.id.expose().as_bytes());
        secrets.token(self.secret.expose().as_bytes());
        if let Some(token) = &self.session_token {
            secrets.token(token.expose().as_bytes());
        }
    }
}

/// Keys with what is derived from them.
pub(super) struct Credential {
    pub(super) keys: AwsKeys,
    /// Derived from the secret key once a day. A writer holds the lock for as long as that takes: microseconds.
    of_day: RwLock<Option<([u8; 8], hmac::Key)>>,
}

impl Credential {
    fn new(keys: AwsKeys) -> Arc<Self> {
        Arc::new(Self { keys, of_day: RwLock::new(None) })
    }

    /// Signs with the key of a day.
    pub(super) fn sign(&self, scope: &SigningScope, day: [u8; 8], to_sign: &[u8]) -> hmac::Tag {
        if let Some((of_day, key)) = &*self.of_day.read().unwrap_or_else(PoisonError::into_inner)
            && *of_day == day
        {
            return hmac::sign(key, to_sign);
        }
        let key = self.derived(scope, &day);
        let signed = hmac::sign(&key, to_sign);
        *self.of_day.write().unwrap_or_else(PoisonError::into_inner) = Some((day, key));
        signed
    }

    /// The key of a day: a chain of HMACs over day, region and service.
    pub(super) fn derived(&self, scope: &SigningScope, day: &[u8]) -> hmac::Key {
        let first = format!("AWS4{}", self.keys.secret.expose());
        let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let chain = [day, scope.region().as_bytes(), scope.service().as_bytes(), b"aws4_request"];
        chain.into_iter().fold(key(first.as_bytes()), |last, part| key(hmac::sign(&last, part).as_ref()))
    }
}

/// The keys that sign now, and those of before. All workers read them while somebody else renews them: the lock is held to
/// copy a pointer.
pub(super) struct CurrentKeys(RwLock<Known>);

struct Known {
    current: Arc<Credential>,
    before: VecDeque<Arc<Credential>>,
}

impl CurrentKeys {
    pub(super) fn new(keys: AwsKeys) -> Self {
        Self(RwLock::new(Known { current: Credential::new(keys), before: VecDeque::new() }))
    }

    /// What signs a request that is made now; the whole request is signed with the same.
    pub(super) fn current(&self) -> Arc<Credential> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).current)
    }

    /// From now on these sign.
    pub(super) fn renew(&self, keys: AwsKeys) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let last = std::mem::replace(&mut known.current, Credential::new(keys));
        known.before.push_front(last);
        known.before.truncate(REMEMBERED);
    }

    /// Adds what answers may repeat of all that are remembered.
    pub(super) fn secrets(&self, secrets: &mut Secrets) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let all = std::iter::once(&known.current).chain(&known.before);
        all.for_each(|credential| credential.keys.secrets(secrets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_700_000_000_000;

    fn read(text: &str) -> Result<AwsKeys, AwsKeysError> {
        AwsKeys::of_output(text.as_bytes(), NOW_MS)
    }

    #[test]
    fn keys_are_read_as_aws_publishes_their_form() {
        let keys = read(
            r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s/+=", "SessionToken": "tok", "Expiration":
               "2023-11-14T22:13:21Z", "AccountId": "1"}"#,
        )
        .unwrap();
        assert_eq!((keys.id.expose().as_str(), keys.secret.expose().as_str()), ("AKID", "s/+="));
        assert_eq!(keys.session_token.unwrap().expose(), "tok");
        assert_eq!(keys.good_until_ms, Some(NOW_MS + 1_000));
        let offset = r#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"2023-11-14T23:13:21.5+01:00"}"#;
        let keys = read(offset).unwrap();
        assert_eq!((keys.session_token.is_none(), keys.good_until_ms), (true, Some(NOW_MS + 1_500)));
    }

    #[test]
    fn keys_of_before_stay_secret_and_memory_does_not_grow_with_renewals() {
        let keys = |n: usize| {
            let names = ["id", "secret", "token"];
            AwsKeys::of_texts([format!("AKID-{n}"), format!("secret-{n}")], Some(format!("tok-{n}")), names)
                .unwrap()
        };
        let current = CurrentKeys::new(keys(0));
        (1..=100).for_each(|n| current.renew(keys(n)));
        assert_eq!(current.current().keys.id.expose(), "AKID-100");
        let mut secrets = Secrets::default();
        current.secrets(&mut secrets);
        let known: Vec<String> = secrets.into_texts().collect();
        assert_eq!(known.len(), 3 * (1 + REMEMBERED));
        for text in ["secret-100", "secret-99", "tok-84"] {
            assert!(known.iter().any(|known| known == text), "{text}: {known:?}");
        }
    }

    #[test]
    fn what_is_no_keys_says_why_and_repeats_nothing() {
        let problem = |text: &str| {
            let problem = read(text).unwrap_err();
            assert!(!problem.to_string().contains("hunter2"), "{problem}");
            problem
        };
        assert_eq!(problem("hunter2"), AwsKeysError::Json);
        assert_eq!(problem(r#"{"Credentials": {"AccessKeyId": "hunter2"}}"#), AwsKeysError::OfSts);
        assert_eq!(
            problem(r#"{"AccessKeyId": "hunter2", "SecretAccessKey": "hunter2"}"#),
            AwsKeysError::Version
        );
        assert_eq!(problem(r#"{"Version": 2, "AccessKeyId": "hunter2"}"#), AwsKeysError::Version);
        assert_eq!(
            problem(r#"{"Version": 1, "SecretAccessKey": "hunter2"}"#),
            AwsKeysError::Missing("AccessKeyId")
        );
        assert_eq!(
            problem(r#"{"Version": 1, "AccessKeyId": "hunter2", "SecretAccessKey": " "}"#),
            AwsKeysError::Missing("SecretAccessKey")
        );
        let with = |field: &str| {
            problem(&format!(r#"{{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", {field}}}"#))
        };
        assert_eq!(with(r#""SessionToken": "hunter2\n""#), AwsKeysError::Characters("SessionToken"));
        assert_eq!(with(r#""Expiration": "hunter2""#), AwsKeysError::Expiration);
        assert_eq!(with(r#""Expiration": "2023-11-14T22:13:20Z""#), AwsKeysError::Expired);
    }
}
