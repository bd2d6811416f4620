//! `--stream`: a line of JSON each second, while a run goes on.
//!
//! Lines are written by a thread of their own from a bounded queue: a reader that hangs, or a full disk, costs lines and never
//! the run.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use super::aside::{Aside, Why, Writer};
use super::error::CommandError;
use crate::load::Progress;
use crate::measure::millis;

/// Lines that may wait for a reader.
const WAITING: usize = 1_024;
/// How long the last lines are waited for when the run is over.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What happened in a second.
#[derive(Debug, Serialize)]
struct Line {
    /// End of the second, in seconds since the start of the schedule.
    t_s: u64,
    warmup: bool,
    offered: u64,
    sent: u64,
    completed: u64,
    errors: u64,
    http_errors: u64,
    overflow: u64,
    missed: u64,
    in_flight: u64,
    response_p50_ms: Option<f64>,
    response_p99_ms: Option<f64>,
}

impl Line {
    fn new(t_s: u64, progress: &Progress) -> Self {
        let percentile = |quantile| {
            let response = &progress.response;
            (!response.is_empty()).then(|| millis(response.value_at_quantile(quantile)))
        };
        Self {
            t_s,
            warmup: progress.warming_up,
            offered: progress.offered,
            sent: progress.offered.saturating_sub(progress.overflow + progress.missed),
            completed: progress.completed,
            errors: progress.errors,
            http_errors: progress.http_errors,
            overflow: progress.overflow,
            missed: progress.missed,
            in_flight: progress.in_flight,
            response_p50_ms: percentile(0.5),
            response_p99_ms: percentile(0.99),
        }
    }
}

/// Where the lines go.
pub(super) struct Stream {
    aside: Aside<String>,
    t_s: u64,
}

/// A file, or stdout.
struct Out(Box<dyn Write + Send>);

impl Writer<String> for Out {
    fn write(&mut self, line: &String) -> io::Result<()> {
        self.0.write_all(line.as_bytes()).and_then(|()| self.0.flush())
    }

    fn finish(self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    /// Opens the file; `-` is stdout.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        let failed = |source: io::Error| CommandError::System {
            what: "cannot write the stream",
            source: io::Error::new(source.kind(), format!("`{}`: {source}; check the path", path.display())),
        };
        let out: Box<dyn Write + Send> = match path == Path::new("-") {
            true => Box::new(io::stdout()),
            false => Box::new(File::create(path).map_err(failed)?),
        };
        Self::to(out).map_err(failed)
    }

    fn to(out: Box<dyn Write + Send>) -> io::Result<Self> {
        Ok(Self { aside: Aside::start("stream", WAITING, |_| 1, Out(out))?, t_s: 0 })
    }

    /// A second has passed.
    pub(super) fn second(&mut self, progress: &Progress) {
        self.t_s += 1;
        let Ok(line) = serde_json::to_string(&Line::new(self.t_s, progress)) else { return };
        if self.aside.queue.try_send(line + "\n").is_err() {
            self.aside.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits shortly for the last lines. Says what was lost, if anything was.
    pub(super) fn close(self) -> Option<String> {
        let (lost, why) = self.aside.close(LAST_LINES)?;
        let why = match why {
            Why::TooSlow => "its reader was too slow".to_owned(),
            Why::Hangs => "its reader does not read".to_owned(),
            Why::Failed(error) => error.to_string(),
        };
        Some(format!("the stream is not complete, {lost} lines were lost: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that is full from the start.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_written_is_counted_and_not_waited_for() {
        let mut stream = Stream::to(Box::new(Full)).unwrap();
        (0..3).for_each(|_| stream.second(&Progress::default()));
        let said = stream.close().unwrap();
        assert!(said.contains("3 lines were lost"), "{said}");
    }

    #[test]
    fn a_line_is_json_and_says_what_the_second_was() {
        let mut progress = Progress {
            offered: 9,
            overflow: 2,
            completed: 6,
            errors: 1,
            http_errors: 1,
            ..Progress::default()
        };
        progress.response.saturating_record(2_000_000);
        let line = serde_json::to_value(Line::new(7, &progress)).unwrap();
        assert_eq!((&line["t_s"], &line["sent"], &line["http_errors"]), (&7.into(), &7.into(), &1.into()));
        assert!(line["response_p50_ms"].as_f64().is_some_and(|ms| (1.9..2.1).contains(&ms)), "{line}");
        assert!(
            serde_json::to_value(Line::new(1, &Progress::default())).unwrap()["response_p99_ms"].is_null()
        );
    }
}
