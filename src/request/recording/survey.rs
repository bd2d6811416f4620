//! The first reading of a recording: whether every row can be replayed, and what a schedule must know of all of them. It takes
//! the same memory for any number of rows.

use std::collections::VecDeque;
use std::io::Read;

use super::format::RecordingFormat;
use super::order::{HELD_MAX, Order, WINDOW_NS, second_of, spread_ns};
use super::problem::{RecordingError, RecordingProblem};
use super::records::{LeftOut, Record, Records};
use super::request::RecordedRequest;
use super::time::NS_PER_S;
use crate::schedule::Recorded;

/// Requests that are kept for what is sent before the load: the check, and the idle baseline. An order that was placed once is not
/// placed another twenty times for it, if there is anything else to ask.
const OPENING: usize = 64;
/// The most bytes of their bodies.
const OPENING_BYTES: usize = 1 << 20;

/// What is known of a recording.
#[derive(Debug)]
pub(super) struct Survey {
    pub recorded: Recorded,
    /// The time of its first arrival.
    pub first_ns: i64,
    pub order: Order,
    /// What no request can be made of.
    pub left_out: Option<LeftOut>,
    /// Bytes of the largest body.
    pub largest_body: usize,
    /// Whether any row names a method or a path.
    pub names_requests: bool,
    /// The first requests of the file that change nothing; where all do, the first one.
    pub opening: Vec<RecordedRequest>,
}

/// Reads all of it.
///
/// # Errors
/// [`RecordingError`] with the line of the first row that cannot be replayed.
pub(super) fn survey<R: Read>(
    mut records: Records<R>,
    format: RecordingFormat,
) -> Result<Survey, RecordingError> {
    let mut times = Times::default();
    let (mut largest_body, mut names_requests) = (0, false);
    let (mut opening, mut opening_bytes, mut first_unsafe) = (Vec::new(), 0, None);
    let mut last_line = 1;
    while let Some(record) = records.next(true)? {
        last_line = record.line;
        times.add(&record).map_err(|problem| records.problem(record.line, problem))?;
        let Some(request) = record.request else { continue };
        names_requests |= request.is_named();
        largest_body = largest_body.max(request.body_bytes());
        if !request.is_safe() {
            first_unsafe.get_or_insert(request);
        } else if opening.len() < OPENING && opening_bytes + request.body_bytes() <= OPENING_BYTES {
            opening_bytes += request.body_bytes();
            opening.push(*request);
        }
    }
    if opening.is_empty() {
        opening.extend(first_unsafe.map(|request| *request));
    }
    let left_out = records.left_out;
    let (recorded, first_ns, order) =
        times.end(format).map_err(|(line, problem)| records.problem(line.unwrap_or(last_line), problem))?;
    Ok(Survey { recorded, first_ns, order, left_out, largest_body, names_requests, opening })
}

/// The times of the rows seen so far.
#[derive(Default)]
struct Times {
    count: u64,
    /// The earliest and the latest.
    ends_ns: Option<(i64, i64)>,
    disorder_ns: i64,
    has_fractions: bool,
    /// The last seconds that rows may still belong to.
    seconds: VecDeque<Second>,
    most_in_a_second: u64,
    /// The most bytes of all those seconds together, and the line where that was.
    held: (u64, u64),
}

/// Rows of one second.
struct Second {
    second: i64,
    rows: u64,
    bytes: u64,
}

impl Times {
    fn add(&mut self, record: &Record) -> Result<(), RecordingProblem> {
        let at_ns = record.at_ns;
        let (first_ns, newest_ns) = self.ends_ns.unwrap_or((at_ns, at_ns));
        let behind_ns = newest_ns.saturating_sub(at_ns);
        if behind_ns > WINDOW_NS {
            return Err(RecordingProblem::Disorder(behind_ns));
        }
        self.count += 1;
        self.disorder_ns = self.disorder_ns.max(behind_ns);
        self.ends_ns = Some((first_ns.min(at_ns), newest_ns.max(at_ns)));
        self.has_fractions |= at_ns.rem_euclid(NS_PER_S) > 0;
        self.count_second(second_of(at_ns), record.bytes);
        // No row to come is earlier than this.
        let oldest = second_of(newest_ns.max(at_ns).saturating_sub(WINDOW_NS));
        while self.seconds.front().is_some_and(|first| first.second < oldest) {
            self.seconds.pop_front();
        }
        let held = self.seconds.iter().map(|second| second.bytes).sum();
        if held > self.held.0 {
            self.held = (held, record.line);
        }
        Ok(())
    }

