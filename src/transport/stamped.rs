//! A TCP stream that knows when the kernel received what was read from it last.
//!
//! Linux stamps each segment as it comes in (`SO_TIMESTAMPNS`, socket(7)) and hands the stamp of the last segment read to
//! whoever asks with `recvmsg`. So the end of an answer is when it arrived, however late a busy client gets round to reading
//! it. Where several segments are read at once, the stamp is that of the last: right for the end of an answer, and no earlier
//! than the truth for its first byte.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

/// The stamp of what was read last: time since 1970 by the wall clock. `None` before the first one.
#[derive(Debug, Clone, Default)]
pub(super) struct LastStamp(Rc<Cell<Option<Duration>>>);

impl LastStamp {
    pub(super) fn get(&self) -> Option<Duration> {
        self.0.get()
    }
}

/// Whether this system stamps what a TCP socket receives.
pub(crate) fn has_kernel_stamps() -> bool {
    TcpSocket::new_v4().is_ok_and(|socket| ask_for_stamps(&socket))
}

/// A TCP stream whose reads are stamped, where the system can.
#[derive(Debug)]
pub(super) struct StampedTcp {
    stream: TcpStream,
    /// `None` where the time of reading is all there is.
    stamp: Option<LastStamp>,
}

impl StampedTcp {
    /// A stream that asks the kernel for stamps where `wanted`; where it has none to give, reads go without.
    pub(super) fn new(stream: TcpStream, wanted: bool) -> Self {
        let stamp = (wanted && ask_for_stamps(&stream)).then(LastStamp::default);
        Self { stream, stamp }
    }

    /// Looks at what can be read next, and leaves it there.
    pub(super) async fn peek(&self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.peek(bytes).await
    }

    /// Where the stamps of its reads are found.
    pub(super) fn stamp(&self) -> Option<&LastStamp> {
        self.stamp.as_ref()
    }
}

