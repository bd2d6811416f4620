//! HTTP/2 (RFC 9113) on h2, many exchanges on one connection.
//!
//! hyper's client would queue a request for which the server has no room, out of sight, and the wait would count as the
//! server's. Here the room is known before the first request (`open` waits for the server's SETTINGS), the load
//! engine fills it and no more, and waits elsewhere, in the open.
//!
//! A connection is driven by a task of its own, because the exchanges on it come and go: what many of them have to say
//! leaves in one write, and what has come for many is read at once. An answer's instants are read when the task that
//! waits for it runs, right after the driver: with a hundred answers in one read, the last task runs some ten
//! microseconds after the first.

mod connection;
mod one_read;
mod open;
mod request;
mod shared;

pub(crate) use connection::Http2Connection;
pub(super) use open::open;
