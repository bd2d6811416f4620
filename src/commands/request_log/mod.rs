//! `--log`: one record for each request, written while a run goes on by a thread of its own.
//!
//! Workers hand their arrivals over in lots through a bounded queue. What finds it full, as on a disk that hangs, is counted and
//! lost; no request waits for it.

mod record;
mod vegeta;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::error::CommandError;
use crate::cli::LogFormat;
use crate::load::{LogFeed, Lot};
use crate::request::Workload;

/// Lots that may wait for the disk: about 8 MiB.
const WAITING: usize = 128;
/// How long the last lots are waited for when all is over.
const LAST_LOTS: Duration = Duration::from_secs(10);

/// What the log knows of the endpoints, in the order of their numbers.
#[derive(Debug, Clone)]
struct Endpoint {
    name: String,
    method: String,
    /// Without host and query values, unless those are shown.
    target: String,
}

/// A log that is being written.
pub(super) struct RequestLog {
    feed: Option<LogFeed>,
    written: mpsc::Receiver<io::Result<()>>,
    lost: Arc<AtomicU64>,
}

/// Where records go, compressed or not.
enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Sink {
    fn new(file: File, format: LogFormat) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(match format {
            LogFormat::Csv | LogFormat::Vegeta => Self::Plain(file),
            LogFormat::CsvGzip => Self::Gzip(GzEncoder::new(file, Compression::fast())),
            LogFormat::CsvZstd => Self::Zstd(zstd::Encoder::new(file, 0)?),
        })
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut file) => file.flush(),
            Self::Gzip(encoder) => encoder.finish()?.flush(),
            Self::Zstd(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

impl RequestLog {
    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub(super) fn open(path: &Path, format: LogFormat, workload: &Workload) -> Result<Self, CommandError> {
        let failed = |source: io::Error| CommandError::System {
            what: "cannot write the log",
            source: io::Error::new(source.kind(), format!("`{}`: {source}; check the path", path.display())),
        };
        let sink = Sink::new(File::create(path).map_err(failed)?, format).map_err(failed)?;
        let endpoints = workload.endpoints().iter().map(|endpoint| Endpoint {
            name: workload.name(endpoint),
            method: endpoint.method.to_string(),
            target: workload.label(&endpoint.target),
        });
        Self::to(sink, format, endpoints.collect()).map_err(failed)
    }

    fn to(mut sink: Sink, format: LogFormat, endpoints: Vec<Endpoint>) -> io::Result<Self> {
        let (lots, waiting) = mpsc::sync_channel::<Lot>(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let not_written = Arc::clone(&lost);
        let (done, written) = mpsc::channel();
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            let mut result = match format {
                LogFormat::Vegeta => Ok(()),
                _ => record::write_header(&mut sink),
            };
            for lot in waiting {
                // After the first failure the others are only counted.
                if result.is_ok() {
                    result = match format {
                        LogFormat::Vegeta => vegeta::write(&mut sink, &lot, &endpoints),
                        _ => record::write(&mut sink, &lot, &endpoints),
                    };
                }
                if result.is_err() {
                    not_written.fetch_add(lot.samples.len() as u64, Ordering::Relaxed);
                }
            }
            // Who no longer waits for it knows why.
            let _ = done.send(result.and_then(|()| sink.finish()));
        })?;
        Ok(Self { feed: Some(LogFeed::new(lots, Arc::clone(&lost))), written, lost })
    }

    /// Where the workers of a run hand their arrivals over.
    pub(super) fn feed(&self) -> Option<LogFeed> {
        self.feed.clone()
    }

    /// Waits for the last records. Says what was lost, if anything was.
    pub(super) fn close(mut self) -> Option<String> {
        self.feed = None;
        let why = match self.written.recv_timeout(LAST_LOTS) {
            Ok(result) => result.err().map(|error| error.to_string()),
            Err(_) => Some("its disk is too slow".to_owned()),
        };
        let lost = self.lost.load(Ordering::Relaxed);
        match (why, lost) {
            (None, 0) => None,
            (why, lost) => {
                let why = why.unwrap_or_else(|| "its disk was too slow for a while".to_owned());
                Some(format!("the log is not complete, {lost} requests are missing in it: {why}"))
            }
        }
    }
}
