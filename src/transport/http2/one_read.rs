//! One read, then everybody's turn.
//!
//! A connection reads for many streams, and knows only when what it read last had come. So after each read the streams
//! whose frames were in it have their turn, before the next read brings another time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream of bytes that is read once each time its task runs.
#[derive(Debug)]
pub(super) struct OneRead<S> {
    stream: S,
    has_read: bool,
}

impl<S> OneRead<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, has_read: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for OneRead<S> {
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

impl<S: AsyncWrite + Unpin> AsyncWrite for OneRead<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
