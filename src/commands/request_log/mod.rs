//! `--log`: one record for each request, written while a run goes on by a thread of its own.
//!
//! Workers hand their arrivals over in lots through a bounded queue. What finds it full, as on a disk that hangs, is counted and
//! lost; no request waits for it.

mod record;
mod vegeta;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::aside::{Aside, Why, Writer};
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
pub(super) struct RequestLog(Aside<Lot>);

/// Writes lots in one of the forms.
struct Records {
    sink: Sink,
    form: Form,
    endpoints: Vec<Endpoint>,
}

/// How a record is written.
enum Form {
    Rows,
    Hits(vegeta::Order),
}

impl Writer<Lot> for Records {
    fn write(&mut self, lot: &Lot) -> io::Result<()> {
        match &mut self.form {
            Form::Rows => record::write(&mut self.sink, lot, &self.endpoints),
            Form::Hits(order) => order.write(&mut self.sink, lot, &self.endpoints),
        }
    }

    fn finish(mut self) -> io::Result<()> {
        if let Form::Hits(order) = &mut self.form {
            order.write_rest(&mut self.sink, &self.endpoints)?;
        }
        self.sink.finish()
    }
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
        let mut sink = Sink::new(File::create(path).map_err(failed)?, format).map_err(failed)?;
        let form = if format == LogFormat::Vegeta {
            Form::Hits(vegeta::Order::default())
        } else {
            record::write_header(&mut sink).map_err(failed)?;
            Form::Rows
        };
        let endpoints = workload.endpoints().iter().map(|endpoint| Endpoint {
            name: workload.name(endpoint),
            method: endpoint.method.to_string(),
            target: workload.label(&endpoint.target),
        });
        let records = Records { sink, form, endpoints: endpoints.collect() };
        Aside::start("log", WAITING, |lot| lot.ended.len() as u64, records).map(Self).map_err(failed)
    }

    /// Where the workers of a run hand their arrivals over.
    pub(super) fn feed(&self) -> LogFeed {
        LogFeed::new(self.0.queue.clone(), Arc::clone(&self.0.lost))
    }

    /// Waits for the last records. Says what was lost, if anything was.
    pub(super) fn close(self) -> Option<String> {
        let (lost, why) = self.0.close(LAST_LOTS)?;
        let why = match why {
            Why::TooSlow => "its disk was too slow for a while".to_owned(),
            Why::Hangs => "its disk is too slow".to_owned(),
            Why::Failed(error) => error.to_string(),
        };
        Some(format!("the log is not complete, {lost} requests are missing in it: {why}"))
    }
}
