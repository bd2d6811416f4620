//! Why an exchange or a connection attempt failed.

use std::error::Error;
use std::io;

use rustix::io::Errno;

use super::proxy::ProxyFault;
use super::tls::TlsFault;
use crate::measure::ErrorKind;

/// How long after the send a dead connection may show itself, beyond two times to connect.
const DEATH_SHOWS_NS: u64 = 5_000_000;

/// A failed attempt.
#[derive(Debug)]
pub struct Failure {
    /// The kind, as the report counts it.
    pub kind: ErrorKind,
    /// Whether nothing of an answer had come: on a connection that had been idle, it was dead then.
    pub before_answer: bool,
    /// Whether the server cannot have acted on the request, so that to send it again is safe even where it is not
    /// idempotent: it never left, or the server says so itself, by REFUSED_STREAM (RFC 9113, 8.7) or by a GOAWAY whose
    /// last stream is an earlier one (RFC 9113, 6.8).
    pub unsent: bool,
    pub(super) source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// Whether a request met a connection that had died while it was idle, so that the server has hardly seen it (RFC 9112,
    /// 9.3.1). That shows within a round trip, of which the time to connect is a measure (0 where it is not known); what breaks
    /// later broke at work.
    pub(crate) fn is_of_a_dead_connection(&self, since_sent_ns: u64, connecting_ns: u64) -> bool {
        self.before_answer
            && since_sent_ns <= 2 * connecting_ns + DEATH_SHOWS_NS
            && matches!(self.kind, ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Io)
    }

    /// A failure to connect.
    pub fn connecting(error: io::Error) -> Self {
        let kind = match limit_of(&error) {
            Some(kind) => kind,
            None => match error.kind() {
                io::ErrorKind::ConnectionRefused => ErrorKind::ConnectRefused,
                io::ErrorKind::TimedOut => ErrorKind::ConnectTimeout,
                io::ErrorKind::ConnectionReset => ErrorKind::Reset,
                _ => ErrorKind::ConnectFailed,
            },
        };
        Self { kind, before_answer: true, unsent: true, source: error.into() }
    }

    /// A failure of the TLS handshake.
    pub(super) fn handshake(fault: TlsFault) -> Self {
        Self { kind: ErrorKind::TlsHandshake, before_answer: true, unsent: true, source: fault.into() }
    }

    /// A proxy opened no tunnel. The target has heard nothing of it.
    pub(super) fn tunnelling(fault: ProxyFault) -> Self {
        Self { kind: fault.kind(), before_answer: true, unsent: true, source: fault.into() }
    }

    /// The same failure, of a connection to the proxy and not to the target.
    pub(super) fn of_the_proxy(self) -> Self {
        let source = format!("no connection to the proxy: {}", self.describe()).into();
        Self { source, ..self }
    }

    /// A failure of hyper on an open connection.
    pub fn exchanging(error: hyper::Error, before_answer: bool, unsent: bool) -> Self {
        let kind = if error.is_parse() {
            ErrorKind::Protocol
        } else if let Some(io_error) = io_source(&error) {
            match io_error.kind() {
                // With TLS 1.3 a refusal comes after the handshake: with the first answer.
                _ if TlsFault::of(io_error).is_some() => ErrorKind::TlsHandshake,
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionAborted => ErrorKind::Reset,
                io::ErrorKind::UnexpectedEof => ErrorKind::Closed,
                // hyper reports a malformed body (chunk sizes and the like) as invalid data.
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => ErrorKind::Protocol,
                io::ErrorKind::TimedOut => ErrorKind::Timeout,
                _ => ErrorKind::Io,
            }
        } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            ErrorKind::Closed
        } else {
            ErrorKind::Protocol
        };
        Self { kind, before_answer, unsent, source: error.into() }
    }

    /// A failure of a given kind, for transports that know it.
    pub fn new(kind: ErrorKind, before_answer: bool, unsent: bool) -> Self {
        Self { kind, before_answer, unsent, source: kind.describe().into() }
    }

    /// A failure of a given kind, put into words.
    pub(super) fn in_words(kind: ErrorKind, before_answer: bool, unsent: bool, words: String) -> Self {
        Self { kind, before_answer, unsent, source: words.into() }
    }

    /// The cause in words, without addresses: messages of the system and of hyper hold none.
    pub fn describe(&self) -> String {
        let mut text = self.source.to_string();
        let mut cause = self.source.source();
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            if !text.contains(&inner_text) {
                text = format!("{text}: {inner_text}");
            }
            cause = inner.source();
        }
        text
    }
}

/// A limit of this machine, if that is the cause.
fn limit_of(error: &io::Error) -> Option<ErrorKind> {
    match Errno::from_io_error(error)? {
        Errno::ADDRNOTAVAIL | Errno::ADDRINUSE => Some(ErrorKind::PortsExhausted),
        Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM => Some(ErrorKind::DescriptorsExhausted),
        _ => None,
    }
}

fn io_source(error: &hyper::Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref::<io::Error>() {
            return Some(found);
        }
        cause = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_this_machine_are_told_from_the_service() {
        let kind = |errno: Errno| Failure::connecting(io::Error::from(errno)).kind;
        assert_eq!(kind(Errno::ADDRNOTAVAIL), ErrorKind::PortsExhausted);
        assert_eq!(kind(Errno::MFILE), ErrorKind::DescriptorsExhausted);
        assert_eq!(kind(Errno::CONNREFUSED), ErrorKind::ConnectRefused);
        assert_eq!(kind(Errno::NETUNREACH), ErrorKind::ConnectFailed);
        assert_eq!(kind(Errno::TIMEDOUT), ErrorKind::ConnectTimeout);
    }
}
