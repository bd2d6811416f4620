//! Recorded arrivals: a file that says when each request came, and perhaps what it asked.
//!
//! A recording is read twice. Before the run all of it is read once ([`Recording::survey`]): every row is checked, and what the
//! schedule must know is counted. While the run goes on, each worker reads it again ([`Recording::arrivals`]) and takes the rows
//! of its stripe, so that neither reading holds more than a few rows in memory, however long the file is.
//!
//! ```text
//! Table | access_log | json -> Records (order of the file) -> Ordered (order of time) -> RecordedArrivals (a stripe, to speed)
//! ```

mod access_log;
mod format;
mod json;
mod lines;
mod order;
mod problem;
mod records;
mod request;
mod survey;
mod table;
mod time;

use std::io::Read;
use std::path::{Path, PathBuf};

pub(crate) use format::RecordingFormat;
use order::{Order, Ordered};
pub(crate) use problem::RecordingError;
pub(crate) use records::LeftOut;
use records::Records;
pub(crate) use request::RecordedRequest;
use survey::{Survey, survey};

use crate::schedule::{Recorded, Speed};

/// A recording that has been read once: all of its rows can be replayed.
#[derive(Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    format: RecordingFormat,
    recorded: Recorded,
    first_ns: i64,
    order: Order,
    left_out: Option<LeftOut>,
    largest_body: usize,
    names_requests: bool,
    opening: Vec<RecordedRequest>,
    speed: Speed,
}

/// An arrival of a recording.
#[derive(Debug)]
pub(crate) struct RecordedArrival {
    /// Its place among all of them, from 0.
    pub index: u64,
    /// Its intended time, in nanoseconds since the first one.
    pub at_ns: u64,
    /// What its row says of its request.
    pub request: Box<RecordedRequest>,
}

impl Recording {
    /// Reads a file to its end, by way of `open`, which is called once for its format and once for its rows.
    ///
    /// # Errors
    /// [`RecordingError`] with the line of what cannot be replayed, and whatever `open` fails with.
    pub(crate) fn survey<R: Read, E: From<RecordingError>>(
        path: &Path,
        format: RecordingFormat,
        speed: Speed,
        open: impl Fn() -> Result<R, E>,
    ) -> Result<Self, E> {
        let file = path.display().to_string();
        let format = format.of_file(open()?, &file)?;
        let records = Records::new(open()?, &file, format)?;
        let Survey { recorded, first_ns, order, left_out, largest_body, names_requests, opening } =
            survey(records, format)?;
        let path = path.to_owned();
        Ok(Self {
            path,
            format,
            recorded,
            first_ns,
            order,
            left_out,
            largest_body,
            names_requests,
            opening,
            speed,
        })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many arrivals there are, over which time.
    pub(crate) fn recorded(&self) -> Recorded {
        self.recorded
    }

    /// How fast they are replayed.
    pub(crate) fn speed(&self) -> Speed {
        self.speed
    }

    /// Rows that no request can be made of.
    pub(crate) fn left_out(&self) -> Option<LeftOut> {
        self.left_out
    }

    /// Whether any row names a method or a path of its own.
    pub(crate) fn names_requests(&self) -> bool {
        self.names_requests
    }

    /// Bytes of the largest body.
    pub(super) fn largest_body(&self) -> usize {
        self.largest_body
    }

    /// The request of the arrival at `sequence` of what is sent before the load: the first ones of the file, in turn.
    pub(super) fn opening(&self, sequence: u64) -> Option<&RecordedRequest> {
        let place = sequence.checked_rem(self.opening.len() as u64)?;
        self.opening.get(place as usize)
    }

    /// The arrivals at the places `stripe`, `stripe + stripes`, ... of the recording, read anew from `input`.
    ///
    /// # Errors
    /// [`RecordingError`] where the file is not what it was.
    pub(crate) fn arrivals<R: Read>(
        &self,
        input: R,
        stripe: u64,
        stripes: u64,
    ) -> Result<RecordedArrivals<R>, RecordingError> {
        let records = Records::new(input, &self.path.display().to_string(), self.format)?;
        Ok(RecordedArrivals {
            rows: Ordered::new(records, self.order),
            next: 0,
            wanted: stripe,
            stripes: stripes.max(1),
            first_ns: self.first_ns,
            count: self.recorded.count,
            speed: self.speed,
        })
    }
}

/// Reads the arrivals of one stripe.
pub(crate) struct RecordedArrivals<R> {
    rows: Ordered<R>,
    /// The place of the row that is read next.
    next: u64,
    /// The place of the next row of the stripe.
    wanted: u64,
    stripes: u64,
    first_ns: i64,
    count: u64,
    speed: Speed,
}

impl<R: Read> RecordedArrivals<R> {
    /// The next arrival of the stripe; `None` after the last.
    ///
    /// # Errors
    /// [`RecordingError`] where the file is not what it was.
    pub(crate) fn next(&mut self) -> Result<Option<RecordedArrival>, RecordingError> {
        // Rows that were added since are not part of the run.
        while self.wanted < self.count {
            let Some(row) = self.rows.next(self.next == self.wanted)? else { return Ok(None) };
            let index = self.next;
            self.next += 1;
            if index == self.wanted {
                self.wanted += self.stripes;
                let since_first_ns = row.at_ns.saturating_sub(self.first_ns).max(0) as u64;
                let at_ns = self.speed.scaled(since_first_ns);
                return Ok(Some(RecordedArrival { index, at_ns, request: row.request.unwrap_or_default() }));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
