//! The loop: accept, read, stamp, answer.

use std::io::{self, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::arrivals::{Arrival, Report, Skip};
use super::heads::Heads;
use super::stamp::{READ_BYTES, Read, StampedReader, pause, realtime_ns};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"hello\": \"world\"}\r\n";
/// Events taken at once.
const EVENTS: usize = 256;
/// Tokens above any file descriptor.
const LISTENER: u64 = u64::MAX;
const SIGNALS: u64 = u64::MAX - 1;
const STDIN: u64 = u64::MAX - 2;

/// An HTTP/1.1 target that stamps each request with the kernel's receive time.
#[derive(Debug, clap::Parser)]
pub struct Args {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Requests per second that the client was asked for.
    #[arg(long)]
    rate: Option<f64>,
    /// Requests whose times are kept; later ones are answered and counted.
    #[arg(long, default_value_t = 1_000_000)]
    max_requests: usize,
    /// Seconds after the first request at which the service stands still, once.
    #[arg(long, requires = "freeze_for")]
    freeze_at: Option<f64>,
    /// Seconds that it stands still.
    #[arg(long, requires = "freeze_at")]
    freeze_for: Option<f64>,
    /// Leave out the requests of so many seconds after the first one.
    #[arg(long, default_value_t = 0.0)]
    skip_s: f64,
    /// Leave out so many requests.
    #[arg(long, default_value_t = 0)]
    skip_requests: usize,
    /// Poll without sleeping, so that no sender has to wake this target.
    #[arg(long)]
    busy_poll: bool,
}

struct Connection {
    stream: TcpStream,
    heads: Heads,
}

struct Server<'a> {
    args: &'a Args,
    epoll: Epoll,
    /// By file descriptor: small, dense numbers.
    connections: Vec<Option<Connection>>,
    accepted: u64,
    reader: StampedReader,
    /// Never longer than its first capacity.
    arrivals: Vec<Arrival>,
    requests: u64,
    freeze_due_ns: Option<u64>,
}

/// Serves until it is told to stop, then reports.
///
/// # Errors
/// When it cannot listen or the event loop fails.
pub fn run(args: &Args) -> io::Result<()> {
    if !StampedReader::works()? {
        eprintln!("this kernel does not stamp TCP: times are taken after each read");
    }
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGINT);
    mask.add(Signal::SIGTERM);
    mask.thread_block()?;
    let signals = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let listener = TcpListener::bind(args.listen)?;
    listener.set_nonblocking(true)?;
    StampedReader::enable(&listener)?;
    println!("listening {}", listener.local_addr()?);
    io::stdout().flush()?;

    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let readable = |token| EpollEvent::new(EpollFlags::EPOLLIN, token);
    epoll.add(&listener, readable(LISTENER))?;
    epoll.add(&signals, readable(SIGNALS))?;
    // A file or /dev/null cannot be waited on, and says nothing about the wish to stop.
    let _ = epoll.add(io::stdin().as_fd(), readable(STDIN));
    let mut server = Server {
        args,
        epoll,
        connections: Vec::new(),
        accepted: 0,
        reader: StampedReader::new(),
        arrivals: touched(args.max_requests),
        requests: 0,
        freeze_due_ns: None,
    };
    server.serve(&listener)?;
    println!("{}", serde_json::to_string(&server.report())?);
    Ok(())
}

/// Memory that is really there, so that no page fault falls into the run.
fn touched(capacity: usize) -> Vec<Arrival> {
    let mut memory = vec![Arrival { stamp_ns: 1, service_ns: 1 }; capacity];
    memory.clear();
    memory
}

impl Server<'_> {
    fn serve(&mut self, listener: &TcpListener) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS];
        loop {
            let patience = if self.args.busy_poll { EpollTimeout::ZERO } else { EpollTimeout::NONE };
            let ready = match self.epoll.wait(&mut events, patience) {
                Ok(ready) => ready,
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            };
            for event in &events[..ready] {
                match event.data() {
                    LISTENER => self.accept(listener)?,
                    SIGNALS => return Ok(()),
                    STDIN => {
                        if io::stdin().read(&mut [0; 64]).is_ok_and(|len| len == 0) {
                            return Ok(());
                        }
                    }
                    token => {
                        // No edge follows the end of a stream: once it is announced, read up to it.
                        let ending = event.events().intersects(EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP);
                        while self.answer(token as usize, ending) {}
                    }
                }
            }
        }
    }

    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        loop {
            let (stream, _) = match listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let token = stream.as_raw_fd() as usize;
            if self.connections.len() <= token {
                self.connections.resize_with(token + 1, || None);
            }
            // Edge-triggered: otherwise the kernel looks at every answered connection again at the next wait.
            let events = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
            self.epoll.add(&stream, EpollEvent::new(events, token as u64))?;
            self.connections[token] = Some(Connection { stream, heads: Heads::default() });
            self.accepted += 1;
        }
    }

    /// One read. Whether there may be more: a read that does not fill its buffer has emptied the socket of bytes,
    /// though not of an end of the stream.
    fn answer(&mut self, token: usize, ending: bool) -> bool {
        let Some(Some(connection)) = self.connections.get_mut(token) else { return false };
        let (len, stamp_ns) = match self.reader.read(&connection.stream) {
            Read::Bytes { len, stamp_ns } => (len, stamp_ns),
            Read::Nothing => return false,
            Read::End => {
                // Closing the descriptor takes it out of the epoll set.
                self.connections[token] = None;
                return false;
            }
        };
        let ended = connection.heads.feed(self.reader.bytes(len));
        if let (Some(at_s), Some(for_s)) = (self.args.freeze_at, self.args.freeze_for) {
            let due_ns = *self.freeze_due_ns.get_or_insert(stamp_ns + nanos(at_s));
            if stamp_ns >= due_ns {
                self.freeze_due_ns = Some(u64::MAX);
                pause(Duration::from_nanos(nanos(for_s)));
            }
        }
        let service_ns = realtime_ns().saturating_sub(stamp_ns);
        let written = match ended {
            0 => Ok(()),
            1 => send(&connection.stream, ANSWER),
            _ => send(&connection.stream, &ANSWER.repeat(ended)),
        };
        if written.is_err() {
            self.connections[token] = None;
        }
        self.requests += ended as u64;
        for _ in 0..ended.min(self.arrivals.capacity() - self.arrivals.len()) {
            self.arrivals.push(Arrival { stamp_ns, service_ns });
        }
        len == READ_BYTES || ending
    }

    fn report(self) -> Report {
        let skip = Skip { requests: self.args.skip_requests, nanos: nanos(self.args.skip_s) };
        Report {
            requests_total: self.requests,
            connections: self.accepted,
            stamp_source: self.reader.source(),
            ..Report::new(self.arrivals, self.args.rate, skip)
        }
    }
}

/// Writes all at once. A client that does not read its answers until the socket's buffer is full is not one that
/// this target serves.
fn send(mut stream: &TcpStream, answer: &[u8]) -> io::Result<()> {
    if stream.write(answer)? == answer.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}
