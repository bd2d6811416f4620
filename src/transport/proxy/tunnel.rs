//! A tunnel through a proxy: its bytes, moved.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::socket::Plain;
use super::connect::{self, Taken};
use super::destination::Destination;
use super::fault::ProxyFault;
use super::options::{Proxy, ProxyScheme};
use super::socks5::{Handshake, Next};
use crate::request::Secret;

/// As much of the answer to CONNECT as is looked at once, in bytes. Most have a tenth of it.
const AT_ONCE: usize = 1_024;

impl Proxy {
    /// Asks for a tunnel on a connection to the proxy: behind it the stream is the target's. `target_begins`: whether the
    /// target may send before it is asked anything, as HTTP/2 without TLS does (its SETTINGS, RFC 9113, 3.4). The caller
    /// limits the time.
    ///
    /// # Errors
    /// A [`ProxyFault`] when there is no tunnel.
    pub(in super::super) async fn open(
        &self,
        stream: &mut Plain,
        destination: &Destination,
        target_begins: bool,
    ) -> Result<(), ProxyFault> {
        match self.scheme {
            ProxyScheme::Http => self.connect(stream, destination, target_begins).await,
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => self.socks5(stream, destination).await,
        }
    }

    /// Bytes behind the head are looked at, never taken: they are the target's.
    async fn connect(
        &self,
        stream: &mut Plain,
        destination: &Destination,
        target_begins: bool,
    ) -> Result<(), ProxyFault> {
        let credentials = self.credentials.as_ref().map(Secret::expose);
        send(stream, &connect::request(destination, credentials)).await?;
        let mut answer = connect::Answer::new(credentials.is_some());
        let mut bytes = vec![0; AT_ONCE];
        loop {
            let count = stream.peek(&mut bytes).await.map_err(|error| ProxyFault::of(&error))?;
            if count == 0 {
                return Err(ProxyFault::Closed);
            }
            let taken = answer.take(&bytes[..count])?;
            let length = match taken {
                Taken::All => count,
                Taken::Open(length) => length,
            };
            read(stream, &mut bytes[..length]).await?;
            match taken {
                Taken::All => {}
                Taken::Open(length) if length < count && !target_begins => return Err(ProxyFault::Unasked),
                Taken::Open(_) => return Ok(()),
            }
        }
    }

    async fn socks5(&self, stream: &mut Plain, destination: &Destination) -> Result<(), ProxyFault> {
        let credentials = self.credentials.as_ref().map(Secret::expose);
        let mut handshake = Handshake::new(destination, credentials)?;
        send(stream, &handshake.greeting()).await?;
        loop {
            let mut bytes = vec![0; handshake.expects()];
            read(stream, &mut bytes).await?;
            match handshake.receive(&bytes)? {
                Next::Send(message) => send(stream, &message).await?,
                Next::Read => {}
                Next::Open => return Ok(()),
            }
        }
    }
}

async fn send(stream: &mut Plain, message: &[u8]) -> Result<(), ProxyFault> {
    let sent: io::Result<()> = async {
        stream.write_all(message).await?;
        stream.flush().await
    }
    .await;
    sent.map_err(|error| ProxyFault::of(&error))
}

async fn read(stream: &mut Plain, bytes: &mut [u8]) -> Result<(), ProxyFault> {
    stream.read_exact(bytes).await.map(drop).map_err(|error| ProxyFault::of(&error))
}