    fn count_second(&mut self, second: i64, bytes: u64) {
        // Nearly always the last one.
        let place = self
            .seconds
            .iter()
            .rposition(|other| other.second <= second)
            .map_or(0, |before| if self.seconds[before].second == second { before } else { before + 1 });
        if self.seconds.get(place).is_none_or(|found| found.second != second) {
            self.seconds.insert(place, Second { second, rows: 0, bytes: 0 });
        }
        let found = &mut self.seconds[place];
        found.rows += 1;
        found.bytes += bytes;
        self.most_in_a_second = self.most_in_a_second.max(found.rows);
    }

    fn end(self, format: RecordingFormat) -> Result<(Recorded, i64, Order), (Option<u64>, RecordingProblem)> {
        let (first_ns, newest_ns) = self.ends_ns.ok_or((None, RecordingProblem::Empty))?;
        let is_spread = format.is_access_log() && !self.has_fractions && self.most_in_a_second > 1;
        let order = Order { disorder_ns: self.disorder_ns, is_spread };
        let (held, line) = self.held;
        if order.holds() && held > HELD_MAX {
            return Err((Some(line), RecordingProblem::Dense));
        }
        let last_ns = match self.seconds.back() {
            Some(Second { rows, .. }) if is_spread => newest_ns + spread_ns(rows - 1, *rows),
            _ => newest_ns,
        };
        let recorded = Recorded {
            count: self.count,
            span_ns: last_ns.saturating_sub(first_ns) as u64,
            most_in_a_second: self.most_in_a_second,
        };
        Ok((recorded, first_ns, order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, format: RecordingFormat) -> Result<Survey, String> {
        let records = Records::new(text.as_bytes(), "r", format).map_err(|error| error.to_string())?;
        survey(records, format).map_err(|error| error.to_string())
    }

    fn times(seconds: &[&str]) -> Result<Survey, String> {
        let text: String = seconds.iter().map(|at| format!("{{\"t_s\":{at}}}\n")).collect();
        of(&text, RecordingFormat::Ndjson)
    }

    #[test]
    fn counts_ends_and_the_densest_second() {
        let found = times(&["100", "100.5", "102.25", "102.3", "102.9", "110"]).unwrap();
        let recorded = Recorded { count: 6, span_ns: 10_000_000_000, most_in_a_second: 3 };
        assert_eq!(
            (found.recorded, found.first_ns, found.order),
            (recorded, 100 * NS_PER_S, Order::default())
        );
        assert_eq!(found.opening.len(), 6);
        let disordered = times(&["5", "3.5", "9", "4", "14", "4.001"]).unwrap();
        assert_eq!((disordered.first_ns, disordered.order.disorder_ns), (3_500_000_000, 9_999_000_000));
        assert_eq!(disordered.recorded.most_in_a_second, 2, "of 4 and 4.001");
    }

    #[test]
    fn what_is_too_far_out_of_order_or_empty_is_named() {
        let error = times(&["5", "20", "9.5"]).unwrap_err();
        assert!(error.starts_with("r, line 3: the time is 10.500 s before"), "{error}");
        assert_eq!(times(&[]).unwrap_err(), "r, line 1: there is no arrival in it");
    }

    #[test]
    fn what_is_sent_before_the_load_changes_nothing_if_anything_does_not() {
        let opening = |methods: &[&str]| {
            let text: String =
                methods.iter().map(|method| format!("{{\"t_s\":1,\"method\":{method}}}\n")).collect();
            let found = of(&text, RecordingFormat::Ndjson).unwrap();
            let method = |request: &RecordedRequest| request.method.as_ref().map(ToString::to_string);
            found.opening.iter().map(method).collect::<Vec<_>>()
        };
        let [get, post] = ["GET", "POST"].map(|method| Some(method.to_owned()));
        assert_eq!(opening(&["\"POST\"", "\"GET\"", "null"]), [get, None]);
        assert_eq!(opening(&["\"POST\"", "\"DELETE\""]), [post]);
    }

    #[test]
    fn whole_seconds_are_spread_in_access_logs_only() {
        let log = |seconds: &[u32]| -> String {
            seconds
                .iter()
                .map(|s| format!("h - - [10/Oct/2000:13:55:{s:02} +0000] \"GET / HTTP/1.1\" 200 1\n"))
                .collect()
        };
        let found = of(&log(&[5, 5, 7, 7, 7, 7]), RecordingFormat::Common).unwrap();
        assert!(found.order.is_spread);
        assert_eq!(found.recorded.span_ns, 2_750_000_000, "the last of four is at three quarters");
        assert!(!times(&["5", "5", "7"]).unwrap().order.is_spread, "who writes a recording means its times");
        let json = "{\"ts\":1.5,\"method\":\"GET\",\"path\":\"/\"}\n{\"ts\":1.5,\"method\":\"GET\",\"path\":\"/\"}\n";
        assert!(!of(json, RecordingFormat::JsonLog).unwrap().order.is_spread, "it has fractions");
    }
}
