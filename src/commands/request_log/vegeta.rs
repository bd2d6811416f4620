//! A request in vegeta's JSON encoding (lib/results.go), so that its `report` and `plot` read it.
//!
//! Its `plot` draws the results of an attack in the order of their numbers, from 0 on: at the first number that is missing it
//! stops, and times that go back are an error. So results are put into the order in which they were due, and numbered as they
//! are written.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::Endpoint;
use super::record::words;
use crate::load::{Lot, RunStamp};
use crate::measure::Sample;
use crate::schedule::Phase;

/// How long after it was due a request may end and still be put into its place.
const PATIENCE_NS: u64 = 30_000_000_000;
/// Results that wait for earlier ones at most: about 45 MiB.
const MOST_WAITING: usize = 1 << 18;
/// What is too late for its place gets numbers from here on, which no plot reaches; a report counts it like any other.
const OUT_OF_ORDER: u64 = 1 << 62;

/// A result as vegeta has it. The latency is the response time: from the intended send time.
#[derive(Serialize)]
struct Hit<'a> {
    attack: &'a str,
    seq: u64,
    code: u16,
    timestamp: String,
    /// Nanoseconds.
    latency: u64,
    bytes_out: u64,
    bytes_in: u64,
    error: &'a str,
    body: Option<()>,
    method: &'a str,
    url: &'a str,
    headers: Option<()>,
}

/// Results on their way into the order in which they were due. Each run is an attack of its own.
#[derive(Debug, Default)]
pub(super) struct Order {
    run: Option<RunStamp>,
    /// By when they were due, and among those that were due at once by when they came here.
    waiting: BTreeMap<(u64, u64), Sample>,
    came: u64,
    /// When the last one known of ended, on the run's clock.
    newest_ns: u64,
    /// When the last one written was due.
    last_ns: u64,
    written: u64,
    out_of_order: u64,
}

impl Order {
    /// Takes the measured requests of a lot that were sent, since vegeta knows no others, and writes those whose turn has come,
    /// one line each.
    pub(super) fn write(
        &mut self,
        out: &mut impl Write,
        lot: &Lot,
        endpoints: &[Endpoint],
    ) -> io::Result<()> {
        if self.run != Some(lot.run) {
            self.write_rest(out, endpoints)?;
            *self = Self { run: Some(lot.run), ..Self::default() };
        }
        for sample in lot.ended.iter().map(|ended| ended.sample) {
            let Some(timeline) = sample.timeline.filter(|_| sample.slot.phase == Phase::Measured) else {
                continue;
            };
            self.newest_ns = self.newest_ns.max(timeline.end_ns);
            self.came += 1;
            self.waiting.insert((sample.slot.intended_ns, self.came), sample);
        }
        while let Some((&(intended_ns, _), _)) = self.waiting.first_key_value()
            && (self.waiting.len() > MOST_WAITING
                || intended_ns.saturating_add(PATIENCE_NS) <= self.newest_ns)
        {
            self.write_first(out, endpoints)?;
        }
        Ok(())
    }

    /// Writes what still waits: nothing earlier will come.
    pub(super) fn write_rest(&mut self, out: &mut impl Write, endpoints: &[Endpoint]) -> io::Result<()> {
        while !self.waiting.is_empty() {
            self.write_first(out, endpoints)?;
        }
        Ok(())
    }

    fn write_first(&mut self, out: &mut impl Write, endpoints: &[Endpoint]) -> io::Result<()> {
        let (Some((_, sample)), Some(run)) = (self.waiting.pop_first(), self.run) else { return Ok(()) };
        let Some(timeline) = sample.timeline else { return Ok(()) };
        let seq = if sample.slot.intended_ns < self.last_ns {
            self.out_of_order += 1;
            OUT_OF_ORDER + self.out_of_order
        } else {
            self.last_ns = sample.slot.intended_ns;
            self.written += 1;
            self.written - 1
        };
        let unix_ns =
            i128::from(run.unix_ns) + i128::from(sample.slot.intended_ns) - i128::from(run.origin_ns);
        let timestamp = Timestamp::from_nanosecond(unix_ns).unwrap_or(Timestamp::UNIX_EPOCH);
        let (outcome, status, error) = words(sample.outcome);
        let endpoint = endpoints.get(sample.endpoint as usize);
        let hit = Hit {
            attack: &format!("rpsbench run {}", run.number),
            seq,
            code: status.unwrap_or(0),
            timestamp: timestamp.to_string(),
            latency: timeline.response_ns(sample.slot),
            bytes_out: 0,
            bytes_in: sample.body_bytes,
            error: match (outcome, error) {
                ("ok", _) => "",
                (outcome, "") => outcome,
                (_, error) => error,
            },
            body: None,
            method: endpoint.map_or("", |endpoint| &endpoint.method),
            url: endpoint.map_or("", |endpoint| &endpoint.target),
            headers: None,
        };
        serde_json::to_writer(&mut *out, &hit)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests;
