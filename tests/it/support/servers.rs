//! Servers that behave or misbehave, in threads of the test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::SystemTime;

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
    /// When its head had come.
    pub at: SystemTime,
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
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Witness {
    pub fn start(answer: &'static [u8]) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let server = Server::start(move |mut stream| {
            while let Some(head) = read_request(&mut stream) {
                let at = SystemTime::now();
                let Some(body) = read_body(&mut stream, &head) else { return };
                log.lock().expect("no test has panicked here").push(Seen { head, body, at });
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
