//! A stream of bytes to a server: TCP or a Unix socket, with TLS or without.
//!
//! One type for all four, so that hyper and h2 are compiled once; which it is, is one branch beside a system call.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

use super::stamped::{LastStamp, StampedTcp};
use super::tls::TlsFault;

/// A connected stream.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(StampedTcp),
    Unix(UnixStream),
    Tls(Box<TlsStream<Plain>>),
}

/// What TLS runs on.
#[derive(Debug)]
pub(super) enum Plain {
    Tcp(StampedTcp),
    Unix(UnixStream),
}

impl From<Plain> for Socket {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::Tcp(stream) => Self::Tcp(stream),
            Plain::Unix(stream) => Self::Unix(stream),
        }
    }
}

impl Plain {
    /// Where the stamps of its reads are found, if it has any.
    pub(super) fn stamp(&self) -> Option<LastStamp> {
        match self {
            Self::Tcp(stream) => stream.stamp().cloned(),
            Self::Unix(_) => None,
        }
    }

    /// Looks at what can be read next, and leaves it there. 0: the other side has closed.
    pub(super) async fn peek(&self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.peek(bytes).await,
            Self::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Connects by TCP, from `local` if given, with receive stamps where they are wanted and to be had.
pub(super) async fn connect_tcp(
    address: SocketAddr,
    local: Option<IpAddr>,
    stamped: bool,
) -> io::Result<Plain> {
    let stream = match local {
        None => TcpStream::connect(address).await?,
        Some(local) => bound_to(local)?.connect(address).await?,
    };
    // Without this, Nagle's algorithm would hold requests back until the last segment is acknowledged.
    stream.set_nodelay(true)?;
    Ok(Plain::Tcp(StampedTcp::new(stream, stamped)))
}

/// Connects to a Unix socket.
pub(super) async fn connect_unix(path: &Path) -> io::Result<Plain> {
    UnixStream::connect(path).await.map(Plain::Unix)
}

/// A socket with a local address and no port yet.
pub(super) fn bound_to(local: IpAddr) -> io::Result<TcpSocket> {
    let socket = if local.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // `bind` would reserve a port for this socket alone, so that one local address has no more connections than ports,
    // to however many servers. With this option the kernel chooses the port at `connect`, when it knows where the
    // connection goes: then only the four of address and port on either side must be unique (ip(7)). A kernel that does
    // not know the option (before 4.2) does without.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::IpBindAddressNoPort, &true);
    socket.bind(SocketAddr::new(local, 0))?;
    Ok(socket)
}

/// Errors of rustls hold names and addresses of documentation: they go on in our own words.
fn in_words(error: io::Error) -> io::Error {
    match TlsFault::of(&error) {
        Some(fault) => io::Error::new(io::ErrorKind::InvalidData, fault),
        // Closed without TLS's own farewell (`close_notify`).
        None if error.kind() == io::ErrorKind::UnexpectedEof => io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the server closed the connection without TLS's close_notify, so that the end may be missing",
        ),
        None => error,
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer).map_err(in_words),
        }
    }
}

impl AsyncRead for Plain {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

/// Passes the calls of [`AsyncWrite`] on to the stream inside, which each of the patterns names.
macro_rules! pass_writes_on {
    ($socket:ty, $stream:ident in $($inner:pat),+) => {
        impl AsyncWrite for $socket {
            fn poll_write(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $($inner => Pin::new($stream).poll_write(context, bytes),)+
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                parts: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $($inner => Pin::new($stream).poll_write_vectored(context, parts),)+
                }
            }

            fn is_write_vectored(&self) -> bool {
                match self {
                    $($inner => $stream.is_write_vectored(),)+
                }
            }

            fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $($inner => Pin::new($stream).poll_flush(context),)+
                }
            }

            fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $($inner => Pin::new($stream).poll_shutdown(context),)+
                }
            }
        }
    };
}
pub(super) use pass_writes_on;

pass_writes_on!(Socket, stream in Self::Tcp(stream), Self::Unix(stream), Self::Tls(stream));
pass_writes_on!(Plain, stream in Self::Tcp(stream), Self::Unix(stream));
