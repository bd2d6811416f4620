//! Why an exchange or a connection attempt failed.

use std::error::Error;
use std::io;

use rustix::io::Errno;

use crate::measure::ErrorKind;

/// A failed attempt.
#[derive(Debug)]
pub struct Failure {
    /// The kind, as the report counts it.
    pub kind: ErrorKind,
    /// Whether nothing of an answer had come: on a connection that had been idle, it was dead then.
    pub before_answer: bool,
    /// Whether the request was given back unsent.
    pub unsent: bool,
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
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

    /// A failure of hyper on an open connection.
    pub fn exchanging(error: hyper::Error, before_answer: bool, unsent: bool) -> Self {
        let kind = if error.is_parse() {
            ErrorKind::Protocol
        } else if let Some(io_error) = io_source(&error) {
            match io_error.kind() {
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
