//! What the end-to-end tests share: running the program as a user does, and servers that behave or misbehave.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

/// The program, without any setting of whoever runs the tests.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rpsbench"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RPSBENCH_")) {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Ended {
    program().args(arguments).output().expect("the program starts").into()
}

/// Runs the program with JSON on stdout.
pub fn run_json(arguments: &[&str]) -> (Ended, Value) {
    let ended = run(&[arguments, &["--format", "json", "--quiet"]].concat());
    let document = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended, document)
}

/// A count of the ledger.
pub fn ledger(document: &Value, column: &str) -> u64 {
    document["ledger"][column].as_u64().unwrap_or_else(|| panic!("no {column} in {}", document["ledger"]))
}

/// Asserts that every planned request is accounted for.
pub fn assert_ledger_adds_up(document: &Value) {
    let of = |columns: &[&str]| columns.iter().map(|column| ledger(document, column)).sum::<u64>();
    assert_eq!(of(&["planned"]), of(&["sent", "overflow", "missed", "cancelled"]), "{}", document["ledger"]);
    let ends = ["ok", "http_error", "timeout", "connection_error", "unfinished"];
    assert_eq!(of(&["sent"]), of(&ends), "{}", document["ledger"]);
}

/// A TCP server on a free loopback port; each connection is handed to the given behaviour on its own thread.
pub struct Server {
    pub address: SocketAddr,
    pub connections: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (stop, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopping, count, behave) = (Arc::clone(&stop), Arc::clone(&connections), Arc::new(behave));
        let acceptor = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                count.fetch_add(1, Ordering::SeqCst);
                let behave = Arc::clone(&behave);
                std::thread::spawn(move || behave(stream));
            }
        });
        Self { address, connections, stop, acceptor: Some(acceptor) }
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The acceptor waits in accept: one last connection lets it see the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// Reads one request head. `None` when the client has gone.
pub fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}

/// Answers every request on a connection with the same bytes.
pub fn answer_always(mut stream: TcpStream, answer: &[u8]) {
    while read_request(&mut stream).is_some() {
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// A small good answer.
pub const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Reads the body that a head announces with Content-Length.
pub fn read_body(stream: &mut TcpStream, head: &str) -> Option<Vec<u8>> {
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// A request as a server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
}

impl Seen {
    /// The first line: method, target, version.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or("")
    }

    /// The values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        pairs.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }
}

/// A server that answers everything in the same way and remembers what it was asked.
pub struct Witness {
    pub server: Server,
    seen: Arc<std::sync::Mutex<Vec<Seen>>>,
}

impl Witness {
    pub fn start(answer: &'static [u8]) -> Self {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let server = Server::start(move |mut stream| {
            while let Some(head) = read_request(&mut stream) {
                let Some(body) = read_body(&mut stream, &head) else { return };
                log.lock().expect("no test has panicked here").push(Seen { head, body });
                if stream.write_all(answer).is_err() {
                    return;
                }
            }
        });
        Self { server, seen }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test has panicked here").clone()
    }
}

/// Writes a file into a folder and returns its path.
pub fn file(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("the file is written");
    path.display().to_string()
}

/// Waits for another process to listen on a port of this machine.
#[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
pub fn wait_until_it_listens(port: u16) {
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("nothing listens on port {port} within 5 s");
}
