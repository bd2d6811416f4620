//! The service on a socket: one thread, one runtime, any number of connections.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::oneshot;
use tokio::task::spawn_local;

use super::answer::Shared;
use super::counters::{CountOnDrop, Counters, ServiceStats};
use super::departures::Departures;
use super::model::ServiceModel;
use super::queue::Queue;
use crate::time::{Clock, Meanwhile, MonotonicClock, Pacer, Pacing, SystemPacer};

/// Connections that may wait to be accepted. An open loop opens many at once, and one that the kernel drops
/// comes back only after a second, which would look like the service being slow.
const BACKLOG: u32 = 4096;

/// How long to leave the listener alone when a connection cannot be accepted, say for want of descriptors.
const ACCEPT_PAUSE_NS: u64 = 20_000_000;

/// What a connection may buffer: a longer request head is refused with 431.
const BUFFER_BYTES: usize = 64 * 1024;

/// The built-in target service.
#[derive(Debug)]
pub struct Service;

impl Service {
    /// Starts the service on a thread of its own and returns when it accepts connections. Port 0 takes any
    /// free port.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] around a [`super::ModelError`]; the kind that the operating system
    /// reports when the address cannot be listened on or a thread cannot be started.
    pub fn start(model: &ServiceModel, listen: SocketAddr) -> io::Result<Running> {
        let queue = Queue::new(model).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let counters = Arc::new(Counters::default());
        let renewed = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = mpsc::channel();
        let thread = thread::Builder::new().name("rpsbench-service".into()).spawn({
            let counters = Arc::clone(&counters);
            let renewed = Arc::clone(&renewed);
            move || match open(listen) {
                Ok((runtime, listener, addr)) => {
                    let _ = ready.send(Ok(addr));
                    runtime.block_on(serve(listener, queue, counters, renewed, stopped));
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            }
        })?;
        let addr = is_ready.recv().map_err(|_| io::Error::other("the service thread ended early"))??;
        Ok(Running { addr, counters, renewed, stop: Some(stop), thread: Some(thread) })
    }
}

/// A running service. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    counters: Arc<Counters>,
    renewed: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// The address it listens on, with the port that was chosen.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its URL, ending in `/`. A service that listens on every address is named by its loopback address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.reachable_addr())
    }

    /// What it has seen so far.
    pub fn stats(&self) -> ServiceStats {
        self.counters.stats()
    }

    /// Makes the service begin anew with its next request, as if it had just been started: idle, with the same service
    /// times again, and its freeze still to come. Connections stay.
    pub fn renew(&self) {
        self.renewed.store(true, Ordering::Relaxed);
    }

    /// Stops it at once: requests that wait for their answer lose their connection. The counters that are
    /// returned are final.
    pub fn stop(mut self) -> ServiceStats {
        self.stop_and_join();
        self.stats()
    }

    fn reachable_addr(&self) -> SocketAddr {
        let ip = match self.addr.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.addr.port())
    }

    fn stop_and_join(&mut self) {
        // The receiver also ends when the sender is gone.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the service has been printed by its thread; dropping must not panic again.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop_and_join();
    }
}

/// The runtime and the listening socket, made on the thread that uses them.
fn open(listen: SocketAddr) -> io::Result<(LocalRuntime, TcpListener, SocketAddr)> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    let bound = {
        let _entered = runtime.enter();
        bind(listen)
    };
    let listener = bound.map_err(|error| {
        let remedy = "choose another --listen address, or port 0 for any free port";
        io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}; {remedy}"))
    })?;
    let addr = listener.local_addr()?;
    Ok((runtime, listener, addr))
}

fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart need not wait for the old connections to time out. On Windows it would share a port in use.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(BACKLOG)
}

/// Serves until it is told to stop; whatever still runs then ends with the runtime.
async fn serve(
    listener: TcpListener,
    fresh: Queue,
    counters: Arc<Counters>,
    renewed: Arc<AtomicBool>,
    stopped: oneshot::Receiver<()>,
) {
    let departures = Rc::new(Departures::default());
    let queue = RefCell::new(fresh.clone());
    let shared = Rc::new(Shared { queue, fresh, renewed, departures: Rc::clone(&departures), counters });
    spawn_local(async move {
        departures.run(MonotonicClock, SystemPacer::new(MonotonicClock, Pacing::PLAIN)).await;
    });
    tokio::select! {
        _ = stopped => {}
        () = accept(listener, shared) => {}
    }
}

async fn accept(listener: TcpListener, shared: Rc<Shared>) {
    // Made beforehand: it must work when there are no descriptors left.
    let mut pacer = SystemPacer::new(MonotonicClock, Pacing::PLAIN);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                Counters::count(&shared.counters.connections);
                spawn_local(connection(stream, Rc::clone(&shared)));
            }
            // The client gave up while it waited: the next one is not affected.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Out of descriptors or memory: the connection stays in the backlog, and accepting would fail
            // again at once and for ever.
            Err(_) => pacer.until(MonotonicClock.now_ns() + ACCEPT_PAUSE_NS, Meanwhile::Attend).await,
        }
    }
}

/// One connection, to its end. What a client does wrong (garbage, a broken body, going away) concerns its own
/// connection only, and hyper has answered it as far as it can be answered.
async fn connection(stream: TcpStream, shared: Rc<Shared>) {
    let _closed = CountOnDrop(&shared.counters.connections_closed);
    // Without it an answer may wait 40 ms for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request| Rc::clone(&shared).answer(request));
    let _ =
        http1::Builder::new().max_buf_size(BUFFER_BYTES).serve_connection(TokioIo::new(stream), answer).await;
}
