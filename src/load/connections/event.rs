//! What streams tell their worker: events, each settled at one place.

use std::rc::Rc;

use super::context::Context;
use super::pool::StreamId;
use super::state::ConnectionState;
use super::ticket::Ticket;
use crate::measure::{Detail, ErrorKind, Sample, Walked};
use crate::time::Clock;
use crate::transport::Transport;

/// What has happened on a stream.
#[derive(Debug)]
pub(crate) enum Event {
    /// The connection for its first arrival could not be opened, and the arrival failed with it.
    ConnectFailed {
        /// How the arrival ended.
        sample: Sample,
        /// What it came to besides, where it takes several requests.
        walked: Option<Box<Walked>>,
        /// The origin that could not be reached.
        origin: u32,
    },
    /// Its arrival is over.
    Ended {
        /// How.
        sample: Sample,
        /// What it came to besides, where it takes several requests.
        walked: Option<Box<Walked>>,
        /// Whether the connection takes further requests.
        reusable: bool,
    },
    /// Its arrival goes on with another request.
    Continues {
        /// The arrival.
        ticket: Ticket,
        /// What it came to so far.
        walked: Option<Box<Walked>>,
        /// Whether the connection takes further requests.
        reusable: bool,
    },
    /// The request of its arrival was not processed, or nobody can tell: it is to be sent once more.
    Unprocessed {
        /// The arrival.
        ticket: Ticket,
        /// What became of the request.
        cause: ErrorKind,
        /// Whether the connection takes further requests.
        reusable: bool,
    },
    /// Its connection takes no more requests.
    Closed,
    /// Nothing has used its connection for the keep-alive time.
    IdledOut,
}

/// A worker, as its streams see it: what they may read, and whom they tell.
pub(crate) trait Desk: 'static {
    /// What opens connections.
    type Transport: Transport;
    /// What tells the time.
    type Clock: Clock;

    /// What may be read.
    fn context(&self) -> &Context<Self::Transport, Self::Clock>;

    /// The connection for the stream's arrival is open. Where it has room for more requests, it gets further streams.
    fn opened(
        self: &Rc<Self>,
        id: StreamId,
        origin: u32,
        connection: &<Self::Transport as Transport>::Connection,
    ) -> Rc<ConnectionState>;

    /// Accounts for an event and does whatever it makes possible. Returns whether the stream stays, for another arrival.
    fn settle(self: &Rc<Self>, id: StreamId, event: Event) -> bool;

    /// Keeps an arrival that is worth looking at, with what `detail` tells of it.
    fn keep(&self, sample: &Sample, detail: impl FnOnce() -> Detail);

    /// Notes what the service said in a `Server-Timing` header of an arrival's answer.
    fn note_server_timing(&self, sample: &Sample, header: &[u8]);

    /// Notes how many bytes the body of an arrival's answer had before it was compressed.
    fn note_decoded(&self, sample: &Sample, bytes: u64);

    /// Notes what the header of an arrival's answer said that good answers are counted by.
    fn note_value(&self, sample: &Sample, header: &str, value: Option<&[u8]>);

    /// Notes why a measured arrival failed.
    fn note_failure(&self, sample: &Sample, kind: ErrorKind, cause: impl FnOnce() -> String);
}
