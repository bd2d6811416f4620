//! Failures of HTTP/2, classified.
//!
//! The text is made here from the error code: what a server adds to a GOAWAY in words may hold its name.

use std::io;

use h2::Reason;

use super::Failure;
use crate::measure::ErrorKind;

impl Failure {
    /// A failure before the connection was open.
    pub(super) fn opening_http2(error: &h2::Error) -> Self {
        if error.is_library() {
            let words = "the server does not speak HTTP/2 here; leave out --http2";
            return Self::in_words(ErrorKind::Protocol, true, true, words.to_owned());
        }
        if matches!(error.get_io().map(io::Error::kind), Some(io::ErrorKind::UnexpectedEof)) {
            return Self::closed_before_settings();
        }
        Self { unsent: true, ..Self::streaming(error, true, false) }
    }

    /// The server closed the connection in place of saying what it allows.
    pub(super) fn closed_before_settings() -> Self {
        let words = "the server closed the connection before HTTP/2 had begun; does it speak HTTP/2?";
        Self::in_words(ErrorKind::Closed, true, true, words.to_owned())
    }

    /// h2 did not take the request: the connection is going away, has ended, or is used up.
    pub(super) fn not_sent(error: &h2::Error) -> Self {
        let is_protocol = error.is_library();
        let failure = Self::streaming(error, true, false);
        // Anything but the server's own fault is a connection that takes no more requests, such as one without numbers
        // for further streams.
        let kind = match failure.kind {
            ErrorKind::Protocol if !is_protocol => ErrorKind::Closed,
            kind => kind,
        };
        Self { kind, unsent: true, ..failure }
    }

    /// A failure of an exchange whose request was handed over. `is_going_away` tells whether a GOAWAY had come.
    pub(super) fn streaming(error: &h2::Error, before_answer: bool, is_going_away: bool) -> Self {
        let reason = error.reason().unwrap_or(Reason::NO_ERROR);
        let coded = |kind: ErrorKind| format!("{kind}: {} ({reason:?})", reason.description());
        let fail = |kind, unsent, words| Self::in_words(kind, before_answer, unsent, words);
        if error.is_remote() && error.is_reset() {
            let unsent = reason == Reason::REFUSED_STREAM;
            return fail(ErrorKind::StreamReset, unsent, coded(ErrorKind::StreamReset));
        }
        if error.is_remote() && error.is_go_away() {
            // h2 ends only streams beyond the GOAWAY's last one with this error; it lets the others finish.
            return fail(ErrorKind::GoAway, true, coded(ErrorKind::GoAway));
        }
        let Some(io_error) = error.get_io() else {
            return fail(ErrorKind::Protocol, false, coded(ErrorKind::Protocol));
        };
        let kind = match io_error.kind() {
            _ if is_going_away => ErrorKind::GoAway,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => ErrorKind::Reset,
            // h2's word for the end of the stream of bytes is a broken pipe.
            io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => ErrorKind::Closed,
            io::ErrorKind::TimedOut => ErrorKind::Timeout,
            // h2 keeps the text of an error of TLS (our own words), and not its type.
            io::ErrorKind::InvalidData => {
                return fail(ErrorKind::TlsHandshake, false, io_error.to_string());
            }
            _ => ErrorKind::Io,
        };
        fail(kind, false, kind.describe().to_owned())
    }
}
