//! Each importer on the fixtures of `tests/fixtures/import`, whose README says how each was made. The figures were read off
//! the files by hand.

mod damaged;
mod documents;
mod own;
mod texts;

use super::*;
use crate::result::{Figure, Loop, TimedFrom};

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../../tests/fixtures/import/", $name)) as &[u8])),*]
    };
}

const FIXTURES: &[(&str, &[u8])] = fixtures![
    "bombardier.json",
    "bombardier.txt",
    "fortio.json",
    "h2load.txt",
    "h2load-duration.txt",
    "h2load-new.txt",
    "hey.txt",
    "hey-errors.txt",
    "k6-export.json",
    "k6-handle-summary.json",
    "oha.json",
    "oha-rate.json",
    "study.csv",
    "study.json",
    "vegeta.json",
    "vegeta.txt",
    "wrk.txt",
    "wrk-errors.txt",
    "wrk-latency.txt",
    "wrk2.txt",
];

fn bytes(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|(fixture, _)| *fixture == name).map(|(_, bytes)| *bytes).unwrap()
}

fn all(name: &str) -> Vec<Reading> {
    import(name, bytes(name)).unwrap()
}

fn one(name: &str) -> Reading {
    let mut readings = all(name);
    assert_eq!(readings.len(), 1, "{name}");
    readings.remove(0)
}

/// Asserts a reading's figures; those that are not named must be missing.
#[track_caller]
fn has(reading: &Reading, figures: &[(&str, f64)]) {
    for figure in Figure::COMPARED {
        let expected = figures.iter().find(|(name, _)| *name == figure.to_string()).map(|(_, value)| *value);
        match (reading.figure(figure).least(), expected) {
            (None, None) => {}
            (Some(got), Some(expected)) => {
                let off = (got - expected).abs();
                assert!(
                    off <= 1e-6 * expected.max(1.0),
                    "{figure} of {}: {got}, not {expected}",
                    reading.name
                );
            }
            (got, expected) => panic!("{figure} of {}: {got:?}, not {expected:?}", reading.name),
        }
    }
}

fn facts(reading: &Reading) -> (&str, Loop, TimedFrom, Option<u64>, Option<u64>, Option<u64>) {
    (&reading.tool, reading.mode, reading.clock, reading.concurrency, reading.requests, reading.ok)
}
