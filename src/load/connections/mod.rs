//! Who gets which connection, and what happens on it.
//!
//! [`dispatch`] decides, without time, sockets or tasks; a [`stream`] carries arrivals, one after another, and tells its
//! worker of every [`event`].

pub(crate) mod context;
pub(crate) mod dispatch;
pub(crate) mod event;
pub(crate) mod mailbox;
mod outcome;
pub(crate) mod pool;
pub(crate) mod state;
pub(crate) mod stream;
pub(crate) mod ticket;
pub(crate) mod walks;
