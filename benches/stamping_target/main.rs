//! An HTTP/1.1 target that tells how evenly a load generator really sent.
//!
//! A generator's own figures cannot show that it was late: it would have to know. This target notes when each
//! request arrived, by the kernel's receive time where there is one, and compares the arrivals with an even
//! schedule of the rate that the client was asked for. `benches/peers.py` puts rpsbench and its peers in front
//! of it.
//!
//! One thread and one `epoll` loop, one read and one write for each request: on a core of its own it must be
//! much faster than any client, or it would measure itself.
//!
//! ```text
//! cargo run --release --example stamping-target -- --listen 127.0.0.1:8080 --rate 1000 < /dev/null
//! ```
//!
//! The first line on stdout is `listening ADDRESS`; the report is one line of JSON on SIGINT, SIGTERM or when a
//! pipe on stdin closes.

#[cfg(target_os = "linux")]
mod arrivals;
#[cfg(target_os = "linux")]
mod heads;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod stamp;

/// Needs `epoll`, `signalfd` and kernel receive times.
#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("the stamping target runs on Linux only");
    std::process::ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use clap::Parser;
    match server::run(&server::Args::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stamping-target: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
