//! A real terminal: one end of a pseudoterminal (pty(7)), with a shell on the other.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::program::shell;
use super::turn::{SideBySide, side_by_side};

/// Longest wait for what a test expects to see.
const PATIENCE_MS: u64 = 30_000;
const LOOK_EVERY_MS: u64 = 20;

/// A shell with jobs on a terminal, which ends with the test at the latest.
pub struct Terminal {
    keyboard: File,
    seen: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    shell: Child,
    _turn: SideBySide,
}

#[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
pub fn wait(millis: u64) {
    thread::sleep(Duration::from_millis(millis));
}

impl Terminal {
    /// Runs a script, in which each command is a job of its own as on a prompt, on a terminal of this kind and size.
    pub fn start(kind: &str, columns: u16, rows: u16, script: &str) -> Self {
        let turn = side_by_side();
        let main = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pty");
        grantpt(&main).and_then(|()| unlockpt(&main)).expect("the pty is ours");
        let name = ptsname(&main, Vec::new()).expect("it has a name").into_string().expect("in ASCII");
        let main = File::from(main);
        resize(&main, columns, rows);
        let mut reading = main.try_clone().expect("a second descriptor");
        let end = || Stdio::from(File::options().read(true).write(true).open(&name).expect("its other end"));
        // setsid makes it the controlling terminal, which takes code that this crate forbids.
        let line = format!("setsid --ctty --wait sh -c 'set -m; {script}'");
        let mut command: Command = shell(&line);
        command.env("TERM", kind).env_remove("LC_ALL").env("LANG", "C.UTF-8");
        let shell = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("a shell starts");
        // It holds the other end, and the terminal would never be seen to close.
        drop(command);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let reader = thread::spawn(move || {
            let mut part = [0; 4_096];
            // Linux says EIO when the other end is closed by everybody.
            while let Ok(length) = reading.read(&mut part) {
                if length == 0 {
                    break;
                }
                sink.lock().expect("no reader panics").extend_from_slice(&part[..length]);
            }
        });
        Self { keyboard: main, seen, reader: Some(reader), shell, _turn: turn }
    }

    /// All that was written so far, escapes and all.
    pub fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().expect("no reader panics")).into_owned()
    }

    /// Waits until a text has been written so many times.
    #[track_caller]
    pub fn wait_for(&self, text: &str, times: usize) {
        for _ in 0..PATIENCE_MS / LOOK_EVERY_MS {
            if self.seen().matches(text).count() >= times {
                return;
            }
            wait(LOOK_EVERY_MS);
        }
        panic!("{text:?} was not seen {times} times: {}", self.seen().escape_debug());
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        resize(&self.keyboard, columns, rows);
    }

    /// Waits for the end of the script; all that was written.
    #[track_caller]
    pub fn end(mut self) -> String {
        for _ in 0..PATIENCE_MS / LOOK_EVERY_MS {
            if self.shell.try_wait().expect("it is our child").is_some() {
                let reader = self.reader.take().expect("it is joined once");
                reader.join().expect("no reader panics");
                return self.seen();
            }
            wait(LOOK_EVERY_MS);
        }
        panic!("the script does not end: {}", self.seen().escape_debug());
    }
}

fn resize(terminal: &File, columns: u16, rows: u16) {
    let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("a terminal has a size");
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
