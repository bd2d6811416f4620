//! A real gateway with a queue.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A running haproxy in front of one server.
pub struct Haproxy {
    child: Child,
    pub port: u16,
    _folder: TempDir,
}

impl Haproxy {
    /// Starts one that hands the server at `backend` at most `at_once` requests at a time, and lets the others wait for
    /// `queue_ms` at most before it answers them with 503.
    #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
    pub fn start(backend: u16, at_once: u64, queue_ms: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let configuration = format!(
            "global\n  maxconn 4000\n\
             defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n  timeout queue {queue_ms}ms\n\
             frontend in\n  bind 127.0.0.1:{port}\n  default_backend out\n\
             backend out\n  server one 127.0.0.1:{backend} maxconn {at_once}\n"
        );
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, configuration).expect("the configuration is written");
        let mut child = Command::new("haproxy")
            .args(["-db", "-f", &file.display().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("haproxy starts; `bash tests/run.sh` installs it");
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Self { child, port, _folder: folder };
            }
            assert!(child.try_wait().expect("it can be waited for").is_none(), "haproxy has ended");
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("haproxy does not listen within 10 s");
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
