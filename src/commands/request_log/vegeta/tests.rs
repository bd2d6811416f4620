//! What vegeta makes of it, as its source says (v12.13: lib/results.go, lib/plot/plot.go).

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::load::Ended;
use crate::measure::{Outcome, Timeline};
use crate::schedule::Slot;

/// Its `Result`, with the types that its decoder asks for: one that has other names or types is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decoded {
    attack: String,
    seq: u64,
    code: u16,
    /// RFC 3339, as Go's time reads it.
    timestamp: String,
    latency: i64,
    bytes_out: u64,
    bytes_in: u64,
    error: String,
    /// Base64.
    body: Option<String>,
    method: String,
    url: String,
    headers: Option<BTreeMap<String, Vec<String>>>,
}

impl Decoded {
    fn at(&self) -> Timestamp {
        self.timestamp.parse().unwrap()
    }
}

fn decoded(text: &[u8]) -> Vec<Decoded> {
    let text = std::str::from_utf8(text).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "it reads whole lines");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// How many points its plot draws, or its error: the rule of `labeledSeries.add`.
fn drawn(hits: &[Decoded]) -> Result<usize, String> {
    #[derive(Default)]
    struct Series {
        began: Option<Timestamp>,
        next: u64,
        held: BTreeMap<u64, (String, Timestamp)>,
        latest_ms: BTreeMap<String, i64>,
    }
    let (mut attacks, mut points) = (BTreeMap::<&str, Series>::new(), 0);
    for hit in hits {
        let series = attacks.entry(&hit.attack).or_default();
        let label = if hit.error.is_empty() { "OK" } else { "ERROR" };
        series.held.insert(hit.seq, (label.to_owned(), hit.at()));
        if hit.seq != series.next {
            continue;
        }
        let began = *series.began.get_or_insert(hit.at());
        while let Some((label, at)) = series.held.remove(&series.next) {
            let at_ms = at.duration_since(began).as_millis() as i64;
            let latest_ms = series.latest_ms.entry(label).or_default();
            if at_ms < *latest_ms {
                return Err(format!("point {}: non monotonically increasing timestamp", series.next));
            }
            *latest_ms = at_ms;
            series.next += 1;
            points += 1;
        }
    }
    Ok(points)
}

fn run(number: u64) -> RunStamp {
    RunStamp { number, origin_ns: 0, measured_from_ns: 0, unix_ns: 1_700_000_000_000_000_000 }
}

fn ended(index: u64, intended_ns: u64, lasts_ns: u64, outcome: Outcome) -> Ended {
    let sent_ns = intended_ns + 10;
    let timeline = Timeline {
        due_ns: sent_ns,
        admitted_ns: sent_ns,
        ready_ns: sent_ns,
        sent_ns,
        first_byte_ns: intended_ns + lasts_ns,
        end_ns: intended_ns + lasts_ns,
        receive_lag_ns: None,
    };
    let slot = Slot { index, phase: Phase::Measured, intended_ns };
    let sample = Sample { slot, endpoint: 0, outcome, timeline: Some(timeline), body_bytes: 9 };
    Ended { sample, connection: None }
}

const OK: Outcome = Outcome::Ok { status: 200 };

fn text_of(lots: impl IntoIterator<Item = Lot>) -> Vec<u8> {
    let endpoint =
        Endpoint { name: "a".to_owned(), method: "GET".to_owned(), target: "http://host-1/".to_owned() };
    let (mut order, mut text) = (Order::default(), Vec::new());
    for lot in lots {
        order.write(&mut text, &lot, std::slice::from_ref(&endpoint)).unwrap();
    }
    order.write_rest(&mut text, &[endpoint]).unwrap();
    text
}

