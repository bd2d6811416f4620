//! How it gets from one shard to another: over TCP, or through files. Either way it is a stream of bytes in each direction, and
//! HTTP is spoken on it.

mod folder;
mod stream;

use std::io;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;

use super::{RendezvousError, Spot};
pub(super) use stream::{Way, pause};

/// Where shard 0 waits for the others.
pub(super) enum Listener {
    Tcp(TcpListener),
    Folder(folder::Listener),
}

impl Listener {
    /// Listens there. Says what it found, if that is worth a word.
    ///
    /// # Errors
    /// [`RendezvousError`] where that is not possible.
    pub(super) async fn at(spot: &Spot) -> Result<(Self, Option<String>), RendezvousError> {
        match spot {
            Spot::Address(authority) => match TcpListener::bind(authority).await {
                Ok(listener) => Ok((Self::Tcp(listener), None)),
                Err(source) => Err(RendezvousError::Listen { place: authority.clone(), source }),
            },
            Spot::Folder(path) => {
                let (listener, found) = folder::Listener::at(path).await?;
                Ok((Self::Folder(listener), found))
            }
        }
    }

    /// The next guest.
    ///
    /// # Errors
    /// What the system says; it may pass.
    pub(super) async fn accept(&mut self) -> io::Result<Way> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok(over_tcp(stream))
            }
            Self::Folder(listener) => listener.accept().await,
        }
    }
}

/// The way to shard 0.
///
/// # Errors
/// Why there is none.
pub(super) async fn to(spot: &Spot) -> Result<Way, String> {
    match spot {
        Spot::Address(authority) => {
            let stream = TcpStream::connect(authority).await.map_err(|error| error.to_string())?;
            Ok(over_tcp(stream))
        }
        Spot::Folder(path) => folder::connect(path).await,
    }
}

fn over_tcp(stream: TcpStream) -> Way {
    let _ = stream.set_nodelay(true);
    Way { stream: Either::Left(stream), name: None, carrying: None }
}
