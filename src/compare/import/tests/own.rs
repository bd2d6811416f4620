//! Our own results, of several kinds.

use super::*;
use crate::fixture;
use crate::report::json;
use crate::result::{GeneratorVerdict, Summary};

#[test]
fn our_own_results_are_read_with_their_bounds_and_their_seconds() {
    let reading = |summary: &Summary| import("own.json", json::render(summary).as_bytes()).unwrap().remove(0);
    let freeze = fixture::freeze();
    let own = reading(&freeze);
    assert_eq!(
        facts(&own),
        ("rpsbench", Loop::Open, TimedFrom::IntendedTime, None, Some(3_000), Some(3_000))
    );
    assert_eq!(
        (own.asked_per_s, own.latency.exact(Figure::P99)),
        (Some(300.0), freeze.latency.response.exact(Figure::P99))
    );
    assert_eq!(own.seconds.as_ref().map(crate::result::Seconds::count), Some(10));
    let rising = [Figure::P50, Figure::P75, Figure::P90].map(|figure| own.latency.exact(figure).unwrap());
    assert!(rising.is_sorted(), "{rising:?}");
    let overload = reading(&fixture::overload());
    assert!(overload.figure(Figure::Max).is_bound(), "{overload:?}");
    assert!(overload.notes.iter().any(|note| note.contains("interrupted")), "{:?}", overload.notes);
    // A result of an earlier version has no response times for each second.
    let mut old = fixture::freeze();
    old.series.iter_mut().for_each(|row| row.response_histogram.clear());
    old.verdict.generator = GeneratorVerdict::Invalid;
    let old = reading(&old);
    assert_eq!(old.seconds, None);
    assert!(old.notes.iter().any(|note| note.contains("INVALID")));
}

#[test]
fn several_results_of_ours_in_one_document_are_several_readings() {
    let runs = crate::result::Runs::new(vec![fixture::freeze(), fixture::freeze(), fixture::few()], false);
    let document = serde_json::to_string(&runs).unwrap();
    let readings = import("runs.json", document.as_bytes()).unwrap();
    let names: Vec<&str> = readings.iter().map(|reading| reading.name.as_str()).collect();
    assert_eq!(names, ["runs.json open-300/s #1", "runs.json open-300/s #2", "runs.json open-0.5/s #1"]);
    assert!(readings[1].seconds.is_some());
    let broken = document.replace("\"queueing\"", "\"quiet\"");
    assert!(
        import("runs.json", broken.as_bytes()).unwrap_err().to_string().contains("has no field `queueing`")
    );
    let none = br#"{"schema": "rpsbench.runs/1", "runs": []}"#;
    assert!(import("runs.json", none).unwrap_err().to_string().contains("list of runs is missing"));
}

#[test]
fn our_own_csv_is_read_with_its_bounds() {
    let table = crate::report::csv::render(&fixture::overload());
    let row = import("own.csv", table.as_bytes()).unwrap().remove(0);
    let document = import("own.json", json::render(&fixture::overload()).as_bytes()).unwrap().remove(0);
    assert_eq!((row.tool.as_str(), row.mode, row.clock), ("rpsbench", document.mode, document.clock));
    assert!(row.figure(Figure::Max).is_bound());
    let close = |figure| {
        (row.figure(figure).least().unwrap() - document.figure(figure).least().unwrap()).abs() < 0.001
    };
    assert!([Figure::Mean, Figure::P50, Figure::P90, Figure::Max].into_iter().all(close), "{row:?}");
    let endpoints = import("mixed.csv", crate::report::csv::render(&fixture::mixed()).as_bytes()).unwrap();
    assert_eq!(endpoints.len(), 1, "the rows of endpoints are parts of the run");
}