#[test]
fn a_hit_has_the_names_and_types_that_vegeta_decodes() {
    let warmup = Slot { index: 0, phase: Phase::Warmup, intended_ns: 0 };
    let mut early = ended(0, 0, 500, OK);
    early.sample.slot = warmup;
    let unsent = Slot { index: 5, phase: Phase::Measured, intended_ns: 700 };
    let lot = vec![
        ended(3, 500, 2_000_000, OK),
        ended(4, 600, 2_000_000, Outcome::Timeout),
        early,
        Ended { sample: Sample::unsent(unsent, 0, Outcome::Overflow), connection: None },
    ];
    let text = text_of([Lot { run: run(1), ended: lot }]);
    let hits = decoded(&text);
    assert_eq!(hits.len(), 2, "what was not sent is no hit");
    let first = &hits[0];
    assert_eq!((first.code, first.latency, first.error.as_str()), (200, 2_000_000, ""));
    assert_eq!((first.bytes_out, first.bytes_in, &first.body, &first.headers), (0, 9, &None, &None));
    assert_eq!((first.method.as_str(), first.url.as_str()), ("GET", "http://host-1/"));
    assert!(std::str::from_utf8(&text).unwrap().contains("\"timestamp\":\"2023-11-14T22:13:20.0000005Z\""));
    assert_eq!((hits[1].code, hits[1].error.as_str()), (0, "timeout"));
    assert_eq!((hits[0].seq, hits[1].seq), (0, 1), "from 0 on, whatever was not sent before");
    // Its own order of fields, so that the lines read the same.
    let line = std::str::from_utf8(&text).unwrap().lines().next().unwrap();
    let fields = [
        "attack",
        "seq",
        "code",
        "timestamp",
        "latency",
        "bytes_out",
        "bytes_in",
        "error",
        "body",
        "method",
        "url",
        "headers",
    ];
    let places: Vec<_> = fields.iter().map(|field| line.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{line}");
}

#[test]
fn what_ends_too_late_for_its_place_is_counted_and_spoils_no_plot() {
    let second = 1_000_000_000;
    let lots = [
        vec![ended(1, second, 5, OK)],
        vec![ended(2, 40 * second, 5, OK)],
        vec![ended(0, 0, 41 * second, Outcome::Timeout), ended(3, 41 * second, 5, OK)],
    ];
    let text = text_of(lots.map(|ended| Lot { run: run(1), ended }));
    let hits = decoded(&text);
    assert_eq!((hits.len(), drawn(&hits)), (4, Ok(3)));
    assert_eq!(hits.iter().filter(|hit| hit.seq > OUT_OF_ORDER).count(), 1);
}

#[test]
fn so_many_wait_at_most() {
    let count = MOST_WAITING as u64 + 5;
    let lot = Lot { run: run(1), ended: (0..count).map(|index| ended(index, index, 5, OK)).collect() };
    let (mut order, mut text) = (Order::default(), Vec::new());
    order.write(&mut text, &lot, &[]).unwrap();
    assert_eq!((order.waiting.len(), order.written), (MOST_WAITING, 5));
}

proptest! {
    /// Requests end in any order, some are never sent, and there are several runs.
    #[test]
    fn plot_draws_every_hit(
        requests in prop::collection::vec((0_u64..3_000_000, 1_u64..20_000_000_000, prop::bool::weighted(0.8)), 1..200),
        lot_size in 1_usize..40,
    ) {
        let mut intended_ns = 0;
        let mut all: Vec<Ended> = requests.iter().zip(0..).map(|(&(gap_ns, lasts_ns, is_sent), index)| {
            intended_ns += gap_ns;
            let mut one = ended(index, intended_ns, lasts_ns, OK);
            if !is_sent {
                one.sample = Sample::unsent(one.sample.slot, 0, Outcome::Overflow);
            }
            one
        }).collect();
        all.sort_by_key(|one| one.sample.timeline.map_or(one.sample.slot.intended_ns, |timeline| timeline.end_ns));
        let lots = (1..3).flat_map(|number| all.chunks(lot_size).map(move |part| Lot { run: run(number), ended: part.to_vec() }));
        let text = text_of(lots);
        let hits = decoded(&text);
        let sent = requests.iter().filter(|(_, _, is_sent)| *is_sent).count();
        prop_assert_eq!(hits.len(), 2 * sent);
        prop_assert_eq!(drawn(&hits), Ok(2 * sent));
    }
}
