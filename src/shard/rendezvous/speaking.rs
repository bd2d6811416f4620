//! What shard 0 says to one of the others, as the body of its answer: a line for each word, for as long as both are there.
//! The connection is the presence: where it breaks, the shard is gone, whether requests are being sent or not.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::UnboundedReceiver;

use super::assembly::Assembly;
use super::words::Word;

/// The words to one shard.
#[derive(Debug)]
pub(super) struct Words {
    coming: UnboundedReceiver<Word>,
    assembly: Arc<Assembly>,
    index: u64,
    is_over: bool,
}

impl Words {
    pub(super) fn new(coming: UnboundedReceiver<Word>, assembly: Arc<Assembly>, index: u64) -> Self {
        Self { coming, assembly, index, is_over: false }
    }
}

impl Body for Words {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        self.coming.poll_recv(context).map(|word| {
            let word = word?;
            self.is_over = word.is_last();
            Some(Ok(Frame::data(word.line().into())))
        })
    }
}

/// The answer is dropped when all is said, or when there is nobody to say it to.
impl Drop for Words {
    fn drop(&mut self) {
        self.assembly.leave(self.index);
    }
}
