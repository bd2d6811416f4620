//! What proves who asks: tokens from a file or from a command, or a signature on each request.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::super::args::RequestArgs;
use super::UsageError;
use super::files::open_file;
use crate::request::{AwsKeys, Secret, Signer, SigningScope, TokenList, TokenOutputError};
use crate::schedule::NANOS_PER_S;

/// Shortest time between two runs of the command.
const SHORTEST_NS: u64 = NANOS_PER_S / 10;
/// Longest time that a run of the command may take, whatever the time between two of them.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command that prints tokens.
#[derive(Debug, Clone)]
pub(crate) struct TokenCommand {
    /// For `sh -c`; it may hold a password.
    pub line: Secret<String>,
    /// Time between its runs; `None` where it runs once.
    pub every: Option<Duration>,
    /// Whether a token without a scheme is one for `Authorization: Bearer`.
    is_bearer: bool,
}

impl TokenCommand {
    /// How long its first run may take, before the first request.
    pub(crate) fn patience(&self) -> Duration {
        PATIENCE
    }

    /// How long a later run may take: two of them must not meet.
    pub(crate) fn patience_of_renewal(&self) -> Duration {
        self.every.map_or(PATIENCE, |every| every.min(PATIENCE))
    }

    /// Reads what it printed.
    ///
    /// # Errors
    /// [`TokenOutputError`], which never repeats what was printed.
    pub(crate) fn read(&self, output: &[u8]) -> Result<TokenList, TokenOutputError> {
        TokenList::of_output(output, self.is_bearer)
    }
}

/// What the flags say of credentials.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub tokens: Option<TokenList>,
    pub command: Option<TokenCommand>,
    pub header: HeaderName,
    pub signer: Option<Arc<Signer>>,
}

impl Credentials {
    /// None at all.
    pub(super) fn none() -> Self {
        Self { tokens: None, command: None, header: AUTHORIZATION, signer: None }
    }

    /// Reads the flags, the file of tokens and the keys of the environment.
    ///
    /// # Errors
    /// [`UsageError`] for credentials of two kinds, and for what cannot be read.
    pub(super) fn of(args: &RequestArgs) -> Result<Self, UsageError> {
        let kinds = [
            ("--tokens", args.tokens.is_some()),
            ("--token-command", args.token_command.is_some()),
            ("--aws-sigv4", args.aws_sigv4.is_some()),
        ];
        let mut given = kinds.into_iter().filter(|(_, is_given)| *is_given);
        if let (Some((one, _)), Some((other, _))) = (given.next(), given.next()) {
            return Err(UsageError::Exclusive(one, other));
        }
        let header = args.token_header.as_deref().unwrap_or("Authorization");
        let tokens = args.tokens.as_deref().map(|path| {
            let tokens = TokenList::read(open_file("token", path)?, &path.display().to_string());
            tokens.map_err(UsageError::from)
        });
        Ok(Self {
            tokens: tokens.transpose()?,
            command: command_of(args)?,
            header: HeaderName::from_bytes(header.as_bytes()).map_err(|_| UsageError::TokenHeader)?,
            signer: args.aws_sigv4.as_deref().map(signer).transpose()?.map(Arc::new),
        })
    }
}

fn command_of(args: &RequestArgs) -> Result<Option<TokenCommand>, UsageError> {
    let Some(line) = &args.token_command else {
        return if args.token_every.is_some() { Err(UsageError::TokenEveryAlone) } else { Ok(None) };
    };
    if args.token_every.is_some_and(|every| every.0 < SHORTEST_NS) {
        return Err(UsageError::TokenEvery);
    }
    Ok(Some(TokenCommand {
        line: Secret::new(line.clone()),
        every: args.token_every.map(|every| Duration::from_nanos(every.0)),
        is_bearer: args.token_header.is_none(),
    }))
}

fn signer(scope: &str) -> Result<Signer, UsageError> {
    signer_with(scope, |name| std::env::var(name).ok())
}

/// `environment` knows the variables that AWS's own tools read.
fn signer_with(scope: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Signer, UsageError> {
    let scope: SigningScope = scope.parse()?;
    let found = |name: &'static str| {
        let value = environment(name).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    let sendable =
        |name, value: &str| HeaderValue::from_str(value).map_err(|_| UsageError::AwsKeyCharacters(name));
    let (id, secret) = match (found("AWS_ACCESS_KEY_ID"), found("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => (id, secret),
        (Some(_), None) => return Err(UsageError::NoAwsKeys("AWS_SECRET_ACCESS_KEY")),
        (None, Some(_)) => return Err(UsageError::NoAwsKeys("AWS_ACCESS_KEY_ID")),
        (None, None) => return Err(UsageError::NoAwsKeys("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")),
    };
    sendable("AWS_ACCESS_KEY_ID", &id)?;
    let session_token = found("AWS_SESSION_TOKEN").map(|token| {
        let mut token = sendable("AWS_SESSION_TOKEN", &token)?;
        token.set_sensitive(true);
        Ok::<_, UsageError>(Secret::new(token))
    });
    let keys = AwsKeys {
        id: Secret::new(id),
        secret: Secret::new(secret),
        session_token: session_token.transpose()?,
    };
    Ok(Signer::new(keys, scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(known: &[(&str, &str)]) -> Option<String> {
        let environment =
            |name: &str| known.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        signer_with("us-east-1:s3", environment).err().map(|error| error.to_string())
    }

    #[test]
    fn keys_that_are_missing_are_named() {
        let (id, secret) = (("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s"));
        assert_eq!(refusal(&[id, secret]), None);
        assert_eq!(refusal(&[id, secret, ("AWS_SESSION_TOKEN", "")]), None);
        let refused = |known: &[(&str, &str)]| refusal(known).unwrap();
        assert!(refused(&[]).contains("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
        assert!(refused(&[id]).contains("set AWS_SECRET_ACCESS_KEY "));
        assert!(refused(&[id, ("AWS_SECRET_ACCESS_KEY", " ")]).contains("set AWS_SECRET_ACCESS_KEY "));
        assert!(refused(&[secret]).contains("set AWS_ACCESS_KEY_ID "));
        let broken = refused(&[id, secret, ("AWS_SESSION_TOKEN", "hunter2\u{1}x")]);
        assert!(broken.contains("AWS_SESSION_TOKEN") && !broken.contains("hunter2"), "{broken}");
    }

    #[test]
    fn a_renewal_is_over_before_the_next_and_after_half_a_minute() {
        let command = |every: Option<u64>| TokenCommand {
            line: Secret::new("x".to_owned()),
            every: every.map(Duration::from_secs),
            is_bearer: true,
        };
        assert_eq!(command(Some(600)).patience_of_renewal(), PATIENCE);
        assert_eq!(command(Some(5)).patience_of_renewal(), Duration::from_secs(5));
        assert_eq!(command(Some(5)).patience(), PATIENCE);
        assert_eq!(format!("{:?}", command(None).line), "***");
    }
}
