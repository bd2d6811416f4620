//! Tokens or keys that a command prints: run once before the load, and again beside it (`--token-command`,
//! `--aws-credentials-command`, `--token-every`).
//!
//! It runs in the runtime of the main thread. Workers go on with the tokens of before until the new ones are there, so
//! that a slow command delays no request.

use std::convert::Infallible;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use crate::cli::{PrintedError, TokenCommand};
use crate::report::clean;
use crate::request::{AwsKeys, Fresh, Redactor, Secret, Workload};
use crate::time::{Clock, MonotonicClock};

/// Most bytes that a command may print: far more than anybody's tokens, far less than memory.
const MOST_PRINTED: u64 = 8 << 20;
/// Bytes of stderr of which the last line is shown.
const KEPT_OF_STDERR: usize = 4 << 10;
/// Characters of that line.
const SHOWN_OF_STDERR: usize = 200;

/// So many words of stdout are hidden in that line: that takes a time for each.
const MOST_HIDDEN: usize = 1_000;
/// Characters of a value of JSON from which on it is hidden there.
const SHORTEST_VALUE: usize = 4;

/// Why a command gave no tokens. It holds nothing of what was printed on stdout.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("{flag}: {problem}{}", last_words(said.as_deref()))]
    Output {
        flag: &'static str,
        problem: PrintedError,
        /// The last line of its stderr, redacted: of a pipe only the last command tells whether it failed.
        said: Option<String>,
    },
    #[error("{0} cannot be run: {1}")]
    Start(&'static str, io::Error),
    /// It said itself that it failed.
    #[error("{flag} failed ({status}){}", last_words(said.as_deref()))]
    Failed {
        flag: &'static str,
        status: ExitStatus,
        /// The last line of its stderr, redacted.
        said: Option<String>,
    },
    #[error("{flag} took longer than {} s and was ended", patience.as_secs_f64())]
    TooSlow { flag: &'static str, patience: Duration },
    #[error("{flag} printed more than {} MiB, which cannot be what it is for", MOST_PRINTED >> 20)]
    TooMuch { flag: &'static str },
}

fn last_words(said: Option<&str>) -> String {
    said.map_or_else(String::new, |said| format!(": {said}"))
}

/// What a command came to.
struct Ended {
    status: ExitStatus,
    printed: Vec<u8>,
    said: Vec<u8>,
}

/// Runs the command for the first time.
///
/// # Errors
/// [`TokenError`]: then there is nothing to send.
pub(super) async fn first(command: &TokenCommand, redactor: &Redactor) -> Result<Fresh, TokenError> {
    let redact = |said: &str, printed: &[Secret<String>]| redactor.body(said.as_bytes(), printed);
    ask(command, command.patience(), redact).await
}

/// What the user should know of keys that expire and are not renewed.
pub(super) fn warning(command: &TokenCommand, fresh: &Fresh) -> Option<String> {
    let Fresh::Keys(AwsKeys { good_until_ms: Some(until_ms), .. }) = fresh else { return None };
    if command.every.is_some() {
        return None;
    }
    let minutes = until_ms.saturating_sub(now_ms()) as f64 / 60e3;
    Some(format!(
        "the keys of {} expire in {minutes:.0} min and are not renewed; --token-every runs it again",
        command.flag()
    ))
}

/// Milliseconds since 1970 (UTC).
fn now_ms() -> i64 {
    i64::try_from(MonotonicClock.wall().as_millis()).unwrap_or(i64::MAX)
}

/// Renews the tokens or keys of a workload for as long as the future is polled; `warn` is told each time that fails.
#[expect(clippy::disallowed_methods, reason = "a renewal may be a millisecond late, unlike an arrival")]
pub(super) async fn renew(
    command: Option<TokenCommand>,
    workload: Workload,
    warn: impl Fn(String),
) -> Infallible {
    let Some((command, every)) = command.and_then(|command| Some((command.clone(), command.every?))) else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(every).await;
        let redact =
            |said: &str, printed: &[Secret<String>]| workload.redact_knowing(said.as_bytes(), printed);
        match ask(&command, command.patience_of_renewal(), redact).await {
            Ok(fresh) => workload.renew(fresh),
            Err(error) => {
                let what = command.what();
                warn(format!("the {what} were not renewed, and those of before stay in use: {error}"))
            }
        }
    }
}

/// `redact` makes what may be shown of a line of stderr, given what was printed on stdout.
async fn ask(
    command: &TokenCommand,
    patience: Duration,
    redact: impl Fn(&str, &[Secret<String>]) -> String,
) -> Result<Fresh, TokenError> {
    let flag = command.flag();
    // One that is late is ended when the future is dropped, with all that it has started.
    let ended = timeout(patience, run(flag, command.line.expose())).await;
    let Ended { status, printed, said } = ended.map_err(|_| TokenError::TooSlow { flag, patience })??;
    let said = || {
        let printed = String::from_utf8_lossy(&printed);
        // As words, and as the values of JSON.
        let values = printed.split('"').filter(|value| value.len() >= SHORTEST_VALUE);
        let words = printed.split_whitespace().chain(values).take(MOST_HIDDEN);
        let words = words.map(|word| Secret::new(word.to_owned()));
        last_line(&said).map(|line| clean(&redact(&line, &words.collect::<Vec<_>>())))
    };
    if !status.success() {
        return Err(TokenError::Failed { flag, status, said: said() });
    }
    command.read(&printed, now_ms()).map_err(|problem| TokenError::Output { flag, problem, said: said() })
}

/// The processes of a command, which are ended when nobody waits for them any more.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group {
            // One that is over has nobody to end.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn run(flag: &'static str, line: &str) -> Result<Ended, TokenError> {
    let mut child = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // What it starts is ended with it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| TokenError::Start(flag, error))?;
    let mut group = Group(child.id());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let printed = async {
        let mut printed = Vec::new();
        if let Some(stdout) = stdout {
            stdout
                .take(MOST_PRINTED + 1)
                .read_to_end(&mut printed)
                .await
                .map_err(|error| TokenError::Start(flag, error))?;
        }
        if printed.len() as u64 > MOST_PRINTED { Err(TokenError::TooMuch { flag }) } else { Ok(printed) }
    };
    let said = async { Ok(end_of(stderr).await) };
    let status = async { child.wait().await.map_err(|error| TokenError::Start(flag, error)) };
    let (printed, said, status) = tokio::try_join!(printed, said, status)?;
    // It is over, and its number may be that of another by now.
    group.0 = None;
    Ok(Ended { status, printed, said })
}

/// Reads to the end, and keeps the last of it.
async fn end_of(stderr: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stderr) = stderr else { return kept };
    let mut part = [0; 1 << 10];
    while let Ok(length @ 1..) = stderr.read(&mut part).await {
        kept.extend_from_slice(&part[..length]);
        kept.drain(..kept.len().saturating_sub(KEPT_OF_STDERR));
    }
    kept
}

/// The last line that says something.
fn last_line(said: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(line.chars().take(SHOWN_OF_STDERR).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_stderr_the_last_line_is_shown() {
        assert_eq!(last_line(b"one\ntwo \n\n"), Some("two".to_owned()));
        assert_eq!(last_line(b"\n"), None);
        assert_eq!(last_line(&[b'x'; 3_000]).map(|line| line.len()), Some(SHOWN_OF_STDERR));
    }
}
