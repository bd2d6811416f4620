//! A transport that follows a script, for tests without a network and on a clock of their own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};

use super::{Answer, Connection, Failure, Transport};
use crate::measure::{ErrorKind, Opened, Protocol};
use crate::request::BodyWatch;
use crate::time::Clock;

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// A complete answer, this long after the send.
    Answer {
        /// Service time.
        after_ns: u64,
        /// HTTP status.
        status: u16,
    },
    /// A failure, this long after the send.
    Fail {
        /// Time until it shows.
        after_ns: u64,
        kind: ErrorKind,
        /// Whether nothing of an answer had come.
        before_answer: bool,
    },
    /// The server says at once that it has not processed the request, and never will.
    Refuse,
    /// Nothing, ever.
    Silence,
}

/// Decides what happens to the request sent now; it may keep a state, such as a queue.
type Service = Box<dyn FnMut(u32, u64) -> Step>;

/// Opens connections to a scripted service.
#[derive(Clone)]
pub(crate) struct Scripted<C> {
    clock: C,
    service: Rc<RefCell<Service>>,
    /// Time that a connection attempt takes.
    pub connect_ns: u64,
    /// How an attempt fails, if it does.
    pub refuse: Option<ErrorKind>,
    /// The first origin that refuses; those before it do not.
    pub refuse_from: u32,
    /// Requests that a connection carries at once; above 1 it speaks HTTP/2.
    pub streams: u64,
    /// Whether answers come with `Connection: close`.
    pub close_after_answer: bool,
    /// Whether the connection that is used now takes no more requests: a GOAWAY.
    pub closes: Rc<Cell<bool>>,
    /// Connections opened so far.
    pub opened: Rc<Cell<u64>>,
    /// Opened connections die when this changes.
    pub generation: Rc<Cell<u64>>,
}

impl<C: Clock> Scripted<C> {
    /// A service that connects at once and treats each request as `service` says at the time it is sent.
    pub(crate) fn new(clock: C, mut service: impl FnMut(u64) -> Step + 'static) -> Self {
        Self::by_origin(clock, move |_, now_ns| service(now_ns))
    }

    /// The same where `service` is told the origin, too.
    pub(crate) fn by_origin(clock: C, service: impl FnMut(u32, u64) -> Step + 'static) -> Self {
        Self {
            clock,
            service: Rc::new(RefCell::new(Box::new(service))),
            connect_ns: 0,
            refuse: None,
            refuse_from: 0,
            streams: 1,
            close_after_answer: false,
            closes: Rc::default(),
            opened: Rc::default(),
            generation: Rc::default(),
        }
    }

    /// The same with connections that carry this many requests at once.
    pub(crate) fn with_streams(self, streams: u64) -> Self {
        Self { streams, ..self }
    }

    /// A service that answers everything after the same delay.
    pub(crate) fn fixed(clock: C, after_ns: u64) -> Self {
        Self::new(clock, move |_| Step::Answer { after_ns, status: 200 })
    }
}

pub(crate) struct ScriptedConnection<C> {
    transport: Scripted<C>,
    origin: u32,
    generation: u64,
}

impl<C: Clock> Transport for Scripted<C> {
    type Connection = ScriptedConnection<C>;

    async fn connect(&self, origin: u32) -> Result<Self::Connection, Failure> {
        pass(self.connect_ns).await;
        if let Some(kind) = self.refuse.filter(|_| origin >= self.refuse_from) {
            return Err(Failure::new(kind, true, true));
        }
        self.opened.set(self.opened.get() + 1);
        Ok(ScriptedConnection { transport: self.clone(), origin, generation: self.generation.get() })
    }
}

impl<C: Clock> Connection for ScriptedConnection<C> {
    fn opened(&self) -> Opened {
        let protocol = if self.transport.streams > 1 { Protocol::Http2 } else { Protocol::Http1 };
        Opened { protocol, tcp_ns: self.transport.connect_ns, tls: None }
    }

    fn streams(&self) -> u64 {
        self.transport.streams
    }

    fn is_multiplexed(&self) -> bool {
        self.transport.streams > 1
    }

    fn share(&self) -> Option<Self> {
        let shared =
            Self { transport: self.transport.clone(), origin: self.origin, generation: self.generation };
        (self.transport.streams > 1).then_some(shared)
    }

    async fn exchange(&mut self, _: Request<Bytes>, _: u64, body: &mut BodyWatch) -> Result<Answer, Failure> {
        if self.generation != self.transport.generation.get() {
            return Err(Failure::new(ErrorKind::Closed, true, true));
        }
        let step = (self.transport.service.borrow_mut())(self.origin, self.transport.clock.now_ns());
        match step {
            Step::Answer { after_ns, status } => {
                pass(after_ns).await;
                let now_ns = self.transport.clock.now_ns();
                body.part(b"0123456789");
                let headers = HeaderMap::new();
                Ok(Answer {
                    status,
                    headers,
                    first_byte_ns: now_ns,
                    end_ns: now_ns,
                    receive_lag_ns: None,
                    body_bytes: 10,
                })
            }
            Step::Fail { after_ns, kind, before_answer } => {
                pass(after_ns).await;
                Err(Failure::new(kind, before_answer, false))
            }
            Step::Refuse => Err(Failure::new(ErrorKind::StreamReset, true, true)),
            Step::Silence => std::future::pending().await,
        }
    }

    fn is_reusable(&mut self) -> bool {
        !self.transport.close_after_answer && !self.transport.closes.get()
    }

    fn poll_closed(&mut self, _: &mut Context<'_>) -> Poll<()> {
        // A dead connection is found only when it is used: the case that needs a retry.
        Poll::Pending
    }
}

#[expect(clippy::disallowed_methods, reason = "tokio's clock is paused in tests, so nothing sleeps")]
async fn pass(nanos: u64) {
    if nanos > 0 {
        tokio::time::sleep(Duration::from_nanos(nanos)).await;
    }
}
