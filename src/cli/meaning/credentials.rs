//! What proves who asks: tokens from a file or from a command, or a signature on each request.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName};

use super::super::args::RequestArgs;
use super::UsageError;
use super::files::open_file;
use crate::request::{
    AwsKeys, AwsKeysError, Fresh, Secret, Signer, SigningScope, TokenList, TokenOutputError,
};
use crate::schedule::NANOS_PER_S;

/// Shortest time between two runs of the command.
const SHORTEST_NS: u64 = NANOS_PER_S / 10;
/// Longest time that a run of the command may take, whatever the time between two of them.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command that prints tokens or keys.
#[derive(Debug, Clone)]
pub(crate) struct TokenCommand {
    /// For `sh -c`; it may hold a password.
    pub line: Secret<String>,
    /// Time between its runs; `None` where it runs once.
    pub every: Option<Duration>,
    prints: Prints,
}

/// What it prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prints {
    Tokens {
        /// Whether a token without a scheme is one for `Authorization: Bearer`.
        is_bearer: bool,
    },
    AwsKeys,
}

/// Why what it printed is of no use. It never repeats what was printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrintedError {
    #[error(transparent)]
    Tokens(#[from] TokenOutputError),
    #[error(transparent)]
    Keys(#[from] AwsKeysError),
}

impl TokenCommand {
    /// The flag that it was given with.
    pub(crate) fn flag(&self) -> &'static str {
        match self.prints {
            Prints::Tokens { .. } => "--token-command",
            Prints::AwsKeys => "--aws-credentials-command",
        }
    }

    /// What it prints, in a word.
    pub(crate) fn what(&self) -> &'static str {
        match self.prints {
            Prints::Tokens { .. } => "tokens",
            Prints::AwsKeys => "keys",
        }
    }

    /// How long its first run may take, before the first request.
    pub(crate) fn patience(&self) -> Duration {
        PATIENCE
    }

    /// How long a later run may take: two of them must not meet.
    pub(crate) fn patience_of_renewal(&self) -> Duration {
        self.every.map_or(PATIENCE, |every| every.min(PATIENCE))
    }

    /// Reads what it printed at `now_ms`, in milliseconds since 1970 (UTC).
    ///
    /// # Errors
    /// [`PrintedError`], which never repeats what was printed.
    pub(crate) fn read(&self, output: &[u8], now_ms: i64) -> Result<Fresh, PrintedError> {
        Ok(match self.prints {
            Prints::Tokens { is_bearer } => Fresh::Tokens(TokenList::of_output(output, is_bearer)?),
            Prints::AwsKeys => Fresh::Keys(AwsKeys::of_output(output, now_ms)?),
        })
    }
}

/// What the flags say of credentials.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub tokens: Option<TokenList>,
    pub command: Option<TokenCommand>,
    pub header: HeaderName,
    /// What requests are signed for.
    scope: Option<SigningScope>,
    /// With what; of a command there are none yet.
    keys: Option<AwsKeys>,
}

impl Credentials {
    /// None at all.
    pub(super) fn none() -> Self {
        Self { tokens: None, command: None, header: AUTHORIZATION, scope: None, keys: None }
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
        let scope = args.aws_sigv4.as_deref().map(str::parse::<SigningScope>).transpose()?;
        if scope.is_none() && args.aws_credentials_command.is_some() {
            return Err(UsageError::KeysOfNothing);
        }
        let is_of_environment = scope.is_some() && args.aws_credentials_command.is_none();
        let keys = is_of_environment.then(|| keys_of(|name| std::env::var(name).ok())).transpose()?;
        Ok(Self {
            tokens: tokens.transpose()?,
            command: command_of(args)?,
            header: HeaderName::from_bytes(header.as_bytes()).map_err(|_| UsageError::TokenHeader)?,
            scope,
            keys,
        })
    }

    /// Takes what the command has printed.
    pub(super) fn take(&mut self, fresh: Fresh) {
        match fresh {
            Fresh::Tokens(tokens) => self.tokens = Some(tokens),
            Fresh::Keys(keys) => self.keys = Some(keys),
        }
    }

    /// What signs the requests, where they are signed.
    pub(super) fn signer(&self) -> Option<Arc<Signer>> {
        let (scope, keys) = (self.scope.as_ref()?, self.keys.as_ref()?);
        Some(Arc::new(Signer::new(keys.clone(), scope.clone())))
    }
}

fn command_of(args: &RequestArgs) -> Result<Option<TokenCommand>, UsageError> {
    let (line, prints) = match (&args.token_command, &args.aws_credentials_command) {
        (Some(line), _) => (line, Prints::Tokens { is_bearer: args.token_header.is_none() }),
        (None, Some(line)) => (line, Prints::AwsKeys),
        (None, None) if args.token_every.is_some() => return Err(UsageError::TokenEveryAlone),
        (None, None) => return Ok(None),
    };
    if args.token_every.is_some_and(|every| every.0 < SHORTEST_NS) {
        return Err(UsageError::TokenEvery);
    }
    Ok(Some(TokenCommand {
        line: Secret::new(line.clone()),
        every: args.token_every.map(|every| Duration::from_nanos(every.0)),
        prints,
    }))
}

/// The keys of the environment, which knows the variables that AWS's own tools read.
fn keys_of(environment: impl Fn(&str) -> Option<String>) -> Result<AwsKeys, UsageError> {
    let found = |name: &'static str| {
        let value = environment(name).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    let (id, secret) = match (found("AWS_ACCESS_KEY_ID"), found("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => (id, secret),
        (Some(_), None) => return Err(UsageError::NoAwsKeys("AWS_SECRET_ACCESS_KEY")),
        (None, Some(_)) => return Err(UsageError::NoAwsKeys("AWS_ACCESS_KEY_ID")),
        (None, None) => return Err(UsageError::NoAwsKeys("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")),
    };
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    AwsKeys::of_texts([id, secret], found("AWS_SESSION_TOKEN"), names).map_err(UsageError::AwsKeyCharacters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(known: &[(&str, &str)]) -> Option<String> {
        let environment =
            |name: &str| known.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        keys_of(environment).err().map(|error| error.to_string())
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
            prints: Prints::Tokens { is_bearer: true },
        };
        assert_eq!(command(Some(600)).patience_of_renewal(), PATIENCE);
        assert_eq!(command(Some(5)).patience_of_renewal(), Duration::from_secs(5));
        assert_eq!(command(Some(5)).patience(), PATIENCE);
        assert_eq!(format!("{:?}", command(None).line), "***");
    }
}
