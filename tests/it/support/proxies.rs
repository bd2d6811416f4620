//! Proxies: real ones, and scripted ones that open tunnels or misbehave.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::servers::{Server, read_request};

/// Who may use the real ones. tinyproxy takes no other signs in its configuration.
const USER: &str = "bench";
const PASSWORD: &str = "s3cret-pa.ss";
/// The same as they stand in a URL.
pub const KNOWN: &str = "bench:s3cret%2Dpa%2Ess";

/// A real proxy on a free port, with its log.
pub struct Proxy {
    child: Child,
    pub port: u16,
    log: PathBuf,
    _folder: TempDir,
}

impl Proxy {
    /// tinyproxy, which asks for user and password, with further directives.
    pub fn tinyproxy(directives: &str) -> Self {
        Self::start(|port, folder| {
            let configuration = format!(
                "Listen 127.0.0.1\nPort {port}\nTimeout 60\nMaxClients 500\nLogLevel Connect\nBasicAuth {USER} {PASSWORD}\n{directives}\n"
            );
            let file = folder.path().join("tinyproxy.conf");
            fs::write(&file, configuration).expect("the configuration is written");
            let mut command = Command::new("tinyproxy");
            command.args(["-d", "-c", &file.display().to_string()]);
            command
        })
    }

    /// microsocks, which asks for user and password.
    pub fn microsocks() -> Self {
        Self::start(|port, _| {
            let mut command = Command::new("microsocks");
            command.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-u", USER, "-P", PASSWORD]);
            command
        })
    }

    #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
    fn start(command: impl FnOnce(u16, &TempDir) -> Command) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let file = File::create(&log).expect("a log");
        let mut child = command(port, &folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .expect("the proxy starts; `bash tests/run.sh` installs it");
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Self { child, port, log, _folder: folder };
            }
            assert!(child.try_wait().expect("it can be waited for").is_none(), "the proxy has ended");
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("the proxy does not listen within 10 s");
    }

    /// How many lines of its log hold these words.
    pub fn logged(&self, words: &str) -> u64 {
        let text = fs::read(&self.log).expect("the log is there");
        String::from_utf8_lossy(&text).lines().filter(|line| line.contains(words)).count() as u64
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers a CONNECT that was read, and carries what follows to `target`, wherever it was to go.
fn open_tunnel(mut stream: TcpStream, target: SocketAddr) {
    let Ok(other) = TcpStream::connect(target) else { return };
    if stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").is_ok() {
        carry(stream, other);
    }
}

/// A proxy that opens tunnels to `target` for as long as `opens` says so of the number of the request, from 0 on, and then
/// does something else. The probe of its address is not counted: it asks for nothing.
pub fn tunnels(
    target: SocketAddr,
    opens: impl Fn(u64) -> bool + Send + Sync + 'static,
    otherwise: impl Fn(TcpStream) + Send + Sync + 'static,
) -> Server {
    let turns = AtomicU64::new(0);
    Server::start(move |mut stream| {
        if read_request(&mut stream).is_none() {
            return;
        }
        if opens(turns.fetch_add(1, Ordering::SeqCst)) {
            open_tunnel(stream, target);
        } else {
            otherwise(stream);
        }
    })
}

/// Carries bytes between two streams until one of them ends.
fn carry(one: TcpStream, other: TcpStream) {
    let half = |mut from: TcpStream, mut to: TcpStream| {
        move || {
            let mut bytes = [0; 4_096];
            while let Ok(count) = from.read(&mut bytes) {
                if count == 0 || to.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        }
    };
    let second = |stream: &TcpStream| stream.try_clone().expect("a second handle");
    std::thread::spawn(half(second(&one), second(&other)));
    std::thread::spawn(half(other, one));
}
