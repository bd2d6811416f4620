//! What is typed while the screen is up.

use std::fs::File;
use std::io::{self, Read};

use rustix::io::ioctl_fionbio;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// End the run, and report.
    Stop,
    /// Draw no more, or go on.
    Pause,
    /// Show the help, or take it away.
    Help,
    /// Any other.
    Other,
}

impl Key {
    fn of(byte: u8) -> Self {
        match byte {
            b'q' | b'Q' => Self::Stop,
            b'p' | b'P' => Self::Pause,
            b'?' | b'h' => Self::Help,
            _ => Self::Other,
        }
    }
}

/// The keyboard of the terminal that controls this process, wherever stdin comes from. Ctrl-C and Ctrl-Z are signals, not
/// keys.
pub(super) struct Keyboard {
    /// `None` where there is none, or no longer.
    terminal: Option<AsyncFd<File>>,
}

impl Keyboard {
    /// Needs a runtime around it.
    pub(super) fn open() -> Self {
        // Opened anew, so that not to block is no matter of the shell, which shares the other descriptors.
        let opened = || {
            let terminal = File::open("/dev/tty")?;
            ioctl_fionbio(&terminal, true)?;
            // Deprecated for types that lie about owning a descriptor; a File does not, and the newer constructor needs
            // `unsafe`, which this crate forbids.
            #[expect(deprecated)]
            AsyncFd::with_interest(terminal, Interest::READABLE)
        };
        Self { terminal: opened().ok() }
    }

    /// The next keys. An escape sequence, such as that of an arrow, is one key that means nothing.
    pub(super) async fn next(&mut self) -> Vec<Key> {
        let Some(terminal) = &self.terminal else { return std::future::pending().await };
        let mut bytes = [0; 64];
        let read = loop {
            let Ok(mut ready) = terminal.readable().await else { break Ok(0) };
            let read: io::Result<usize> = match ready.try_io(|file| file.get_ref().read(&mut bytes)) {
                Ok(read) => read,
                Err(_) => continue,
            };
            break read;
        };
        match read {
            Ok(length) if length > 0 => keys_of(&bytes[..length]),
            // The terminal is gone, or is another job's: it is asked no more.
            _ => {
                self.terminal = None;
                Vec::new()
            }
        }
    }
}

fn keys_of(bytes: &[u8]) -> Vec<Key> {
    const ESCAPE: u8 = 0x1b;
    match bytes {
        [ESCAPE, ..] => vec![Key::Other],
        _ => bytes.iter().map(|byte| Key::of(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_is_no_letter() {
        assert_eq!(keys_of(b"qp?x"), [Key::Stop, Key::Pause, Key::Help, Key::Other]);
        assert_eq!(keys_of(b"\x1b[1;5p"), [Key::Other]);
        assert_eq!(keys_of(b""), []);
    }
}
