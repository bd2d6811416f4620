//! One connection: what is said into a stream is written to files, and what is read from files comes out of it.

use std::fs;
use std::io;
use std::path::PathBuf;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::mail::{Receiver, Seen, Sender};
use super::tempo::Tempo;
use super::{BEAT, aside};

/// Largest piece: more at once is faster, and is held in memory.
const PIECE: usize = 256 << 10;

/// Both directions, as one end has them.
pub(super) struct Line {
    sender: Sender,
    receiver: Receiver,
    own: PathBuf,
    other: PathBuf,
}

impl Line {
    /// Shows this end in the file `own`, and looks for the other in `other`.
    pub(super) fn open(own: PathBuf, other: PathBuf) -> io::Result<Self> {
        let (sender, receiver) = (Sender::new(own.clone())?, Receiver::new(other.clone()));
        Ok(Self { sender, receiver, own, other })
    }

    /// Whether the other end is there.
    pub(super) fn look(mut self) -> (Seen, Self) {
        (self.receiver.look(PIECE as u64), self)
    }

    /// A stream on the files, for as long as both ends are there, and what carries it. `clears`: whether this end removes them;
    /// then it ends when the other needs them no longer.
    pub(super) fn carry(self, clears: bool) -> (DuplexStream, JoinHandle<()>) {
        let (near, far) = duplex(PIECE);
        let carrying = tokio::spawn(async move {
            let Self { sender, receiver, own, other } = self;
            let (reading, writing) = split(far);
            tokio::select! {
                () = say(sender, reading) => {}
                () = hear(receiver, writing) => {}
            }
            if clears {
                farewell(own, other).await;
            }
        });
        (near, carrying)
    }
}

/// Writes what comes out of the stream, and shows in between that this end lives.
async fn say(mut sender: Sender, mut reading: ReadHalf<DuplexStream>) {
    let mut piece = BytesMut::with_capacity(PIECE);
    loop {
        let read = timeout(BEAT, reading.read_buf(&mut piece)).await;
        if matches!(read, Ok(Ok(0) | Err(_))) {
            return;
        }
        let text = piece.split();
        let saying = move || {
            if text.is_empty() { sender.beat() } else { sender.send(&text) }?;
            Ok(sender)
        };
        match aside(saying).await {
            Ok(back) => sender = back,
            // The folder is full, or gone: the other end sees that this one is.
            Err(_) => return,
        }
        piece.reserve(PIECE);
    }
}

/// Puts what the other end wrote into the stream.
async fn hear(mut receiver: Receiver, mut writing: WriteHalf<DuplexStream>) {
    let mut tempo = Tempo::default();
    loop {
        let looking = move || Ok((receiver.look(PIECE as u64), receiver));
        let Ok((seen, back)) = aside(looking).await else { return };
        receiver = back;
        match seen {
            Seen::Nothing | Seen::Alive => tempo.wait().await,
            Seen::Piece(piece) => {
                tempo.hurry();
                if writing.write_all(&piece).await.is_err() {
                    return;
                }
            }
            Seen::Over => return,
        }
    }
}

/// Waits until the other end needs the files no longer, and removes them.
async fn farewell(own: PathBuf, other: PathBuf) {
    let (mut receiver, mut tempo) = (Receiver::deaf(other.clone()), Tempo::default());
    loop {
        let looking = move || Ok((receiver.look(PIECE as u64), receiver));
        let Ok((seen, back)) = aside(looking).await else { return };
        receiver = back;
        match seen {
            Seen::Over => break,
            _ => tempo.wait().await,
        }
    }
    // What cannot be removed goes with the folder.
    let _ = aside(move || fs::remove_file(own).and(fs::remove_file(other))).await;
}
