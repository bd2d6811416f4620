//! One direction of a connection: pieces, and a sign that says how many there are and that somebody is there.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::tempo::Waiting;
use super::{LOST, replace};

/// Largest sign that is read: three short members.
const MOST_OF_A_SIGN: u64 = 1 << 10;
/// How many looks in a row must find nothing until somebody counts as gone, however long they took: this process may have been
/// the one that slept.
const FEWEST_LOOKS: u32 = 20;
/// How many looks in a row must find no file: one look at a file that is replaced may.
const FEWEST_MISSES: u32 = 3;

/// What an end shows of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sign {
    /// How many pieces it has said.
    pieces: u64,
    /// Goes on as long as it lives. 0: it has not come yet.
    beat: u64,
    /// It says nothing more, and hears nothing.
    is_over: bool,
}

impl Sign {
    fn write(self, path: &Path) -> io::Result<()> {
        replace(path, &serde_json::to_vec(&self)?)
    }

    fn read(path: &Path) -> io::Result<Self> {
        let text = read_at_most(path, MOST_OF_A_SIGN)?;
        Ok(serde_json::from_slice(&text)?)
    }
}

/// Makes the file of an end that has not come yet.
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    Sign::default().write(path)
}

/// This end of a direction.
#[derive(Debug)]
pub(super) struct Sender {
    path: PathBuf,
    sign: Sign,
}

impl Sender {
    pub(super) fn new(path: PathBuf) -> io::Result<Self> {
        let sign = Sign { beat: 1, ..Sign::default() };
        sign.write(&path)?;
        Ok(Self { path, sign })
    }

    pub(super) fn send(&mut self, piece: &[u8]) -> io::Result<()> {
        // Whole before it is mentioned.
        fs::write(numbered(&self.path, self.sign.pieces), piece)?;
        self.sign.pieces += 1;
        self.beat()
    }

    /// Shows that this end lives.
    pub(super) fn beat(&mut self) -> io::Result<()> {
        self.sign.beat += 1;
        self.sign.write(&self.path)
    }
}

/// However it ends, the other end is told.
impl Drop for Sender {
    fn drop(&mut self) {
        let _ = Sign { is_over: true, ..self.sign }.write(&self.path);
    }
}

/// The other end of a direction.
#[derive(Debug)]
pub(super) struct Receiver {
    path: PathBuf,
    taken: u64,
    seen: Sign,
    waiting: Waiting,
    looks: u32,
    misses: u32,
}

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    /// It lives, and says nothing.
    Alive,
    Piece(Vec<u8>),
    /// It has gone, on its way or otherwise.
    Over,
}

impl Receiver {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, taken: 0, seen: Sign::default(), waiting: Waiting::default(), looks: 0, misses: 0 }
    }

    /// One that takes nothing, and only sees whether the other end is still there.
    pub(super) fn deaf(path: PathBuf) -> Self {
        Self { taken: u64::MAX, ..Self::new(path) }
    }

    pub(super) fn look(&mut self, most_of_a_piece: u64) -> Seen {
        let sign = match Sign::read(&self.path) {
            Ok(sign) => sign,
            // The folder is removed when all is over.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.misses += 1;
                return if self.misses >= FEWEST_MISSES { Seen::Over } else { self.nothing() };
            }
            Err(_) => return self.nothing(),
        };
        self.misses = 0;
        if sign.pieces > self.taken {
            let path = numbered(&self.path, self.taken);
            // Where it is mentioned and cannot be read, it will be: or all is over after a while.
            let Ok(piece) = read_at_most(&path, most_of_a_piece) else { return self.nothing() };
            let _ = fs::remove_file(path);
            self.taken += 1;
            self.lives(sign);
            return Seen::Piece(piece);
        }
        if sign.is_over {
            return Seen::Over;
        }
        if sign == self.seen {
            return self.nothing();
        }
        self.lives(sign);
        Seen::Alive
    }

    fn lives(&mut self, sign: Sign) {
        (self.seen, self.waiting, self.looks) = (sign, Waiting::default(), 0);
    }

    fn nothing(&mut self) -> Seen {
        self.looks = self.looks.saturating_add(1);
        let is_lost = self.looks >= FEWEST_LOOKS && self.waiting.has_lasted(LOST);
        if is_lost { Seen::Over } else { Seen::Nothing }
    }
}

/// The file of a piece.
fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut text = Vec::new();
    let read = fs::File::open(path)?.take(most + 1).read_to_end(&mut text)?;
    if read as u64 > most {
        Err(io::Error::other("longer than anything that is written there"))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> (tempfile::TempDir, Sender, Receiver) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.guest");
        (folder, Sender::new(path.clone()).unwrap(), Receiver::new(path))
    }

    #[test]
    fn what_is_sent_is_received_once_and_in_its_order() {
        let (folder, mut sender, mut receiver) = ends();
        assert_eq!([receiver.look(9), receiver.look(9)], [Seen::Alive, Seen::Nothing]);
        sender.send(b"one").unwrap();
        sender.send(b"two").unwrap();
        assert_eq!(receiver.look(9), Seen::Piece(b"one".to_vec()));
        sender.beat().unwrap();
        assert_eq!(receiver.look(9), Seen::Piece(b"two".to_vec()));
        assert_eq!(receiver.look(9), Seen::Nothing);
        sender.beat().unwrap();
        assert_eq!(receiver.look(9), Seen::Alive);
        sender.send(b"last").unwrap();
        drop(sender);
        assert_eq!([receiver.look(9), receiver.look(9)], [Seen::Piece(b"last".to_vec()), Seen::Over]);
        // Nothing is left but the sign.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_piece_that_is_mentioned_and_not_seen_yet_is_waited_for() {
        let (folder, mut sender, mut receiver) = ends();
        sender.send(b"one").unwrap();
        let (piece, aside) = (folder.path().join("a.guest.0"), folder.path().join("aside"));
        fs::rename(&piece, &aside).unwrap();
        assert_eq!(receiver.look(9), Seen::Nothing);
        fs::rename(&aside, &piece).unwrap();
        assert_eq!(receiver.look(9), Seen::Piece(b"one".to_vec()));
        // Longer than anything that is written there: never read.
        sender.send(b"0123456789").unwrap();
        assert_eq!(receiver.look(9), Seen::Nothing);
    }

    #[test]
    fn a_sign_that_is_none_is_nothing_and_a_folder_that_is_gone_is_the_end() {
        let (folder, sender, mut receiver) = ends();
        fs::write(folder.path().join("a.guest"), "{\"pieces\":").unwrap();
        assert_eq!(receiver.look(9), Seen::Nothing);
        drop(sender);
        drop(folder);
        assert_eq!(
            [receiver.look(9), receiver.look(9), receiver.look(9)],
            [Seen::Nothing, Seen::Nothing, Seen::Over]
        );
    }
}
