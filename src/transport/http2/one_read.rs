//! One read, then everybody's turn.
//!
//! A connection reads for many streams, and knows only when what it read last had come. So after each read the streams
//! whose frames were in it have their turn, before the next read brings another time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::socket::{Socket, pass_writes_on};

/// A stream of bytes that is read once each time its task runs.
#[derive(Debug)]
pub(super) struct OneRead {
    stream: Socket,
    has_read: bool,
}

impl OneRead {
    pub(super) fn new(stream: Socket) -> Self {
        Self { stream, has_read: false }
    }
}

impl AsyncRead for OneRead {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.has_read) {
            // The streams have been woken before this task, so they run before it.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.has_read = read.is_ready();
        read
    }
}

pass_writes_on!(OneRead, stream in Self { stream, .. });
