//! Reads from a socket together with the time at which the kernel received the bytes.

use std::io::{self, IoSliceMut, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};

/// Bytes that one read can take: a deep pipeline of small requests.
pub const READ_BYTES: usize = 16 << 10;
/// How far a kernel stamp may be from the clock in the self-test.
const PLAUSIBLE_NS: u64 = 1_000_000_000;

/// A reader with its buffers and its account of where the times came from.
#[derive(Debug)]
pub struct StampedReader {
    bytes: Vec<u8>,
    control: Vec<u8>,
    by_kernel: u64,
    after_read: u64,
}

/// What one read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Bytes, and when the last of them was received: nanoseconds on the realtime clock.
    Bytes { len: usize, stamp_ns: u64 },
    /// The peer has closed the connection or it is broken.
    End,
    /// Nothing there.
    Nothing,
}

impl StampedReader {
    /// A reader with buffers of its own.
    pub fn new() -> Self {
        let control = nix::cmsg_space!(nix::sys::time::TimeSpec);
        Self { bytes: vec![0; READ_BYTES], control, by_kernel: 0, after_read: 0 }
    }

    /// Asks the kernel to stamp what the sockets accepted here receive, from their first byte.
    pub fn enable(listener: &TcpListener) -> io::Result<()> {
        Ok(setsockopt(listener, ReceiveTimestampns, &true)?)
    }

    /// One read.
    pub fn read(&mut self, stream: &TcpStream) -> Read {
        let mut parts = [IoSliceMut::new(&mut self.bytes)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message =
            match recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(self.control.as_mut_slice()), flags) {
                Ok(message) => message,
                Err(Errno::EAGAIN | Errno::EINTR) => return Read::Nothing,
                Err(_) => return Read::End,
            };
        let len = message.bytes;
        if len == 0 {
            return Read::End;
        }
        let stamp = message.cmsgs().ok().and_then(|messages| {
            messages.into_iter().find_map(|message| match message {
                ControlMessageOwned::ScmTimestampns(at) => {
                    Some(at.tv_sec() as u64 * 1_000_000_000 + at.tv_nsec() as u64)
                }
                _ => None,
            })
        });
        let stamp_ns = if let Some(stamp_ns) = stamp {
            self.by_kernel += 1;
            stamp_ns
        } else {
            self.after_read += 1;
            realtime_ns()
        };
        Read::Bytes { len, stamp_ns }
    }

    /// The bytes of the last read.
    pub fn bytes(&self, len: usize) -> &[u8] {
        &self.bytes[..len]
    }

    /// Where the times came from.
    pub fn source(&self) -> &'static str {
        match (self.by_kernel, self.after_read) {
            (_, 0) => "kernel",
            (0, _) => "after_read",
            _ => "mixed",
        }
    }

    /// Whether this kernel really stamps TCP: accepting the option proves nothing. It starts to stamp a moment
    /// after the first socket asks for it, so this tries for a while.
    pub fn works() -> io::Result<bool> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        Self::enable(&listener)?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        let mut reader = Self::new();
        for _ in 0..100 {
            let before_ns = realtime_ns();
            client.write_all(b"x")?;
            let read = loop {
                match reader.read(&server) {
                    Read::Nothing => std::thread::yield_now(),
                    read => break read,
                }
            };
            if let Read::Bytes { stamp_ns, .. } = read
                && reader.by_kernel > 0
            {
                return Ok(stamp_ns.abs_diff(before_ns) < PLAUSIBLE_NS);
            }
            pause(Duration::from_millis(1));
        }
        Ok(false)
    }
}

/// Stands still.
#[expect(clippy::disallowed_methods, reason = "the target has no schedule to keep")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

pub fn realtime_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_the_time_of_arrival_not_of_the_read() {
        if !StampedReader::works().unwrap() {
            return; // This kernel does not stamp.
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        StampedReader::enable(&listener).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let mut reader = StampedReader::new();
        assert_eq!(reader.read(&server), Read::Nothing);
        pause(Duration::from_millis(20)); // Stamping starts a moment after it is asked for.
        let before_ns = realtime_ns();
        client.write_all(b"GET").unwrap();
        let after_ns = realtime_ns();
        pause(Duration::from_millis(20));
        let Read::Bytes { len, stamp_ns } = reader.read(&server) else { panic!("nothing was read") };
        assert_eq!(reader.bytes(len), b"GET");
        assert!((before_ns..=after_ns).contains(&stamp_ns), "{before_ns} {stamp_ns} {after_ns}");
        assert_eq!(reader.source(), "kernel");
        drop(client);
        assert_eq!(reader.read(&server), Read::End);
    }
}
