//! A request in vegeta's JSON encoding, so that its `report` and `plot` read it.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::Endpoint;
use super::record::words;
use crate::load::Lot;
use crate::schedule::Phase;

/// A result as vegeta has it (lib/results.go). The latency is the response time: from the intended send time.
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

/// Writes the measured requests of a lot that were sent, one line each: vegeta knows no others.
pub(super) fn write(out: &mut impl Write, lot: &Lot, endpoints: &[Endpoint]) -> io::Result<()> {
    for sample in lot.samples.iter().filter(|sample| sample.slot.phase == Phase::Measured) {
        let Some(timeline) = &sample.timeline else { continue };
        let unix_ns =
            i128::from(lot.run.unix_ns) + i128::from(sample.slot.intended_ns) - i128::from(lot.run.origin_ns);
        let timestamp = Timestamp::from_nanosecond(unix_ns).unwrap_or(Timestamp::UNIX_EPOCH);
        let (outcome, status, error) = words(sample.outcome);
        let endpoint = endpoints.get(sample.endpoint as usize);
        let hit = Hit {
            attack: "rpsbench",
            seq: sample.slot.index,
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
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::load::RunStamp;
    use crate::measure::{Outcome, Sample, Timeline};
    use crate::schedule::Slot;

    #[test]
    fn a_hit_is_as_vegeta_writes_it() {
        let run =
            RunStamp { number: 1, origin_ns: 0, measured_from_ns: 0, unix_ns: 1_700_000_000_000_000_000 };
        let timeline = Timeline {
            due_ns: 10,
            admitted_ns: 10,
            ready_ns: 10,
            sent_ns: 10,
            first_byte_ns: 20,
            end_ns: 2_000_500,
            receive_lag_ns: None,
        };
        let slot = |index, phase| Slot { index, phase, intended_ns: 500 };
        let sent =
            |slot, outcome| Sample { slot, endpoint: 0, outcome, timeline: Some(timeline), body_bytes: 9 };
        let samples = vec![
            sent(slot(3, Phase::Measured), Outcome::Ok { status: 200 }),
            sent(slot(4, Phase::Measured), Outcome::Timeout),
            sent(slot(0, Phase::Warmup), Outcome::Ok { status: 200 }),
            Sample::unsent(slot(5, Phase::Measured), 0, Outcome::Overflow),
        ];
        let endpoints = [Endpoint {
            name: "a".to_owned(),
            method: "GET".to_owned(),
            target: "http://host-1/".to_owned(),
        }];
        let mut text = Vec::new();
        write(&mut text, &Lot { run, samples }, &endpoints).unwrap();
        let lines: Vec<Value> = String::from_utf8(text)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2, "what was not sent is no hit");
        assert_eq!(
            (&lines[0]["code"], &lines[0]["latency"], &lines[0]["error"]),
            (&200.into(), &2_000_000.into(), &"".into())
        );
        assert_eq!(lines[0]["timestamp"], "2023-11-14T22:13:20.0000005Z");
        assert_eq!((&lines[1]["code"], &lines[1]["error"]), (&0.into(), &"timeout".into()));
    }
}