impl AsyncRead for StampedTcp {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, stamp } = self.get_mut();
        match stamp {
            Some(stamp) => poll_stamped(stream, stamp, context, buffer),
            None => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for StampedTcp {
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

#[cfg(target_os = "linux")]
use linux::{ask_for_stamps, poll_stamped};

#[cfg(not(target_os = "linux"))]
fn ask_for_stamps<Socket>(_socket: &Socket) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn poll_stamped(
    stream: &mut TcpStream,
    _stamp: &LastStamp,
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    Pin::new(stream).poll_read(context, buffer)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::RefCell;
    use std::io::{self, IoSliceMut};
    use std::os::fd::{AsFd, AsRawFd};
    use std::task::{Context, Poll, ready};
    use std::time::Duration;

    use nix::sys::socket::sockopt::ReceiveTimestampns;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
    use nix::sys::time::TimeSpec;
    use tokio::io::{Interest, ReadBuf};
    use tokio::net::TcpStream;

    use super::LastStamp;

    /// Most that is read at once, in bytes.
    const AT_ONCE: usize = 64 << 10;

    /// Room to read into, shared by the sockets of a thread: `recvmsg` needs memory that is initialised, and to clear each
    /// caller's buffer would cost more than to copy the few hundred bytes of an ordinary answer.
    struct Room {
        bytes: Vec<u8>,
        control: Vec<u8>,
    }

    thread_local! {
        static ROOM: RefCell<Room> =
            RefCell::new(Room { bytes: vec![0; AT_ONCE], control: nix::cmsg_space!(TimeSpec) });
    }

    pub(super) fn ask_for_stamps(socket: &impl AsFd) -> bool {
        setsockopt(socket, ReceiveTimestampns, &true).is_ok()
    }

    pub(super) fn poll_stamped(
        stream: &TcpStream,
        stamp: &LastStamp,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wanted = buffer.remaining().min(AT_ONCE);
        if wanted == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(stream.poll_read_ready(context))?;
            let mut received = None;
            // tokio takes a socket for empty when the closure says so. A short read has emptied it: to say so at once saves
            // the call that would find nothing. What comes in between is a new event and is not lost.
            let result = stream.try_io(Interest::READABLE, || {
                ROOM.with_borrow_mut(|room| {
                    let (count, stamped) = receive(stream, &mut room.bytes[..wanted], &mut room.control)?;
                    buffer.put_slice(&room.bytes[..count]);
                    received = Some(stamped);
                    if (1..wanted).contains(&count) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
                })
            });
            if let Some(stamped) = received {
                if stamped.is_some() {
                    stamp.0.set(stamped);
                }
                return Poll::Ready(Ok(()));
            }
            match result {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(()) => return Poll::Ready(Ok(())),
            }
        }
    }

    /// One `recvmsg`: how many bytes came, and when the last of them did.
    fn receive(
        stream: &TcpStream,
        bytes: &mut [u8],
        control: &mut [u8],
    ) -> io::Result<(usize, Option<Duration>)> {
        let mut parts = [IoSliceMut::new(bytes)];
        let message = loop {
            match recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(control), MsgFlags::empty()) {
                Err(nix::errno::Errno::EINTR) => {}
                result => break result?,
            }
        };
        let stamp = message.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::ScmTimestampns(at) => {
                let seconds = u64::try_from(at.tv_sec()).ok()?;
                Some(Duration::new(seconds, u32::try_from(at.tv_nsec()).ok()?))
            }
            _ => None,
        });
        Ok((message.bytes, stamp))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::time::{Clock, MonotonicClock, StampClock};

    async fn pair(wanted: bool) -> (StampedTcp, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let client = TcpStream::connect(address).await.expect("the listener accepts");
        (StampedTcp::new(client, wanted), listener.accept().await.expect("the client connects").0)
    }

    /// The thread sleeps between the arrival and the reading: only the kernel knows when the bytes came.
    #[tokio::test]
    async fn a_stamp_is_from_when_the_bytes_came_and_not_from_when_they_were_read() {
        let (mut client, mut server) = pair(true).await;
        let stamps = StampClock::new(MonotonicClock);
        // The first segments after the option is set may come without a stamp.
        for _ in 0..20 {
            let from_ns = MonotonicClock.now_ns();
            server.write_all(b"hello").await.unwrap();
            let sent_ns = MonotonicClock.now_ns();
            #[expect(
                clippy::disallowed_methods,
                reason = "the thread that does not read in time is what is tested"
            )]
            std::thread::sleep(Duration::from_millis(30));
            let mut bytes = [0; 5];
            client.read_exact(&mut bytes).await.unwrap();
            let now_ns = MonotonicClock.now_ns();
            if let Some(wall) = client.stamp().unwrap().get() {
                let at_ns = stamps.instant_ns(wall, from_ns, now_ns);
                assert!(at_ns <= sent_ns + 10_000_000, "{} us after the send", (at_ns - sent_ns) / 1_000);
                return;
            }
        }
        panic!("no stamp in 20 reads");
    }

    #[tokio::test]
    async fn every_byte_comes_once_and_in_order_however_the_reads_fall() {
        for wanted in [true, false] {
            let (mut client, mut server) = pair(wanted).await;
            let sent: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
            let expected = sent.clone();
            let writer = tokio::spawn(async move {
                for part in sent.chunks(7_919) {
                    server.write_all(part).await.unwrap();
                    tokio::task::yield_now().await;
                }
            });
            let mut received = Vec::new();
            client.read_to_end(&mut received).await.unwrap();
            writer.await.unwrap();
            assert!(received == expected, "{wanted}: {} of {} bytes", received.len(), expected.len());
        }
    }

    #[tokio::test]
    async fn an_end_and_a_reset_are_told_as_without_stamps() {
        let (mut client, server) = pair(true).await;
        drop(server);
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
        let (mut client, server) = pair(true).await;
        nix::sys::socket::setsockopt(
            &server,
            nix::sys::socket::sockopt::Linger,
            &nix::libc::linger { l_onoff: 1, l_linger: 0 },
        )
        .unwrap();
        drop(server);
        assert_eq!(client.read(&mut [0; 8]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}
